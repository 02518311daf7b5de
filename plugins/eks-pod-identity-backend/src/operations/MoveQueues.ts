import { randomUUID } from 'node:crypto';
import {
  isDatabaseConflictError,
  type LoggerService,
} from '@backstage/backend-plugin-api';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import {
  isFinished,
  migrationCreatePermission,
  type MoveQueue,
  type QueuedMove,
  type ServiceAccountRef,
  type StartMoveQueue,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from 'eks-pod-identity-engine';
import type { Administrators } from '../permissions/Administrators';
import type { Authorizer } from '../permissions/Authorizer';
import { type Caller, initiatorOf } from '../permissions/caller';
import type { OperationRecord, Store } from '../store';
import type { StoredMove, StoredQueue } from '../store/MoveQueueStore';
import { toIso, toOptionalIso } from '../store/values';
import type { Acceptance } from './Acceptance';
import { recordOf } from './asked';
import type { Operations } from './Operations';
import { TooManyRequestsError } from './TooManyRequestsError';

/** What its starter was allowed to do counts no longer. */
const LONGEST_MS = 24 * 3_600_000;
/** How often every replica looks for what another one left, or what had to wait. */
const LOOK_MS = 10_000;
const LATEST = 20;

export interface MoveQueuesOptions {
  acceptance: Pick<Acceptance, 'accept'>;
  administrators: Pick<Administrators, 'include'>;
  authorizer: Pick<Authorizer, 'decide'>;
  clock: Clock;
  logger: LoggerService;
  operations: Pick<Operations, 'begin'>;
  /** Entity refs of what a group or user owns, as the catalog shows them to the caller. */
  ownedBy(ownerRef: string, caller: Caller): Promise<string[]>;
  /** After the last move, or the one that ended it. Must not throw. */
  onEnd(queue: StoredQueue): Promise<void>;
  store: Pick<Store, 'access' | 'moveQueues' | 'operations'>;
}

type Outcome = Pick<QueuedMove, 'state' | 'message'>;

/** How a move of a queue ended. What was refused before its first write has changed nothing, and the next one follows. */
function outcomeOf({ state, result, error, plan }: OperationRecord): Outcome {
  if (state !== 'succeeded') {
    const isRefused = plan?.steps.some(({ change }) => change === 'conflict');
    const isLeftOut = state === 'failed' && isRefused;
    return {
      state: isLeftOut ? 'left-out' : 'failed',
      message: error?.message,
    };
  }
  if (result?.kind !== 'migrate' || result.state === 'moved') {
    return { state: 'moved' };
  }
  const { toConfirm, warnings } = result;
  return {
    state: 'failed',
    message:
      toConfirm.length > 0
        ? `It waits for you: confirm on its card that ${toConfirm.join(
            ', ',
          )} works, or roll it back`
        : `Some of its pods are still on IRSA. ${warnings.join(' ')}`.trim(),
  };
}

const nameOf = ({ ref }: Pick<QueuedMove, 'ref'>) =>
  stringifyServiceAccountRef(ref);

function toMoveQueue(queue: StoredQueue): MoveQueue {
  const { createdAt, finishedAt, moves, ...others } = queue;
  return {
    ...others,
    createdAt: toIso(createdAt),
    finishedAt: toOptionalIso(finishedAt),
    moves: moves.map(({ position: _, asked: __, ...move }) => move),
  };
}

/**
 * Moves of a team, one service account after the other, with the rights that their starter had. The first one that fails,
 * or waits for a person, ends its queue. Every step is a change of one row, so any replica carries a queue on.
 */
export class MoveQueues {
  readonly #options: MoveQueuesOptions;
  readonly #stopping = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: MoveQueuesOptions) {
    this.#options = options;
  }

  /** Begins to look for queues that no operation carries on. */
  run() {
    this.#looking = this.#look();
  }

  async close() {
    this.#stopping.abort(new Error('shutting down'));
    await this.#looking;
  }

  /**
   * @throws InputError where none of them can be moved; it says why of the first
   * @throws ConflictError where the team has a queue that has not ended
   */
  async start(
    { ownedBy, refs }: StartMoveQueue,
    caller: Caller,
  ): Promise<MoveQueue> {
    const { clock, store } = this.#options;
    const owned = new Set(await this.#options.ownedBy(ownedBy, caller));
    const moves: StoredMove[] = [];
    const seen = new Set<string>();
    for (const ref of refs) {
      const name = stringifyServiceAccountRef(ref);
      if (!seen.has(name)) {
        seen.add(name);
        const position = moves.length;
        moves.push({ position, ...(await this.#asked(ref, owned, caller)) });
      }
    }
    if (moves.every(({ state }) => state === 'left-out')) {
      const [{ message }] = moves;
      throw new InputError(
        `refs: none of these can be moved now. ${nameOf(moves[0])}: ${message}`,
      );
    }
    const queue: StoredQueue = {
      id: randomUUID(),
      ownedBy: ownedBy.toLocaleLowerCase('en-US'),
      initiator: initiatorOf(caller).name,
      state: 'running',
      createdAt: clock.now(),
      moves,
    };
    try {
      await store.moveQueues.insert(queue);
    } catch (error) {
      if (!isDatabaseConflictError(error)) throw error;
      throw new ConflictError(
        `Service accounts of ${ownedBy} are being moved already, one after the other. Wait until that has ended, or stop it`,
      );
    }
    await this.#advance(queue.id);
    return this.#get(queue.id);
  }

  async list(caller: Caller) {
    const { administrators, authorizer, store } = this.#options;
    const [create] = await authorizer.decide(
      [migrationCreatePermission],
      caller,
      { forPage: true },
    );
    const isAdministrator = await administrators.include(caller);
    const queues = await store.moveQueues.latest(
      LATEST,
      isAdministrator ? undefined : initiatorOf(caller).name,
    );
    return {
      items: queues.map(toMoveQueue),
      canStart: create.result !== 'DENY',
    };
  }

  /** @throws NotFoundError; NotAllowedError for all but its starter and administrators */
  async stop(id: string, caller: Caller): Promise<MoveQueue> {
    const { administrators, store } = this.#options;
    const queue = await store.moveQueues.find(id);
    if (!queue) throw new NotFoundError(`There is no queue of moves ${id}`);
    const isMine = queue.initiator === initiatorOf(caller).name;
    const isUser = caller.principal.type === 'user';
    if (!isMine && !(isUser && (await administrators.include(caller)))) {
      throw new NotAllowedError(
        `The queue of moves ${id} is not yours: only who started it and administrators can stop it`,
      );
    }
    await store.moveQueues.stop(id);
    await this.#advance(id);
    return this.#get(id);
  }

  /** An operation has ended; carries on the queue that it is of. */
  async ended(records: readonly Pick<OperationRecord, 'id' | 'kind'>[]) {
    for (const { id, kind } of records) {
      if (kind !== 'migrate') continue;
      const queueId = await this.#options.store.moveQueues.ofOperation(id);
      if (queueId) await this.#advance(queueId);
    }
  }

  async #look() {
    const { clock, logger, store } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        for (const id of await store.moveQueues.open()) await this.#advance(id);
      } catch (error) {
        logger.warn(
          'Could not look for queues of moves; trying again',
          error as Error,
        );
      }
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #get(id: string): Promise<MoveQueue> {
    const queue = await this.#options.store.moveQueues.find(id);
    return toMoveQueue(queue!);
  }

  /** What is asked for of a service account, or why not. */
  async #asked(
    ref: ServiceAccountRef,
    owned: ReadonlySet<string>,
    caller: Caller,
  ): Promise<Omit<StoredMove, 'position'>> {
    const { acceptance, store } = this.#options;
    const leftOut = (message: string) =>
      ({ ref, state: 'left-out', message } as const);
    const found = await store.access.find(ref);
    const { entityRef = '', by } = found?.entity ?? {};
    // The same for what is not there and for what the caller does not own: nothing of others can be learnt here
    if (!found || by === 'team' || !owned.has(entityRef)) {
      return leftOut('It is not known as one of a component of this owner.');
    }
    try {
      const accepted = await acceptance.accept(
        {
          kind: 'migrate',
          input: {
            clusterName: ref.cluster,
            namespace: ref.namespace,
            serviceAccount: ref.serviceAccount,
            entityRef,
            until: 'moved',
          },
        },
        initiatorOf(caller),
        caller,
      );
      if (found.row.verdict !== 'ready') {
        return { entityRef, ...leftOut('It is not ready to be moved.') };
      }
      const { id: _, ...asked } = recordOf(accepted, {
        id: '',
        timeline: false,
      });
      return { ref, entityRef, state: 'waiting', asked };
    } catch (error) {
      return { entityRef, ...leftOut((error as Error).message) };
    }
  }

  async #advance(id: string): Promise<void> {
    const { clock, store } = this.#options;
    for (;;) {
      const queue = await store.moveQueues.find(id);
      if (!queue || queue.state === 'ended') return;
      const current = queue.moves.find(({ state }) => state === 'moving');
      if (current) {
        const isOver = await this.#follow(queue, current);
        if (!isOver) return;
        continue;
      }
      const next = queue.moves.find(({ state }) => state === 'waiting');
      const failed = queue.moves.find(({ state }) => state === 'failed');
      let why: string | undefined;
      if (failed) why = `The move of ${nameOf(failed)} ended it.`;
      else if (next && queue.state === 'stopping') why = 'It was stopped.';
      else if (next && clock.now() - queue.createdAt > LONGEST_MS)
        why =
          'It has run for 24 hours, and what its starter may do is asked again after that.';
      if (!next || why) {
        if (await store.moveQueues.end(id, clock.now(), why)) {
          await this.#options.onEnd({ ...queue, state: 'ended', why });
        }
        return;
      }
      const operationId = randomUUID();
      const to = { state: 'moving', operationId } as const;
      if (!(await store.moveQueues.change(queue, next, to))) return;
      if (!(await this.#begin(queue, { ...next, ...to }))) return;
    }
  }

  /** Answers whether the move is over. */
  async #follow(queue: StoredQueue, move: StoredMove): Promise<boolean> {
    const { store } = this.#options;
    const operation = await store.operations.find(move.operationId!);
    // The process that wrote the id ended before the operation was there
    if (!operation) return this.#begin(queue, move);
    if (!isFinished(operation.state)) return false;
    const { operationId } = move;
    const to = { ...outcomeOf(operation), operationId };
    return store.moveQueues.change(queue, move, to);
  }

  /** Answers whether it is over before it began. */
  async #begin(queue: StoredQueue, move: StoredMove): Promise<boolean> {
    const { operations, store } = this.#options;
    try {
      await operations.begin({ ...move.asked!, id: move.operationId! });
      await store.moveQueues.waits(queue.id, undefined);
      return false;
    } catch (error) {
      const { message } = error as Error;
      // Another replica was faster
      if (isDatabaseConflictError(error)) return false;
      if (error instanceof TooManyRequestsError) {
        await store.moveQueues.change(queue, move, { state: 'waiting' });
        await store.moveQueues.waits(queue.id, `${nameOf(move)}: ${message}`);
        return false;
      }
      return store.moveQueues.change(queue, move, { state: 'failed', message });
    }
  }
}
