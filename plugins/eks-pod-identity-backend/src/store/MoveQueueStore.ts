import type {
  MoveQueue,
  QueuedMove,
  QueuedMoveState,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { AskedOperation } from './operationRecord';
import { type RefColumns, toRef, whereRef } from './refs';
import { fromJson, toMs, toOptionalMs } from './values';

/** The operation that moves it, but for its id. */
type AskedMove = Omit<AskedOperation, 'id'>;

export interface StoredMove extends QueuedMove {
  position: number;
  /** Undefined where its starter is not allowed to move it. */
  asked?: AskedMove;
}

export interface StoredQueue
  extends Pick<MoveQueue, 'id' | 'ownedBy' | 'state' | 'why'> {
  initiator: string;
  /** Epoch milliseconds. */
  createdAt: number;
  finishedAt?: number;
  moves: StoredMove[];
}

interface QueueRow {
  id: string;
  owned_by: string;
  running_of: string | null;
  initiator: string;
  state: MoveQueue['state'];
  why: string | null;
  created_at: number | string;
  finished_at: number | string | null;
}

interface MoveRow extends RefColumns {
  queue_id: string;
  position: number;
  entity_ref: string | null;
  state: QueuedMoveState;
  message: string | null;
  operation_id: string | null;
  asked: string | null;
}

const toMove = (row: MoveRow): StoredMove => ({
  ref: toRef(row),
  position: row.position,
  state: row.state,
  ...(row.entity_ref ? { entityRef: row.entity_ref } : {}),
  ...(row.operation_id ? { operationId: row.operation_id } : {}),
  ...(row.message ? { message: row.message } : {}),
  ...(row.asked ? { asked: fromJson(row.asked) } : {}),
});

type MovingOrWaiting = Record<'moving' | 'waiting', number>;

/** Of the queues that have not ended. A move is under way once it has its operation. */
export interface UnfinishedQueues {
  /** Where no move is under way, one waits. */
  queues: MovingOrWaiting;
  moves: MovingOrWaiting;
}

/** Moves of teams, one after the other; each change of a move goes to the one replica that makes it. */
export class MoveQueueStore {
  constructor(private readonly knex: Knex) {}

  /** @throws a conflict of the database where the team has a queue that has not ended */
  async insert({ moves, ...queue }: StoredQueue): Promise<void> {
    await this.knex.transaction(async tx => {
      await tx<QueueRow>('move_queues').insert({
        id: queue.id,
        owned_by: queue.ownedBy,
        running_of: queue.ownedBy,
        initiator: queue.initiator,
        state: queue.state,
        created_at: queue.createdAt,
      });
      for (const move of moves) {
        await tx<MoveRow>('queued_moves').insert({
          queue_id: queue.id,
          position: move.position,
          ...whereRef(move.ref),
          entity_ref: move.entityRef ?? null,
          state: move.state,
          message: move.message ?? null,
          asked: move.asked ? JSON.stringify(move.asked) : null,
        });
      }
    });
  }

  async find(id: string): Promise<StoredQueue | undefined> {
    return (await this.#read(query => query.where({ id })))[0];
  }

  /** All that have not ended and the last ones that have, the latest first; of those that `who` tells, or of all. */
  async latest(
    limit: number,
    who?: { initiator: string; ownedBy: string[] },
  ): Promise<StoredQueue[]> {
    const of = (query: Knex.QueryBuilder) =>
      who
        ? query.where(mine =>
            mine
              .where('initiator', who.initiator)
              .orWhereIn('owned_by', who.ownedBy),
          )
        : query;
    const open = await this.#read(query =>
      of(query).whereNot('state', 'ended').orderBy('created_at', 'desc'),
    );
    const ended = await this.#read(query =>
      of(query)
        .where('state', 'ended')
        .orderBy('created_at', 'desc')
        .limit(limit),
    );
    return [...open, ...ended];
  }

  /** Ids of those that have not ended. */
  async open(): Promise<string[]> {
    return this.knex<QueueRow>('move_queues')
      .whereNot('state', 'ended')
      .orderBy('created_at')
      .pluck('id');
  }

  async unfinished(): Promise<UnfinishedQueues> {
    const rows: {
      id: string;
      state: QueuedMoveState;
      operation: string | null;
      count: number;
    }[] = await this.knex('move_queues as q')
      .join('queued_moves as m', 'm.queue_id', 'q.id')
      .leftJoin('operations as o', begun =>
        begun.on('o.id', 'm.operation_id').onVal('m.state', 'moving'),
      )
      .whereNot('q.state', 'ended')
      .groupBy('q.id', 'm.state', 'o.id')
      .count({ count: '*' })
      .select('q.id', 'm.state', 'o.id as operation');
    const idsOf = (of: typeof rows) => new Set(of.map(({ id }) => id)).size;
    const moving = rows.filter(({ operation }) => operation !== null);
    const waiting = rows.filter(
      ({ state, operation }) =>
        state === 'waiting' || (state === 'moving' && operation === null),
    );
    const sumOf = (of: typeof rows) =>
      of.reduce((sum, { count }) => sum + Number(count), 0);
    return {
      queues: { moving: idsOf(moving), waiting: idsOf(rows) - idsOf(moving) },
      moves: { moving: sumOf(moving), waiting: sumOf(waiting) },
    };
  }

  /** The open queue that an operation is of. */
  async ofOperation(operationId: string): Promise<string | undefined> {
    const row = await this.knex('queued_moves')
      .where({ operation_id: operationId })
      .first('queue_id');
    return row?.queue_id;
  }

  /** Answers whether it is ours to begin it: it waited, its queue goes on, and nothing else of that moves. */
  async take(
    { id }: Pick<StoredQueue, 'id'>,
    move: StoredMove,
    operationId: string,
  ): Promise<boolean> {
    return this.knex.transaction(async tx => {
      const queue = await this.#lock(id, tx);
      if (queue?.state !== 'running') return false;
      const moving = await tx('queued_moves')
        .where({ queue_id: id, state: 'moving' })
        .first('queue_id');
      if (moving) return false;
      return this.#change(tx, id, move, { state: 'moving', operationId });
    });
  }

  /** Inside the transaction that stores its operation: whether no other process has put the move back. */
  async isTaken(operationId: string, tx: Knex): Promise<boolean> {
    const row = await tx('queued_moves')
      .where({ operation_id: operationId, state: 'moving' })
      .forUpdate()
      .first('queue_id');
    return row !== undefined;
  }

  /** Puts back what has no operation; answers false where it has one. */
  async putBack(
    { id }: Pick<StoredQueue, 'id'>,
    move: StoredMove,
  ): Promise<boolean> {
    const { operationId = '' } = move;
    return this.knex.transaction(async tx => {
      if (!(await this.isTaken(operationId, tx))) return false;
      const begun = await tx('operations').where('id', operationId).first('id');
      if (begun) return false;
      return this.#change(tx, id, move, { state: 'waiting' });
    });
  }

  /** How it ended. Answers whether it is ours to say so. */
  async over(
    { id }: Pick<StoredQueue, 'id'>,
    move: StoredMove,
    to: Pick<QueuedMove, 'state' | 'operationId' | 'message'>,
  ): Promise<boolean> {
    return this.#change(this.knex, id, move, to);
  }

  /** It waits, for another reason than before. */
  async waits(id: string, why: string | undefined): Promise<void> {
    await this.knex<QueueRow>('move_queues')
      .where({ id })
      .whereNot('state', 'ended')
      .update({ why: why ?? null });
  }

  async stop(id: string): Promise<void> {
    await this.knex<QueueRow>('move_queues')
      .where({ id, state: 'running' })
      .update({ state: 'stopping' });
  }

  /**
   * Answers whether it ended now: not while one of its moves is under way. The rights of its starter go with it, and what has
   * not begun says why.
   */
  async end(id: string, finishedAt: number, why?: string): Promise<boolean> {
    return this.knex.transaction(async tx => {
      const queue = await this.#lock(id, tx);
      if (!queue || queue.state === 'ended') return false;
      const moves = () => tx<MoveRow>('queued_moves').where({ queue_id: id });
      if (await moves().where({ state: 'moving' }).first()) return false;
      await moves().update({ asked: null });
      await moves()
        .where({ state: 'waiting' })
        .update({ message: why ?? null });
      await tx<QueueRow>('move_queues')
        .where({ id })
        .update({
          state: 'ended',
          running_of: null,
          finished_at: finishedAt,
          why: why ?? null,
        });
      return true;
    });
  }

  async sweep(olderThan: number): Promise<void> {
    const old = this.knex<QueueRow>('move_queues')
      .where('finished_at', '<', olderThan)
      .select('id');
    await this.knex('queued_moves').whereIn('queue_id', old).delete();
    await this.knex('move_queues').whereIn('id', old).delete();
  }

  /** The others that begin a move of the queue, or end it, wait until the transaction ends. */
  async #lock(id: string, tx: Knex): Promise<QueueRow | undefined> {
    return tx('move_queues').where({ id }).forUpdate().first();
  }

  async #change(
    knex: Knex,
    id: string,
    { position, state, operationId }: StoredMove,
    to: Pick<QueuedMove, 'state' | 'operationId' | 'message'>,
  ): Promise<boolean> {
    const changed = await knex<MoveRow>('queued_moves')
      .where({
        queue_id: id,
        position,
        state,
        operation_id: operationId ?? null,
      })
      .update({
        state: to.state,
        operation_id: to.operationId ?? null,
        message: to.message ?? null,
      });
    return changed === 1;
  }

  async #read(
    narrowed: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
  ): Promise<StoredQueue[]> {
    const queues: QueueRow[] = await narrowed(this.knex('move_queues'));
    const moves = await this.knex<MoveRow>('queued_moves')
      .whereIn(
        'queue_id',
        queues.map(({ id }) => id),
      )
      .orderBy('position');
    return queues.map(row => ({
      id: row.id,
      ownedBy: row.owned_by,
      initiator: row.initiator,
      state: row.state,
      ...(row.why ? { why: row.why } : {}),
      createdAt: toMs(row.created_at),
      finishedAt: toOptionalMs(row.finished_at),
      moves: moves
        .filter(move => move.queue_id === row.id)
        .map(move => toMove(move as MoveRow)),
    }));
  }
}
