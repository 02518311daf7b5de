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
  foldEntityRef,
  isFinished,
  migrationCreatePermission,
  type MoveQueue,
  type ServiceAccountRef,
  type StartMoveQueue,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock, Clusters } from 'eks-pod-identity-engine';
import type { Authorizer } from '../permissions/Authorizer';
import { type Caller, initiatorOf } from '../permissions/caller';
import type { OperationRecord, Store } from '../store';
import type { StoredMove, StoredQueue } from '../store/MoveQueueStore';
import type { StoredClaimant } from '../store/operationRecord';
import type { Acceptance } from './Acceptance';
import type { AuditTrail } from './AuditTrail';
import { recordOf } from './asked';
import type { Operations } from './Operations';
import { isRefusal, nameOf, outcomeOf, toMoveQueue } from './queuedMoves';
import { QuotaError, TooManyRequestsError } from './TooManyRequestsError';

/** What its starter was allowed to do no longer counts. */
const LONGEST_MS = 24 * 3_600_000;
/** Whether a user is of a team, or it is that user, or may do everything. A service may. */
const isOf = (team: string, claimant: StoredClaimant | undefined) =>
  !claimant || claimant.isAdministrator || claimant.claims.includes(team);

/** How often every replica looks for what another one left, or what had to wait. */
const LOOK_MS = 10_000;
const LATEST = 20;

export interface MoveQueuesOptions {
  acceptance: Pick<Acceptance, 'accept' | 'guard'>;
  audit: Pick<AuditTrail, 'begun'>;
  authorizer: Pick<Authorizer, 'decide'>;
  clock: Clock;
  clusters: Pick<Clusters, 'list'>;
  logger: LoggerService;
  operations: Pick<Operations, 'begin'>;
  /** Undefined for a service. */
  claimantOf(caller: Caller): Promise<StoredClaimant | undefined>;
  /** Entity refs of what a group or user owns, as the catalog shows them to the caller. */
  ownedBy(ownerRef: string, caller: Caller): Promise<string[]>;
  /** After the last move, or the one that ended it. Must not throw. */
  onEnd(queue: StoredQueue): Promise<void>;
  store: Pick<Store, 'access' | 'moveQueues' | 'operations'>;
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
   * @throws NotAllowedError for who is no member of the team, nor an administrator: nothing of others can be learnt here
   * @throws InputError where none of them can be moved; it says why of the first
   * @throws ConflictError where the team has a queue that has not ended
   */
  async start(
    { ownedBy: team, refs }: StartMoveQueue,
    caller: Caller,
  ): Promise<MoveQueue> {
    const { claimantOf, clock, store } = this.#options;
    const ownedBy = foldEntityRef(team);
    if (!isOf(ownedBy, await claimantOf(caller))) {
      throw new NotAllowedError(
        `You are not allowed to move what ${team} owns: you are none of its members, nor an administrator of this portal`,
      );
    }
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
      ownedBy,
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
        `Service accounts of ${team} are being moved already, one after the other. Wait until that has ended, or stop it`,
      );
    }
    await this.#advance(queue.id);
    return this.#get(queue.id);
  }

  /** Those of the caller and of the teams of the caller; to administrators all. */
  async list(caller: Caller) {
    const { authorizer, claimantOf, store } = this.#options;
    const [create] = await authorizer.decide(
      [migrationCreatePermission],
      caller,
      { forPage: true },
    );
    const claimant = await claimantOf(caller);
    const queues = await store.moveQueues.latest(
      LATEST,
      claimant && !claimant.isAdministrator
        ? { initiator: initiatorOf(caller).name, ownedBy: claimant.claims }
        : undefined,
    );
    return {
      items: queues.map(toMoveQueue),
      canStart: create.result !== 'DENY',
    };
  }

  /** @throws NotFoundError; NotAllowedError for all but its starter, the team and administrators */
  async stop(id: string, caller: Caller): Promise<MoveQueue> {
    const { claimantOf, store } = this.#options;
    const queue = await store.moveQueues.find(id);
    if (!queue) throw new NotFoundError(`There is no queue of moves ${id}`);
    const isMine = queue.initiator === initiatorOf(caller).name;
    const claimant = await claimantOf(caller);
    if (!isMine && !(claimant && isOf(queue.ownedBy, claimant))) {
      throw new NotAllowedError(
        `The queue of moves ${id} is not yours: only who started it, its team and administrators can stop it`,
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
        for (const id of await store.moveQueues.open()) {
          // One that cannot go on holds up no other
          await this.#advance(id).catch(error =>
            logger.warn(
              `Could not carry on the queue of moves ${id}; trying again`,
              error,
            ),
          );
        }
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
    if (!found || !owned.has(entityRef)) {
      return leftOut('It is not known as one of a component of this owner.');
    }
    if (by === 'team') {
      return leftOut(
        'Several components share its namespace, and nothing says to which of them it belongs.',
      );
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
      if (!isRefusal(error as Error)) throw error;
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
      if (failed) why = `The move of ${nameOf(failed)} ended the queue.`;
      else if (next && queue.state === 'stopping')
        why = 'The queue was stopped.';
      else if (next && clock.now() - queue.createdAt > LONGEST_MS)
        why =
          'The queue has run for 24 hours, and what its starter may do is asked again after that.';
      if (!next || why) {
        // Not where another replica has begun a move meanwhile
        if (await store.moveQueues.end(id, clock.now(), why)) {
          await this.#options.onEnd({ ...queue, state: 'ended', why });
          return;
        }
        continue;
      }
      if (!this.#knows(next.ref)) {
        why = `${nameOf(next)}: its cluster is not there now`;
        await store.moveQueues.waits(id, why);
        return;
      }
      const operationId = randomUUID();
      const taken: StoredMove = { ...next, state: 'moving', operationId };
      const isOurs = await store.moveQueues.take(queue, next, operationId);
      if (isOurs && !(await this.#begin(queue, taken))) return;
    }
  }

  /** Another replica may have heard of a new cluster before this one. */
  #knows({ cluster }: ServiceAccountRef): boolean {
    return this.#options.clusters.list().some(({ id }) => id === cluster);
  }

  /** Answers whether there is something to do again: the move is over, or was put back. */
  async #follow(queue: StoredQueue, move: StoredMove): Promise<boolean> {
    const { store } = this.#options;
    const operation = await store.operations.find(move.operationId!);
    // The process that took it ended before the operation was there
    if (!operation) return store.moveQueues.putBack(queue, move);
    if (!isFinished(operation.state)) return false;
    const { operationId } = move;
    const to = { ...outcomeOf(operation), operationId };
    return store.moveQueues.over(queue, move, to);
  }

  /** Answers whether it is over before it began. What is no refusal leaves it as it is: the next look finds out. */
  async #begin(queue: StoredQueue, move: StoredMove): Promise<boolean> {
    const { acceptance, audit, operations, store } = this.#options;
    const asked = { ...move.asked!, id: move.operationId! };
    const failed = ({ message }: Error) =>
      store.moveQueues.over(queue, move, { state: 'failed', message });
    try {
      await acceptance.guard(asked);
    } catch (error) {
      return failed(error as Error);
    }
    try {
      await audit.begun(asked, () =>
        operations.begin(asked, tx => store.moveQueues.isTaken(asked.id, tx)),
      );
      await store.moveQueues.waits(queue.id, undefined);
      return false;
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof QuotaError) {
        return store.moveQueues.over(queue, move, {
          state: 'left-out',
          message,
        });
      }
      if (error instanceof TooManyRequestsError) {
        // Not where it is the operation itself that was counted
        if (await store.moveQueues.putBack(queue, move)) {
          await store.moveQueues.waits(queue.id, `${nameOf(move)}: ${message}`);
        }
        return false;
      }
      if (!isRefusal(error as Error)) throw error;
      // Another replica has put it back, or was faster
      const isHere = await store.operations.find(asked.id);
      return isHere ? false : failed(error as Error);
    }
  }
}
