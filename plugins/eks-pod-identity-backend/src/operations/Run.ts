import { LoggerService } from '@backstage/backend-plugin-api';
import { ConflictError, toError } from '@backstage/errors';
import {
  NewOperationEvent,
  OperationError,
  OperationResult,
  OperationState,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type {
  Association,
  Clock,
  Clusters,
  EngineConfig,
  Lifecycle,
  OperationContext,
  Verification,
} from 'eks-pod-identity-engine';
import { LeaseHolder, OperationRecord, Store } from '../store';
import type { EventHub } from './EventHub';
import { leaseKeys } from './leaseKeys';
import { retryWhileUnavailable } from '../store/retryWhileUnavailable';
import { isChange, perform, timeoutMsOf } from './perform';
import { createsAssociation, withEarlierAttempts } from './attempts';
import { RunLeases } from './RunLeases';
import { StopError } from './stop';

/** Longest error text that is stored. */
const MAX_ERROR_LENGTH = 4000;

export interface RunDeps {
  store: Store;
  hub: EventHub;
  clock: Clock;
  logger: LoggerService;
  config: EngineConfig;
  clusters: Clusters;
  lifecycle: Lifecycle;
  verification: Verification;
}

/** How a run ended, for those who keep records outside the database. */
export interface RunEnd {
  /** The operations that ended with it. */
  records: OperationRecord[];
  state: OperationState;
  result?: OperationResult;
  error?: OperationError;
  /** Whether this process, or one before it, wrote anything to AWS or Kubernetes, or may have. */
  wrote?: boolean;
  /** What a verification saw of the association, `null` for none; and since when that may be outdated. */
  saw?: { association: Association | null; at: number };
}

/** One run carried on by this process: an operation, or a verification that several operations follow. */
export class Run {
  readonly id: string;
  readonly #record: OperationRecord;
  readonly #holder: LeaseHolder;
  readonly #deps: RunDeps;
  readonly #controller = new AbortController();
  /** Events are written one after the other, in the order they were emitted. */
  #writing: Promise<unknown> = Promise.resolve();
  #guard?: RunLeases;
  #saw: RunEnd['saw'];

  constructor(options: {
    record: OperationRecord;
    instance: string;
    deps: RunDeps;
  }) {
    this.#record = options.record;
    this.id = options.record.runId;
    this.#holder = { runId: this.id, instance: options.instance };
    this.#deps = options.deps;
  }

  stop(error: StopError) {
    if (!this.#controller.signal.aborted) this.#controller.abort(error);
  }

  get stopped(): StopError | undefined {
    const { signal } = this.#controller;
    return signal.aborted ? (signal.reason as StopError) : undefined;
  }

  /**
   * Carries the run to its end. Answers undefined when the end is not ours to write: another process carries it on,
   * or will.
   */
  async execute(): Promise<RunEnd | undefined> {
    const deadline = this.#startDeadline();
    const outcome = await this.#work()
      .then(result => ({ result }))
      .catch(error => ({ error }))
      .finally(() => deadline.abort());
    if ('result' in outcome) {
      return this.#finish('succeeded', { result: outcome.result });
    }
    const stop =
      outcome.error instanceof StopError ? outcome.error : this.stopped;
    switch (stop?.reason) {
      case 'lost':
      case 'handover':
        return undefined;
      case 'cancelled':
        return this.#finish('cancelled', {
          error: describe(outcome.error, stop),
        });
      default:
        return this.#finish('failed', { error: describe(outcome.error, stop) });
    }
  }

  async #work(): Promise<OperationResult> {
    const { clock, config, clusters, logger, store } = this.#deps;
    const record = this.#record;
    const { signal } = this.#controller;
    const startedAt = clock.now();
    const guard = new RunLeases({
      store,
      clock,
      signal,
      record,
      holder: this.#holder,
      ttlMs: config.timings.leaseTtl,
      pollMs: Math.min(config.timings.leaseHeartbeat, 500),
      waitUntil: clock.now() + timeoutMsOf(record),
      emit: event => this.#emit(event),
      onLost: error => this.stop(error),
    });
    this.#guard = guard;
    if (isChange(record)) await guard.holdRef();
    await this.#begin();
    const context: OperationContext = {
      config,
      clusters,
      clock,
      signal,
      guard,
      logger: logger.child({ operation: record.id }),
      granted: new Set(record.granted),
      ownedEntities: record.ownedEntities && {
        owns: entityRef =>
          record.ownedEntities!.includes(entityRef.toLocaleLowerCase('en-US')),
      },
      lastAssociate: await retryWhileUnavailable(clock, () =>
        store.changes.lastAssociate(record.ref),
      ),
      plansOfTask: taskId =>
        retryWhileUnavailable(clock, () =>
          store.changes.plansOfTask(record.ref, taskId, record.initiator),
        ),
      sawAssociation: association => {
        this.#saw = { association, at: startedAt };
      },
      emit: async event => {
        if (event.type === 'plan') {
          await retryWhileUnavailable(clock, () =>
            store.operations.setPlan(this.id, event.data),
          );
        }
        await this.#emit(event);
      },
    };
    const result = await perform(record, context, this.#deps);
    // A line that could not be written does not undo what was done.
    await this.#writing.catch(() => undefined);
    return withEarlierAttempts(record, result);
  }

  /** queued → running. */
  async #begin() {
    const { store, hub, clock } = this.#deps;
    await retryWhileUnavailable(clock, () =>
      store.transaction(async tx => {
        // Leases before operations, as everywhere: no deadlock with those who join or leave.
        await store.leases.lockRun(leaseKeys.run(this.id), this.#holder, tx);
        const changed = await store.operations.markRunning(this.id, tx);
        if (changed === 0) return;
        await this.#append({ type: 'state', data: { state: 'running' } }, tx);
      }),
    );
    hub.notify(this.id);
  }

  async #emit(event: NewOperationEvent): Promise<void> {
    const written = this.#writing
      .catch(() => undefined)
      .then(() =>
        retryWhileUnavailable(this.#deps.clock, () => this.#append(event)),
      );
    this.#writing = written;
    await written;
    this.#deps.hub.notify(this.id);
  }

  /** @throws ConflictError when the run is no longer ours */
  async #append(event: NewOperationEvent, tx?: Knex): Promise<number> {
    const seq = await this.#deps.store.events.append(
      this.id,
      event,
      {
        fence: {
          leaseKey: leaseKeys.run(this.id),
          instance: this.#holder.instance,
        },
      },
      tx,
    );
    if (seq === undefined) {
      const lost = new StopError(
        'lost',
        `Another process has taken over run ${this.id}`,
      );
      this.stop(lost);
      throw new ConflictError(lost.message);
    }
    return seq;
  }

  /** Writes the end for every operation still in the run, together with what follows from it. */
  async #finish(
    state: OperationState,
    end: { result?: OperationResult; error?: OperationError },
  ): Promise<RunEnd | undefined> {
    const { hub, clock } = this.#deps;
    const records = await retryWhileUnavailable(clock, () =>
      this.#writeEnd(state, end),
    );
    hub.notify(this.id);
    return (
      records && {
        records,
        state,
        ...end,
        // Whoever was interrupted before may have written.
        wrote: this.#guard?.wrote || this.#record.attempts > 0,
        saw: this.#saw,
      }
    );
  }

  /** The operations that ended, or undefined when the run is no longer ours. */
  async #writeEnd(
    state: OperationState,
    end: { result?: OperationResult; error?: OperationError },
  ): Promise<OperationRecord[] | undefined> {
    const { store } = this.#deps;
    return store.transaction(async tx => {
      // Those who join a verification lock one of these rows too: nobody joins a run that is ending.
      const ours = await store.leases.lockRun(
        leaseKeys.run(this.id),
        this.#holder,
        tx,
      );
      if (!ours) return undefined;
      const live = await store.operations.liveOfRun(this.id, tx);
      await this.#recordConsequences(end.result, tx);
      if (end.result) {
        await this.#append({ type: 'result', data: end.result }, tx);
      }
      const seq = await this.#append(
        { type: 'state', data: { state, error: end.error } },
        tx,
      );
      await store.operations.finish(
        live.map(record => record.id),
        { state, seq, ...end },
        tx,
      );
      await store.leases.releaseRun(this.id, tx);
      return live;
    });
  }

  async #recordConsequences(result: OperationResult | undefined, tx: Knex) {
    const { store } = this.#deps;
    const record = this.#record;
    if (result?.kind === 'verify' && !result.reused) {
      await store.reports.insert(
        result.report,
        { requestHash: record.requestHash },
        tx,
      );
    }
    if (
      result?.kind === 'associate' &&
      result.applied &&
      record.entityRef &&
      createsAssociation(record, result)
    ) {
      await store.owners.set(
        record.ref,
        { entityRef: record.entityRef, ownerRefs: record.ownerRefs },
        tx,
      );
    }
    if (
      result?.kind === 'teardown' &&
      result.removed.some(one => one.kind === 'association')
    ) {
      await store.owners.remove(record.ref, tx);
    }
  }

  /** Each floor keeps its own deadlines; this one ends what hangs in spite of them. */
  #startDeadline(): AbortController {
    const { clock, config } = this.#deps;
    const limit =
      timeoutMsOf(this.#record) +
      (this.#record.kind === 'associate' ? config.timings.agentInstall : 0) +
      120_000;
    const controller = new AbortController();
    clock.sleep(limit, controller.signal).then(
      () =>
        this.stop(
          new StopError(
            'deadline',
            `Did not finish within ${Math.round(
              limit / 1000,
            )} s and was stopped; running it again carries on from what stands`,
          ),
        ),
      () => undefined,
    );
    return controller;
  }
}

const CANCELLED =
  'What was done so far stands: run it again to finish it, or remove the identity';

/** Class and sentence of an error; a bare abort is told by what caused it. */
function describe(error: unknown, stop?: StopError): OperationError {
  const { name, message } = toError(error);
  const bare = error === stop || name === 'AbortError';
  if (!bare || !stop) {
    return { name, message: message.slice(0, MAX_ERROR_LENGTH) };
  }
  return stop.reason === 'cancelled'
    ? { name: 'CancelledError', message: `${stop.message}. ${CANCELLED}` }
    : { name: 'TimeoutError', message: stop.message };
}
