import { InputError } from '@backstage/errors';
import {
  type AssociationSort,
  associationSortSchema,
  IDENTITY_STATUS_ORDER,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { RefColumns } from './refs';

/** What a list is sorted by; rows that are equal in it are sorted by their names. */
export interface FleetSort {
  by: AssociationSort;
  descending?: boolean;
}

/** Worst first. */
export const DEFAULT_SORT: FleetSort = { by: 'status' };

export const STATUS = "coalesce(s.status, 'could-not-check')";

const rank = `case ${STATUS} ${IDENTITY_STATUS_ORDER.map(
  (status, index) => `when '${status}' then ${index}`,
).join(' ')} else ${IDENTITY_STATUS_ORDER.length} end`;

/** Never null, or keyset pagination would lose rows; what never happened is the oldest. */
const KEYS: Record<
  AssociationSort,
  { sql: string; type: 'number' | 'string' }
> = {
  status: { sql: rank, type: 'number' },
  serviceAccount: { sql: 'a.cluster', type: 'string' },
  role: { sql: "coalesce(a.role_arn, '')", type: 'string' },
  managedBy: { sql: 'a.owner', type: 'string' },
  provenAt: { sql: 'coalesce(s.proven_at, 0)', type: 'number' },
  lookedAt: { sql: 'coalesce(s.looked_at, 0)', type: 'number' },
  lastUsedAt: { sql: 'coalesce(e.used_at, 0)', type: 'number' },
};

const NAMES = ['cluster', 'namespace', 'service_account', 'association_id'];

/** Of the row, for the cursor. */
export const sortKeyOf = ({ by }: FleetSort) => `${KEYS[by].sql} as sort_key`;

export interface SortedRow extends RefColumns {
  association_id: string;
  sort_key: number | string;
}

/** Orders the query, and starts it behind the row of a cursor. */
export function applySort(
  query: Knex.QueryBuilder,
  sort: FleetSort,
  cursor: string | undefined,
) {
  const columns = [KEYS[sort.by].sql, ...NAMES.map(name => `a.${name}`)];
  const direction = sort.descending ? 'desc' : 'asc';
  query.orderByRaw(columns.map(each => `${each} ${direction}`).join(', '));
  if (cursor === undefined) return;
  query.andWhereRaw(
    `(${columns.join(', ')}) ${sort.descending ? '<' : '>'} (?, ?, ?, ?, ?)`,
    readCursor(cursor, sort),
  );
}

export function cursorAfter(row: SortedRow, sort: FleetSort): string {
  const key =
    KEYS[sort.by].type === 'number' ? Number(row.sort_key) : row.sort_key;
  return Buffer.from(
    JSON.stringify([
      sort.by,
      sort.descending ? 'desc' : 'asc',
      key,
      row.cluster,
      row.namespace,
      row.service_account,
      row.association_id,
    ]),
  ).toString('base64url');
}

function readCursor(cursor: string, sort: FleetSort): (string | number)[] {
  const [by, direction, key, ...names] = parse(cursor);
  if (
    associationSortSchema.safeParse(by).data === sort.by &&
    direction === (sort.descending ? 'desc' : 'asc') &&
    typeof key === KEYS[sort.by].type &&
    names.length === NAMES.length &&
    names.every(name => typeof name === 'string') &&
    ![key, ...names].some(value => String(value).includes('\0'))
  ) {
    return [key, ...names] as (string | number)[];
  }
  throw new InputError(
    'The cursor is not one that this list handed out; ask again without it',
  );
}

function parse(cursor: string): unknown[] {
  try {
    const values = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(values) ? values : [];
  } catch {
    return [];
  }
}
