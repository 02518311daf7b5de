import type {
  AssociateResult,
  MigrateResult,
  OperationResult,
  RollbackResult,
  TeardownResult,
} from 'backstage-plugin-eks-pod-identity-common';
import type { RunEnd } from '../operations/Run';
import type { OperationRecord } from '../store';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { CHANGED, UNTESTED } from '../store/ServiceAccountStore';
import { ENTITY, recording, row } from './__testUtils__/recording';
import { API, recorderClock, reportOf } from './__testUtils__/statusReports';

const knex = memoryDatabase();
const NOW = recorderClock.now();

const associated: AssociateResult = {
  kind: 'associate',
  applied: true,
  changed: true,
  associationId: 'a-1',
  associationArn: 'arn:a-1',
  roleArn: 'arn:role',
  effectiveRoleArn: 'arn:role',
  taggedEntityRef: ENTITY,
  plan: { steps: [] } as unknown as AssociateResult['plan'],
} as Partial<AssociateResult> as AssociateResult;
const tornDown = {
  kind: 'teardown',
  applied: true,
  removed: [{ kind: 'role' }, { kind: 'association' }],
} as Partial<TeardownResult> as TeardownResult;
const takenBack = {
  kind: 'rollback',
  applied: true,
  changed: true,
  gone: true,
} as Partial<RollbackResult> as RollbackResult;

describe('an associate that went through', () => {
  it('has its association, its entity and a headline that says so', async () => {
    const { store, ends, association, state, told } = recording(knex);
    await ends('associate', { result: associated });
    expect(await association()).toMatchObject({
      associationId: 'a-1',
      arn: 'arn:a-1',
      owner: 'portal',
      roleArn: 'arn:role',
      targetRoleArn: undefined,
      entityRef: ENTITY,
      orphan: false,
      drift: false,
      listedAt: NOW,
    });
    expect(await store.entityRefs.ofRef(API)).toMatchObject([
      { entityRef: ENTITY, source: 'aws-tag' },
    ]);
    expect(await state()).toMatchObject({
      status: 'looks-right',
      headline: UNTESTED,
      memory: { associated: true },
      resetAt: NOW,
    });
    expect(told).toMatchObject([{ cause: 'operation', left: [ENTITY] }]);
  });

  it('leaves what AWS has of another owner as AWS has it', async () => {
    const { store, ends, association } = recording(knex);
    await store.entityRefs.add([
      { entityRef: 'component:default/former', ref: API, source: 'aws-tag' },
    ]);
    await ends('associate', {
      result: {
        ...associated,
        associationArn: undefined,
        effectiveRoleArn: 'arn:target',
        taggedEntityRef: undefined,
        plan: {
          steps: [
            { resource: { kind: 'role' }, owner: 'portal' },
            { resource: { kind: 'association' }, owner: 'external' },
          ],
        } as unknown as AssociateResult['plan'],
      },
    });
    expect(await association()).toMatchObject({
      arn: '',
      owner: 'external',
      targetRoleArn: 'arn:target',
      entityRef: undefined,
    });
    expect(await store.entityRefs.ofRef(API)).toMatchObject([
      { entityRef: 'component:default/former' },
    ]);
  });

  it('takes it from the entity that had it', async () => {
    const { store, ends } = recording(knex);
    await store.entityRefs.add([
      { entityRef: 'component:default/former', ref: API, source: 'aws-tag' },
    ]);
    await ends('associate', { result: associated });
    const links = await store.entityRefs.ofRef(API);
    expect(links.map(({ entityRef }) => entityRef)).toEqual([ENTITY]);
  });

  it('does not know whether a changed association works, and one that it left as it was still does', async () => {
    const { store, write, ends, state } = recording(knex);
    await store.associations.upsert([row({ associationId: 'a-2' })]);
    await store.associations.upsert([row()]);
    await write(reportOf('proof'));
    await ends('associate', { result: { ...associated, changed: false } });
    expect(await state()).toMatchObject({ status: 'verified' });
    expect((await state()).changedBy).toBeUndefined();
    await ends('associate', { result: associated });
    expect(await state()).toMatchObject({
      status: 'looks-right',
      changedSince: 'proof',
      changedBy: 'op-associate',
    });
  });

  it.each<[string, Partial<AssociateResult>]>([
    ['only planned', { applied: false }],
    ['left none behind', { associationId: undefined }],
  ])('records no association where it %s', async (_, more) => {
    const { ends, association } = recording(knex);
    await ends('associate', { result: { ...associated, ...more } });
    expect(await association()).toBeUndefined();
  });
});

it('records the association of a move', async () => {
  const { ends, association } = recording(knex);
  await ends('migrate', {
    result: {
      kind: 'migrate',
      changed: true,
      association: {
        id: 'a-9',
        arn: 'arn:a-9',
        owner: 'portal',
        roleArn: 'arn:role',
        taggedEntityRef: ENTITY,
      },
    } as Partial<MigrateResult> as MigrateResult,
  });
  expect(await association()).toMatchObject({ associationId: 'a-9' });
});

it.each<[string, OperationRecord['kind'], OperationResult, string, string]>([
  [
    'a teardown',
    'teardown',
    tornDown,
    'no-identity',
    'This identity was taken away; there is no association now.',
  ],
  [
    'a way back',
    'rollback',
    takenBack,
    'uses-irsa',
    'Its move was taken back: its pods have IRSA again.',
  ],
])(
  '%s takes the association away, and tells whose it was',
  async (_, kind, result, status, headline) => {
    const { store, write, ends, association, state, told } = recording(knex);
    await store.associations.upsert([row()]);
    await store.entityRefs.add([
      { entityRef: 'component:default/owner', ref: API, source: 'aws-tag' },
      { entityRef: 'component:default/fan', ref: API, source: 'annotation' },
    ]);
    await write(reportOf('proof'));
    await store.serviceAccounts.claimNotification(API, undefined, 'verified');
    told.length = 0;
    await ends(kind, { result });
    expect(await association()).toBeUndefined();
    expect(await state()).toMatchObject({ status, headline, resetAt: NOW });
    expect((await state()).notifiedStatus).toBeUndefined();
    const links = await store.entityRefs.ofRef(API);
    expect(links.map(({ entityRef }) => entityRef)).toEqual([
      'component:default/fan',
    ]);
    expect(told.map(({ left }) => [...left!].sort())).toEqual([
      [ENTITY, 'component:default/fan', 'component:default/owner'],
    ]);
  },
);

it.each<[string, OperationRecord['kind'], OperationResult]>([
  ['was only planned', 'teardown', { ...tornDown, applied: false }],
  [
    'removed the role alone',
    'teardown',
    { ...tornDown, removed: [{ kind: 'role' }] } as TeardownResult,
  ],
  ['was only planned', 'rollback', { ...takenBack, applied: false }],
  ['left the association', 'rollback', { ...takenBack, gone: false }],
])('an association stays where it %s (%s)', async (_, kind, result) => {
  const { store, ends, association } = recording(knex);
  await store.associations.upsert([row()]);
  await ends(kind, { result });
  expect(await association()).toMatchObject({ associationId: 'a-1' });
});

it.each<[string, OperationRecord['kind'], Partial<RunEnd>, boolean]>([
  ['broke off after a write', 'associate', { wrote: true }, true],
  [
    'broke off after a write, whatever it had as a result',
    'teardown',
    { wrote: true, result: tornDown },
    true,
  ],
  ['broke off before a write', 'associate', { wrote: false }, false],
  ['only recreated its pods', 'restart', { wrote: true }, false],
  ['was a verification', 'verify', { wrote: true }, false],
])('an operation that %s', async (_, kind, end, isUnknown) => {
  const { store, write, ends, association, state } = recording(knex);
  await store.associations.upsert([row()]);
  await write(reportOf('proof'));
  await ends(kind, { state: 'failed', ...end });
  expect(await association()).toBeDefined();
  expect((await state()).changedBy).toBe(isUnknown ? `op-${kind}` : undefined);
  expect((await state()).status).toBe(isUnknown ? 'looks-right' : 'verified');
});

it('says that it was not looked at since a first setup broke off', async () => {
  const { ends, state, told } = recording(knex);
  await ends('associate', { state: 'failed', wrote: true });
  expect(await state()).toMatchObject({ headline: CHANGED });
  expect(told).toMatchObject([{ left: [ENTITY] }]);
  await ends('verify', { state: 'failed' });
  expect(told.at(-1)?.left).toEqual([]);
});

it('has nothing to record of no operation', async () => {
  const { recorder, told } = recording(knex);
  await recorder.recordEnd({ records: [], state: 'succeeded' });
  expect(told).toEqual([]);
});

it('tells the cards of entities that an identity has left, where there is one', async () => {
  const { recorder, write, told } = recording(knex);
  await recorder.left(API, [ENTITY]);
  expect(told).toEqual([]);
  await write(reportOf('proof'));
  told.length = 0;
  await recorder.left(API, []);
  expect(told).toEqual([]);
  await recorder.left(API, [ENTITY]);
  expect(told).toMatchObject([{ cause: 'operation', left: [ENTITY] }]);
});

it('gives up on a headline that others write all the time', async () => {
  const { store, ends } = recording(knex);
  const replacing = jest
    .spyOn(Object.getPrototypeOf(store.serviceAccounts), 'replace')
    .mockImplementation(async () => {
      if (replacing.mock.calls.length > 20) throw new Error('It goes on.');
      return false;
    });
  try {
    await expect(ends('verify')).rejects.toThrow(
      'The headline of prod/payments/api was written by others 10 times while it was being computed',
    );
    expect(replacing).toHaveBeenCalledTimes(10);
  } finally {
    replacing.mockRestore();
  }
});
