import { classifyAwsError } from '../../aws/classify';
import { retryUntil } from '../../async/retry';
import type { AwsErrorInfo } from '../../aws/types';
import { Scope, emit } from './scope';

/** How long to try, and after which answers. */
export interface Retrying {
  /** Step that waits, for the log. */
  stepId: string;
  /** Milliseconds from the first attempt. */
  deadlineMs: number;
  /**
   * What is being waited for when another attempt makes sense; `undefined` ends it with the error. May look at the
   * live state, and may throw a better error of its own.
   */
  waitFor(
    info: AwsErrorInfo,
    elapsedMs: number,
  ): Promise<string | undefined> | string | undefined;
}

/**
 * Tries a call again while AWS answers that something has not come through yet. Each thing waited for is told once.
 */
export async function retrying<T>(
  scope: Scope,
  options: Retrying,
  call: () => Promise<T>,
): Promise<T> {
  const { clock, config, signal } = scope.context;
  const started = clock.now();
  const pause = config.timings.retryPause;
  let told: string | undefined;
  let lastError: unknown;
  const answer = await retryUntil<{ value: T }>(
    clock,
    {
      deadlineMs: options.deadlineMs,
      minPause: pause,
      maxPause: pause * 4,
      signal,
    },
    async () => {
      try {
        return { value: await call() };
      } catch (error) {
        lastError = error;
        const reason = await options.waitFor(
          classifyAwsError(error),
          clock.now() - started,
        );
        if (!reason) throw error;
        if (reason !== told) {
          told = reason;
          await emit(scope, {
            type: 'step',
            data: { id: options.stepId, status: 'waiting', message: reason },
          });
        }
        return undefined;
      }
    },
  );
  if (answer) return answer.value;
  throw lastError;
}
