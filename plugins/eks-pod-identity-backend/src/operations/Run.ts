import { ConflictError } from '@backstage/errors';
import {
  type AccessRow,
  foldEntityRef,
  NewOperationEvent,
  OperationError,
  OperationResult,
  OperationState,
  VerifyInput,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type {
  Association,
  FactBundle,
  Lifecycle,
  Moves,
  Verification,
} from 'eks-pod-identity-engine';
import {
  type CallRecorder,
  callingFor,
  createCallRecorder,
  requestKey,
} from 'eks-pod-identity-engine/portal';
import { LeaseHolder, OperationRecord, Store } from '../store';
import type { EventHub } from './EventHub';
import { leaseKeys } from './leaseKeys';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import type { RetryingStore } from '../store/retryingStore';
import {
  type ContextDeps,
  operationContext,
  personLane,
} from './operationContext';
import { isChange, perform, restartsWorkloads, timeoutMsOf } from './perform';
import { withEarlierAttempts } from './attempts';
import { RunLeases } from './RunLeases';
import { describe, StopError } from './stop';
import { subjectOf } from './subjectOf';

/** Longest time beside what it asked for: each workload rolls out, and CloudTrail shows 15 minutes late what came of it. Milliseconds. */
const MOVE_MS = 4 * 3_600_000;

export interface RunDeps extends ContextDeps {
  /** Outlives a database that restarts. */
  store: RetryingStore;
  hub: EventHub;
  entities: EntityDirectory;
  lifecycle: Lifecycle;
  moves: Moves;
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
  #leases?: RunLeases;
  readonly #recorder?: CallRecorder;
  #saw: RunEnd['saw'];
  #bundle?: FactBundle;
  #access?: AccessRow;

  constructor(options: {
    record: OperationRecord;
    instance: string;
    deps: RunDeps;
  }) {
    this.#record = options.record;
    this.id = options.record.runId;
    this.#holder = { runId: this.id, instance: options.instance };
    this.#deps = options.deps;
    if (options.record.recordsTimeline) {
      this.#recorder = createCallRecorder({ clock: options.deps.clock });
    }
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
    const outcome = await this.#recorded(() => this.#work())
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

  #recorded<T>(work: () => Promise<T>): Promise<T> {
    return this.#recorder ? this.#recorder.during(work) : work();
  }

  async #work(): Promise<OperationResult> {
    const { clock, config, logger, store } = this.#deps;
    const record = this.#record;
    const { signal } = this.#controller;
    const startedAt = clock.now();
    const leases = new RunLeases({
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
    this.#leases = leases;
    if (isChange(record)) await leases.holdRef();
    await this.#begin();
    const context = await operationContext(
      {
        guard: leases,
        sawAssociation: association => {
          this.#saw = { association, at: startedAt };
        },
        sawAccess: row => {
          this.#access = row;
        },
        sawFacts: bundle => {
          this.#bundle = bundle;
        },
        emit: async event => {
          if (event.type === 'plan') {
            await store.operations.setPlan(this.id, event.data);
          }
          await this.#emit(event);
        },
      },
      { ...this.#deps, logger: logger.child({ operation: record.id }) },
      { ...subjectOf(record), signal },
    );
    const result = await callingFor(
      personLane({ type: record.initiatorType, name: record.initiator }),
      () => perform(record, context, this.#deps),
    );
    // A line that could not be written does not undo what was done.
    await this.#writing.catch(() => undefined);
    return withEarlierAttempts(record, this.#withTimeline(result));
  }

  /** The report says where the timeline of its run is. */
  #withTimeline(result: OperationResult): OperationResult {
    if (!this.#recorder || result.kind !== 'verify' || result.reused) {
      return result;
    }
    return { ...result, report: { ...result.report, timelineOf: this.id } };
  }

  /** queued → running. */
  async #begin() {
    const { store, hub } = this.#deps;
    await store.transaction(async (tx, { events, leases, operations }) => {
      // Leases before operations, as everywhere: no deadlock with those who join or leave.
      await leases.lockRun(leaseKeys.run(this.id), this.#holder, tx);
      const changed = await operations.markRunning(this.id, tx);
      if (changed === 0) return;
      const event = { type: 'state', data: { state: 'running' } } as const;
      this.#ours(await events.append(this.id, event, this.#fence, tx));
    });
    hub.notify(this.id);
  }

  async #emit(event: NewOperationEvent): Promise<void> {
    const { hub, store } = this.#deps;
    const written = this.#writing
      .catch(() => undefined)
      .then(() => store.events.append(this.id, event, this.#fence))
      .then(seq => this.#ours(seq));
    this.#writing = written;
    await written;
    hub.notify(this.id);
  }

  /** Writes only while this process holds the run. */
  get #fence() {
    const { instance } = this.#holder;
    return { fence: { leaseKey: leaseKeys.run(this.id), instance } };
  }

  /** @throws ConflictError when nothing was written because the run is no longer ours */
  #ours(seq: number | undefined): number {
    if (seq !== undefined) return seq;
    const lost = new StopError(
      'lost',
      `Another process has taken over run ${this.id}`,
    );
    this.stop(lost);
    throw new ConflictError(lost.message);
  }

  /** Writes the end for every operation still in the run, together with what follows from it. */
  async #finish(
    state: OperationState,
    end: { result?: OperationResult; error?: OperationError },
  ): Promise<RunEnd | undefined> {
    const { hub } = this.#deps;
    // Another process began it, and may have written.
    const wrote = this.#leases?.wrote || this.#record.state === 'running';
    const records = await this.#writeEnd(state, { ...end, wrote });
    hub.notify(this.id);
    return (
      records && {
        records,
        state,
        ...end,
        wrote,
        saw: this.#saw,
      }
    );
  }

  /** The operations that ended, or undefined when the run is no longer ours. */
  async #writeEnd(
    state: OperationState,
    end: { result?: OperationResult; error?: OperationError; wrote: boolean },
  ): Promise<OperationRecord[] | undefined> {
    const timeline = this.#recorder?.timeline();
    return this.#deps.store.transaction(async (tx, store) => {
      // Joining a verification locks one of these rows too, so a run that is ending cannot be joined.
      const ours = await store.leases.lockRun(
        leaseKeys.run(this.id),
        this.#holder,
        tx,
      );
      if (!ours) return undefined;
      const live = await store.operations.liveOfRun(this.id, tx);
      if (timeline) await store.timelines.insert(this.id, timeline, tx);
      await this.#recordConsequences(end.result, tx, store);
      if (end.result) {
        const event = { type: 'result', data: end.result } as const;
        this.#ours(await store.events.append(this.id, event, this.#fence, tx));
      }
      const seq = this.#ours(
        await store.events.append(
          this.id,
          { type: 'state', data: { state, error: end.error } },
          this.#fence,
          tx,
        ),
      );
      await store.operations.finish(
        live.map(record => record.id),
        { state, seq, ...end },
        tx,
      );
      if (this.#access) await store.access.update(this.#access, tx);
      await store.leases.releaseRun(this.id, tx);
      return live;
    });
  }

  async #recordConsequences(
    result: OperationResult | undefined,
    tx: Knex,
    store: Store,
  ) {
    const record = this.#record;
    const { permissionChecks, ...others } = record.input as VerifyInput;
    // A run that left tests out answers none that asks for them, and is no wish for later ones.
    if (result?.kind === 'verify' && !result.reused) {
      await store.reports.insert(
        result.report,
        {
          requestHash: result.report.withheld
            ? requestKey({ ...others, ref: record.ref })
            : record.requestHash,
          holder: record.holder,
          initiator: record.initiator,
        },
        tx,
      );
      if (this.#bundle) await store.bundles.insert(this.#bundle, tx);
    }
    const isWish =
      result?.kind === 'verify' && !result.reused && !result.report.withheld;
    if (isWish && permissionChecks) {
      await store.permissionChecks.set(
        record.ref,
        permissionChecks,
        record.holder,
        tx,
      );
    }
    const tagged = result?.kind === 'migrate' ? result.association : result;
    if (
      (result?.kind === 'associate' || result?.kind === 'migrate') &&
      result.applied &&
      record.entityRef &&
      tagged &&
      'taggedEntityRef' in tagged &&
      record.entityRef === foldEntityRef(tagged.taggedEntityRef ?? '')
    ) {
      await store.owners.set(
        record.ref,
        {
          entityRef: record.entityRef,
          uid: record.entityUid,
          ownerRefs: record.ownerRefs,
        },
        tx,
      );
    }
    if (
      (result?.kind === 'teardown' &&
        result.removed.some(one => one.kind === 'association')) ||
      (result?.kind === 'rollback' && result.applied && result.gone)
    ) {
      await store.owners.remove(record.ref, tx);
    }
  }

  /** The engine keeps its own deadlines; this one ends what hangs in spite of them. */
  #startDeadline(): AbortController {
    const { clock, config } = this.#deps;
    const { kind } = this.#record;
    const own = timeoutMsOf(this.#record);
    const limit =
      own +
      (kind === 'migrate' || kind === 'rollback' ? MOVE_MS : 0) +
      (kind === 'associate' ? config.timings.agentInstall : 0) +
      // Roll-outs have as long again
      (restartsWorkloads(this.#record) ? own : 0) +
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
