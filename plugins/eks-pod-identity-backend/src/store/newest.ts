import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { OperationRow } from './operationRecord';
import { whereRefs } from './refs';

/** States of operations that have not ended. */
export const RUNNING: readonly string[] = ['queued', 'running'];

/** Of each ref the last operation that has changed it, or may yet, among those that `narrow` leaves. */
export function newestOfRefs<Column extends keyof OperationRow>(
  knex: Knex,
  refs: ServiceAccountRef[],
  columns: readonly Column[],
  narrow: (operations: Knex.QueryBuilder) => void,
): Promise<Pick<OperationRow, Column>[]> {
  const ranked = whereRefs(knex('operations'), refs)
    .modify(narrow)
    .andWhere({ plan_only: false })
    .andWhere(counts => {
      counts
        .whereIn('state', [...RUNNING, 'succeeded'])
        .orWhere({ wrote: true });
    })
    .select(
      ...columns,
      knex.raw(
        'row_number() over (partition by cluster, namespace, service_account order by created_at desc, id desc) as place',
      ),
    );
  return knex.from(ranked.as('r')).where('place', 1).select('*') as any;
}
