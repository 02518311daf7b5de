import { ConflictError } from '@backstage/errors';
import {
  NewOperationEvent,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from 'eks-pod-identity-engine';
import { pause, type WriteGuard } from 'eks-pod-identity-engine/portal';
import { HeldLease, LeaseHolder, OperationRecord } from '../store';
import { leaseKeys } from './leaseKeys';
import type { RetryingStore } from '../store/retryingStore';
import { StopError } from './stop';

/** The order in which every run takes its leases, so that no two wait for each other. */
const ORDER = ['ref', 'role', 'cluster'] as const;
type LeaseKind = (typeof ORDER)[number];

export interface RunLeasesOptions {
  store: RetryingStore;
  clock: Clock;
  holder: LeaseHolder;
  record: OperationRecord;
  signal: AbortSignal;
  ttlMs: number;
  pollMs: number;
  /** Epoch milliseconds; waiting for others ends then. */
  waitUntil: number;
  emit(event: NewOperationEvent): Promise<void>;
  /** Called when another process has taken the run over. */
  onLost(error: StopError): void;
}

/** A cancel or the deadline: another process does not carry it on, and this one may finish what it must. */
const mayBeOutlived = ({ reason }: AbortSignal) =>
  reason instanceof StopError &&
  (reason.reason === 'cancelled' || reason.reason === 'deadline');

/** The leases of one run: acquires them, waits for them, and checks them before every write. */
export class RunLeases implements WriteGuard {
  readonly #options: RunLeasesOptions;
  /** How often each key is held, outermost first. */
  readonly #held = new Map<string, { kind: LeaseKind; depth: number }>();
  #wrote = false;
  /** How much of what runs must not stop half-way. */
  #outliving = 0;

  constructor(options: RunLeasesOptions) {
    this.#options = options;
  }

  /** Whether anything was written, or may have been. */
  get wrote(): boolean {
    return this.#wrote;
  }

  /** Waits for the lease on the service account of this change. */
  async holdRef(): Promise<void> {
    const { record } = this.#options;
    await this.#acquire(
      'ref',
      leaseKeys.ref(record.ref),
      stringifyServiceAccountRef(record.ref),
    );
  }

  isAwaited(): Promise<boolean> {
    const { record, store } = this.#options;
    return store.operations.isAwaited(record);
  }

  async untilItsEnd<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#options;
    const end = new AbortController();
    const follow = () => {
      if (!mayBeOutlived(signal)) end.abort(signal.reason);
    };
    signal.addEventListener('abort', follow);
    if (signal.aborted) follow();
    this.#outliving += 1;
    try {
      return await work(end.signal);
    } finally {
      this.#outliving -= 1;
      signal.removeEventListener('abort', follow);
    }
  }

  /** Throws where the run was stopped, unless what goes on must not be left half done. */
  #mayGoOn() {
    const { signal } = this.#options;
    if (this.#outliving === 0 || !mayBeOutlived(signal)) {
      signal.throwIfAborted();
    }
  }

  async beforeWrite(what: string): Promise<void> {
    const { store, holder, ttlMs, onLost, record } = this.#options;
    this.#mayGoOn();
    const held = [...this.#held];
    const kept = new Set(await store.leases.renewRun(holder, ttlMs));
    // Steps beside this one take and release leases meanwhile: only what was held all the time can be lost.
    const lost = held.some(
      ([key, lease]) => this.#held.get(key) === lease && !kept.has(key),
    );
    if (lost || !kept.has(leaseKeys.run(holder.runId))) {
      onLost(
        new StopError(
          'lost',
          `Another process has taken over operation ${record.id}`,
        ),
      );
      throw new ConflictError(
        `Stopped before "${what}": this process no longer holds the lease of ${stringifyServiceAccountRef(
          record.ref,
        )}, another one carries operation ${record.id} on`,
      );
    }
    // A cancel may have reached another replica: it is in the database before it is known here.
    const cancelled = await store.operations.cancelledRuns([holder.runId]);
    if (cancelled.size > 0 && this.#outliving === 0) {
      throw new StopError('cancelled', `Cancelled before "${what}"`);
    }
    this.#mayGoOn();
    this.#wrote = true;
  }

  async withLease<T>(
    key: { kind: 'role' | 'cluster'; name: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const leaseKey = leaseKeys[key.kind](key.name);
    await this.#acquire(key.kind, leaseKey, `${key.kind} ${key.name}`);
    try {
      return await work();
    } finally {
      await this.#release(leaseKey);
    }
  }

  async #acquire(kind: LeaseKind, key: string, name: string): Promise<void> {
    const already = this.#held.get(key);
    if (already) {
      already.depth += 1;
      return;
    }
    const later = [...this.#held.values()].find(
      held => ORDER.indexOf(held.kind) > ORDER.indexOf(kind),
    );
    if (later) {
      throw new Error(
        `The lease on ${name} must be taken before that on a ${later.kind}`,
      );
    }
    const { clock, holder, record, signal, ttlMs, pollMs, waitUntil } =
      this.#options;
    let shown: string | undefined;
    for (;;) {
      this.#mayGoOn();
      const answer = await this.#try(kind, key, holder, ttlMs);
      if (answer === undefined) break;
      const left = waitUntil - clock.now();
      if (left <= 0) {
        throw new ConflictError(
          `Gave up waiting for ${name}: ${describe(
            kind,
            answer,
          )}. Wait until it has finished${
            kind === 'ref' ? ' or cancel it' : ''
          }, then run this again`,
        );
      }
      const message = `Waiting for ${name}: ${describe(kind, answer)}`;
      if (message !== shown) {
        shown = message;
        await this.#options.emit({
          type: 'step',
          data: { id: `lease.${kind}`, status: 'waiting', message },
        });
      }
      await pause('turn', clock, Math.min(pollMs, left), signal);
    }
    this.#held.set(key, { kind, depth: 1 });
    if (shown) {
      await this.#options.emit({
        type: 'step',
        data: {
          id: `lease.${kind}`,
          status: 'done',
          message: `Acquired the lease on ${name}`,
          durationMs: Math.max(0, clock.now() - record.createdAt),
        },
      });
    }
  }

  /** Undefined when the lease is ours now, else its holder. */
  async #try(
    kind: LeaseKind,
    key: string,
    holder: LeaseHolder,
    ttlMs: number,
  ): Promise<HeldLease | undefined> {
    const { store, record } = this.#options;
    if (kind === 'ref') {
      const older = await store.operations.olderWaiting(record);
      if (older) {
        return {
          runId: older.runId,
          what: whatOf(older),
          since: older.createdAt,
        };
      }
    }
    const answer = await store.leases.acquire(key, holder, {
      what: whatOf(record),
      ttlMs,
      inherit: true,
    });
    return answer.acquired ? undefined : answer.by;
  }

  async #release(key: string) {
    const held = this.#held.get(key)!;
    held.depth -= 1;
    if (held.depth > 0) return;
    this.#held.delete(key);
    const { store, holder } = this.#options;
    await store.leases.release(key, holder);
  }
}

/** What the record of a lease says about the operation that holds it. */
export function whatOf(
  record: Pick<OperationRecord, 'id' | 'kind' | 'ref' | 'initiator'>,
): string {
  return `${record.kind} of ${stringifyServiceAccountRef(
    record.ref,
  )} started by ${record.initiator} (operation ${record.id})`;
}

/** A waiting caller may read what is done to their own service account, but not who else uses a role or a cluster. */
function describe(kind: LeaseKind, held: HeldLease): string {
  const what = kind === 'ref' ? held.what : 'another operation';
  return `${what} has held it since ${new Date(held.since).toISOString()}`;
}
