import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../async/clock';
import { isBroken, isKubernetesError, KubernetesError } from './errors';

/** How long an API that has answered nothing but 429 is asked again, by all calls of an operation together. */
const BUSY_PATIENCE_MS = 60_000;

/** What one operation knows about one API: whether it answers. */
class Reach {
  readonly givenUp = new AbortController();
  answers = 0;
  /** When the first call began that was not answered, with no answer since. */
  #silentSince = Infinity;
  /** When the first call began that was answered with 429, with no other answer since. */
  #busySince = Infinity;
  /** The last 429, while there was no other answer since. */
  busy?: KubernetesError;

  answered(): void {
    this.answers += 1;
    this.#silentSince = Infinity;
    this.#busySince = Infinity;
    this.busy = undefined;
  }

  /** Judges a 429: after a while further calls are made, but none of them again. */
  throttled(
    error: KubernetesError,
    { beganAt, clock }: BegunCall,
  ): KubernetesError {
    const since = Math.min(this.#busySince, beganAt);
    this.answered();
    this.#busySince = since;
    this.busy = error;
    return clock.now() - since >= BUSY_PATIENCE_MS ? error.asGivenUp() : error;
  }

  /** Judges a call that got no answer. */
  missed(error: KubernetesError, call: BegunCall): void {
    // Others were answered meanwhile, so the API lives: this call alone is at fault.
    if (this.answers > call.answersBefore) return;
    this.#silentSince = Math.min(this.#silentSince, call.beganAt);
    const silentMs = call.clock.now() - this.#silentSince;
    if (
      error.kind === 'timeout' ||
      silentMs >= call.patienceMs ||
      // One address may be dead where others live, and what breaks a connection has taken it.
      (this.answers === 0 && !call.toOneAddress && !isBroken(error))
    ) {
      this.givenUp.abort(error.asGivenUp());
    }
  }
}

interface ReachOptions {
  clock: Clock;
  /** How long an API that has answered before may stay silent, milliseconds. */
  patienceMs: number;
  /** The call goes to one of several addresses. */
  toOneAddress: boolean;
}

type BegunCall = ReachOptions & { beganAt: number; answersBefore: number };

const current = new AsyncLocalStorage<Map<string, Reach>>();

/**
 * Makes `work` give up an API that does not answer once, instead of waiting for each of its calls. An API that has not
 * answered yet is given up at the first call without an answer; one that has answered may be silent for one request
 * timeout, since API servers are replaced. Then calls that wait end, and further ones fail at once, all with the error of
 * the first. Within such work another one shares what is known.
 *
 * @public
 */
export function givingUpOnce<T>(work: () => T): T {
  return current.getStore() ? work() : givingUpApart(work);
}

/**
 * The same for work that goes on beside another, which is to learn nothing of its failures: a list that is too long for
 * the one would end the calls of the other.
 *
 * @public
 */
export function givingUpApart<T>(work: () => T): T {
  return current.run(new Map(), work);
}

/** The 429 that an API of this operation answers to everything, if one does. */
export function throttling(): KubernetesError | undefined {
  const apis = [...(current.getStore()?.values() ?? [])];
  return apis.find(({ busy }) => busy)?.busy;
}

/** One call's part in what is known about the API. */
export interface ReachingCall {
  /** Aborts with the caller's signal, and when the API is given up. */
  signal?: AbortSignal;
  answered(): void;
  /** @returns the error to throw */
  failed(error: Error): Error;
}

/**
 * Begins a call to the API at `endpoint`.
 *
 * @throws KubernetesError when the API was given up before
 */
export function reaching(
  endpoint: string,
  options: ReachOptions & { signal?: AbortSignal },
): ReachingCall {
  const known = current.getStore();
  const { signal } = options;
  if (!known) return { signal, answered: () => {}, failed: error => error };
  const reach = known.get(endpoint) ?? new Reach();
  known.set(endpoint, reach);
  const givenUp = reach.givenUp.signal;
  givenUp.throwIfAborted();
  const call = {
    ...options,
    beganAt: options.clock.now(),
    answersBefore: reach.answers,
  };
  return {
    signal: signal ? AbortSignal.any([signal, givenUp]) : givenUp,
    answered: () => reach.answered(),
    failed(error) {
      if (signal?.aborted) return error;
      if (!givenUp.aborted && error instanceof KubernetesError) {
        if (error.kind === 'throttled') return reach.throttled(error, call);
        if (isKubernetesError(error, 'unreachable', 'timeout')) {
          reach.missed(error, call);
        } else {
          reach.answered();
        }
      }
      return givenUp.aborted ? givenUp.reason : error;
    },
  };
}
