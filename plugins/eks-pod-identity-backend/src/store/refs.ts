import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';

/** The three columns that name a ref in every table. */
export interface RefColumns {
  cluster: string;
  namespace: string;
  service_account: string;
}

export function whereRef(ref: ServiceAccountRef): RefColumns {
  return {
    cluster: ref.cluster,
    namespace: ref.namespace,
    service_account: ref.serviceAccount,
  };
}

export function toRef(row: RefColumns): ServiceAccountRef {
  return {
    cluster: row.cluster,
    namespace: row.namespace,
    serviceAccount: row.service_account,
  };
}

/**
 * Rows of these refs.
 *
 * @param alias - of the table, where the query joins others
 */
export function whereRefs<Row extends {}, Result>(
  rows: Knex.QueryBuilder<Row, Result>,
  refs: ServiceAccountRef[],
  alias?: string,
) {
  return rows.whereIn(
    ['cluster', 'namespace', 'service_account'].map(column =>
      alias ? `${alias}.${column}` : column,
    ),
    refs.map(ref => [ref.cluster, ref.namespace, ref.serviceAccount]),
  );
}

/** Three variables a ref: parts of this size stay far below what either database allows in one statement. */
const REFS_PER_STATEMENT = 100;

export function inParts<T>(items: T[], size = REFS_PER_STATEMENT): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += size) {
    parts.push(items.slice(start, start + size));
  }
  return parts;
}
