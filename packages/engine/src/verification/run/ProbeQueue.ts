import { ConflictError } from '@backstage/errors';
import {
  stringifyServiceAccountRef,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { pause, pausing } from '../../async/CallRecorder';
import type { Clock } from '../../async/clock';
import type { Deadline } from '../../async/deadline';
import type { ProofCache } from './ProofCache';
import { Semaphore } from '../../async/Semaphore';
import type { FactReader } from '../framework/facts';

/** Input of a verification to the queue. */
interface Asking {
  /** See `VerifyRequest`. */
  changedAt?: number;
  clock: Clock;
  deadline: Deadline;
  remainingMs(): number;
  /** Pause between a proof and the next pod for the same identity; 0 for a person. */
  intervalMs: number;
  tell(message: string): Promise<void>;
}

/** The place of one verification in the queue of its service account. */
export interface ProbeTurn {
  /**
   * Waits until a pod may start for the identity; true if it waited, so that the caller must read all facts again.
   *
   * @throws ConflictError when the deadline passes first
   */
  await(facts: FactReader): Promise<boolean>;
  /** Releases the turn to the next verification. */
  leave(): void;
}

/**
 * Lets one verification at a time start a pod for a service account in this process, and after a proof enforces a
 * pause on all replicas. Otherwise requests that vary slightly would start pod after pod.
 */
export class ProbeQueue {
  readonly #proofs: ProofCache;
  readonly #turns = new Map<string, Semaphore>();

  constructor(proofs: ProofCache) {
    this.#proofs = proofs;
  }

  /** A place in the queue of one service account; waiting starts with `await`. */
  turn(ref: ServiceAccountRef, asking: Asking): ProbeTurn {
    let leave: (() => void) | undefined;
    return {
      await: async facts => {
        if (!leave) {
          const { waited, ...taken } = await this.#take(ref, asking);
          leave = taken.leave;
          if (waited) return true;
        }
        return this.#pause(ref, facts, asking);
      },
      leave: () => leave?.(),
    };
  }

  async #take(
    ref: ServiceAccountRef,
    { deadline, tell }: Asking,
  ): Promise<{ waited: boolean; leave: () => void }> {
    const key = stringifyServiceAccountRef(ref);
    const waited = this.#turns.get(key)?.full ?? false;
    if (waited) {
      await tell(
        `Waiting for another verification of ${key}, which asks something else: one pod at a time proves a service account.`,
      );
    }
    // Looked up only now, so that nothing runs between the lookup and taking the turn.
    const queue = this.#turns.get(key) ?? new Semaphore(1);
    this.#turns.set(key, queue);
    try {
      const leave = await pausing('turn', () => queue.take(deadline.signal));
      return {
        waited,
        leave: () => {
          leave();
          if (queue.empty) this.#turns.delete(key);
        },
      };
    } catch (error) {
      if (!deadline.passed) throw error;
      throw new ConflictError(
        `Gave up waiting for the other verifications of ${key}: run this again when they have finished, or give it more time`,
      );
    }
  }

  /** Waits for the rest of the pause after a proof. */
  async #pause(
    ref: ServiceAccountRef,
    facts: FactReader,
    { changedAt, clock, deadline, remainingMs, intervalMs, tell }: Asking,
  ): Promise<boolean> {
    if (intervalMs === 0) return false;
    // A proof of the identity before a change says nothing about it.
    const last = await this.#proofs.lastOf(
      ref,
      facts,
      Math.max(clock.now() - intervalMs, changedAt ?? 0),
    );
    if (!last) return false;
    const provenAt = Date.parse(last.finishedAt);
    const now = clock.now();
    const waitMs = provenAt + intervalMs - now;
    if (waitMs <= 0) return false;
    const ago = `A pod proved this identity ${seconds(
      now - provenAt,
    )} ago; the next one may start in ${seconds(waitMs)}`;
    if (waitMs >= remainingMs()) {
      throw new ConflictError(
        `${ago}, but this verification has to end before: run it again then, or give it more time`,
      );
    }
    await tell(`${ago}, and this verification waits for that.`);
    await pause('turn', clock, waitMs, deadline.signal);
    return true;
  }
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`;
}
