import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { retryingStore } from '../store/retryingStore';
import { ENTITY, recording, row } from './__testUtils__/recording';
import {
  API,
  checkResult,
  lookOf,
  recorderClock,
  reportOf,
} from './__testUtils__/statusReports';

const knex = memoryDatabase();
const OTHER = { ...API, serviceAccount: 'jobs' };

describe('the association that a verification saw', () => {
  const details = {
    id: 'a-1',
    arn: 'arn:a-1',
    roleArn: 'arn:role',
    disableSessionTags: false,
    tags: {},
  };

  it('replaces another one, and keeps what sweeps know of the same', async () => {
    const { store, recorder, association } = recording(knex);
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
    const { ends, association } = recording(knex);
    await ends('verify', { saw: { association: details, at: 20 } });
    expect(await association()).toMatchObject({ associationId: 'a-1' });
  });

  it.each([
    ['before it looked', 19, true],
    ['while it looked', 20, false],
  ])(
    'counts where the portal changed the identity %s: %s',
    async (_, at, counts) => {
      const { store, recorder, association } = recording(knex);
      const { changes } = store;
      jest
        .spyOn(Object.getPrototypeOf(changes), 'lastAt')
        .mockResolvedValueOnce(at);
      await recorder.saw(API, { association: details, at: 20 });
      expect((await association()) !== undefined).toBe(counts);
    },
  );

  it('is gone where it saw none', async () => {
    const { store, recorder, association } = recording(knex);
    await store.associations.upsert([row()]);
    await recorder.saw(API, { association: null, at: 20 });
    expect(await association()).toBeUndefined();
  });

  it('is not recorded of a cluster that is gone', async () => {
    const { store, recorder } = recording(knex);
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
    const { store, recorder, state, told } = recording(knex);
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

  it('keeps what was searched of its changes', async () => {
    const { store, recorder } = recording(knex);
    const changes = {
      since: later.finishedAt,
      proven: true,
      differs: ['The association is gone.'],
      events: [],
    };
    await recorder.recordLooks([lookOf('first', { changes })]);
    const [first] = (await store.reports.findMany(['first'])).values();
    expect(first.changes).toEqual(changes);
  });

  it('counts each look as one write, whether or not it sees something new', async () => {
    const { recorder, state } = recording(knex);
    const versions: (number | undefined)[] = [];
    for (const one of [
      lookOf('first'),
      lookOf('again', later),
      lookOf('changed', { ...later, fingerprint: 'B' }),
    ]) {
      await recorder.recordLooks([one]);
      versions.push((await state()).version);
    }
    expect(versions).toEqual([1, 2, 3]);
  });

  it('tells listeners which entities each identity belongs to', async () => {
    const { store, recorder, told } = recording(knex);
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
    const { store, recorder, told } = recording(knex);
    const other = recorder.over(retryingStore(store, recorderClock));
    await other.recordLooks([lookOf('first')]);
    expect(told).toHaveLength(1);
  });

  it('is seen with what another has written meanwhile', async () => {
    const { store, recorder, write, state } = recording(knex);
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
