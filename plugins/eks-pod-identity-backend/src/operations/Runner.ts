import { randomUUID } from 'node:crypto';
import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { OperationRecord, Store } from '../store';
import { leaseKeys } from './leaseKeys';
import { Run, RunEnd, RunDeps } from './Run';
import { whatOf } from './RunLeases';
import { StopError } from './stop';

/** A run whose process died this often is not tried again. */
const MAX_ATTEMPTS = 5;
/** Longest wait for runs to stop between two steps. */
const SHUTDOWN_MS = 15_000;
/** The rights of a request expire with a run that no process carried on for so long. */
const MAX_AGE_MS = 60 * 60_000;

/**
 * Carries runs on in this process, keeps their leases alive, and takes over what other processes left behind.
 */
export class Runner {
  /** This process among the replicas. */
  readonly instance = randomUUID();
  /** Does not wait for a database that is away: the loops try again by themselves. */
  readonly #store: Store;
  readonly #deps: RunDeps;
  readonly #onEnd: (end: RunEnd) => Promise<void>;
  readonly #active = new Map<string, { run: Run; done: Promise<void> }>();
  readonly #loops = new AbortController();
  #looping: Promise<unknown>[] = [];

  constructor(options: {
    store: Store;
    deps: RunDeps;
    onEnd: (end: RunEnd) => Promise<void>;
  }) {
    this.#store = options.store;
    this.#deps = options.deps;
    this.#onEnd = options.onEnd;
  }

  /** Begins to keep leases alive and to look for abandoned runs. */
  start() {
    const { leaseHeartbeat } = this.#deps.config.timings;
    this.#looping = [
      this.#loop(leaseHeartbeat, 'renew leases', () => this.#heartbeat()),
      this.#loop(Math.min(leaseHeartbeat, 1000), 'look for cancellations', () =>
        this.#stopCancelled(),
      ),
      this.#loop(leaseHeartbeat, 'take over abandoned operations', () =>
        this.recover(),
      ),
    ];
  }

  /** Hands everything over: what runs stops between two steps, and another process may take it at once. */
  async stop() {
    this.#loops.abort(new Error('shutting down'));
    for (const { run } of this.#active.values()) {
      run.stop(new StopError('handover', 'This process is shutting down'));
    }
    const done = new AbortController();
    const { clock } = this.#deps;
    await Promise.race([
      Promise.all([...this.#active.values()].map(entry => entry.done)),
      // A run that ignores the abort loses its lease with the process.
      clock.sleep(SHUTDOWN_MS, done.signal).catch(() => undefined),
    ]);
    done.abort();
    await Promise.all(this.#looping);
  }

  /** Carries a run on whose lease this process already holds; `stop` only brings it to its end. */
  launch(record: OperationRecord, stop?: StopError) {
    if (this.#active.has(record.runId)) return;
    const run = new Run({
      record,
      instance: this.instance,
      deps: this.#deps,
    });
    const entry = { run, done: Promise.resolve() };
    this.#active.set(run.id, entry);
    if (stop) run.stop(stop);
    entry.done = this.#carry(run, record);
    if (this.#loops.signal.aborted) {
      run.stop(new StopError('handover', 'This process is shutting down'));
    }
  }

  /** Stops a run here, if it is here. */
  cancel(runId: string, by: string) {
    this.#active
      .get(runId)
      ?.run.stop(new StopError('cancelled', `Cancelled by ${by}`));
  }

  /** Takes over runs whose process is gone. */
  async recover(): Promise<void> {
    const { config, logger } = this.#deps;
    const store = this.#store;
    for (const runId of await store.operations.orphanedRuns(20)) {
      if (this.#loops.signal.aborted) return;
      if (this.#active.has(runId)) continue;
      const [record] = await store.operations.liveOfRun(runId);
      if (!record || this.#isForOthers(record)) continue;
      const { acquired } = await store.leases.acquire(
        leaseKeys.run(runId),
        { runId, instance: this.instance },
        {
          what: whatOf(record),
          ttlMs: config.timings.leaseTtl,
          inherit: false,
        },
      );
      if (!acquired) continue;
      // It may have ended between the look and the lease.
      const [current] = await store.operations.liveOfRun(runId);
      if (!current) {
        await store.transaction(tx => store.leases.releaseRun(runId, tx));
        continue;
      }
      logger.info(
        `Carrying on ${current.kind} of ${stringifyServiceAccountRef(
          current.ref,
        )} (operation ${current.id}), which another process left`,
      );
      this.launch(current, await this.#whyNot(current));
    }
  }

  /** Replicas learn of a new cluster at different times. What none of them carries on within an hour ends here too. */
  #isForOthers({ ref, updatedAt }: OperationRecord): boolean {
    const { clock, clusters } = this.#deps;
    return (
      clock.now() - updatedAt <= MAX_AGE_MS &&
      !clusters.list().some(({ id }) => id === ref.cluster)
    );
  }

  /** Why an abandoned run is brought to its end instead of being carried on. */
  async #whyNot(record: OperationRecord): Promise<StopError | undefined> {
    const { clock } = this.#deps;
    const store = this.#store;
    const attempts = await store.operations.countAttempt(record.runId);
    const cancelled = await store.operations.cancelledRuns([record.runId]);
    if (cancelled.size > 0) {
      return new StopError('cancelled', 'Cancelled by its starter');
    }
    if (attempts > MAX_ATTEMPTS) {
      return new StopError(
        'deadline',
        `Given up after ${attempts} interrupted attempts; the logs of the backend say what interrupted them. Running it again carries on from what stands`,
      );
    }
    if (clock.now() - record.updatedAt > MAX_AGE_MS) {
      return new StopError(
        'deadline',
        'Interrupted, and no process carried it on within an hour; running it again carries on from what stands',
      );
    }
    return undefined;
  }

  async #carry(run: Run, record: OperationRecord): Promise<void> {
    const { logger } = this.#deps;
    const store = this.#store;
    try {
      const end = await run.execute();
      if (end) {
        await this.#onEnd(end);
      } else if (run.stopped?.reason === 'handover') {
        await store.leases.expireRun({
          runId: run.id,
          instance: this.instance,
        });
        logger.info(
          `Left ${record.kind} of ${stringifyServiceAccountRef(
            record.ref,
          )} (operation ${record.id}) to another process`,
        );
      }
    } catch (error) {
      // Its end could not be written; once the lease has expired, it is carried on like any abandoned run.
      logger.error(
        `Could not record the end of ${
          record.kind
        } of ${stringifyServiceAccountRef(record.ref)} (operation ${
          record.id
        })`,
        error as Error,
      );
    } finally {
      this.#active.delete(run.id);
    }
  }

  async #heartbeat() {
    const { config } = this.#deps;
    const store = this.#store;
    const runIds = [...this.#active.keys()];
    const kept = await store.leases.renewRuns(
      this.instance,
      runIds,
      config.timings.leaseTtl,
    );
    const keys = new Set(kept.map(lease => lease.key));
    for (const runId of runIds) {
      if (keys.has(leaseKeys.run(runId))) continue;
      this.#active
        .get(runId)
        ?.run.stop(
          new StopError('lost', `Another process has taken over run ${runId}`),
        );
    }
  }

  async #stopCancelled() {
    const cancelled = await this.#store.operations.cancelledRuns([
      ...this.#active.keys(),
    ]);
    for (const runId of cancelled)
      this.cancel(runId, 'its starter or an administrator');
  }

  async #loop(periodMs: number, what: string, work: () => Promise<void>) {
    const { clock, logger } = this.#deps;
    const { signal } = this.#loops;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        logger.warn(`Could not ${what}; trying again`, error as Error);
      }
      await clock.sleep(periodMs, signal).catch(() => undefined);
    }
  }
}
