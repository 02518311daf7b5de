import type {
  AssociateResult,
  MigrateResult,
  OperationResult,
  RollbackResult,
  TeardownResult,
} from 'backstage-plugin-eks-pod-identity-common';
import type { RunEnd } from '../operations/Run';
import type { OperationRecord } from '../store';
import type { ObservedAssociation } from '../store/AssociationStore';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { retryingStore } from '../store/retryingStore';
import { CHANGED, UNTESTED } from '../store/ServiceAccountStore';
import {
  API,
  checkResult,
  lookOf,
  recorderClock,
  recorderOn,
  reportOf,
} from './__testUtils__/statusReports';
import type { StatusChange } from './StatusRecorder';

const knex = memoryDatabase();
const OTHER = { ...API, serviceAccount: 'jobs' };
const ENTITY = 'component:default/api';
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

const row = (more: Partial<ObservedAssociation> = {}): ObservedAssociation => ({
  ref: API,
  associationId: 'a-1',
  arn: 'arn:a-1',
  owner: 'portal',
  roleArn: 'arn:former',
  orphan: true,
  drift: true,
  listedAt: 1,
  ...more,
});

/** A recorder, and what it tells. */
function recording() {
  const { store, recorder, write } = recorderOn(knex);
  const told: StatusChange[] = [];
  recorder.onChange(async change => {
    told.push(change);
  });
  const ends = (
    kind: OperationRecord['kind'],
    end: Omit<Partial<RunEnd>, 'result'> & { result?: OperationResult } = {},
    entityRef: string | undefined = ENTITY,
  ) =>
    recorder.recordEnd({
      records: [
        {
          id: `op-${kind}`,
          ref: API,
          kind,
          input: {},
          entityRef,
        } as OperationRecord,
      ],
      state: 'succeeded',
      ...end,
    });
  const association = async () =>
    (await store.associations.ofCluster('prod'))[0];
  const state = async () => (await store.serviceAccounts.find(API))!;
  return { store, recorder, write, told, ends, association, state };
}

describe('an associate that went through', () => {
  it('has its association, its entity and a headline that says so', async () => {
    const { store, ends, association, state, told } = recording();
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
    const { store, ends, association } = recording();
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
    const { store, ends } = recording();
    await store.entityRefs.add([
      { entityRef: 'component:default/former', ref: API, source: 'aws-tag' },
    ]);
    await ends('associate', { result: associated });
    const links = await store.entityRefs.ofRef(API);
    expect(links.map(({ entityRef }) => entityRef)).toEqual([ENTITY]);
  });

  it('does not know whether a changed association works, and one that it left as it was still does', async () => {
    const { store, write, ends, state } = recording();
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
    const { ends, association } = recording();
    await ends('associate', { result: { ...associated, ...more } });
    expect(await association()).toBeUndefined();
  });
});

it('records the association of a move', async () => {
  const { ends, association } = recording();
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
    const { store, write, ends, association, state, told } = recording();
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
  const { store, ends, association } = recording();
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
  const { store, write, ends, association, state } = recording();
  await store.associations.upsert([row()]);
  await write(reportOf('proof'));
  await ends(kind, { state: 'failed', ...end });
  expect(await association()).toBeDefined();
  expect((await state()).changedBy).toBe(isUnknown ? `op-${kind}` : undefined);
  expect((await state()).status).toBe(isUnknown ? 'looks-right' : 'verified');
});

it('says that it was not looked at since a first setup broke off', async () => {
  const { ends, state, told } = recording();
  await ends('associate', { state: 'failed', wrote: true });
  expect(await state()).toMatchObject({ headline: CHANGED });
  expect(told).toMatchObject([{ left: [ENTITY] }]);
  await ends('verify', { state: 'failed' });
  expect(told.at(-1)?.left).toEqual([]);
});

it('has nothing to record of no operation', async () => {
  const { recorder, told } = recording();
  await recorder.recordEnd({ records: [], state: 'succeeded' });
  expect(told).toEqual([]);
});

it('tells the cards of entities that an identity has left, where there is one', async () => {
  const { recorder, write, told } = recording();
  await recorder.left(API, [ENTITY]);
  expect(told).toEqual([]);
  await write(reportOf('proof'));
  told.length = 0;
  await recorder.left(API, []);
  expect(told).toEqual([]);
  await recorder.left(API, [ENTITY]);
  expect(told).toMatchObject([{ cause: 'operation', left: [ENTITY] }]);
});

describe('the association that a verification saw', () => {
  const details = {
    id: 'a-1',
    arn: 'arn:a-1',
    roleArn: 'arn:role',
    disableSessionTags: false,
    tags: {},
  };

  it('replaces another one, and keeps what sweeps know of the same', async () => {
    const { store, recorder, association } = recording();
    await store.associations.upsert([row({ listedAt: 50 })]);
    await recorder.saw(API, { association: details, at: 20 });
    const same = await association();
    expect(same).toMatchObject({
      roleArn: 'arn:role',
      owner: 'external',
      orphan: true,
      drift: true,
      listedAt: 50,
    });
    const other = { ...details, id: 'a-2', arn: 'arn:a-2' };
    await recorder.saw(API, { association: other, at: 60 });
    expect(await store.associations.ofCluster('prod')).toMatchObject([
      { associationId: 'a-2', orphan: false, drift: false, listedAt: 60 },
    ]);
  });

  it('is recorded with the end of the run', async () => {
    const { ends, association } = recording();
    await ends('verify', { saw: { association: details, at: 20 } });
    expect(await association()).toMatchObject({ associationId: 'a-1' });
  });

  it('is gone where it saw none', async () => {
    const { store, recorder, association } = recording();
    await store.associations.upsert([row()]);
    await recorder.saw(API, { association: null, at: 20 });
    expect(await association()).toBeUndefined();
  });

  it('is not recorded of a cluster that is gone', async () => {
    const { store, recorder } = recorderOn(knex);
    const association = {
      id: 'a-1',
      arn: '',
      roleArn: '',
      disableSessionTags: false,
      tags: {},
    };
    await recorder.saw({ ...API, cluster: 'gone' }, { association, at: 1 });
    await recorder.saw(API, { association, at: 1 });
    expect(await store.associations.ofCluster('gone')).toEqual([]);
    expect(await store.associations.ofCluster('prod')).toHaveLength(1);
  });
});

describe('what a sweep saw', () => {
  const later = { finishedAt: '2026-01-03T00:00:00.000Z' };

  it('is a report of its own only where it says something else', async () => {
    const { store, recorder, state, told } = recording();
    await recorder.recordLooks([lookOf('first')]);
    await recorder.recordLooks([lookOf('again', later)]);
    expect(await store.reports.find('again')).toBeUndefined();
    expect(await state()).toMatchObject({
      lookReportId: 'first',
      lookedAt: Date.parse(later.finishedAt),
    });
    const failed = [checkResult('role.trust-policy', 'fail')];
    await recorder.recordLooks([
      lookOf('bad', { ...later, status: 'broken', checks: failed }),
    ]);
    expect(await state()).toMatchObject({ lookReportId: 'bad' });
    expect(told.map(({ cause }) => cause)).toEqual(['look', 'look', 'look']);
  });

  it('is told with the entities of each identity', async () => {
    const { store, recorder, told } = recording();
    await store.entityRefs.add([
      { entityRef: ENTITY, ref: API, source: 'annotation' },
    ]);
    await recorder.recordLooks([lookOf('a'), lookOf('b', { ref: OTHER })]);
    expect(
      told.map(({ ref, linked }) => [ref.serviceAccount, linked]).sort(),
    ).toEqual([
      ['api', [ENTITY]],
      ['jobs', []],
    ]);
  });

  it('tells those who listen to the recorder over another store, too', async () => {
    const { store, recorder, told } = recording();
    const other = recorder.over(retryingStore(store, recorderClock));
    await other.recordLooks([lookOf('first')]);
    expect(told).toHaveLength(1);
  });

  it('is seen with what another has written meanwhile', async () => {
    const { store, recorder, write, state } = recording();
    await write(lookOf('first'));
    const { insertMany } = store.reports;
    const inserting = jest
      .spyOn(Object.getPrototypeOf(store.reports), 'insertMany')
      .mockImplementationOnce(async function during(this: any, ...args: any) {
        await insertMany.apply(store.reports, args);
        await store.reports.insert(reportOf('proof'), {});
        await store.serviceAccounts.set({
          ...(await state()),
          status: 'broken',
        });
      });
    try {
      const failed = [checkResult('role.trust-policy', 'fail')];
      await recorder.recordLooks([
        lookOf('bad', { ...later, status: 'broken', checks: failed }),
      ]);
    } finally {
      inserting.mockRestore();
    }
    expect(await state()).toMatchObject({
      proofReportId: 'proof',
      lookReportId: 'bad',
    });
  });
});

it('gives up on a headline that others write all the time', async () => {
  const { store, ends } = recording();
  const replacing = jest
    .spyOn(Object.getPrototypeOf(store.serviceAccounts), 'replace')
    .mockResolvedValue(false);
  try {
    await expect(ends('verify')).rejects.toThrow(
      'The headline of prod/payments/api was written by others 10 times while it was being computed',
    );
    expect(replacing).toHaveBeenCalledTimes(10);
  } finally {
    replacing.mockRestore();
  }
});
