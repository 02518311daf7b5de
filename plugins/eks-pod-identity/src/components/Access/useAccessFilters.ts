import {
  accessRoadSchema,
  accessSortSchema,
  accessVerdictSchema,
  entityRefSchema,
  type AccessQuery,
} from 'backstage-plugin-eks-pod-identity-common';
import { useAddressFilters } from '../Fleet/useAddressFilters';

/** The filters in the address, without values that the API would refuse. */
function readFilters(params: URLSearchParams): AccessQuery {
  const text = (key: string) => params.get(key)?.trim() || undefined;
  return {
    cluster: text('cluster'),
    road: accessRoadSchema.safeParse(params.get('road')).data,
    verdict: accessVerdictSchema.safeParse(params.get('verdict')).data,
    ownedBy: entityRefSchema.safeParse(params.get('ownedBy')).data,
    q: text('q'),
    sort: accessSortSchema.safeParse(params.get('sort')).data,
    order: params.get('order') === 'desc' ? 'desc' : undefined,
  };
}

export const useAccessFilters = () => useAddressFilters(readFilters);
