import { pause } from './CallRecorder';
import type { Clock } from './clock';

/** The pause before a further try doubles up to this multiple of the first one. */
const LONGEST_PAUSE = 16;

/**
 * What a failure says about the next try. `passing`: the service answered or broke off, it is there. `busy`: it asked to
 * come back later. `doubtful`: nothing took the connection, or the clocks differ.
 */
export type Prospect = 'passing' | 'busy' | 'doubtful';

interface Limits {
  /** No further try begins later than this after the first one. Milliseconds. */
  patienceMs: number;
  /** Most times that one call is made, the first included. */
  tries: number;
}

const LIMITS: Record<Prospect, Limits> = {
  passing: { patienceMs: 20_000, tries: 8 },
  busy: { patienceMs: 60_000, tries: 30 },
  doubtful: { patienceMs: 6_000, tries: 8 },
};

/** A failed call. */
export interface FailedTry {
  prospect: Prospect;
  /** Tries so far. */
  tries: number;
  /** Since the first try began. */
  elapsedMs: number;
  /** What the service asked to wait, if it did. */
  retryAfterMs?: number;
}

/**
 * The one rule for making a failed call again, to AWS as to Kubernetes: at most eight tries within twenty seconds, thirty
 * within a minute where the service asks to come back, after pauses that double and are never all the same, and not
 * before the time that the service asked to wait.
 *
 * @param firstPauseMs - the setting `timings.retryPause`
 * @returns the pause before the next try in milliseconds; undefined when there should be none
 */
export function pauseBeforeRetry(
  { prospect, tries, elapsedMs, retryAfterMs = 0 }: FailedTry,
  firstPauseMs: number,
  random: () => number = Math.random,
): number | undefined {
  const limits = LIMITS[prospect];
  if (tries >= limits.tries) return undefined;
  const grown = firstPauseMs * Math.min(2 ** (tries - 1), LONGEST_PAUSE);
  const ms = Math.max(grown * (0.5 + random() / 2), retryAfterMs);
  return elapsedMs + ms > limits.patienceMs ? undefined : ms;
}

/** When and why to make a call again. */
export interface Retries {
  clock: Clock;
  /** The setting `timings.retryPause`. */
  retryPauseMs: number;
  /** Undefined for an error that would be the same again. */
  prospectOf(error: unknown): Prospect | undefined;
  retryAfterMsOf?(error: unknown): number | undefined;
  signal?: AbortSignal;
}

/** Makes a call until it succeeds or {@link pauseBeforeRetry} allows no further try. */
export async function withRetries<T>(
  retries: Retries,
  call: () => Promise<T>,
): Promise<T> {
  const { clock, retryPauseMs, prospectOf, signal } = retries;
  const startedAt = clock.now();
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      const prospect = prospectOf(error);
      const ms =
        prospect &&
        pauseBeforeRetry(
          {
            prospect,
            tries,
            elapsedMs: clock.now() - startedAt,
            retryAfterMs: retries.retryAfterMsOf?.(error),
          },
          retryPauseMs,
        );
      if (ms === undefined) throw error;
      // After an abort the call itself says that it was cancelled.
      await pause('retry', clock, ms, signal).catch(() => undefined);
    }
  }
}
