import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { memoryStore } from './__testUtils__/memoryStore';
import { operationsOf, type Standing } from './__testUtils__/operationsOf';

const memory = memoryStore();
const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const neighbour = { ...ref, serviceAccount: 'api-2' };
const written = stringifyServiceAccountRef(ref);
const ADA = 'user:default/ada';
const operation = operationsOf(memory, ref);
const changes = () => memory.store.changes;

const made = (changed = true, more: object = {}): Standing => ({
  wrote: changed,
  result: { kind: 'associate', applied: true, changed, ...more },
});
const removed = (changed: boolean, kept: string[] = []): Standing => ({
  kind: 'teardown',
  ...made(changed, { kind: 'teardown', kept: kept.map(kind => ({ kind })) }),
});
const PLAN = { input: { planOnly: true } };
const REHEARSAL: Standing = { kind: 'migrate', input: { until: 'rehearsed' } };

describe('the last change of an identity', () => {
  it.each<[boolean, string, Standing]>([
    [true, 'one that changed something', made()],
    [false, 'one that found nothing to change', made(false)],
    [true, 'one that failed', { state: 'failed' }],
    [true, 'one that was cancelled', { state: 'cancelled' }],
    [false, 'one that went through and does not say', {}],
    [false, 'one that goes on', { state: 'running' }],
    [false, 'one that only planned', { ...made(), ...PLAN }],
    [false, 'a verification', { ...made(), kind: 'verify' }],
    [false, 'a rehearsal', { ...made(), ...REHEARSAL }],
    [false, 'one of a neighbour', { ...made(), ref: neighbour }],
  ])('is, or not (%s), %s', async (counts, _, change) => {
    await operation(made());
    const before = memory.now;
    await operation(change);
    const at = counts ? memory.now : before;
    expect(await changes().lastAt(ref)).toBe(at);
    const many = await changes().lastOfMany([ref]);
    expect(many.get(written)?.at).toBe(at);
    expect(many.size).toBe(1);
  });

  it('is not known where there was none', async () => {
    expect(await changes().lastAt(ref)).toBeUndefined();
    expect(await changes().lastOfMany([ref])).toEqual(new Map());
    expect(await changes().version(ref)).toBeUndefined();
  });

  it.each<[string, Standing[], string | undefined]>([
    ['the last one', [made(true, { roleArn: 'r2' })], 'r2'],
    ['none after a removal', [removed(true)], undefined],
    [
      'the one before a removal that left the association of others',
      [removed(false, ['role', 'association'])],
      'r1',
    ],
    [
      'none after a removal that found none',
      [removed(false, ['role'])],
      undefined,
    ],
    [
      'none after a removal that left another one',
      [removed(true, ['association'])],
      undefined,
    ],
    [
      'the one before a plan',
      [{ result: { kind: 'associate', applied: false } }],
      'r1',
    ],
    ['the one before a failure', [{ ...made(), state: 'failed' }], 'r1'],
    [
      'none after a move',
      [{ kind: 'migrate', input: { until: 'moved' }, ...made() }],
      undefined,
    ],
  ])('was an associate, whose role is known: %s', async (_, later, roleArn) => {
    await operation(made(true, { roleArn: 'r1' }));
    for (const one of later) await operation(one);
    const last = await changes().lastAssociate(ref);
    expect(last === undefined).toBe(roleArn === undefined);
    expect(last?.result?.roleArn).toBe(roleArn);
    const many = await changes().lastOfMany([ref]);
    expect(many.get(written)?.associate).toEqual(last);
  });
});

it('has a version for each ref that differs as soon as a change is accepted, proceeds or ends', async () => {
  const versions = new Set<string | undefined>();
  const note = async () => {
    const version = await changes().version(ref);
    expect((await changes().versions([ref, neighbour])).get(written)).toBe(
      version,
    );
    versions.add(version);
  };
  await operation(made());
  await note();
  await operation({ id: 'next', state: 'queued' });
  await note();
  await memory.store.transaction(tx =>
    memory.store.operations.markRunning('next', tx),
  );
  await note();
  await memory.store.events.append('next', { type: 'log', data: {} } as any);
  await note();
  await memory.store.transaction(tx =>
    memory.store.operations.finish(['next'], { state: 'failed', seq: 1 }, tx),
  );
  await note();
  expect(versions.size).toBe(5);
  await operation({ ...made(), ref: neighbour });
  await note();
  expect(versions.size).toBe(5);
});

it('tells when each identity of a cluster was last changed, or may have been', async () => {
  await operation(made());
  await operation({ state: 'failed' });
  const last = memory.now;
  await operation({ ...made(), ...PLAN });
  await operation({ kind: 'verify' });
  await operation({ state: 'running' });
  await operation({ ...made(), ref: { ...ref, cluster: 'dev' } });
  await operation({ ...made(), ref: neighbour });
  expect(await changes().lastOnCluster('prod')).toEqual(
    new Map([
      [written, last],
      [stringifyServiceAccountRef(neighbour), memory.now],
    ]),
  );
});

it('says whether another change was accepted since', async () => {
  const id = await operation({ state: 'running' });
  const { now } = memory;
  expect(await changes().since(ref, now, id)).toBe(false);
  await operation({ state: 'queued', ref: neighbour });
  await operation({ state: 'queued', kind: 'verify' });
  expect(await changes().since(ref, now, id)).toBe(false);
  await operation({ state: 'queued' });
  expect(await changes().since(ref, now, id)).toBe(true);
  expect(await changes().since(ref, memory.now + 1, id)).toBe(false);
});

it('knows what a task of a user set out to change, the oldest first', async () => {
  const planned = async (conflicts: boolean, standing: Standing = {}) => {
    const id = await operation({
      state: 'running',
      ...standing,
      more: { taskId: 't1', ...standing.more },
    });
    await memory.store.operations.setPlan(id, { id, conflicts } as any);
    return { id, conflicts };
  };
  const first = await planned(false);
  await planned(true);
  await planned(false, PLAN);
  await planned(false, { ref: neighbour });
  await planned(false, { more: { taskId: 't2' } });
  await planned(false, { more: { initiator: 'user:default/eve' } });
  await planned(false, { kind: 'teardown' });
  await operation({ more: { taskId: 't1' } });
  const last = await planned(false);
  expect(await changes().plansOfTask(ref, 't1', ADA)).toEqual([first, last]);
});

it.each<[boolean, string, Standing]>([
  [true, 'wrote, of no task', made()],
  [true, 'wrote, of another task', { ...made(), more: { taskId: 't2' } }],
  [true, 'runs', { state: 'running' }],
  [false, 'wrote nothing', made(false)],
  [false, 'waits', { state: 'queued' }],
  [false, 'is of the task itself', { ...made(), more: { taskId: 't1' } }],
  [false, 'removed it', { ...made(), kind: 'teardown' }],
  [false, 'is of a neighbour', { ...made(), ref: neighbour }],
])(
  'says whether others changed it after a task: %s, with one that %s',
  async (is, _, later) => {
    await operation(made());
    await operation({ ...made(), more: { taskId: 't1' } });
    expect(await changes().changedAfterTask(ref, 't1')).toBe(false);
    await operation(later);
    expect(await changes().changedAfterTask(ref, 't1')).toBe(is);
  },
);

it.each<
  [string, Standing, { isHandled: boolean; isBusy: boolean } | undefined]
>([
  ['an associate', made(), { isHandled: true, isBusy: false }],
  [
    'an associate that wrote nothing',
    made(false),
    { isHandled: false, isBusy: false },
  ],
  [
    'an associate that failed',
    { state: 'failed' },
    { isHandled: false, isBusy: false },
  ],
  [
    'a way back that failed',
    { kind: 'rollback', state: 'failed' },
    { isHandled: true, isBusy: false },
  ],
  [
    'a change that waits',
    { state: 'queued' },
    { isHandled: false, isBusy: true },
  ],
  [
    'a rehearsal that runs',
    { ...REHEARSAL, state: 'running' },
    { isHandled: false, isBusy: true },
  ],
  ['a rehearsal that has ended', REHEARSAL, undefined],
  ['a restart that has ended', { kind: 'restart' }, undefined],
  [
    'a restart that runs',
    { kind: 'restart', state: 'running' },
    { isHandled: false, isBusy: true },
  ],
  ['a verification', { kind: 'verify', state: 'running' }, undefined],
  ['a plan', { ...PLAN, state: 'running' }, undefined],
])('says whether people had a hand in it: %s', async (_, change, handled) => {
  await operation({ ...made(), ref: neighbour });
  await operation(change);
  expect((await changes().handled([ref])).get(written)).toEqual(handled);
});
