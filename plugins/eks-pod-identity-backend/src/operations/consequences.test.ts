import type { OperationResult } from 'backstage-plugin-eks-pod-identity-common';
import { memoryStore } from '../store/__testUtils__/memoryStore';
import { accessRow } from '../status/__testUtils__/accessRows';
import { queuedAssociate } from '../store/__testUtils__/queuedAssociate';
import { ref, reportOf, runDeps } from './__testUtils__/runDeps';

const memory = memoryStore();
let world: ReturnType<typeof runDeps>;
beforeEach(() => {
  world = runDeps(memory);
});

const API = 'component:default/api';
const { input } = queuedAssociate('', ref);

describe('A verification', () => {
  const CHECK = { name: 'list', command: ['s3', 'ls'] };
  const holder = { entityRef: API, ownerRefs: [] };

  const verified = async (
    report: object = {},
    more: object = {},
    { recordsTimeline = false, hasFacts = true } = {},
  ) => {
    const run = await world.begin(
      {
        kind: 'verify',
        input: { ...input, permissionChecks: [CHECK], ...more },
        holder,
        recordsTimeline,
        requestHash: 'asked',
      },
      async context => {
        const found = reportOf(report);
        if (hasFacts) context.sawFacts?.({ report: found } as any);
        context.sawAssociation?.(null);
        return found as any;
      },
    );
    await memory.store.owners.set(ref, holder);
    const end = await run.execute();
    const [row] = await memory.knex('reports');
    return {
      end,
      hash: row?.request_hash,
      report: (await memory.store.reports.find('report'))?.report,
      bundle: await memory.store.bundles.find('report'),
      checks: await memory.store.permissionChecks.find(ref),
    };
  };

  it('is stored with its facts and with what it was asked to try, for whom it was', async () => {
    expect(await verified()).toEqual({
      end: expect.objectContaining({
        state: 'succeeded',
        saw: { association: null, at: memory.now },
      }),
      hash: 'asked',
      report: expect.objectContaining(reportOf()),
      bundle: JSON.stringify({ report: reportOf() }),
      checks: [CHECK],
    });
    expect((await memory.store.reports.find('report'))?.holder).toMatchObject(
      holder,
    );
  });

  it('that asks as before changes nothing of what is tried the next time', async () => {
    const others = [{ name: 'other', command: ['s3', 'ls'] }];
    await memory.store.permissionChecks.set(ref, others, holder);
    const { checks } = await verified({}, { permissionChecks: undefined });
    expect(checks).toEqual(others);
  });

  it('is stored without facts where it kept none', async () => {
    const { report, bundle } = await verified({}, {}, { hasFacts: false });
    expect(report).toBeDefined();
    expect(bundle).toBeUndefined();
  });

  it('that an earlier one answers stores nothing', async () => {
    expect(await verified({ reused: true })).toMatchObject({
      report: undefined,
      bundle: undefined,
      checks: [],
      end: { result: { reused: true } },
    });
  });

  it('that left tests out answers none that asks for them, and is no wish', async () => {
    const { checks, hash, report } = await verified({ withheld: true });
    expect(report).toBeDefined();
    expect(checks).toEqual([]);
    expect(hash).toEqual(expect.stringMatching(/./));
    expect(hash).not.toBe('asked');
  });

  it('ends for all who follow it', async () => {
    await world.given('follower', { kind: 'verify', runId: 'run' });
    const { end } = await verified();
    expect(end?.records.map(({ id }) => id)).toEqual(['follower', 'run']);
    expect((await memory.store.operations.find('follower'))?.state).toBe(
      'succeeded',
    );
  });

  it.each([
    ['a new one', {}, 'run'],
    ['one that was there', { reused: true }, undefined],
  ])('says of %s where the timeline of its run is', async (_, more, of) => {
    const { end } = await verified(
      more,
      {},
      {
        recordsTimeline: true,
      },
    );
    expect(end?.result).toMatchObject({ report: { id: 'report' } });
    expect((end?.result as any).report.timelineOf).toBe(of);
    expect(await memory.store.timelines.find('run')).toBeDefined();
  });

  it('records no timeline of itself', async () => {
    const { report } = await verified();
    expect(report).not.toHaveProperty('timelineOf');
    expect(await memory.knex('operation_timelines')).toEqual([]);
  });
});

describe('Whose an identity is, after', () => {
  const before = { entityRef: 'component:default/former', ownerRefs: [] };
  const owner = { entityRef: API, uid: 'u', ownerRefs: ['group:default/a'] };
  const made = (more: object = {}) => ({
    kind: 'associate',
    applied: true,
    taggedEntityRef: 'Component:default/API',
    ...more,
  });
  const gone = [{ kind: 'association' }];

  it.each<[string, object, object | undefined, object?]>([
    ['an associate that tagged it', made(), owner],
    ['a plan', made({ applied: false }), before],
    ['one for none', made(), before, { entityRef: undefined }],
    [
      'one that tagged another',
      made({ taggedEntityRef: 'component:default/x' }),
      before,
    ],
    ['one that tagged none', made({ taggedEntityRef: undefined }), before],
    [
      'a move that tagged it',
      { kind: 'migrate', applied: true, association: made() },
      owner,
    ],
    [
      'a move without an association',
      { kind: 'migrate', applied: true },
      before,
    ],
    ['a removal', { kind: 'teardown', removed: gone }, undefined],
    [
      'a removal of the role alone',
      { kind: 'teardown', removed: [{ kind: 'role' }] },
      before,
    ],
    [
      'a removal of both',
      { kind: 'teardown', removed: [{ kind: 'role' }, ...gone] },
      undefined,
    ],
    ['a way back', { kind: 'rollback', applied: true, gone: true }, undefined],
    ['a plan of it', { kind: 'rollback', applied: false, gone: true }, before],
    [
      'one that kept it',
      { kind: 'rollback', applied: true, gone: false },
      before,
    ],
    ['a restart', { kind: 'restart', applied: true }, before],
  ])('%s', async (_, result, expected, more = {}) => {
    await memory.store.owners.set(ref, before);
    const run = await world.begin(
      {
        kind: (result as { kind: 'associate' }).kind,
        entityRef: API,
        entityUid: 'u',
        ownerRefs: ['group:default/a'],
        ...more,
      },
      async () => result as OperationResult,
    );
    expect((await run.execute())?.state).toBe('succeeded');
    expect(await memory.store.owners.find(ref)).toEqual(expected);
  });
});

describe('What was seen of how a service account gets its credentials', () => {
  it('is what the pages show after a move', async () => {
    const row = { ...accessRow('payments/api'), ref };
    await memory.store.access.replace(
      { cluster: 'prod', at: '2026-12-01T07:00:00.000Z', gaps: [] },
      [{ row }],
    );
    const run = await world.begin({ kind: 'migrate' }, async context => {
      context.sawAccess?.({ ...row, verdict: 'blocked' });
      return { kind: 'migrate', applied: true } as OperationResult;
    });
    await run.execute();
    const found = await memory.store.access.find(ref);
    expect(found?.row.verdict).toBe('blocked');
  });
});
