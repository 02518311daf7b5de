import { isDatabaseError } from './databaseErrors';
import { toFleetRow, type Row } from './fleetRow';
import { holderColumns, sameHolder, toHolder } from './holder';
import { inParts, toRef, whereRef } from './refs';
import { scheduleRetention } from './retention';
import {
  fromOptionalJson,
  likeEscape,
  toMs,
  toOptionalIso,
  toOptionalMs,
} from './values';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };

describe('a value of a row', () => {
  it.each<[unknown, unknown, unknown]>([
    [
      'a time that the driver hands out as text',
      toMs('1767225600000'),
      1767225600000,
    ],
    ['a time', toMs(5), 5],
    [
      'no time',
      [toOptionalMs(null), toOptionalMs(undefined)],
      [undefined, undefined],
    ],
    [
      'a time at the beginning of all',
      [toOptionalMs(0), toOptionalIso(0)],
      [0, '1970-01-01T00:00:00.000Z'],
    ],
    ['no time as a text', toOptionalIso(undefined), undefined],
    ['JSON', fromOptionalJson('{"a":[1]}'), { a: [1] }],
    [
      'no JSON',
      [fromOptionalJson(null), fromOptionalJson(undefined)],
      [undefined, undefined],
    ],
    ['a text in a pattern', likeEscape('50%_a\\b'), '50\\%\\_a\\\\b'],
    ['a ref', toRef(whereRef(ref)), ref],
  ])('is %s', (_, found, expected) => expect(found).toEqual(expected));

  it('comes in parts that a statement can take', () => {
    expect(inParts([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(inParts([1, 2], 2)).toEqual([[1, 2]]);
    expect(inParts([])).toEqual([]);
    expect(inParts(Array(101).fill(0)).map(part => part.length)).toEqual([
      100, 1,
    ]);
  });

  it.each<[boolean, object | undefined]>([
    [true, { code: 'SQLITE_CONSTRAINT' }],
    [true, { code: '23505', severity: 'ERROR' }],
    [false, { code: '23505' }],
    [false, { code: 'EPIPE_', severity: 'ERROR' }],
    [false, { severity: 'ERROR' }],
    [false, { code: 'X_SQLITE_' }],
    [false, undefined],
  ])('is an error of a database: %s, with %j', (is, error) =>
    expect(isDatabaseError(error)).toBe(is),
  );
});

describe('the entity that something was recorded for', () => {
  const holder = (entityRef: string, uid?: string) => ({
    entityRef,
    uid,
    ownerRefs: ['group:default/a'],
  });
  const API = holder('component:default/api', 'u1');

  it('is stored by its ref in lower case, and read as it was', () => {
    expect(
      toHolder(holderColumns(holder('Component:default/API', 'u1'))),
    ).toEqual(API);
    expect(toHolder(holderColumns(holder('component:default/api')))).toEqual({
      ...API,
      uid: undefined,
    });
    expect(
      holderColumns(holder('component:default/api', '')).holder_uid,
    ).toBeNull();
    expect(holderColumns(undefined)).toEqual({
      holder_ref: null,
      holder_uid: null,
      holder_owners: null,
    });
    expect(toHolder(holderColumns(undefined))).toBeUndefined();
    expect(
      toHolder({
        holder_ref: 'component:default/api',
        holder_uid: null,
        holder_owners: null,
      }),
    ).toEqual({
      entityRef: 'component:default/api',
      uid: undefined,
      ownerRefs: [],
    });
  });

  it.each<[boolean, string, Parameters<typeof sameHolder>]>([
    [true, 'none and none', [undefined, undefined]],
    [false, 'one and none', [API, undefined]],
    [false, 'none and one', [undefined, API]],
    [
      true,
      'one name in other letters',
      [API, holder('Component:default/API', 'u1')],
    ],
    [
      false,
      'a later one of the name',
      [API, holder('component:default/api', 'u2')],
    ],
    [
      true,
      'one of which only the name was recorded',
      [API, holder('component:default/api')],
    ],
    [
      true,
      'one, and another of which only the name was recorded',
      [holder('component:default/api'), API],
    ],
    [false, 'another name', [API, holder('component:default/jobs', 'u1')]],
  ])('is the same: %s, for %s', (is, _, [one, other]) =>
    expect(sameHolder(one, other)).toBe(is),
  );
});

describe('a row of the fleet', () => {
  const row: Row = {
    ...whereRef(ref),
    association_id: 'a-1',
    arn: 'arn',
    owner: 'portal',
    role_arn: null,
    target_role_arn: null,
    entity_ref: null,
    orphan: 0,
    drift: 1,
    drift_reason: 'other role',
    sort_key: 0,
    shown_entity_ref: null,
    status: null,
    headline: null,
    memory: null,
    proven_at: null,
    changed_since: null,
    looked_at: '7',
    used_at: null,
    obtained_at: null,
    denied_at: null,
    irsa_at: null,
    role_read_at: null,
  };

  it('has defaults for what was not seen', () => {
    expect(toFleetRow(row)).toMatchObject({
      ref,
      roleArn: undefined,
      orphan: false,
      drift: true,
      driftReason: 'other role',
      entityRef: undefined,
      claimed: false,
      status: 'could-not-check',
      headline: expect.stringContaining('has not looked'),
      lookedAt: 7,
      roleWasRead: false,
    });
  });

  it.each<[string, Partial<Row>, object]>([
    [
      'is claimed where only an annotation names its entity',
      { shown_entity_ref: 'c' },
      { claimed: true, entityRef: 'c' },
    ],
    [
      'is not claimed where its tag names it',
      { shown_entity_ref: 'c', entity_ref: 'c' },
      { claimed: false, entityRef: 'c' },
    ],
    [
      'shows what was seen',
      {
        status: 'verified',
        headline: 'h',
        role_arn: 'r',
        target_role_arn: 't',
        role_read_at: 1,
      },
      {
        status: 'verified',
        headline: 'h',
        roleArn: 'r',
        targetRoleArn: 't',
        roleWasRead: true,
      },
    ],
  ])('%s', (_, more, expected) =>
    expect(toFleetRow({ ...row, ...more })).toMatchObject(expected),
  );
});

describe('what is too old', () => {
  const NOW = Date.parse('2026-11-29T10:00:00.000Z');
  const run = async (
    clusters: string[],
    { frequencyMs = 60_000, isWhole = true } = {},
  ) => {
    const calls: unknown[] = [];
    const left = { reports: [2, 1, 0], operations: [1, 0] };
    let work = async () => {};
    await scheduleRetention({
      clock: { now: () => NOW } as any,
      clusters: { list: () => clusters.map(id => ({ id })) } as any,
      config: {
        retention: { days: 3, reportsPerRef: 4 },
        sweep: { frequencyMs },
      } as any,
      supply: { isWhole },
      scheduler: {
        scheduleTask: async ({ fn }: any) => {
          work = fn;
        },
      } as any,
      store: {
        reports: {
          sweep: async (what: object) => {
            calls.push(what);
            return left.reports.shift();
          },
        },
        operations: {
          sweep: async (at: number) => {
            calls.push(['operations', at]);
            return left.operations.shift();
          },
        },
        moveQueues: {
          sweep: async (at: number) => {
            calls.push(['queues', at]);
          },
        },
        evidence: {
          sweep: async (at: number) => {
            calls.push(['evidence', at]);
          },
        },
        access: {
          sweep: async (before: object) => {
            calls.push(before);
          },
        },
        clusterStates: {
          keepOnly: async (ids: string[], since: number) => {
            calls.push(['keep', ids, since]);
          },
        },
      } as any,
    });
    await work();
    return calls;
  };
  const olderThan = NOW - 3 * 86_400_000;

  it('is deleted, part by part until nothing is left', async () => {
    const reports = { perRef: 4, olderThan };
    expect(await run(['prod'])).toEqual([
      reports,
      reports,
      reports,
      ['operations', olderThan],
      ['operations', olderThan],
      ['queues', olderThan],
      ['evidence', olderThan],
      { rows: olderThan, day: '2025-10-25' },
      ['keep', ['prod'], NOW - 3 * 86_400_000],
    ]);
  });

  it('is the state of a cluster that no replica had long enough to sweep it', async () => {
    expect(
      (await run(['prod'], { frequencyMs: 5 * 86_400_000 })).at(-1),
    ).toEqual(['keep', ['prod'], NOW - 15 * 86_400_000]);
  });

  it('is no state of a cluster where app-config names none', async () => {
    expect(JSON.stringify(await run([]))).not.toContain('keep');
  });

  it('is no state of a cluster while a supplier has not answered', async () => {
    const calls = await run(['prod'], { isWhole: false });
    expect(JSON.stringify(calls)).not.toContain('keep');
  });
});
