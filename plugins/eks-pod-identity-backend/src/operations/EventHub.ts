import type { Clock } from 'eks-pod-identity-engine';
import { raceAbort } from 'eks-pod-identity-engine/portal';
import { EventStore } from '../store';

/** One follower of one run. */
export interface Subscription {
  /** Resolves when the run may have events after `seq`; rejects when the signal aborts. */
  changed(seq: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

interface Follower {
  runId: string;
  seq: number;
  dirty: boolean;
  wake?: () => void;
}

/**
 * Tells those who follow a run that it has new events: at once for what this process writes, and by asking the
 * database, one query for all followed runs, for what other replicas write.
 */
export class EventHub {
  readonly #events: EventStore;
  readonly #clock: Clock;
  readonly #pollMs: number;
  readonly #onError: (error: unknown) => void;
  readonly #followers = new Set<Follower>();
  #polling?: AbortController;

  constructor(options: {
    events: EventStore;
    clock: Clock;
    pollMs: number;
    onError: (error: unknown) => void;
  }) {
    this.#events = options.events;
    this.#clock = options.clock;
    this.#pollMs = options.pollMs;
    this.#onError = options.onError;
  }

  /** Something of this run was written by this process. */
  notify(runId: string) {
    for (const follower of this.#followers) {
      if (follower.runId === runId) this.#wake(follower);
    }
  }

  /** Subscribe before reading, so that nothing is missed between reading and waiting. */
  subscribe(runId: string): Subscription {
    const follower: Follower = { runId, seq: 0, dirty: false };
    this.#followers.add(follower);
    if (!this.#polling) this.#poll();
    return {
      changed: (seq, signal) => this.#changed(follower, seq, signal),
      close: () => {
        this.#followers.delete(follower);
        if (this.#followers.size === 0) {
          this.#polling?.abort();
          this.#polling = undefined;
        }
      },
    };
  }

  #wake(follower: Follower) {
    follower.dirty = true;
    follower.wake?.();
  }

  async #changed(follower: Follower, seq: number, signal: AbortSignal) {
    signal.throwIfAborted();
    follower.seq = seq;
    if (!follower.dirty) {
      const woken = new Promise<void>(resolve => {
        follower.wake = resolve;
      });
      await raceAbort(woken, signal).finally(() => {
        follower.wake = undefined;
      });
    }
    follower.dirty = false;
  }

  async #poll() {
    const controller = new AbortController();
    this.#polling = controller;
    const { signal } = controller;
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(this.#pollMs, signal);
        const runIds = new Set([...this.#followers].map(one => one.runId));
        const latest = await this.#events.lastSeqs([...runIds]);
        for (const follower of this.#followers) {
          if ((latest.get(follower.runId) ?? 0) > follower.seq) {
            this.#wake(follower);
          }
        }
      } catch (error) {
        // The next round asks again; a database that is away must not end the streams.
        if (!signal.aborted) this.#onError(error);
      }
    }
  }
}
