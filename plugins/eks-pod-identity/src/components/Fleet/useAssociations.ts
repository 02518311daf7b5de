import { useApi } from '@backstage/frontend-plugin-api';
import type { SortDescriptor } from '@backstage/ui';
import {
  stringifyServiceAccountRef,
  type AssociationPage,
  type AssociationQuery,
  type AssociationRow,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityApiRef } from '../../api';
import type { PageInAddress } from './useAddressFilters';
import { useRows } from './useRows';

/** The rows that match the filters, page by page, with counts and problems. */
export function useAssociations(
  filters: AssociationQuery,
  on: {
    page: PageInAddress;
    onPage: () => void;
    onSort: (sort: SortDescriptor) => void;
  },
) {
  const api = useApi(podIdentityApiRef);
  return useRows<AssociationQuery, AssociationRow, AssociationPage>(filters, {
    ...on,
    load: (query, options) => api.listAssociations(query, options),
    idOf: ({ ref, associationId = '' }) =>
      `${stringifyServiceAccountRef(ref)}#${associationId}`,
    defaultSort: 'status',
  });
}
