import { AsyncLocalStorage } from 'node:async_hooks';

/** For whom AWS is called, which decides how a call waits for its turn: see `TokenBucket`. @public */
export interface AwsCaller {
  /** `person`: a user or service waits for the answer. `schedule`: background work. */
  lane: 'person' | 'schedule';
  /** Callers of one lane are served in turn. */
  key: string;
}

const ANONYMOUS: AwsCaller = { lane: 'person', key: '' };

const current = new AsyncLocalStorage<AwsCaller>();

/** Every call to AWS that `work` makes is made for this caller. @public */
export function callingFor<T>(caller: AwsCaller, work: () => T): T {
  return current.run(caller, work);
}

/** Outside of `callingFor` all calls are those of one person. @public */
export function currentCaller(): AwsCaller {
  return current.getStore() ?? ANONYMOUS;
}
