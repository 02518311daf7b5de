import {
  associationSortSchema,
  associationUseSchema,
  entityRefSchema,
  namedStatusSchema,
  parseServiceAccountRef,
  statusesNamed,
  type AssociationQuery,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useMemo } from 'react';
import { useAddressFilters } from './useAddressFilters';

const OWNERS = ['portal', 'addon', 'external'] as const;

/** A bookmark may name a status as version 0.1 did; one of these means several of today. */
function namedStatus(text: string | null): AssociationQuery['status'] {
  const [status, ...others] = statusesNamed(text ?? '');
  return others.length > 0 ? namedStatusSchema.parse(text) : status;
}

/** The filters in the address, without values that the API would refuse. */
function readFilters(params: URLSearchParams): AssociationQuery {
  const text = (key: string) => params.get(key)?.trim() || undefined;
  return {
    cluster: text('cluster'),
    status: namedStatus(params.get('status')),
    owner: OWNERS.find(owner => owner === params.get('owner')),
    ownedBy: entityRefSchema.safeParse(params.get('ownedBy')).data,
    partOf: entityRefSchema.safeParse(params.get('partOf')).data,
    orphan: params.get('orphan') === 'true' || undefined,
    drift: params.get('drift') === 'true' || undefined,
    use: associationUseSchema.safeParse(params.get('use')).data,
    q: text('q'),
    sort: associationSortSchema.safeParse(params.get('sort')).data,
    order: params.get('order') === 'desc' ? 'desc' : undefined,
  };
}

/** The one association that the address asks for. */
function readIdentity(params: URLSearchParams): ServiceAccountRef | undefined {
  try {
    return parseServiceAccountRef(params.get('identity') ?? '');
  } catch {
    return undefined;
  }
}

export type FilterChange = Partial<
  Record<keyof AssociationQuery | 'identity' | 'report' | 'by', string>
>;
export type ChangeFilters = (
  values: FilterChange,
  options?: { replace?: boolean },
) => void;

/** The filters in the address, and the association that it names. */
export function useFilters() {
  const { params, ...view } = useAddressFilters(readFilters);
  return {
    ...view,
    identity: useMemo(() => readIdentity(params), [params]),
    report: params.get('report') ?? undefined,
    isByCause: params.get('by') === 'cause',
  };
}
