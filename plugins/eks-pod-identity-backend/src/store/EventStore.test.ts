import { memoryStore } from './__testUtils__/memoryStore';
import { operationsOf } from './__testUtils__/operationsOf';

const memory = memoryStore();
const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const operation = operationsOf(memory, ref);
const RUNNING = { state: 'running' } as const;
const events = () => memory.store.events;
const log = (message: string) =>
  ({ type: 'log', data: { level: 'info', message } } as const);
/** As version 0.1 wrote it. */
const report = {
  id: 'r',
  status: 'degraded',
  proof: 'credentials',
  checks: [],
};

const seen = async (query: object = {}) =>
  (
    await events().list({
      runId: 'lead',
      operationId: 'lead',
      after: 0,
      limit: 9,
      ...query,
    })
  ).map(event => ('message' in event.data ? event.data.message : event.type));

it('are numbered by their run, and seen by the operations that they concern', async () => {
  await operation({ id: 'lead', ...RUNNING });
  await operation({ id: 'joined', ...RUNNING, more: { runId: 'lead' } });
  await operation({ id: 'alone', ...RUNNING });
  expect(await events().append('lead', log('of all'))).toBe(1);
  const one = { operationId: 'joined' };
  expect(await events().append('lead', log('of one'), one)).toBe(2);
  expect(await events().append('alone', log('elsewhere'))).toBe(1);
  expect(await events().append('lead', log('last'))).toBe(3);
  expect(await seen()).toEqual(['of all', 'last']);
  expect(await seen(one)).toEqual(['of all', 'of one', 'last']);
  expect(await seen({ ...one, after: 1 })).toEqual(['of one', 'last']);
  expect(await seen({ ...one, until: 2 })).toEqual(['of all', 'of one']);
  expect(await seen({ ...one, limit: 1 })).toEqual(['of all']);
  expect(await events().lastSeqs(['lead', 'alone', 'none'])).toEqual(
    new Map([
      ['lead', 3],
      ['alone', 1],
    ]),
  );
  expect(await events().lastSeqs([])).toEqual(new Map());
});

it('are not taken from a process that has lost the run, nor for a run that is not there', async () => {
  await operation({ id: 'lead', ...RUNNING });
  const holder = { runId: 'lead', instance: 'i1' };
  const lease = { what: 'x', ttlMs: 60_000, inherit: false };
  await memory.store.leases.acquire('run/lead', holder, lease);
  const from = (instance: string) =>
    events().append('lead', log(instance), {
      fence: { leaseKey: 'run/lead', instance },
    });
  expect(await from('i2')).toBeUndefined();
  expect(await from('i1')).toBe(1);
  expect(await seen()).toEqual(['i1']);
  expect(await events().append('none', log('x'))).toBeUndefined();
});

it('tell a result of version 0.1 in the words of today, and nothing else', async () => {
  await operation({ id: 'lead', ...RUNNING });
  const result = { kind: 'verify', status: 'degraded', report };
  for (const type of ['result', 'log'])
    await events().append('lead', { type, data: result } as any);
  const [told, other] = await events().list({
    runId: 'lead',
    operationId: 'lead',
    after: 0,
    limit: 9,
  });
  expect(told).toMatchObject({
    seq: 1,
    at: new Date(memory.now).toISOString(),
    data: { status: 'verified', report: { status: 'verified' } },
  });
  expect(other.data).toEqual(result);
});
