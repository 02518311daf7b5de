import {
  OperationError,
  OperationKind,
  OperationResult,
  OperationState,
  Plan,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import {
  fromRow,
  NewOperationRecord,
  OperationRecord,
  OperationRow,
  selectOperations,
  toRow,
} from './operationRecord';
import { inParts, toRef, whereRef, whereRefs } from './refs';
import { databaseNow, toMs } from './values';

const LIVE: OperationState[] = ['queued', 'running'];
/** Kinds that write. */
const CHANGES: OperationKind[] = [
  'associate',
  'teardown',
  'restart',
  'migrate',
  'rollback',
];

/** A verification of one ref, as its card shows it. */
export interface CurrentVerification {
  /** Has not ended: the initiator's own where there is one, else the first. */
  running?: { id: string; mine: boolean };
  /** The last one that ended, with the report that it made. */
  ended?: { id: string; reportId: string };
}

function currentOf(
  row: OperationRow,
  initiator: string,
  { running }: CurrentVerification,
): CurrentVerification {
  const { id, result, ...record } = fromRow(row);
  if (record.state === 'succeeded') {
    return result?.kind === 'verify' && !result.reused
      ? { ended: { id, reportId: result.report.id } }
      : {};
  }
  const mine = record.initiator === initiator;
  return !running || (mine && !running.mine) ? { running: { id, mine } } : {};
}

/** Operations of one kind that wait, or that run. */
export interface Unfinished {
  kind: OperationKind;
  state: 'queued' | 'running';
  count: number;
  /** Acceptance of the oldest, epoch milliseconds. */
  since: number;
}

/** Rows of `operations`. State only ever moves forward: updates name the states they start from. */
export class OperationStore {
  readonly #knex: Knex;
  readonly #now: () => number;

  constructor(knex: Knex, now: () => number) {
    this.#knex = knex;
    this.#now = now;
  }

  async insert(record: NewOperationRecord, tx: Knex = this.#knex) {
    await tx('operations').insert(toRow(record, this.#now()));
  }

  async find(
    id: string,
    tx: Knex = this.#knex,
  ): Promise<OperationRecord | undefined> {
    const row = await selectOperations(tx).where('o.id', id).first();
    return row && fromRow(row);
  }

  /**
   * Verifications that a card shows as running, by written ref: those that have not ended, and those that have ended since
   * then, because the headline might not know of them yet.
   */
  async currentVerifications(
    refs: ServiceAccountRef[],
    initiator: string,
    since: number,
  ): Promise<Map<string, CurrentVerification>> {
    const found = new Map<string, CurrentVerification>();
    for (const part of inParts(refs)) {
      const rows: OperationRow[] = await whereRefs(
        this.#knex('operations'),
        part,
      )
        .andWhere({ kind: 'verify' })
        .andWhere(current => {
          current
            .whereIn('state', LIVE)
            .orWhere(ended =>
              ended
                .where({ state: 'succeeded' })
                .andWhere('finished_at', '>=', since),
            );
        })
        .orderBy(['finished_at', 'created_at', 'id'])
        .select('*');
      for (const row of rows) {
        const key = stringifyServiceAccountRef(toRef(row));
        const known = found.get(key) ?? {};
        found.set(key, { ...known, ...currentOf(row, initiator, known) });
      }
    }
    return found;
  }

  async findByKey(
    initiator: string,
    idempotencyKey: string,
    tx: Knex = this.#knex,
  ): Promise<OperationRecord | undefined> {
    const row = await selectOperations(tx)
      .where('o.initiator', initiator)
      .andWhere('o.idempotency_key', idempotencyKey)
      .first();
    return row && fromRow(row);
  }

  /** What it has asked for that has not ended, or did since then (epoch milliseconds), the newest first. */
  async ofInitiator(
    initiator: string,
    since: number,
  ): Promise<OperationRecord[]> {
    const rows = await selectOperations(this.#knex)
      .where('o.initiator', initiator)
      .andWhere(one =>
        one.whereIn('o.state', LIVE).orWhere('o.finished_at', '>=', since),
      )
      .orderBy('o.created_at', 'desc');
    return rows.map(fromRow);
  }

  /** Lets the key be used again; the record itself stays. */
  async releaseKey(id: string, tx: Knex = this.#knex) {
    await tx('operations').where({ id }).update({ idempotency_key: null });
  }

  /** How many have not ended, of all replicas and without those that do not occur. */
  async unfinished(): Promise<Unfinished[]> {
    const rows = await this.#knex<OperationRow>('operations')
      .whereIn('state', LIVE)
      .groupBy('kind', 'state')
      .count({ count: '*' })
      .min({ since: 'created_at' })
      .select('kind', 'state');
    return rows.map(row => ({
      kind: row.kind as OperationKind,
      state: row.state as Unfinished['state'],
      count: Number(row.count),
      since: toMs(row.since!),
    }));
  }

  /** Unfinished operations of a run, oldest first. */
  async liveOfRun(
    runId: string,
    tx: Knex = this.#knex,
  ): Promise<OperationRecord[]> {
    const rows = await selectOperations(tx)
      .where('o.run_id', runId)
      .whereIn('o.state', LIVE)
      .orderBy(['o.created_at', 'o.id']);
    return rows.map(fromRow);
  }

  /** Answers how many operations were still queued. */
  async markRunning(runId: string, tx: Knex): Promise<number> {
    return tx('operations')
      .where({ run_id: runId, state: 'queued' })
      .update({ state: 'running', updated_at: this.#now() });
  }

  /** The first plan stays: what a carried-on run plans again is only the rest. */
  async setPlan(runId: string, plan: Plan) {
    await this.#knex('operations')
      .where({ run_id: runId })
      .whereNull('plan')
      .whereIn('state', LIVE)
      .update({ plan: JSON.stringify(plan), updated_at: this.#now() });
  }

  /** Ends the named unfinished operations. */
  async finish(
    ids: string[],
    end: {
      state: OperationState;
      seq: number;
      wrote?: boolean;
      result?: OperationResult;
      error?: OperationError;
    },
    tx: Knex,
  ) {
    const now = this.#now();
    await tx('operations')
      .whereIn('id', ids)
      .whereIn('state', LIVE)
      .update({
        state: end.state,
        end_seq: end.seq,
        wrote: end.wrote ?? false,
        result: end.result ? JSON.stringify(end.result) : null,
        error: end.error ? JSON.stringify(end.error) : null,
        updated_at: now,
        finished_at: now,
      });
  }

  async requestCancel(id: string, tx: Knex = this.#knex) {
    await tx('operations')
      .where({ id })
      .whereIn('state', LIVE)
      .whereNull('cancel_requested_at')
      .update({ cancel_requested_at: this.#now(), updated_at: this.#now() });
  }

  /** Runs whose every remaining operation is to be cancelled. */
  async cancelledRuns(runIds: string[]): Promise<Set<string>> {
    if (runIds.length === 0) return new Set();
    const rows = await this.#knex('operations')
      .whereIn('run_id', runIds)
      .whereIn('state', LIVE)
      .groupBy('run_id')
      .havingRaw('count(*) = count(cancel_requested_at)')
      .select('run_id');
    return new Set(rows.map(row => row.run_id));
  }

  /** Runs with unfinished operations that no process carries on. */
  async orphanedRuns(limit: number): Promise<string[]> {
    const rows = await this.#knex('operations as o')
      .whereIn('o.state', LIVE)
      .whereNotExists(
        this.#knex('leases as l')
          .select(this.#knex.raw('1'))
          .whereRaw("l.key = 'run/' || o.run_id")
          .andWhere('l.expires_at', '>', databaseNow(this.#knex)),
      )
      .groupBy('o.run_id')
      .orderByRaw('min(o.created_at)')
      .limit(limit)
      .select('o.run_id');
    return rows.map(row => row.run_id);
  }

  /** Counts a takeover; answers how many times the run has been carried on. */
  async countAttempt(runId: string): Promise<number> {
    const [row] = await this.#knex('operations')
      .where({ id: runId })
      .update({ attempts: this.#knex.raw('attempts + 1') })
      .returning('attempts');
    return Number(row?.attempts ?? 0);
  }

  /** The oldest earlier change of the same ref that still waits in a living process. */
  async olderWaiting(
    record: OperationRecord,
  ): Promise<OperationRecord | undefined> {
    const row = await selectOperations(this.#knex)
      .where({
        'o.cluster': record.ref.cluster,
        'o.namespace': record.ref.namespace,
        'o.service_account': record.ref.serviceAccount,
        'o.state': 'queued',
      })
      .whereIn('o.kind', CHANGES)
      .whereNull('o.cancel_requested_at')
      .whereExists(
        this.#knex('leases as w')
          .select(this.#knex.raw('1'))
          .whereRaw("w.key = 'run/' || o.run_id")
          .andWhere('w.expires_at', '>', databaseNow(this.#knex)),
      )
      .andWhere(older => {
        older.where('o.created_at', '<', record.createdAt).orWhere(same => {
          same
            .where('o.created_at', record.createdAt)
            .andWhere('o.id', '<', record.id);
        });
      })
      .orderBy(['o.created_at', 'o.id'])
      .first();
    return row && fromRow(row);
  }

  /** Whether another change of the same ref has not ended. One at a time runs, so it waits while this one does. */
  async isAwaited({
    id,
    ref,
  }: Pick<OperationRecord, 'id' | 'ref'>): Promise<boolean> {
    const row = await this.#knex('operations')
      .where({ ...whereRef(ref), plan_only: false })
      .whereIn('kind', CHANGES)
      .whereIn('state', LIVE)
      .whereNull('cancel_requested_at')
      .whereNot({ id })
      .select('id')
      .first();
    return row !== undefined;
  }

  /** Deletes finished operations with their events and timelines, except the last change of each ref that went through. */
  async sweep(olderThan: number): Promise<number> {
    return this.#knex.transaction(async (tx): Promise<number> => {
      // A teardown too: without it, what it took away would look as if it had never been. What wrote nothing does not stand
      // for what was before, nor does a rehearsal or the end of IRSA.
      const newest = tx('operations')
        .whereIn(
          'kind',
          CHANGES.filter(kind => kind !== 'restart'),
        )
        .andWhere({ state: 'succeeded', plan_only: false })
        .groupBy(
          'cluster',
          'namespace',
          'service_account',
          'wrote',
          tx.raw(`(kind = 'migrate' and input not like '%"until":"moved"%')`),
        )
        .select(
          'cluster',
          'namespace',
          'service_account',
          tx.raw('max(created_at) as created_at'),
        );
      const old = await tx('operations as o')
        .leftJoin(newest.as('n'), join => {
          join
            .on('n.cluster', 'o.cluster')
            .andOn('n.namespace', 'o.namespace')
            .andOn('n.service_account', 'o.service_account')
            .andOn('n.created_at', 'o.created_at');
        })
        .whereNotIn('o.state', LIVE)
        .andWhere('o.finished_at', '<', olderThan)
        .whereNull('n.created_at')
        // A run that goes on keeps its leader, whose row counts the events.
        .whereNotExists(
          tx('operations as f')
            .select(tx.raw('1'))
            .whereRaw('f.run_id = o.id')
            .whereIn('f.state', LIVE),
        )
        .limit(500)
        .select('o.id');
      const ids = old.map(row => row.id);
      if (ids.length === 0) return 0;
      await tx('operation_events').whereIn('run_id', ids).delete();
      await tx('operation_timelines').whereIn('run_id', ids).delete();
      return tx('operations').whereIn('id', ids).delete();
    });
  }
}
