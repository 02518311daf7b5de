import { randomUUID } from 'node:crypto';
import {
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { callingFor } from 'eks-pod-identity-engine/portal';
import { operationContext } from '../operations/operationContext';
import type { LeaseStore } from '../store/LeaseStore';
import type { ServiceAccountState } from '../store/ServiceAccountStore';
import { verifyRefs, type VerifyRefsOptions } from './verifyRefs';

/** Age from which what was seen of an identity is looked at again when a page shows it. */
const FRESH_MS = 60_000;
/** Minimum time between two looks at a cluster, across all replicas. */
const PACE_MS = 500;
const PACE_POLL_MS = 100;
/** Identities that wait for a look in this process; of more, those that were opened last are looked at. */
const MOST_WAITING = 50;

export interface FreshLooksOptions
  extends Omit<VerifyRefsOptions, 'search' | 'signal'> {
  leases: Pick<LeaseStore, 'acquire'>;
}

/** What a page shows of an identity. */
interface Shown {
  ref: ServiceAccountRef;
  clusterKnown: boolean;
  /** ISO 8601. */
  lookedAt?: string;
  verifying?: object;
}

/**
 * Looks at the association and the role of identities that a page has just shown from the database, if they were not
 * looked at lately: once a minute for each, in all replicas and for all viewers together, and one after the other. Only
 * where something is another than it was, the identity is verified without a pod. Pages hear of it by signal.
 */
export class FreshLooks {
  readonly #options: FreshLooksOptions;
  readonly #instance = randomUUID();
  readonly #stopping = new AbortController();
  /** By written ref; the one that was opened last at the end. */
  readonly #waiting = new Map<string, ServiceAccountRef>();
  /** When this process last tried to look, by written ref, oldest first: an opening in the same minute asks no database. */
  readonly #triedAt = new Map<string, number>();
  #current?: string;
  #working: Promise<void> = Promise.resolve();

  constructor(options: FreshLooksOptions) {
    this.#options = options;
  }

  /** Answers which of these wait for a look, by written ref, at once. */
  opened(shown: readonly Shown[]): ReadonlySet<string> {
    const due = shown.filter(one => this.#isDue(one)).map(({ ref }) => ref);
    const idle = this.#current === undefined && this.#waiting.size === 0;
    for (const ref of due) {
      const key = stringifyServiceAccountRef(ref);
      if (key === this.#current) continue;
      this.#waiting.delete(key);
      this.#waiting.set(key, ref);
    }
    while (this.#waiting.size > MOST_WAITING) {
      this.#waiting.delete([...this.#waiting.keys()][0]);
    }
    if (idle && this.#waiting.size > 0) this.#working = this.#work();
    return new Set(
      due
        .map(stringifyServiceAccountRef)
        .filter(key => key === this.#current || this.#waiting.has(key)),
    );
  }

  async stop() {
    this.#stopping.abort(new Error('shutting down'));
    this.#waiting.clear();
    await this.#working;
  }

  #isDue({ ref, lookedAt, clusterKnown, verifying }: Shown): boolean {
    if (!clusterKnown || verifying || this.#stopping.signal.aborted) {
      return false;
    }
    const key = stringifyServiceAccountRef(ref);
    if (key === this.#current) return true;
    const seenAt = Math.max(
      lookedAt === undefined ? -Infinity : Date.parse(lookedAt),
      this.#triedAt.get(key) ?? -Infinity,
    );
    return this.#options.clock.now() - seenAt > FRESH_MS;
  }

  #tried(key: string) {
    const now = this.#options.clock.now();
    this.#triedAt.delete(key);
    this.#triedAt.set(key, now);
    for (const [oldest, at] of this.#triedAt) {
      if (now - at <= FRESH_MS) break;
      this.#triedAt.delete(oldest);
    }
  }

  async #work() {
    // What the caller was about to answer goes first.
    await Promise.resolve();
    for (;;) {
      const [key, ref] = [...this.#waiting].at(-1) ?? [];
      if (!key || !ref) return;
      this.#waiting.delete(key);
      this.#current = key;
      this.#tried(key);
      try {
        await this.#look(ref);
      } catch (error) {
        this.#options.logger.debug(
          `Could not look at ${key}: ${(error as Error).message}`,
        );
      } finally {
        this.#current = undefined;
      }
    }
  }

  async #look(ref: ServiceAccountRef) {
    const { store, clock } = this.#options;
    const before = await store.serviceAccounts.find(ref);
    // What has just been set up is about to be verified.
    if (clock.now() - (before?.resetAt ?? 0) < FRESH_MS) return;
    const key = stringifyServiceAccountRef(ref);
    if (!(await this.#claim(`look/${key}`, FRESH_MS))) return;
    await this.#pace(ref.cluster);
    await callingFor({ lane: 'schedule', key: ref.cluster }, () =>
      this.#compare(ref, before),
    );
  }

  async #compare(
    ref: ServiceAccountRef,
    before: ServiceAccountState | undefined,
  ) {
    const { store, recorder, verification, clock } = this.#options;
    const { signal } = this.#stopping;
    const at = clock.now();
    const seen = await verification.glance(
      ref,
      await operationContext('sweep', this.#options, { ref, signal }),
    );
    const { association } = seen;
    if (association === undefined) return;
    const stored = await store.associations.findMany([ref]);
    const isSame = association
      ? !before?.changedBy && seen.fingerprint === before?.fingerprint
      : stored.size === 0 && before !== undefined;
    if (isSame) return;
    await recorder.saw(ref, { association, at });
    await verifyRefs(
      [ref],
      {
        known: {},
        observedAt: at,
        modifiedAt: () => association?.modifiedAt,
      },
      { ...this.#options, signal },
    );
  }

  async #pace(cluster: string) {
    while (!(await this.#claim(`looks/${cluster}`, PACE_MS))) {
      await this.#options.clock.sleep(PACE_POLL_MS, this.#stopping.signal);
    }
  }

  /** Once in all replicas, until it expires. */
  async #claim(key: string, ttlMs: number): Promise<boolean> {
    const claim = await this.#options.leases.acquire(
      key,
      { runId: randomUUID(), instance: this.#instance },
      { what: 'looks at it', ttlMs, inherit: false },
    );
    return claim.acquired;
  }
}
