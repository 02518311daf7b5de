import {
  AssociateInput,
  AssociateResult,
  OperationState,
  Plan,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import {
  fromRow,
  onlyPlans,
  OperationRecord,
  selectOperations,
} from './operationRecord';
import { RefColumns, toRef, whereRef } from './refs';
import { toMs } from './values';

const KINDS = ['associate', 'teardown'];

/** What the operations tell of changes: associates and teardowns that were not only planned. */
export class ChangeStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Unless a teardown came after it. Defaults and texts only, never a base of decisions. */
  async lastAssociate(
    ref: ServiceAccountRef,
  ): Promise<{ input: AssociateInput; result?: AssociateResult } | undefined> {
    const last = (await this.#changes(ref, ['succeeded'])).find(
      record =>
        record.result && 'applied' in record.result && record.result.applied,
    );
    if (last?.kind !== 'associate') return undefined;
    return {
      input: last.input as AssociateInput,
      result: last.result as AssociateResult,
    };
  }

  /** When this portal last changed, or may have changed, the identity. */
  async lastAt(ref: ServiceAccountRef): Promise<number | undefined> {
    const last = (
      await this.#changes(ref, ['succeeded', 'failed', 'cancelled'])
    ).find(record =>
      record.result && 'changed' in record.result
        ? record.result.changed
        : record.state !== 'succeeded',
    );
    return last?.finishedAt;
  }

  /** When this portal last changed, or may have changed, each ref of a cluster; by written ref, epoch milliseconds. */
  async lastOnCluster(cluster: string): Promise<Map<string, number>> {
    const rows = await this.#knex('operations')
      .where({ cluster, plan_only: false })
      .whereIn('kind', KINDS)
      .whereNotNull('finished_at')
      .groupBy('cluster', 'namespace', 'service_account')
      .select<(RefColumns & { finished_at: number | string })[]>(
        'cluster',
        'namespace',
        'service_account',
        this.#knex.raw('max(finished_at) as finished_at'),
      );
    return new Map(
      rows.map(row => [
        stringifyServiceAccountRef(toRef(row)),
        toMs(row.finished_at),
      ]),
    );
  }

  /** Differs as soon as a change of the ref was accepted, proceeds or ends, in any process. */
  async version(ref: ServiceAccountRef): Promise<string | undefined> {
    const newest = await this.#of(ref)
      .orderBy([
        { column: 'o.created_at', order: 'desc' },
        { column: 'o.id', order: 'desc' },
      ])
      .first();
    return newest && `${newest.id} ${newest.state} ${newest.last_seq}`;
  }

  /** A change of the ref that was accepted after the given time. */
  async since(
    ref: ServiceAccountRef,
    since: number,
    exceptId: string,
    tx: Knex = this.#knex,
  ): Promise<boolean> {
    const row = await tx('operations')
      .where(whereRef(ref))
      .whereIn('kind', KINDS)
      .andWhere('created_at', '>=', since)
      .whereNot({ id: exceptId })
      .select('id')
      .first();
    return row !== undefined;
  }

  /**
   * What the associates of a scaffolder task set out to change on a ref, oldest first; for undoing them. A caller
   * may name any task, so only operations of the initiator who undoes it count.
   */
  async plansOfTask(
    ref: ServiceAccountRef,
    taskId: string,
    initiator: string,
  ): Promise<Plan[]> {
    const rows = await this.#of(ref)
      .andWhere({
        'o.kind': 'associate',
        'o.task_id': taskId,
        'o.initiator': initiator,
      })
      .whereNotNull('o.plan')
      .orderBy('o.created_at')
      .limit(25);
    return (
      rows
        .map(fromRow)
        .filter(record => !onlyPlans(record))
        // A plan with conflicts is not applied at all.
        .flatMap(({ plan }) => (plan && !plan.conflicts ? [plan] : []))
    );
  }

  async #changes(
    ref: ServiceAccountRef,
    states: OperationState[],
  ): Promise<OperationRecord[]> {
    const rows = await this.#of(ref)
      .whereIn('o.state', states)
      .andWhere('o.plan_only', false)
      .orderBy('o.created_at', 'desc')
      .limit(25);
    return rows.map(fromRow);
  }

  #of(ref: ServiceAccountRef) {
    return selectOperations(this.#knex)
      .where({
        'o.cluster': ref.cluster,
        'o.namespace': ref.namespace,
        'o.service_account': ref.serviceAccount,
      })
      .whereIn('o.kind', KINDS);
  }
}
