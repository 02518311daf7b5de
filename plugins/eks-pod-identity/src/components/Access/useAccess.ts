import { useApi } from '@backstage/frontend-plugin-api';
import type { SortDescriptor } from '@backstage/ui';
import {
  stringifyServiceAccountRef,
  type AccessItem,
  type AccessPage,
  type AccessProgressQuery,
  type AccessQuery,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';
import type { PageInAddress } from '../Fleet/useAddressFilters';
import { useRows } from '../Fleet/useRows';

export type Row = AccessItem & { id: string };

/** The rows that match the filters, page by page, with counts and problems. */
export function useAccess(
  filters: AccessQuery,
  on: {
    page: PageInAddress;
    onPage: () => void;
    onSort: (sort: SortDescriptor) => void;
  },
) {
  const api = useApi(podIdentityApiRef);
  return useRows<AccessQuery, AccessItem, AccessPage>(filters, {
    ...on,
    load: (query, options) => api.listAccess(query, options),
    idOf: ({ ref }) => stringifyServiceAccountRef(ref),
    defaultSort: 'verdict',
  });
}

/** How many go by Pod Identity, of everything that the user may see; with the picture of a cluster or a team. */
export function useAccessProgress({ cluster, ownedBy }: AccessProgressQuery) {
  const api = useApi(podIdentityApiRef);
  return useRequest(
    'access',
    signal => api.getAccessProgress({ cluster, ownedBy }, { signal }),
    `${cluster} ${ownedBy}`,
  );
}
