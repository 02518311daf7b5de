import { classifyAwsError } from '../../aws/classify';
import { propagationPolling } from '../../async/polling';
import { retryUntil } from '../../async/retry';
import type { AwsErrorInfo } from '../../aws/types';
import { emit, Scope } from './scope';
import type { RunningStep } from './Step';

/** How long, and after which answers, to retry a write. */
interface Retry {
  /** Milliseconds from the first attempt. */
  deadlineMs: number;
  /**
   * Returns what the next attempt waits for; `undefined` ends the retries with the error. May read the live state,
   * and may throw a better error.
   */
  waitFor(
    info: AwsErrorInfo,
    elapsedMs: number,
  ): Promise<string | undefined> | string | undefined;
}

/**
 * One write of a step, made only while the operation holds its lease. It is never aborted half-way: a cancel takes
 * effect before or after it, so its outcome is always known.
 */
export function write<T>(
  scope: Scope,
  step: Pick<RunningStep, 'id' | 'does'>,
  call: () => Promise<T>,
  retry?: Retry,
): Promise<T> {
  const attempt = async () => {
    scope.context.signal.throwIfAborted();
    await scope.context.guard.beforeWrite(step.does);
    return call();
  };
  return retry ? retrying(scope, step, retry, attempt) : attempt();
}

/** Retries while AWS answers that an earlier change is not visible yet. Each reason for waiting is recorded once. */
export async function retrying<T>(
  scope: Scope,
  step: Pick<RunningStep, 'id'>,
  { deadlineMs, waitFor }: Retry,
  attempt: () => Promise<T>,
): Promise<T> {
  const { clock, config, signal } = scope.context;
  const started = clock.now();
  let recorded: string | undefined;
  let lastError: unknown;
  const answer = await retryUntil<{ value: T }>(
    clock,
    {
      deadlineMs,
      polling: propagationPolling(config.timings.retryPause),
      signal,
    },
    async () => {
      try {
        return { value: await attempt() };
      } catch (error) {
        lastError = error;
        const reason = await waitFor(
          classifyAwsError(error),
          clock.now() - started,
        );
        if (!reason) throw error;
        if (reason !== recorded) {
          recorded = reason;
          await emit(scope, {
            type: 'step',
            data: { id: step.id, status: 'waiting', message: reason },
          });
        }
        return undefined;
      }
    },
  );
  if (answer) return answer.value;
  throw lastError;
}
