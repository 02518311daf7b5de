import {
  BackendFeature,
  createBackendModule,
  SchedulerServiceTaskInvocationDefinition,
} from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { headingAnchor } from 'backstage-plugin-eks-pod-identity-common';
import { durationToMilliseconds, type HumanDuration } from '@backstage/types';
import {
  podIdentityChecksExtensionPoint,
  podIdentityClusterSupplierExtensionPoint,
  podIdentityGuardrailsExtensionPoint,
  podIdentityRoleNamingExtensionPoint,
} from 'backstage-plugin-eks-pod-identity-node';
import type { Knex } from 'knex';
import {
  CHECKS,
  type Engine,
  type EngineOptions,
} from 'eks-pod-identity-engine';
import { FakeWorld } from './__testUtils__/FakeWorld';
import { ShiftedClock } from './__testUtils__/ShiftedClock';
import {
  ADA,
  appConfig,
  associate,
  follow,
  Replica,
  startReplica,
  verify,
} from './__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const check = {
  id: 'role.max-session',
  category: 'role' as const,
  title: 'Session duration',
  docsUrl: 'https://example.com',
  evaluate: () => ({ status: 'pass' as const, message: 'fine' }),
};

describe('the plugin', () => {
  let knex: Knex;
  let world: FakeWorld;
  const running: Replica[] = [];

  beforeEach(async () => {
    knex = await databases.init('SQLITE_3');
    world = new FakeWorld();
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map(replica => replica.stop()));
  });

  async function start(
    options: Partial<Parameters<typeof startReplica>[0]> = {},
  ) {
    const replica = await startReplica({ world, knex, ...options });
    running.push(replica);
    return replica;
  }

  function moduleOf(
    register: Parameters<typeof createBackendModule>[0]['register'],
  ): BackendFeature {
    return createBackendModule({
      pluginId: 'eks-pod-identity',
      moduleId: 'test',
      register,
    });
  }

  const messages = (replica: Replica, level: string) =>
    replica.logger.lines
      .filter(line => line.level === level)
      .map(line => line.message);

  it('says at start what it works on', async () => {
    expect(messages(await start(), 'info')).toContain(
      'EKS Pod Identity for portal portal.example.com: 2 clusters (prod, test)',
    );
    const none = await start({
      config: { app: appConfig.app },
      knex: await databases.init('SQLITE_3'),
    });
    expect(messages(none, 'info')).toContain(
      'EKS Pod Identity for portal portal.example.com: no clusters are configured (eksPodIdentity.clusters)',
    );
  });

  it.each([
    [
      'its own page',
      undefined,
      'https://portal.example.com/aws-identities/checks',
    ],
    [
      'the page of app-config',
      'https://docs.example.com/checks',
      'https://docs.example.com/checks',
    ],
  ])('lets findings link to %s', async (_what, docsUrl, expected) => {
    const engine = jest.fn(world.engine);
    await start({
      engine,
      config: {
        ...appConfig,
        eksPodIdentity: { ...appConfig.eksPodIdentity, docsUrl },
      },
    });
    expect(engine).toHaveBeenCalledWith(
      expect.objectContaining({ docsUrl: expected }),
    );
  });

  it('shows what docs/checks.md says of each check', async () => {
    const replica = await start();
    const client = replica.as('user:default/ana');
    const page = await client.getChecksPage();
    expect(page).toMatch(/^# The checks\n/);
    const headings = [...page.matchAll(/^## .* `(.*)`$/gm)].map(([, id]) =>
      headingAnchor(id),
    );
    expect(headings).toEqual(CHECKS.map(({ anchor }) => anchor));
  });

  it('shows the page that what the portal lacks links to', async () => {
    const replica = await start();
    const page = await replica.as('user:default/ana').getPermissionsPage();
    expect(page).toMatch(/^# What the portal may do\n/);
    expect(page).not.toMatch(/\]\((?!https?:|#)/);
  });

  it('warns when the portal id is another than before', async () => {
    const first = await start();
    const again = await start();
    const other = await start({
      config: {
        ...appConfig,
        eksPodIdentity: { ...appConfig.eksPodIdentity, portalId: 'new' },
      },
    });
    const warned = (replica: Replica) =>
      messages(replica, 'warn').filter(text => text.includes('portal id'));
    expect(warned(first)).toEqual([]);
    expect(warned(again)).toEqual([]);
    expect(warned(other)).toEqual([
      expect.stringContaining('changed from portal.example.com to new'),
    ]);
  });

  it('refuses what a guardrail of a module refuses, for operations and plans', async () => {
    const replica = await start({
      features: [
        moduleOf(env =>
          env.registerInit({
            deps: { guardrails: podIdentityGuardrailsExtensionPoint },
            async init({ guardrails }) {
              guardrails.addGuardrail({
                name: 'freeze',
                judge: async ({ cluster, ref, initiator }) =>
                  cluster.id === 'prod'
                    ? {
                        allowed: false,
                        reason: `${cluster.title} is frozen for ${ref.serviceAccount}, ${initiator}`,
                      }
                    : { allowed: true },
              });
            },
          }),
        ),
      ],
    });
    const ada = replica.as(ADA);
    const frozen = {
      cause: {
        name: 'NotAllowedError',
        message: `prod is frozen for api, ${ADA} (guardrail freeze)`,
      },
    };
    await Promise.all([
      expect(ada.startOperation(associate())).rejects.toMatchObject(frozen),
      expect(ada.plan(associate())).rejects.toMatchObject(frozen),
    ]);
    const elsewhere = await ada.startOperation(
      associate('api', { clusterName: 'test' }),
    );
    await follow(ada, elsewhere.id);
    expect(world.associations.size).toBe(1);
  });

  it('takes clusters, checks and a naming strategy from modules', async () => {
    let given: EngineOptions | undefined;
    let engine: Engine | undefined;
    const replica = await start({
      engine: options => {
        given = options;
        engine = world.engine(options);
        return engine;
      },
      features: [
        moduleOf(env =>
          env.registerInit({
            deps: {
              checks: podIdentityChecksExtensionPoint,
              naming: podIdentityRoleNamingExtensionPoint,
              clusters: podIdentityClusterSupplierExtensionPoint,
            },
            async init({ checks, naming, clusters }) {
              checks.addCheck(check);
              expect(() => checks.addCheck(check)).toThrow(
                'There already is a check role.max-session',
              );
              expect(() => checks.addCheck({ ...check, id: 'Odd' })).toThrow(
                'must begin with its category',
              );
              naming.setRoleNaming(({ defaultName }) => `x-${defaultName}`);
              expect(() => naming.setRoleNaming(() => 'y')).toThrow(
                'already set',
              );
              clusters.addClusterSupplier({
                getClusters: async () => [
                  {
                    name: 'supplied',
                    region: 'us-east-1',
                    accountId: '222233334444',
                  },
                ],
              });
            },
          }),
        ),
      ],
    });
    expect(given?.additionalChecks).toEqual([check]);
    expect(engine?.clusters.get('supplied')).toMatchObject({
      arn: 'arn:aws:eks:us-east-1:222233334444:cluster/supplied',
      namespaces: { deny: expect.arrayContaining(['kube-system']) },
    });
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(
      associate('api', { clusterName: 'supplied' }),
    );
    await follow(ada, id);
    expect([...world.associations.keys()]).toEqual(['supplied/payments/api']);
  });

  it('has tasks for clusters that come, and lets operations end on those that go', async () => {
    let named = [
      { name: 'new', region: 'us-east-1', accountId: '222233334444' },
    ];
    const clock = new ShiftedClock();
    const tasks = new Map<string, SchedulerServiceTaskInvocationDefinition>();
    const scheduler = mockServices.scheduler.mock({
      scheduleTask: async task => {
        tasks.set(task.id, task);
      },
    });
    const replica = await start({
      clock,
      scheduler: scheduler.factory,
      config: {
        ...appConfig,
        eksPodIdentity: {
          ...appConfig.eksPodIdentity,
          evidence: { cloudTrail: true },
        },
      },
      features: [
        moduleOf(env =>
          env.registerInit({
            deps: { clusters: podIdentityClusterSupplierExtensionPoint },
            async init({ clusters }) {
              clusters.addClusterSupplier({
                refresh: { minutes: 1 },
                getClusters: async () => named,
              });
            },
          }),
        ),
      ],
    });
    const run = (id: string) => tasks.get(id)!.fn(new AbortController().signal);
    const ask = async () => {
      clock.shift += 60_000;
      await run('clusters');
    };
    const ofNew = ['sweep:new', 'evidence:222233334444:us-east-1'];
    const ends = () => ofNew.map(id => tasks.get(id)?.signal?.aborted);
    const ada = replica.as(ADA);
    await ask();
    expect(ends()).toEqual([false, false]);

    const held = world.hold('probe');
    const { id } = await ada.startOperation(
      verify('api', { clusterName: 'new', probe: 'pod' }),
    );
    await held.reached;
    named = [];
    await ask();
    expect(ends()).toEqual([true, true]);
    expect((await ada.listClusters()).map(one => one.id)).toEqual([
      'prod',
      'test',
    ]);
    for (const task of ofNew) await run(task);
    expect(messages(replica, 'info').slice(-2)).toEqual([
      'Did not sweep cluster new: it is gone',
      'Did not read the use of 222233334444:us-east-1: its clusters are gone',
    ]);
    held.open();
    await follow(ada, id);
    expect(await ada.getOperation(id)).toMatchObject({ state: 'succeeded' });

    named = [{ name: 'new', region: 'us-east-1', accountId: '222233334444' }];
    await ask();
    expect(ends()).toEqual([false, false]);
  });

  it('does not start with a supplied cluster that is wrong', async () => {
    await expect(
      start({
        features: [
          moduleOf(env =>
            env.registerInit({
              deps: { clusters: podIdentityClusterSupplierExtensionPoint },
              async init({ clusters }) {
                clusters.addClusterSupplier({
                  getClusters: async () => [
                    { name: 'x', region: 'mars', accountId: '1' },
                  ],
                });
              },
            }),
          ),
        ],
      }),
    ).rejects.toThrow(/cluster 1 of cluster supplier 1/);
  });

  it('does no scheduled work while the portal is starting', async () => {
    const delays = new Map<string, number>();
    const scheduler = mockServices.scheduler.mock({
      scheduleTask: async ({ id, initialDelay }) => {
        delays.set(
          id,
          durationToMilliseconds((initialDelay ?? {}) as HumanDuration),
        );
      },
    });
    await start({ scheduler: scheduler.factory });
    expect([...delays.keys()].sort()).toEqual([
      'catalog-annotations',
      'probe-leftovers',
      'retention',
      'setup-check',
      'sweep:prod',
      'sweep:test',
    ]);
    expect(Math.min(...delays.values())).toBeGreaterThanOrEqual(3_000);
  });

  it('sweeps records and left-over probes on its schedule', async () => {
    const tasks = new Map<string, () => unknown>();
    const scheduler = mockServices.scheduler.mock({
      scheduleTask: async task => {
        tasks.set(task.id, () => task.fn(new AbortController().signal));
      },
    });
    const swept: string[] = [];
    const replica = await start({
      engine: options => ({
        ...world.engine(options),
        deleteLeftoverProbes: async cluster => {
          if (cluster.id === 'test') throw new Error('no route to host');
          swept.push(cluster.id);
          return { deleted: ['probe-1', 'probe-2'], problems: [] };
        },
      }),
      scheduler: scheduler.factory,
    });
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(associate());
    await follow(ada, id);
    const verified = await ada.startOperation({
      ...associate(),
      kind: 'verify',
    } as any);
    await follow(ada, verified.id);
    const yearAgo = Date.now() - 365 * 24 * 3600_000;
    await knex('operations').update({ finished_at: yearAgo });

    await tasks.get('retention')!();
    await tasks.get('probe-leftovers')!();
    expect(await knex('operations').select('kind')).toEqual([
      { kind: 'associate' },
    ]);
    expect(swept).toEqual(['prod']);
    expect(messages(replica, 'info')).toContain(
      'Deleted 2 probe pods that an interrupted verification left on prod',
    );
    expect(messages(replica, 'warn')).toContainEqual(
      expect.stringMatching(
        /^Could not look for left-over probe pods \(cluster test\)\. .* The next round tries again\.$/,
      ),
    );
  });
});
