import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Knex } from 'knex';
import type { Clock } from 'eks-pod-identity-engine';
import { eachCall } from './eachCall';
import type { Store } from './index';
import { RetryOptions, retryWhileUnavailable } from './retryWhileUnavailable';

type WithoutLast<Args extends unknown[]> = number extends Args['length']
  ? Args
  : Args extends [infer First, ...infer Rest]
  ? Required<Args>['length'] extends 1
    ? []
    : [First, ...WithoutLast<Rest>]
  : Args extends [(infer First)?, ...infer Rest]
  ? Required<Args>['length'] extends 0 | 1
    ? []
    : [First?, ...WithoutLast<Rest>]
  : [];

/**
 * A family of tables outside of transactions: no method takes one, and those that need one are not there. What a
 * transaction does is repeated with it as a whole, never on its own.
 */
type Retrying<Family> = {
  [Name in keyof Family]: Family[Name] extends (
    ...args: infer Args
  ) => Promise<infer Result>
    ? Args extends [...unknown[], Knex]
      ? never
      : Required<Args> extends [...unknown[], Knex]
      ? (...args: WithoutLast<Args>) => Promise<Result>
      : Family[Name]
    : Family[Name];
};

/** The store for what must outlive a database that is away: each call waits for it instead of failing. */
export type RetryingStore = {
  [Name in Exclude<keyof Store, 'transaction'>]: Retrying<Store[Name]>;
} & {
  /** Repeats the whole transaction; `work` gets the store that does not retry. */
  transaction: Store['transaction'];
};

/** Every call must bear being made twice: whether a commit that was cut off took place is not known. */
export function retryingStore(
  store: Store,
  clock: Clock,
  options: RetryOptions = {},
): RetryingStore {
  const { transaction, ...families } = store;
  const retry = <T>(work: () => Promise<T>) =>
    retryWhileUnavailable(clock, work, options);
  return {
    ...Object.fromEntries(
      Object.entries(families).map(([name, family]) => [
        name,
        eachCall(family as object, call => retry(async () => call())),
      ]),
    ),
    transaction: work => retry(() => transaction(work)),
  } as RetryingStore;
}

/**
 * For a scheduled task, which the log names, for example `the sweep of cluster prod`. Only the task's signal ends the
 * wait: failing would not end the outage, and without its database the scheduler could not even record that the task
 * has ended.
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
        `The portal's database cannot be reached (${driverMessage(
          error,
        )}); ${task} waits for it and keeps its place`,
      ),
    onRefused: error =>
      logger.error(
        `The portal's database refused a statement of ${task}`,
        error,
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
function driverMessage(error: Error): string {
  return error.message.split(' - ').at(-1)!;
}
