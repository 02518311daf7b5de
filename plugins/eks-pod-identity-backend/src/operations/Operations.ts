import { randomUUID } from 'node:crypto';
import { isDatabaseConflictError } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import {
  isFinished,
  StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { Clock, EngineConfig } from 'eks-pod-identity-engine';
import { hashOf } from 'eks-pod-identity-engine/portal';
import {
  AskedOperation,
  NewOperationRecord,
  OperationRecord,
  Store,
} from '../store';
import { Acceptance } from './Acceptance';
import { recordOf, verificationOf } from './asked';
import type { EventHub } from './EventHub';
import type { Caller, Initiator } from '../permissions/caller';
import { leaseKeys } from './leaseKeys';
import { ConcurrencyLimits } from './ConcurrencyLimits';
import { isChange } from './perform';
import type { RunEnd } from './Run';
import type { Runner } from './Runner';
import { whatOf } from './RunLeases';
import { TooManyRequestsError } from './TooManyRequestsError';

/** A step that asks again so soon after its success gets that success, unless something came after it. */
const RETRY_WINDOW_MS = 60_000;

/** How an operation came to be. */
export interface Started {
  record: OperationRecord;
  /** `existing`: the idempotency key named it; `joined`: it follows a run that was already going. */
  how: 'new' | 'joined' | 'existing';
}

/**
 * Called with the ref on which an operation began, or which one of its followers left. Not awaited; must not throw. Ends
 * of operations show in the headline of their ref.
 */
export type OperationListener = (
  record: Pick<OperationRecord, 'ref' | 'entityRef'>,
) => Promise<void>;

/** Starts, finds and cancels operations. */
export class Operations {
  readonly #store: Store;
  readonly #hub: EventHub;
  readonly #runner: Runner;
  readonly #acceptance: Acceptance;
  readonly #limits: ConcurrencyLimits;
  readonly #config: EngineConfig;
  readonly #clock: Clock;
  readonly #listeners: OperationListener[] = [];

  constructor(options: {
    store: Store;
    hub: EventHub;
    runner: Runner;
    acceptance: Acceptance;
    config: EngineConfig;
    clock: Clock;
  }) {
    this.#store = options.store;
    this.#hub = options.hub;
    this.#runner = options.runner;
    this.#acceptance = options.acceptance;
    this.#limits = new ConcurrencyLimits({
      store: options.store,
      limits: options.config.limits,
      instance: options.runner.instance,
      clock: options.clock,
    });
    this.#config = options.config;
    this.#clock = options.clock;
  }

  onChange(listener: OperationListener) {
    this.#listeners.push(listener);
  }

  /**
   * Accepts an operation and lets it run.
   *
   * @throws what {@link Acceptance.accept} throws
   * @throws ConflictError when the idempotency key was used for another request
   * @throws TooManyRequestsError when a new run would be one too many
   */
  async start(
    asked: StartOperation,
    initiator: Initiator,
    credentials: Caller,
    options: {
      /** Of the operation if a new one is created. */
      id?: string;
      /** Records a timeline of its run. */
      timeline?: boolean;
      /** How long after its end an operation answers for the same key and request, whatever it came to; default 0. */
      answersForMs?: number;
    } = {},
  ): Promise<Started> {
    const { id = randomUUID(), timeline = false, answersForMs = 0 } = options;
    const accepted = await this.#acceptance.accept(
      asked,
      initiator,
      credentials,
    );
    const { request } = accepted;
    for (let attempt = 0; ; attempt++) {
      const existing = await this.#existing(request, initiator, answersForMs);
      if (existing) return { record: existing, how: 'existing' };
      try {
        return await this.begin(recordOf(accepted, { id, timeline }));
      } catch (error) {
        // Another request with the same key was a little faster: answer what it created.
        if (attempt < 3 && isDatabaseConflictError(error)) continue;
        // The one too many may be the very operation that another request with the key created.
        const known = request.idempotencyKey !== undefined && attempt === 0;
        if (known && error instanceof TooManyRequestsError) continue;
        throw error;
      }
    }
  }

  /**
   * Verifies what a move or a restart has left, for its starter, with what they were allowed to do then. The page that
   * started it may be closed by now.
   *
   * @throws TooManyRequestsError when the verification would be one run too many; what the guard of a module throws
   */
  async verifyEnded({ records: [done], result }: RunEnd): Promise<void> {
    const verification = done && verificationOf(done, result);
    if (!verification) return;
    await this.#acceptance.guard(verification);
    await this.begin(verification);
  }

  /** @throws NotFoundError */
  async get(id: string): Promise<OperationRecord> {
    const record = await this.#store.operations.find(id);
    if (!record) {
      throw new NotFoundError(
        `There is no operation ${id}; finished ones are kept for ${
          this.#config.retention.days
        } days`,
      );
    }
    return record;
  }

  /**
   * Cancels an operation, or does nothing when it has ended. A joined verification goes on for those who still
   * follow it.
   *
   * @param isAdministrator - asked only about an operation that another started
   * @throws NotFoundError
   * @throws NotAllowedError for anybody but its starter and administrators
   */
  async cancel(
    id: string,
    initiator: Initiator,
    isAdministrator: () => Promise<boolean>,
  ): Promise<OperationRecord> {
    const record = await this.get(id);
    if (record.initiator !== initiator.name && !(await isAdministrator())) {
      throw new NotAllowedError(
        `Operation ${id} is not yours: only the user or the service that started it can cancel it, or an administrator of this portal (eksPodIdentity.administrators)`,
      );
    }
    if (isFinished(record.state)) return record;
    const last = await this.#store.transaction(tx => this.#leave(record, tx));
    this.#hub.notify(record.runId);
    if (last) this.#runner.cancel(record.runId, initiator.name);
    else this.#emit(record);
    return this.get(id);
  }

  /** Takes one operation out of its run; true when no other operation follows the run. */
  async #leave(record: OperationRecord, tx: Knex): Promise<boolean> {
    const { operations, events, leases } = this.#store;
    const joinKey = leaseKeys.verify(record);
    const joinable =
      record.kind === 'verify' &&
      (await leases.lock(joinKey, record.runId, tx));
    const live = await operations.liveOfRun(record.runId, tx);
    if (!live.some(one => one.id === record.id)) return false;
    await operations.requestCancel(record.id, tx);
    const others = live.filter(
      one => one.id !== record.id && one.cancelRequestedAt === undefined,
    );
    if (others.length === 0) {
      // The next equal request starts a new run.
      if (joinable) await leases.drop(joinKey, record.runId, tx);
      return true;
    }
    const error = {
      name: 'CancelledError',
      message:
        'Cancelled; the verification goes on for the others who follow it',
    };
    const seq = await events.append(
      record.runId,
      { type: 'state', data: { state: 'cancelled', error } },
      { operationId: record.id },
      tx,
    );
    await operations.finish(
      [record.id],
      { state: 'cancelled', seq: seq!, error },
      tx,
    );
    return false;
  }

  /** The operation that the request's idempotency key stands for. */
  async #existing(
    request: StartOperation,
    initiator: Initiator,
    answersForMs: number,
  ): Promise<OperationRecord | undefined> {
    const { idempotencyKey } = request;
    if (idempotencyKey === undefined) return undefined;
    const record = await this.#store.operations.findByKey(
      initiator.name,
      idempotencyKey,
    );
    if (!record) return undefined;
    const same =
      record.kind === request.kind &&
      hashOf(record.input) === hashOf(request.input);
    if (!isFinished(record.state)) {
      if (same) return record;
      throw new ConflictError(
        `The idempotency key ${idempotencyKey} belongs to operation ${record.id}, which runs with another input: use another key for each request`,
      );
    }
    if (same && record.finishedAt! > this.#clock.now() - answersForMs) {
      return record;
    }
    // A stored success must never stand for what is no longer there, nor a stored failure for a new try.
    const fresh =
      same &&
      record.state === 'succeeded' &&
      record.kind !== 'verify' &&
      record.finishedAt! > this.#clock.now() - RETRY_WINDOW_MS &&
      !(await this.#store.changes.since(
        record.ref,
        record.createdAt,
        record.id,
      ));
    if (fresh) return record;
    await this.#store.operations.releaseKey(record.id);
    return undefined;
  }

  /**
   * Lets run what was accepted before.
   *
   * @param isWanted - asked in the transaction that stores it
   * @throws TooManyRequestsError when it would be one run too many
   * @throws ConflictError when it is not wanted any more
   */
  async begin(
    asked: AskedOperation,
    isWanted: (tx: Knex) => Promise<boolean> = async () => true,
  ): Promise<Started> {
    const record: NewOperationRecord = {
      ...asked,
      runId: asked.id,
      state: 'queued',
    };
    const joined = await this.#store.transaction(async tx => {
      if (!(await isWanted(tx))) {
        throw new ConflictError(
          `Operation ${record.id} is not wanted any more`,
        );
      }
      await this.#limits.admitOperation(record, tx);
      const runId = await this.#joinable(record, tx);
      if (runId) {
        await this.#join(record, runId, tx);
        return true;
      }
      await this.#limits.admitRun(record, tx);
      await this.#lead(record, tx);
      return false;
    });
    const stored = await this.get(record.id);
    this.#hub.notify(stored.runId);
    if (!joined) {
      this.#runner.launch(stored);
      this.#emit(stored);
    }
    return { record: stored, how: joined ? 'joined' : 'new' };
  }

  /** A dry run changes nothing that a page shows. */
  #emit(record: OperationRecord) {
    if (record.kind !== 'verify' && !isChange(record)) return;
    for (const listener of this.#listeners) listener(record);
  }

  /** An equal verification that is going on; else the next equal one will find this. */
  async #joinable(
    record: NewOperationRecord,
    tx: Knex,
  ): Promise<string | undefined> {
    if (record.kind !== 'verify') return undefined;
    const { leases, operations } = this.#store;
    const runId = await leases.claim(
      leaseKeys.verify(record),
      { runId: record.id, instance: this.#runner.instance },
      whatOf(record),
      tx,
    );
    if (runId === record.id) return undefined;
    const live = await operations.liveOfRun(runId, tx);
    // A person never gets an earlier proof, which a run that no person started may answer with.
    const fits = live.some(
      one =>
        one.cancelRequestedAt === undefined &&
        (record.trigger !== 'user' || one.trigger === 'user'),
    );
    if (fits) return runId;
    await leases.drop(leaseKeys.verify(record), runId, tx);
    return this.#joinable(record, tx);
  }

  async #join(record: NewOperationRecord, runId: string, tx: Knex) {
    const { operations, events } = this.#store;
    const [leader] = await operations.liveOfRun(runId, tx);
    await operations.insert({ ...record, runId, state: leader.state }, tx);
    await events.append(
      runId,
      {
        type: 'log',
        data: {
          level: 'info',
          message:
            'The same verification is already running: following it instead of starting another',
        },
      },
      { operationId: record.id },
      tx,
    );
  }

  async #lead(record: NewOperationRecord, tx: Knex) {
    const { operations, events, leases } = this.#store;
    await operations.insert(record, tx);
    await leases.acquire(
      leaseKeys.run(record.id),
      { runId: record.id, instance: this.#runner.instance },
      {
        what: whatOf(record),
        ttlMs: this.#config.timings.leaseTtl,
        inherit: false,
      },
      tx,
    );
    await events.append(
      record.id,
      { type: 'state', data: { state: 'queued' } },
      {},
      tx,
    );
  }
}
