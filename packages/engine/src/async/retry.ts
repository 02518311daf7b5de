import { pause } from './CallRecorder';
import type { Clock } from './clock';
import { pausesOf, type Polling } from './polling';

export interface RetryUntilOptions {
  /** Longest time, milliseconds from now. A last attempt is made at the deadline itself. */
  deadlineMs: number;
  polling: Polling;
  signal?: AbortSignal;
  /** Errors worth another attempt; all others are thrown at once. Default: none. */
  retryIf?: (error: unknown) => boolean;
}

/**
 * Calls `fn` until it returns something other than undefined.
 *
 * @returns the value, or undefined when the deadline passed without one
 * @throws what `fn` threw when `retryIf` does not accept it, or when the last attempt before the deadline
 *   threw; the signal's reason when aborted
 */
export async function retryUntil<T>(
  clock: Clock,
  options: RetryUntilOptions,
  fn: (attempt: number) => Promise<T | undefined>,
): Promise<T | undefined> {
  const start = clock.now();
  const end = start + options.deadlineMs;
  const pauseAfter = pausesOf(options.polling);
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    const last = clock.now() >= end;
    try {
      const answer = await fn(attempt);
      if (answer !== undefined || last) return answer;
    } catch (error) {
      if (last || !options.retryIf?.(error)) throw error;
    }
    const now = clock.now();
    const ms = Math.max(0, Math.min(pauseAfter(now - start), end - now));
    await pause('propagation', clock, ms, options.signal);
  }
}
