import { ConflictError } from '@backstage/errors';
import {
  stringifyServiceAccountRef,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clock } from '../async/clock';
import type { Deadline } from '../async/deadline';
import type { ProofCache } from './ProofCache';
import { Semaphore } from '../async/Semaphore';
import type { FactReader } from './runner';

/** What a verification brings when it queues. */
interface Asking {
  clock: Clock;
  deadline: Deadline;
  remainingMs(): number;
  /** Between a proof and the next pod for the same identity. */
  intervalMs: number;
  tell(message: string): Promise<void>;
}

/** The place of one verification in the queue of its service account. */
export interface ProbeTurn {
  /**
   * Waits until a pod may start for the identity that was looked at; true when there was something to wait for, and
   * everything has to be looked at again.
   *
   * @throws ConflictError when that is not before the deadline
   */
  await(facts: FactReader): Promise<boolean>;
  /** Lets the next one in. */
  leave(): void;
}

/**
 * Lets one verification at a time start a pod for a service account in this process, and after a proof none for a while on
 * any replica: else a request that is put a little differently each time starts pod after pod.
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
    // Looked up only now: nothing may come between this and the taking.
    const queue = this.#turns.get(key) ?? new Semaphore(1);
    this.#turns.set(key, queue);
    try {
      const leave = await queue.take(deadline.signal);
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
        `Gave up waiting for the other verifications of ${key}: run this again when they have finished, or give it a longer timeoutSeconds`,
      );
    }
  }

  /** Sits out the rest of the interval after a proof. */
  async #pause(
    ref: ServiceAccountRef,
    facts: FactReader,
    { clock, deadline, remainingMs, intervalMs, tell }: Asking,
  ): Promise<boolean> {
    // Once the identity is another one, an earlier proof says nothing about it.
    const last = await this.#proofs.lastOf(
      ref,
      facts,
      clock.now() - intervalMs,
    );
    if (!last) return false;
    const provenAt = Date.parse(last.finishedAt);
    const now = clock.now();
    const pause = provenAt + intervalMs - now;
    if (pause <= 0) return false;
    const ago = `A pod proved this identity ${seconds(
      now - provenAt,
    )} ago; the next one may start in ${seconds(pause)}`;
    if (pause >= remainingMs()) {
      throw new ConflictError(
        `${ago}, but this verification has to end before: run it again then, or give it a longer timeoutSeconds`,
      );
    }
    await tell(`${ago}, and this verification waits for that.`);
    await clock.sleep(pause, deadline.signal);
    return true;
  }
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`;
}
