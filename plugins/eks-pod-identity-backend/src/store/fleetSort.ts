import {
  type AssociationSort,
  IDENTITY_STATUS_ORDER,
} from 'backstage-plugin-eks-pod-identity-common';
import { type KeyedRow, Keyset, type Sort } from './keyset';
import type { RefColumns } from './refs';

/** What a list is sorted by; rows that are equal in it are sorted by their names. */
export type FleetSort = Sort<AssociationSort>;

/** Worst first. */
export const DEFAULT_SORT: FleetSort = { by: 'status' };

export const STATUS = "coalesce(s.status, 'could-not-check')";

/** The place of each value of a column in an order, as SQL; what is not in it comes last. */
export const rankIn = (column: string, order: readonly string[]) =>
  `case ${column} ${order
    .map((value, index) => `when '${value}' then ${index}`)
    .join(' ')} else ${order.length} end`;

export interface SortedRow extends RefColumns, KeyedRow {
  association_id: string;
}

/** What never happened is the oldest. */
export const FLEET = new Keyset<AssociationSort, SortedRow>(
  {
    status: { sql: rankIn(STATUS, IDENTITY_STATUS_ORDER), type: 'number' },
    serviceAccount: { sql: 'a.cluster', type: 'string' },
    role: { sql: "coalesce(a.role_arn, '')", type: 'string' },
    managedBy: { sql: 'a.owner', type: 'string' },
    provenAt: { sql: 'coalesce(s.proven_at, 0)', type: 'number' },
    lookedAt: { sql: 'coalesce(s.looked_at, 0)', type: 'number' },
    lastUsedAt: { sql: 'coalesce(e.used_at, 0)', type: 'number' },
  },
  ['cluster', 'namespace', 'service_account', 'association_id'],
);
