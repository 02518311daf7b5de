import { pause } from '../async/CallRecorder';
import type { Clock } from '../async/clock';
import { pauseBeforeRetry, type Prospect } from '../async/retryRule';
import { isBroken, KubernetesError } from './errors';

/** When to make a call again. */
export interface RetryTiming {
  clock: Clock;
  retryPauseMs: number;
}

/** What an error says about another try; undefined for an answer that would be the same again. */
export function prospectOf(error: unknown): Prospect | undefined {
  if (!(error instanceof KubernetesError) || error.givenUp) return undefined;
  switch (error.kind) {
    case 'throttled':
      return 'passing';
    case 'server':
      // The API server is there; what it calls fails, and fails the same way for the next try.
      return /failed calling webhook/.test(error.message)
        ? undefined
        : 'passing';
    case 'unreachable':
      if (isBroken(error)) return 'passing';
      return /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EAI_AGAIN|UND_ERR_CONNECT)/.test(
        error.reason ?? '',
      )
        ? 'away'
        : undefined;
    default:
      return undefined;
  }
}

/** Makes a call until it is answered or the rule of `pauseBeforeRetry` allows no further try. */
export async function withRetries<T>(
  { clock, retryPauseMs }: RetryTiming,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
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
            retryAfterMs: (error as KubernetesError).retryAfterMs,
          },
          retryPauseMs,
        );
      if (ms === undefined) throw error;
      // After an abort the call itself says that it was cancelled.
      await pause('retry', clock, ms, signal).catch(() => undefined);
    }
  }
}
