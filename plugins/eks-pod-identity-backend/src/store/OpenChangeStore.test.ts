import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { memoryStore } from './__testUtils__/memoryStore';
import { operationsOf, type Standing } from './__testUtils__/operationsOf';

const memory = memoryStore();
const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const neighbour = { ...ref, serviceAccount: 'api-2' };
const third = { ...ref, serviceAccount: 'api-3' };
const written = stringifyServiceAccountRef(ref);
const API = 'component:default/api';
const operation = operationsOf(memory, ref);

const moving = (more: object) => ({
  kind: 'migrate',
  state: 'moving',
  toConfirm: ['roll-out'],
  confirmed: [],
  ...more,
});
const MOVE: Standing = { kind: 'migrate', input: { until: 'moved' } };

it.each<[string, Standing, object | undefined]>([
  ['under way', { state: 'running' }, { kind: 'associate', state: 'running' }],
  [
    'that waits for its turn',
    { state: 'queued' },
    { kind: 'associate', state: 'running' },
  ],
  ['that went through', {}, undefined],
  [
    'that failed after it had written',
    { state: 'failed', kind: 'teardown' },
    { kind: 'teardown', state: 'failed' },
  ],
  ['that failed before it wrote', { state: 'failed', wrote: false }, undefined],
  [
    'that was cancelled',
    { state: 'cancelled' },
    { kind: 'associate', state: 'cancelled' },
  ],
  [
    'that is taken back',
    { ...MOVE, state: 'failed', error: { name: 'MoveTakenBackError' } },
    undefined,
  ],
  [
    'that is a move and failed',
    { ...MOVE, state: 'failed', error: { name: 'ConflictError' } },
    { kind: 'migrate', state: 'failed' },
  ],
  [
    'that is a move and waits for a confirmation',
    { ...MOVE, result: moving({}) },
    {
      kind: 'migrate',
      state: 'waiting',
      toConfirm: ['roll-out'],
      confirmed: [],
    },
  ],
  [
    'that is a move and cannot go back',
    { ...MOVE, result: moving({ noWayBack: true }) },
    {
      kind: 'migrate',
      state: 'waiting',
      toConfirm: ['roll-out'],
      confirmed: [],
      noWayBack: true,
    },
  ],
  [
    'that is a move and got there',
    { ...MOVE, result: moving({ state: 'moved' }) },
    undefined,
  ],
  [
    'whose result only looks like that of a move',
    { kind: 'rollback', result: moving({}) },
    undefined,
  ],
  [
    'that is a rehearsal',
    { kind: 'migrate', input: { until: 'rehearsed' }, state: 'running' },
    undefined,
  ],
])('tells of the last change, or not: one %s', async (_, change, told) => {
  // What came before it does not count
  await operation({ state: 'failed' });
  await operation({ state: 'cancelled', kind: 'rollback' });
  await operation();
  await operation({ ref: neighbour, state: 'running' });
  await operation(change);
  const found = await memory.store.openChanges.ofRefs([ref, third]);
  const at = new Date(memory.now).toISOString();
  expect(found.size).toBe(told ? 1 : 0);
  expect(found.get(written)).toEqual(told && { ref, at, ...told });
});

it('tells since when: of one under way since it was accepted, else since it ended', async () => {
  await operation({ id: 'one', state: 'running' });
  const at = async () =>
    (await memory.store.openChanges.ofRefs([ref])).get(written)?.at;
  const accepted = new Date(memory.now).toISOString();
  memory.now += 60_000;
  expect(await at()).toBe(accepted);
  await memory.store.transaction(tx =>
    memory.store.operations.finish(
      ['one'],
      { state: 'failed', seq: 1, wrote: true },
      tx,
    ),
  );
  expect(await at()).toBe(new Date(memory.now).toISOString());
});

it.each<[string, Standing, boolean]>([
  ['is set up for it', { state: 'queued' }, true],
  ['is moved for it', { ...MOVE, state: 'running' }, true],
  ['broke off', { state: 'failed' }, true],
  ['was cancelled after it had written', { state: 'cancelled' }, true],
  ['failed before it wrote', { state: 'failed', wrote: false }, false],
  ['went through', {}, false],
  ['is removed', { kind: 'teardown', state: 'running' }, false],
  ['is verified', { kind: 'verify', state: 'running' }, false],
  ['is planned', { state: 'running', input: { planOnly: true } }, false],
])('names a ref of an entity, or not, that %s', async (_, change, is) => {
  await operation({ ref: neighbour, state: 'running' });
  await operation({ ...change, more: { entityRef: API } });
  expect(await memory.store.openChanges.refsOfEntity(API)).toEqual(
    is ? [ref] : [],
  );
});

it('does not name a ref that was set up for another entity since', async () => {
  await operation({ state: 'failed', more: { entityRef: API } });
  await operation({
    state: 'running',
    more: { entityRef: 'component:default/jobs' },
  });
  expect(await memory.store.openChanges.refsOfEntity(API)).toEqual([]);
});
