import { useAppSearchParams } from '@backstage/frontend-plugin-api';
import {
  identityStatusSchema,
  type AssociationQuery,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useMemo } from 'react';
import { withValues } from '../../hooks/searchParams';

const OWNERS = ['portal', 'addon', 'external'] as const;

/** The filters in the address, without values that the API would refuse. */
function readFilters(params: URLSearchParams): AssociationQuery {
  const text = (key: string) => params.get(key)?.trim() || undefined;
  return {
    cluster: text('cluster'),
    status: identityStatusSchema.safeParse(params.get('status')).data,
    owner: OWNERS.find(owner => owner === params.get('owner')),
    orphan: params.get('orphan') === 'true' || undefined,
    drift: params.get('drift') === 'true' || undefined,
    q: text('q'),
  };
}

export type FilterChange = Partial<Record<keyof AssociationQuery, string>>;

/** Filters are kept in the URL, so that a view can be shared and bookmarked. */
export function useFilters() {
  const [params, setParams] = useAppSearchParams();
  const filters = useMemo(() => readFilters(params), [params]);
  const change = useCallback(
    (values: FilterChange, options?: { replace?: boolean }) =>
      setParams(previous => withValues(previous, values), options),
    [setParams],
  );
  const clear = useCallback(
    () =>
      change({
        cluster: undefined,
        status: undefined,
        owner: undefined,
        orphan: undefined,
        drift: undefined,
        q: undefined,
      }),
    [change],
  );
  const isFiltered = Object.values(filters).some(value => value !== undefined);
  return { filters, change, clear, isFiltered };
}
