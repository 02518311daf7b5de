import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { memoryStore } from './__testUtils__/memoryStore';
import { operationsOf, type Standing } from './__testUtils__/operationsOf';

const memory = memoryStore();
const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const neighbour = { ...ref, serviceAccount: 'api-2' };
const written = stringifyServiceAccountRef(ref);
const ROLE = 'arn:aws:iam::111122223333:role/shop-api';
const operation = operationsOf(memory, ref);

const MOVE: Standing = { kind: 'migrate', input: { until: 'moved' } };
const END: Standing = { kind: 'migrate', input: { until: 'finished' } };
const REHEARSAL: Standing = { kind: 'migrate', input: { until: 'rehearsed' } };
const BACK: Standing = { kind: 'rollback' };
const RUNNING: Standing = { state: 'running' };
const FAILED: Standing = { state: 'failed', error: { name: 'ConflictError' } };
const TAKEN_BACK: Standing = {
  state: 'failed',
  error: { name: 'MoveTakenBackError' },
};
const result = (state: string): Standing => ({
  result: { kind: 'migrate', state, roleArn: ROLE },
});

const step = (run: string, id: string, type: 'step' | 'log' = 'step') =>
  memory.store.events.append(run, {
    type,
    data: { id, status: 'done' },
  } as any);

const since = () => new Date(memory.now).toISOString();

const statesOf = () => memory.store.moveStates.ofRefs([ref, neighbour]);

const stateOf = async () => (await statesOf()).get(written);

it.each<[string, Standing[], object | undefined]>([
  ['no move, before the first one', [], undefined],
  ['no move, for an associate', [{}], undefined],
  [
    'a move that waits for its confirmation',
    [{ ...MOVE, ...result('moving') }],
    { state: 'waiting', stage: 'restart' },
  ],
  [
    'a move whose role goes on to trust IRSA',
    [{ ...MOVE, ...result('moved') }],
    { state: 'moved', stage: 'old-trust' },
  ],
  [
    'a move that is over',
    [
      { ...MOVE, ...result('moved') },
      { ...END, ...result('finished') },
    ],
    { state: 'finished', stage: 'annotation' },
  ],
  ['no move, for a rehearsal', [{ ...REHEARSAL, ...RUNNING }], undefined],
  [
    'the move before a rehearsal',
    [{ ...MOVE, ...result('moved') }, REHEARSAL],
    { state: 'moved', stage: 'old-trust' },
  ],
  ['no move, for a result that tells of none', [MOVE], undefined],
  ['a move that failed', [{ ...MOVE, ...FAILED }], { state: 'stopped' }],
  [
    'a move that was cancelled',
    [{ ...MOVE, state: 'cancelled' }],
    { state: 'stopped' },
  ],
  ['no move, once it was taken back', [{ ...MOVE, ...TAKEN_BACK }], undefined],
  [
    'the move before one that failed and wrote nothing',
    [
      { ...MOVE, ...result('moving') },
      { ...MOVE, ...FAILED, wrote: false },
    ],
    { state: 'waiting', stage: 'restart' },
  ],
  ['a way back', [MOVE, { ...BACK, ...RUNNING }], { state: 'going-back' }],
  ['no move, after the way back', [MOVE, BACK], undefined],
  [
    'a way back that failed',
    [MOVE, { ...BACK, ...FAILED }],
    { state: 'stopped' },
  ],
  [
    'no move, once the identity was removed',
    [{ ...MOVE, ...result('moved') }, { kind: 'teardown' }],
    undefined,
  ],
  [
    'no move, while the identity is removed',
    [
      { ...MOVE, ...result('moved') },
      { kind: 'teardown', ...RUNNING },
    ],
    undefined,
  ],
  [
    'a move under way without a step',
    [{ ...MOVE, ...RUNNING }],
    { state: 'moving' },
  ],
])('shows %s', async (_, operations, shown) => {
  await operation({ ref: neighbour, ...MOVE, ...result('moved') });
  for (const one of operations) await operation(one);
  const sometime = expect.any(String);
  expect(await stateOf()).toEqual(shown && { ...shown, since: sometime });
  expect((await statesOf()).size).toBe(shown ? 2 : 1);
});

it.each([
  ['role.trust.rehearsal.wait', 'rehearsal'],
  ['role.trust', 'trust'],
  ['rehearsal.pod', 'rehearsal'],
  ['association', 'association'],
  ['gate', 'gate'],
  ['probe.pod', 'gate'],
  ['restart.Deployment.api', 'restart'],
  ['proof', 'restart'],
  ['another', undefined],
])(
  'tells the stage of a move under way by its last step, %s',
  async (id, stage) => {
    const run = await operation({ ...MOVE, ...RUNNING });
    const other = await operation({ ...MOVE, ...RUNNING, ref: neighbour });
    await step(run, 'association');
    await step(run, id);
    await step(run, 'gate', 'log');
    await step(other, 'proof');
    expect(await stateOf()).toEqual({
      state: 'moving',
      since: expect.any(String),
      ...(stage ? { stage } : {}),
    });
  },
);

it('shows the end of IRSA under way, whatever its step', async () => {
  const run = await operation({ ...END, ...RUNNING });
  await step(run, 'gate');
  expect(await stateOf()).toEqual({
    state: 'moving',
    stage: 'old-trust',
    since: since(),
  });
});

it('counts from the end of an operation, or from its beginning while it runs', async () => {
  await operation({ ...MOVE, ...RUNNING });
  const begun = since();
  memory.now += 60_000;
  expect((await stateOf())?.since).toBe(begun);
  await operation({ ...MOVE, ...result('moved') });
  const ended = since();
  memory.now += 60_000;
  expect((await stateOf())?.since).toBe(ended);
});

it('is of the role that the move tells, or of the one asked for while that is not known', async () => {
  const ofRoles = () =>
    memory.store.moveStates.ofRoles([
      { ref, roleArn: ROLE },
      { ref, roleArn: `${ROLE}-before` },
      { ref: neighbour, roleArn: ROLE },
    ]);
  await operation({ ...MOVE, ...RUNNING });
  const running = { state: 'moving', since: since() };
  expect(await ofRoles()).toEqual([running, running, undefined]);
  await operation({ ...MOVE, ...result('moved') });
  expect(await ofRoles()).toEqual([
    { state: 'moved', stage: 'old-trust', since: since() },
    undefined,
    undefined,
  ]);
});
