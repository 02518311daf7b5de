import type { Caller } from '../../permissions/caller';
import { initiatorOf } from '../../permissions/caller';
import type { OperationRecord } from '../../store';
import type { MemoryStore } from '../../store/__testUtils__/memoryStore';
import { Operations } from '../Operations';
import { acceptanceIn, ADA, target, user, type World } from './acceptance';

/** So much that none of it stops a test that is about something else. */
const GENEROUS = {
  operationsPerUser: 9,
  changesPerServiceAccount: 9,
  proofsPerServiceAccount: 9,
  operationsPerUserPerDay: 99,
  eventsPerUserPerDay: 999,
  operationsPerOwnerPerDay: 99,
  identitiesPerEntity: 9,
  identitiesPerOwner: 9,
};

/** The operations of a replica whose runs do not run, over a store in memory. */
export function operationsIn(
  memory: MemoryStore,
  { limits = {}, ...world }: World & { limits?: Partial<typeof GENEROUS> } = {},
) {
  const { store } = memory;
  const { operations: stored } = store;
  const looks = {
    find: jest.fn((...args: Parameters<typeof stored.find>) =>
      stored.find(...args),
    ),
    findByKey: jest.fn((...args: Parameters<typeof stored.findByKey>) =>
      stored.findByKey(...args),
    ),
  };
  const runner = { instance: 'here', launch: jest.fn(), cancel: jest.fn() };
  const hub = { notify: jest.fn() };
  const heard: string[] = [];
  const operations = new Operations({
    store: {
      ...store,
      operations: Object.assign(Object.create(stored), looks),
    },
    hub: hub as any,
    runner: runner as any,
    acceptance: acceptanceIn({ administrators: [ADA], ...world }),
    config: {
      limits: { ...GENEROUS, ...limits },
      retention: { days: 30 },
      timings: { leaseTtl: 60_000 },
    } as any,
    clock: { now: () => memory.now, sleep: async () => undefined },
  });
  operations.onChange(async record => {
    heard.push((record as OperationRecord).id);
  });
  const start = (
    kind: string,
    {
      by = user,
      key,
      input,
      ...options
    }: {
      by?: Caller;
      key?: string;
      input?: object;
      id?: string;
      timeline?: boolean;
      answersForMs?: number;
    } = {},
  ) =>
    operations.start(
      { kind, idempotencyKey: key, input: { ...target, ...input } } as any,
      initiatorOf(by),
      by,
      options,
    );
  return { operations, runner, hub, heard, start, looks };
}
