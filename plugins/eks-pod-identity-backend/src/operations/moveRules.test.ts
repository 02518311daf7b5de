import { randomUUID } from 'node:crypto';
import { mockServices } from '@backstage/backend-test-utils';
import { ConflictError } from '@backstage/errors';
import type { Knex } from 'knex';
import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import {
  type MoveRule,
  readEngineConfig,
  systemClock,
} from 'eks-pod-identity-engine';
import { createTestDatabases } from '../__testUtils__/databases';
import { queuedAssociate } from '../store/__testUtils__/queuedAssociate';
import { createStore, migrationsDirectory, type Store } from '../store';
import type { StoredAccess } from '../store/AccessStore';
import type { NewOperationRecord } from '../store';
import { MoveRules, type MoveRulesOptions } from './MoveRules';
import { TooManyRequestsError } from './TooManyRequestsError';

const databases = createTestDatabases();
const ROLE = 'arn:aws:iam::111122223333:role/tenants';
const RULE = {
  cluster: 'prod',
  roleArn: ROLE,
  namespace: 'tenant-*',
  serviceAccount: 'app',
};
const HOUR = 3_600_000;
const MOVED = { until: 'moved' } as any;
const INITIATOR = 'rules:prod';
const SAYS = `The rule for moves of prod/tenant-*/app with ${ROLE}`;
const config = readEngineConfig(
  mockServices.rootConfig({
    data: {
      app: { baseUrl: 'https://portal.example.com' },
      eksPodIdentity: {
        clusters: [
          { name: 'prod', region: 'eu-west-1', accountId: '111122223333' },
        ],
        guardrails: { roles: { adopt: ['arn:aws:iam::111122223333:role/*'] } },
      },
    },
  }),
);

describe.each(databases.eachSupportedId())('rules for moves on %s', id => {
  let knex: Knex;
  let store: Store;
  let ahead: number;
  let guard: jest.Mock;
  let refused: Error | undefined;
  let asBegins: (() => Promise<void>) | undefined;
  const logger = mockServices.logger.mock();
  const now = () => systemClock.now() + ahead;

  const rules = (
    rule: Partial<MoveRule> | Partial<MoveRule>[] = {},
    more: Partial<MoveRulesOptions> = {},
  ) =>
    new MoveRules({
      acceptance: { guard },
      administrators: { require: async () => undefined },
      audit: { begun: async (_, begin) => begin() },
      clock: { now, sleep: systemClock.sleep },
      clusters: { list: () => config.clusters },
      config: {
        ...config,
        moves: { rules: [rule].flat().map(one => ({ ...RULE, ...one })) },
      },
      logger,
      operations: {
        // As the real one does, but for its run
        begin: async (asked, isWanted) => {
          if (refused) throw refused;
          await asBegins?.();
          await store.transaction(async tx => {
            if (!(await isWanted!(tx))) throw new ConflictError('Not wanted.');
            await store.operations.insert(
              { ...asked, runId: asked.id, state: 'queued' },
              tx,
            );
          });
          return {} as any;
        },
      },
      readsUse: true,
      store,
      visibility: { decide: async () => ['all'] },
      ...more,
    } satisfies MoveRulesOptions);

  const know = (
    ...rows: [
      string,
      Partial<AccessRow>?,
      Partial<AccessRow['ref']>?,
      StoredAccess['entity']?,
    ][]
  ) =>
    store.access.replace(
      { cluster: 'prod', at: new Date(now()).toISOString(), gaps: [] },
      rows.map(([namespace, more, ref, entity]) => ({
        entity,
        row: {
          ref: { cluster: 'prod', namespace, serviceAccount: 'app', ...ref },
          roads: ['irsa'],
          verdict: 'by-rule',
          alone: 'ready',
          sentence: 'Said.',
          reasons: [],
          role: { arn: ROLE, shapes: [], sharedWith: [] } as any,
          workloads: [],
          pods: 1,
          compute: [],
          ...more,
        },
      })),
    );

  const all = async () =>
    (await store.operations.ofInitiator(INITIATOR, 0)).reverse();
  const begun = async () => (await all()).map(one => one.ref.namespace);
  const end = async (
    state: 'failed' | 'succeeded',
    how: { wrote: boolean; result?: object; by?: string },
  ) => {
    const [{ id: last }] = (await all()).reverse();
    const { by: name = 'ConflictError', ...ended } = how;
    const error = { name, message: 'Said.' };
    await store.operations.finish(
      [last],
      {
        state,
        seq: 1,
        ...(state === 'failed' ? { error } : {}),
        ...ended,
      } as any,
      knex,
    );
    return (await all()).find(({ id: one }) => one === last)!;
  };

  beforeEach(async () => {
    knex = await databases.init(id);
    await knex.migrate.latest({ directory: migrationsDirectory });
    ahead = 0;
    store = createStore(knex, now);
    guard = jest.fn();
    refused = undefined;
    asBegins = undefined;
    logger.info.mockClear();
    logger.warn.mockClear();
  });

  /** Something that a person had the portal do, and how it ended. */
  const done = async (
    namespace: string,
    how: Partial<NewOperationRecord> & { wrote?: boolean; ended?: string },
  ) => {
    const { wrote = true, ended = 'succeeded', ...more } = how;
    const ref = { cluster: 'prod', namespace, serviceAccount: 'app' };
    const one = queuedAssociate(randomUUID(), ref, {
      kind: 'rollback',
      ...more,
    });
    await store.operations.insert(one);
    if (ended === 'queued') return;
    await store.operations.finish(
      [one.id],
      { state: ended, seq: 1, wrote } as any,
      knex,
    );
  };

  it('begins one move at a time, for no component, and with no right that is stored', async () => {
    const entity = { entityRef: 'component:default/shop', by: 'namespace' };
    await know(['tenant-b'], ['tenant-a', {}, {}, entity as any]);
    const follower = rules();
    await follower.follow('prod');
    await follower.follow('prod');
    expect(await begun()).toEqual(['tenant-a']);
    const [first] = await all();
    expect(first).toMatchObject({
      kind: 'migrate',
      initiatorType: 'service',
      // What a replica needs that knows no rules
      granted: [],
      input: { until: 'moved', namespace: 'tenant-a', serviceAccount: 'app' },
    });
    const { claimant, entityRef, holder, ownerRefs } = first;
    expect([claimant, entityRef, holder]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([first.input.entityRef, ...ownerRefs]).toEqual([undefined]);
    const ended = await end('succeeded', {
      wrote: true,
      result: { kind: 'migrate', state: 'moved' },
    });
    await follower.ended([ended]);
    expect(await begun()).toEqual(['tenant-a', 'tenant-b']);
  });

  it.each<[string, Parameters<typeof know>]>([
    ['another name', [['tenant-a', {}, { serviceAccount: 'batch' }]]],
    ['another namespace', [['payments']]],
    ['another role', [['tenant-a', { role: { arn: `${ROLE}-2` } as any }]]],
    ['one that is not ready', [['tenant-a', { alone: 'unknown' }]]],
    ['one that only its role names', [['tenant-a', { verdict: 'ready' }]]],
  ])('leaves alone: %s', async (_, rows) => {
    await know(...rows);
    await rules().follow('prod');
    expect(await begun()).toEqual([]);
  });

  it('looks at the rules of the cluster alone', async () => {
    await know(['tenant-a']);
    await rules({ cluster: 'other' }).follow('prod');
    await rules().follow('other');
    expect(await begun()).toEqual([]);
  });

  it('stands still in a namespace for a day after the end of a move that failed there', async () => {
    ahead = -23 * HOUR;
    const worker = { serviceAccount: 'worker' };
    await know(['tenant-a'], ['tenant-b'], ['tenant-a', {}, worker]);
    const follower = rules({ serviceAccount: '*' });
    await follower.follow('prod');
    ahead = 0;
    const ended = await end('failed', { wrote: true });
    await follower.ended([ended]);
    expect(await begun()).toEqual(['tenant-a', 'tenant-b']);
    expect(logger.warn).toHaveBeenCalledWith(
      'The move of prod/tenant-a/app holds its namespace for 24 hours, while its rule stands: Said.',
    );
    await end('succeeded', {
      wrote: true,
      result: { kind: 'migrate', state: 'moved' },
    });
    ahead = 5 * HOUR;
    await follower.follow('prod');
    expect(await begun()).toEqual(['tenant-a', 'tenant-b']);
    ahead = 25 * HOUR;
    await follower.follow('prod');
    expect(await begun()).toEqual(['tenant-a', 'tenant-b', 'tenant-a']);
  });

  it.each(['ConflictError', 'NotAllowedError'])(
    'goes on after a refusal (%s), and tries that one again after a day',
    async by => {
      await know(['tenant-a'], ['tenant-b']);
      const follower = rules();
      const refuse = async () =>
        follower.ended([await end('failed', { wrote: false, by })]);
      await follower.follow('prod');
      await refuse();
      expect((await follower.list({} as any))[0].leftOut).toEqual([
        {
          ref: expect.objectContaining({ namespace: 'tenant-a' }),
          why: 'Its move was refused within 24 hours: Said.',
        },
        {
          ref: expect.objectContaining({ namespace: 'tenant-b' }),
          why: 'An operation on it has not ended.',
        },
      ]);
      await refuse();
      await follower.follow('prod');
      expect(await begun()).toEqual(['tenant-a', 'tenant-b']);
      ahead = 25 * HOUR;
      await follower.follow('prod');
      expect(await begun()).toEqual(['tenant-a', 'tenant-b', 'tenant-a']);
    },
  );

  it('passes what a guard of a module refuses, whatever it throws, says so, and asks again at the next look', async () => {
    await know(['tenant-a'], ['tenant-b']);
    guard.mockImplementation(({ ref }) => {
      if (ref.namespace === 'tenant-a') throw new Error('Frozen.');
    });
    const follower = rules();
    expect((await follower.list({} as any))[0]).toMatchObject({
      ready: [{ ref: { namespace: 'tenant-b' } }],
      readyCount: 1,
      leftOut: [{ ref: { namespace: 'tenant-a' }, why: 'Frozen.' }],
      leftOutCount: 1,
    });
    await follower.follow('prod');
    expect(await begun()).toEqual(['tenant-b']);
    expect(logger.info.mock.calls).toEqual([
      [`${SAYS} leaves alone: prod/tenant-a/app: Frozen.`],
    ]);
    guard.mockReset();
    await follower.ended([await end('failed', { wrote: false })]);
    expect(await begun()).toEqual(['tenant-b', 'tenant-a']);
  });

  it('begins nothing that the guardrails would refuse, and says so before', async () => {
    await know(['tenant-a']);
    const [cluster] = config.clusters;
    const closed = { ...cluster, namespaces: { allow: [], deny: [] } };
    const clusters = { list: () => [closed] };
    const [{ leftOut, ready }] = await rules({}, { clusters }).list({} as any);
    expect([ready, leftOut]).toEqual([
      [],
      [
        {
          ref: expect.objectContaining({ namespace: 'tenant-a' }),
          why: expect.stringMatching(/^namespace tenant-a is not allowed/),
        },
      ],
    ]);
    await rules({}, { clusters }).follow('prod');
    expect(await begun()).toEqual([]);
  });

  it('follows the other rules where one cannot be followed', async () => {
    await know(['tenant-a'], ['shop']);
    let isAway = true;
    const page: Store['access']['page'] = async (...by) => {
      if (!isAway) return store.access.page(...by);
      isAway = false;
      throw new Error('The database is away.');
    };
    await rules([{}, { namespace: 'shop' }], {
      store: { ...store, access: { page } as Store['access'] },
    }).follow('prod');
    expect(await begun()).toEqual(['shop']);
    expect(logger.warn).toHaveBeenCalledWith(
      `${SAYS} could not be followed; the next look tries again`,
      expect.objectContaining({ message: 'The database is away.' }),
    );
  });

  it('waits where too much is under way', async () => {
    await know(['tenant-a']);
    refused = new TooManyRequestsError('Too many.');
    await rules().follow('prod');
    expect(await begun()).toEqual([]);
    refused = undefined;
    await rules().follow('prod');
    expect(await begun()).toEqual(['tenant-a']);
  });

  it.each([
    ['that removes nothing', { kind: 'teardown' }],
    ['that is cancelled', { kind: 'teardown', ended: 'cancelled' }],
    ['that is refused', { kind: 'associate', ended: 'failed' }],
    [
      'that leaves no association',
      { kind: 'associate', wrote: true, ended: 'cancelled' },
    ],
    ['that only rehearses', { kind: 'migrate', wrote: true }],
  ] as [string, Parameters<typeof done>[1]][])(
    'moves what a user asked for a change of %s',
    async (_, how) => {
      await know(['tenant-a']);
      await done('tenant-a', { wrote: false, ...how });
      await rules().follow('prod');
      expect(await begun()).toEqual(['tenant-a']);
    },
  );

  it.each<[string, Parameters<typeof done>[1]]>([
    ['rolled it back', { kind: 'rollback' }],
    ['rolled it back, which broke off', { ended: 'failed' }],
    ['tore it down', { kind: 'teardown' }],
    [
      'cancelled its move in the middle',
      { kind: 'migrate', ended: 'cancelled', input: MOVED },
    ],
    [
      'moved it, and deleted the association by hand',
      { kind: 'migrate', input: MOVED },
    ],
    [
      'deleted by hand what the rule had made',
      {
        kind: 'migrate',
        input: MOVED,
        initiator: INITIATOR,
        initiatorType: 'service',
      },
    ],
  ])(
    'leaves alone for good what is back because its owner %s',
    async (_, how) => {
      await know(['tenant-a']);
      ahead = -30 * 24 * HOUR;
      await done('tenant-a', how);
      ahead = 0;
      const follower = rules();
      await follower.follow('prod');
      await follower.follow('prod');
      expect(await begun()).toEqual(
        how.initiator === INITIATOR ? ['tenant-a'] : [],
      );
      expect(logger.info.mock.calls).toEqual([
        [
          expect.stringMatching(
            / leaves alone: prod\/tenant-a\/app: An operation has changed it before/,
          ),
        ],
      ]);
    },
  );

  it('only says what it would move where it is a preview, and says it once', async () => {
    await know(['tenant-a'], ['tenant-b', { alone: 'blocked' }], ['tenant-c']);
    guard.mockImplementation(({ ref }) => {
      if (ref.namespace === 'tenant-c') throw new Error('Frozen.');
    });
    const follower = rules({ preview: true });
    await follower.follow('prod');
    await follower.follow('prod');
    expect(await begun()).toEqual([]);
    expect(logger.info.mock.calls).toEqual([
      [
        `${SAYS} leaves alone: prod/tenant-c/app: Frozen.; prod/tenant-b/app: It is not ready: Blocked.`,
      ],
      [`${SAYS} would move: prod/tenant-a/app`],
    ]);
    expect(await follower.list({} as any)).toEqual([
      {
        cluster: 'prod',
        pattern: 'tenant-*/app',
        roleArn: ROLE,
        isPreview: true,
        ready: [{ ref: expect.objectContaining({ namespace: 'tenant-a' }) }],
        readyCount: 1,
        leftOut: [
          {
            ref: expect.objectContaining({ namespace: 'tenant-c' }),
            why: 'Frozen.',
          },
          {
            ref: expect.objectContaining({ namespace: 'tenant-b' }),
            why: 'It is not ready: Blocked.',
          },
        ],
        leftOutCount: 2,
      },
    ]);
  });

  it('lists what fits it by IRSA and cannot be moved, whatever its verdict', async () => {
    await know(
      ['tenant-a', { verdict: 'blocked', alone: undefined }],
      ['tenant-b', { verdict: 'broken', alone: undefined }],
      ['tenant-c', { verdict: 'ready', alone: undefined }],
      ['tenant-d', { roads: ['pod-identity'], verdict: 'left-over' }],
    );
    const [{ leftOut, ready }] = await rules().list({} as any);
    expect(leftOut.map(({ why }) => why)).toEqual([
      'It is not ready: Blocked.',
      'It is not ready: Broken today.',
      'Its role lets it in by its name, and not by a pattern.',
    ]);
    expect(ready).toEqual([]);
  });

  it.each([
    [
      'CloudTrail is not read',
      { readsUse: false },
      /evidence\.cloudTrail.*nothing is known to be ready/,
    ],
    [
      'its cluster is not there',
      { clusters: { list: () => [] } },
      /^There is no cluster prod now\.$/,
    ],
  ])('moves nothing where %s, and says so', async (_, more, says) => {
    await know(['tenant-a']);
    const follower = rules({}, more);
    await follower.follow('another');
    expect(logger.info).toHaveBeenCalledTimes(1);
    await follower.follow('prod');
    expect(await begun()).toEqual([]);
    expect((await follower.list({} as any))[0].waits).toMatch(says);
    expect(logger.info).toHaveBeenCalledWith(
      expect.stringContaining(`${SAYS} moves nothing: `),
    );
  });

  it('begins what fits two rules once, also where both begin it at once', async () => {
    await know(['tenant-a']);
    const both = [rules(), rules({ namespace: 'tenant-a' })];
    await Promise.all(both.map(one => one.follow('prod')));
    await rules([{}, { namespace: 'tenant-a' }]).follow('prod');
    expect(await begun()).toEqual(['tenant-a']);
  });

  it.each<[string, Parameters<typeof done>[1]]>([
    ['associate', { kind: 'associate' }],
    ['rehearsal', { kind: 'migrate' }],
    ['restart', { kind: 'restart' }],
  ])(
    'passes one of which a change by a user has not ended: %s',
    async (_, how) => {
      await know(['tenant-a'], ['tenant-b']);
      await done('tenant-a', { ...how, ended: 'queued' });
      await rules().follow('prod');
      expect(await begun()).toEqual(['tenant-b']);
    },
  );

  it('lets each namespace have its turn, however many one of them makes', async () => {
    const many = ['a', 'b', 'c'].map(serviceAccount => ({ serviceAccount }));
    await know(...many.map(one => ['tenant-a', {}, one] as [any, any, any]), [
      'tenant-b',
    ]);
    const follower = rules({ serviceAccount: '*' });
    await follower.follow('prod');
    for (let move = 0; move < 2; move++) {
      ahead += 1000;
      await follower.ended([
        await end('succeeded', {
          wrote: true,
          result: { kind: 'migrate', state: 'moved' },
        }),
      ]);
    }
    expect(await begun()).toEqual(['tenant-a', 'tenant-b', 'tenant-a']);
  });

  it('begins nothing that a person has begun to change meanwhile', async () => {
    await know(['tenant-a']);
    asBegins = () => done('tenant-a', { kind: 'rollback' });
    await rules().follow('prod');
    expect(await begun()).toEqual([]);
  });

  it('begins no other while one has not ended, however long it takes', async () => {
    ahead = -25 * HOUR;
    await know(['tenant-a'], ['tenant-b']);
    await rules().follow('prod');
    ahead = 0;
    await rules().follow('prod');
    expect(await begun()).toEqual(['tenant-a']);
  });

  it('begins one move where two replicas look at the same time', async () => {
    await know(['tenant-a'], ['tenant-b']);
    await Promise.all([rules().follow('prod'), rules().follow('prod')]);
    expect(await begun()).toHaveLength(1);
  });
});
