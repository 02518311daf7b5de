import {
  MAX_SEQ,
  NewOperationEvent,
  OperationEvent,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import { presentResult } from './operationRecord';
import { fromJson, toIso, toMs } from './values';

interface EventRow {
  run_id: string;
  seq: number;
  operation_id: string | null;
  at: number | string;
  type: string;
  data: string;
}

function toEvent(row: EventRow): OperationEvent {
  const event = {
    seq: Number(row.seq),
    at: toIso(toMs(row.at)),
    type: row.type,
    data: fromJson(row.data),
  } as OperationEvent;
  return event.type === 'result'
    ? { ...event, data: presentResult(event.data) }
    : event;
}

/**
 * The events of runs. Operations that joined one run share its numbering; an event may concern one of them only.
 */
export class EventStore {
  readonly #knex: Knex;
  readonly #now: () => number;

  constructor(knex: Knex, now: () => number) {
    this.#knex = knex;
    this.#now = now;
  }

  /**
   * Appends one event and answers its number. With `fence`, only while that process holds the run's lease; otherwise
   * nothing is written and the answer is undefined.
   */
  async append(
    runId: string,
    event: NewOperationEvent,
    options: {
      operationId?: string;
      fence?: { leaseKey: string; instance: string };
    } = {},
    tx?: Knex,
  ): Promise<number | undefined> {
    if (!tx) {
      return this.#knex.transaction(own =>
        this.append(runId, event, options, own),
      );
    }
    const now = this.#now();
    const counting = tx('operations')
      .where({ id: runId })
      .update({ last_seq: tx.raw('last_seq + 1'), updated_at: now })
      .returning('last_seq');
    if (options.fence) {
      counting.whereExists(
        tx('leases').select(tx.raw('1')).where({
          key: options.fence.leaseKey,
          run_id: runId,
          instance: options.fence.instance,
        }),
      );
    }
    const [counted] = await counting;
    if (!counted) return undefined;
    const seq = Number(counted.last_seq);
    await tx('operation_events').insert({
      run_id: runId,
      seq,
      operation_id: options.operationId ?? null,
      at: now,
      type: event.type,
      data: JSON.stringify(event.data),
    });
    return seq;
  }

  /** What one operation sees of its run, in order. */
  async list(query: {
    runId: string;
    operationId: string;
    after: number;
    /** Number of the event that ended the operation: what came later is not its own. */
    until?: number;
    limit: number;
  }): Promise<OperationEvent[]> {
    const rows = await this.#knex<EventRow>('operation_events')
      .where({ run_id: query.runId })
      .andWhere('seq', '>', query.after)
      .andWhere('seq', '<=', query.until ?? MAX_SEQ)
      .andWhere(mine => {
        mine.whereNull('operation_id').orWhere({
          operation_id: query.operationId,
        });
      })
      .orderBy('seq')
      .limit(query.limit);
    return rows.map(toEvent);
  }

  /** Greatest event number of each of these runs. */
  async lastSeqs(runIds: string[]): Promise<Map<string, number>> {
    if (runIds.length === 0) return new Map();
    const rows = await this.#knex('operations')
      .whereIn('id', runIds)
      .select('id', 'last_seq');
    return new Map(rows.map(row => [row.id, Number(row.last_seq)]));
  }
}
