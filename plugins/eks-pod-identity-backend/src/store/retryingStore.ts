import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from 'eks-pod-identity-engine';
import { RetryOptions, retryWhileUnavailable } from './retryWhileUnavailable';
import type { Store } from '.';

/** What a sweep reads and writes, one statement or transaction after the other. */
export type SweepStore = Omit<Store, 'transaction'>;

/**
 * The store for work in the background: each call waits for a database that is away, instead of failing. Every call
 * of a sweep bears being done twice; calls within a transaction do not, so there is none here.
 */
export function retryingStore(
  store: Store,
  clock: Clock,
  options: RetryOptions,
): SweepStore {
  const { transaction: _, ...families } = store;
  const patient = <T extends object>(family: T): T =>
    new Proxy(family, {
      get: (_target, name) => {
        const method = Reflect.get(family, name, family);
        if (typeof method !== 'function') return method;
        // Of the family itself: its private fields are not seen through a proxy.
        return (...args: unknown[]) =>
          retryWhileUnavailable(
            clock,
            () => method.apply(family, args),
            options,
          );
      },
    });
  return Object.fromEntries(
    Object.entries(families).map(([name, family]) => [name, patient(family)]),
  ) as unknown as SweepStore;
}

/**
 * Patience of a scheduled task, told in the log as what it is, for example `the sweep of cluster prod`. Only the
 * task's signal ends it: failing would not end the outage, and without its database the scheduler could not even
 * note that the task has ended.
 */
export function retryOptionsOfTask(
  task: string,
  logger: LoggerService,
  signal: AbortSignal,
): RetryOptions {
  return {
    signal,
    forMs: Infinity,
    onAway: error =>
      logger.warn(
        `The portal's database cannot be reached (${wordsOf(
          error,
        )}); ${task} waits for it and keeps its place`,
      ),
    onBack: waitedMs =>
      logger.info(
        `The portal's database is back after ${Math.ceil(
          waitedMs / 1000,
        )} s; ${task} goes on`,
      ),
  };
}

/** What the driver said, without the statement that knex puts before it. */
function wordsOf(error: Error): string {
  return error.message.split(' - ').at(-1)!;
}
