import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { metricsServiceFactory } from '@backstage/backend-defaults/alpha';
import { metricsServiceMock } from '@backstage/backend-test-utils/alpha';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import notificationsPlugin from '@backstage/plugin-notifications-backend';
import {
  notificationService,
  type NotificationSendOptions,
} from '@backstage/plugin-notifications-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type {
  IdentityStatus,
  TrustShape,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import {
  type Clusters,
  type EngineOptions,
  systemClock,
} from 'eks-pod-identity-engine';
import { until } from 'eks-sandbox/patience';
import chatNotifications from '../__testUtils__/examples/chatNotifications';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  entities,
  follow,
  type MockScheduler,
  Replica,
  startReplica,
  verify,
} from '../__testUtils__/testBackend';
import { migrationsDirectory, type Store } from '../store';
import { Authorizer } from '../permissions/Authorizer';
import { createTelemetry } from '../telemetry';
import { StatusNotifier } from './StatusNotifier';
import { Identities } from './Identities';
import { Offers } from './Offers';
import {
  API,
  recorderClock,
  recorderOn,
  checkResult,
  lookOf,
  reportOf,
} from './__testUtils__/statusReports';
import { accessRow, found } from './__testUtils__/accessRows';
import { startSignals } from './__testUtils__/signalsBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const DAY_MS = 24 * 3_600_000;

const BAD: Partial<VerificationReport> = {
  status: 'broken',
  way: 'broken',
  checks: [checkResult('credentials.identity', 'fail')],
};

const ada = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'User',
  metadata: { name: 'ada', namespace: 'default' },
  spec: {},
};

describe('what the portal tells by itself', () => {
  let knex: Knex;
  let world: FakeWorld;
  let outcome: Partial<VerificationReport>;
  let replica: Replica;

  const engine = (options: EngineOptions) => ({
    ...world.engine(options),
    verification: {
      ...world.verification,
      verify: async (
        ...args: Parameters<typeof world.verification.verify>
      ): Promise<VerificationReport> => ({
        ...(await world.verification.verify(...args)),
        ...outcome,
      }),
    },
  });

  beforeEach(async () => {
    world = new FakeWorld();
    outcome = {};
    knex = await databases.init('SQLITE_3');
  });

  afterEach(async () => {
    await replica.stop();
  });

  async function linked() {
    const { store } = recorderOn(knex);
    await store.entityRefs.add([
      {
        entityRef: 'component:default/payments-api',
        ref: API,
        source: 'aws-tag',
      },
    ]);
    return store;
  }

  async function verifyNow(as: Partial<VerificationReport> = {}) {
    outcome = as;
    const { id } = await replica.as(ADA).startOperation(verify());
    await follow(replica.as(ADA), id);
    // The headline follows the end of the operation within milliseconds
    return until(async () => {
      const card = await replica.as(ADA).getEntityIdentities({
        kind: 'component',
        namespace: 'default',
        name: 'payments-api',
      });
      return !card.identities[0].verifying && card;
    });
  }

  it('moves an open card through the signals backend, and other cards not', async () => {
    const signals = await startSignals();
    let received: unknown[];
    let signalChannel: string | undefined;
    try {
      replica = await startReplica({ knex, engine, features: [signals.bus] });
      await linked();
      ({ signalChannel } = await replica.as(ADA).getEntityIdentities({
        kind: 'component',
        namespace: 'default',
        name: 'payments-api',
      }));
      received = await signals.subscribe(ADA, [
        signalChannel!,
        'eks-pod-identity:0123456789abcdef0123456789abcdef',
      ]);
      await until(async () => {
        await verifyNow();
        return received[0];
      });
    } finally {
      await signals.stop();
    }
    for (const message of received) {
      expect(message).toEqual({
        channel: signalChannel,
        message: { changed: true },
      });
    }
    expect(signals.published[0]).toEqual({
      recipients: { type: 'broadcast' },
      channel: signalChannel,
      message: { changed: true },
    });
  });

  it('lets a proof fade after the time that is set', async () => {
    const config = {
      ...appConfig,
      eksPodIdentity: { ...appConfig.eksPodIdentity, proof: { maxAge: '2d' } },
    };
    replica = await startReplica({ knex, engine, config });
    await linked();
    const ago = (days: number) =>
      verifyNow({
        finishedAt: new Date(Date.now() - days * DAY_MS).toISOString(),
      });
    expect((await ago(3)).identities[0]).toMatchObject({
      status: 'looks-right',
      sentence: 'It was proven 3 days ago. Verify it again to renew the proof.',
    });
    expect((await ago(1)).identities[0].status).toBe('verified');
  });

  it('notifies the owner through the notifications backend, once a change, and the chat of docs/extending.md', async () => {
    const posted: string[] = [];
    const chat = createServer((request, response) => {
      let body = '';
      request.on('data', chunk => {
        body += chunk;
      });
      request.on('end', () => {
        posted.push(JSON.parse(body).text);
        response.end('ok');
      });
    });
    await new Promise<void>(resolve => {
      chat.listen(0, '127.0.0.1', resolve);
    });
    const shown = 'Payments <!channel>';
    const [payments, ...others] = entities;
    const metadata = { ...payments.metadata, title: shown };
    const ofNotifications = await databases.init('SQLITE_3');
    const scheduler = mockServices.scheduler() as MockScheduler;
    replica = await startReplica({
      knex,
      engine,
      config: {
        ...appConfig,
        chat: {
          webhook: `http://127.0.0.1:${(chat.address() as AddressInfo).port}/`,
        },
        eksPodIdentity: {
          ...appConfig.eksPodIdentity,
          notifications: { digest: true },
        },
      },
      scheduler: scheduler.factory({ skipTaskRunOnStartup: true }),
      entities: [{ ...payments, metadata }, ...others, ada],
      database: createServiceFactory({
        service: coreServices.database,
        deps: { plugin: coreServices.pluginMetadata },
        factory: ({ plugin }) => ({
          getClient: async () =>
            plugin.getId() === 'notifications' ? ofNotifications : knex,
        }),
      }),
      features: [notificationsPlugin, chatNotifications],
    });
    const store = await linked();
    await has(store, API, [ADA]);
    const { port } = replica.backend.server.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}/api/notifications/notifications`;
    const inbox = async () => {
      const response = await fetch(address, {
        headers: { authorization: mockCredentials.user.header(ADA) },
      });
      return (await response.json()).notifications.map(
        ({ payload }: { payload: Record<string, string> }) => payload,
      );
    };
    await verifyNow();
    expect(await inbox()).toEqual([]);
    await verifyNow(BAD);
    const told = await until(async () => {
      const all = await inbox();
      return all.length > 0 ? all : undefined;
    });
    expect(told).toEqual([
      expect.objectContaining({
        title: `Broken: AWS identity of ${shown}`,
        description:
          'credentials.identity says fail About this: https://portal.example.com/aws-identities/checks#credentialsidentity Service account: prod/payments/api.',
        link: 'https://portal.example.com/catalog/default/component/payments-api/aws-identity?ref=prod%2Fpayments%2Fapi',
        severity: 'high',
        topic: 'AWS identity',
      }),
    ]);
    await verifyNow(BAD);
    await verifyNow({ ...BAD, status: 'partly-works' });
    expect(await inbox()).toHaveLength(1);
    await scheduler.triggerTask('digest');
    expect(await inbox()).toContainEqual(
      expect.objectContaining({
        title: '1 AWS identity needs attention',
        description: expect.stringMatching(/^api on prod: Broken\. /),
        topic: 'AWS identity: digest',
      }),
    );
    await verifyNow();
    const after = await until(async () => {
      const { title, severity } = (await inbox()).find(
        ({ topic }: { topic: string }) => topic === 'AWS identity',
      )!;
      return severity === 'normal' ? title : undefined;
    });
    expect(after).toBe(`Works again: AWS identity of ${shown}`);

    // What is of no identity stays out of the chat, and no text there mentions a person
    await fetch(address, {
      method: 'POST',
      headers: {
        authorization: mockCredentials.service.header(),
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        recipients: { type: 'entity', entityRef: ADA },
        payload: { title: 'A build failed', topic: 'builds' },
      }),
    });
    expect(await inbox()).toContainEqual(
      expect.objectContaining({ title: 'A build failed' }),
    );
    expect(posted.map(text => text.split('\n')[0])).toEqual([
      'Broken: AWS identity of Payments &lt;!channel&gt;',
      '1 AWS identity needs attention',
      'Works again: AWS identity of Payments &lt;!channel&gt;',
    ]);
    chat.close();
  });

  it('goes on where neither can be sent, and counts it, in exported metrics', async () => {
    const exporter = new InMemoryMetricExporter(
      AggregationTemporality.CUMULATIVE,
    );
    const provider = new MeterProvider({
      readers: [
        new PeriodicExportingMetricReader({
          exporter,
          exportIntervalMillis: 3600_000,
        }),
      ],
    });
    metrics.setGlobalMeterProvider(provider);
    try {
      replica = await startReplica({
        knex,
        engine,
        features: [
          metricsServiceFactory,
          mockServices.events.factory(),
          createServiceFactory({
            service: signalsServiceRef,
            deps: {},
            factory: () => ({
              publish: async () => {
                throw new Error('no signals here');
              },
            }),
          }),
          createServiceFactory({
            service: notificationService,
            deps: {},
            factory: () => ({
              send: async () => {
                throw new Error('no notifications here');
              },
            }),
          }),
        ],
      });
      await linked();
      await verifyNow();
      const card = await verifyNow(BAD);
      expect(card.identities[0].status).toBe('broken');

      const points = await until(async () => {
        exporter.reset();
        await provider.forceFlush();
        const all = exporter
          .getMetrics()
          .flatMap(({ scopeMetrics }) => scopeMetrics)
          .flatMap(scope => scope.metrics);
        const of = (name: string) =>
          all
            .filter(metric => metric.descriptor.name === name)
            .flatMap(metric =>
              metric.dataPoints.map(({ attributes, value }) => ({
                ...attributes,
                value,
              })),
            );
        const announced = of('eks_pod_identity.announcements');
        return announced.some(
          ({ kind, value }: any) => kind === 'notification' && value,
        )
          ? {
              announced,
              verified: of('eks_pod_identity.verifications'),
              sweeps: of('eks_pod_identity.sweeps'),
              database: of('eks_pod_identity.database.up'),
              ages: of('eks_pod_identity.sweep.age'),
            }
          : undefined;
      });
      expect(points.announced).toEqual(
        expect.arrayContaining([
          { kind: 'signal', outcome: 'failed', value: expect.any(Number) },
          { kind: 'notification', outcome: 'failed', value: 1 },
        ]),
      );
      expect(points.verified).toEqual(
        expect.arrayContaining([
          { status: 'verified', proof: 'credentials', value: 1 },
          { status: 'broken', proof: 'credentials', value: 1 },
        ]),
      );
      // An alert cannot tell a counter that is not there from one that stands still
      expect(points.sweeps).toEqual(
        ['prod', 'test'].map(cluster =>
          expect.objectContaining({ cluster, outcome: 'done' }),
        ),
      );
      expect(points.database).toEqual([{ value: 1 }]);
      expect(points.ages.map(({ cluster }: any) => cluster)).toEqual([
        'prod',
        'test',
      ]);
    } finally {
      metrics.disable();
      await provider.shutdown();
    }
  });
});

/** An association, of the component of the same name. */
async function has(store: Store, ref: typeof API, ownerRefs: string[]) {
  const { cluster, serviceAccount } = ref;
  await store.associations.upsert([
    {
      ref,
      associationId: `a-${serviceAccount}`,
      arn: `arn:aws:eks:eu-west-1:111122223333:podidentityassociation/${cluster}/a-${serviceAccount}`,
      owner: 'portal',
      orphan: false,
      drift: false,
      listedAt: 1,
    },
  ]);
  await store.owners.set(ref, {
    entityRef: `component:default/${serviceAccount}`,
    ownerRefs,
  });
}

/** The notifier alone, over a recorder to write in. */
async function announcing(recipients: 'tagged' | 'annotated' = 'tagged') {
  const knex = await databases.init('SQLITE_3');
  await knex.migrate.latest({ directory: migrationsDirectory });
  const { store, recorder, write } = recorderOn(knex);
  const publish = jest.fn(async (_: { channel: string }) => {});
  const authorizer = new Authorizer(mockServices.permissions.mock(), {
    isAllowed: () => false,
    resourcesOf: async () => [],
  });
  const send = jest.fn(async (_: NotificationSendOptions) => {});
  const identities = new Identities({
    store,
    clusters: { list: () => [] } as unknown as Clusters,
    authorizer,
    offers: new Offers({
      store,
      authorizer,
      clusters: { list: () => [] } as unknown as Clusters,
      config: { administrators: [] },
      userInfo: mockServices.userInfo.mock(),
    }),
    now: () => Date.now(),
    maxAgeMs: 86_400_000,
    proofMaxAgeMs: 30 * DAY_MS,
  });
  const findMany = jest.fn(
    async () =>
      new Map([
        [
          'component:default/held',
          {
            entityRef: 'component:default/held',
            uid: 'held-now',
            ownerRefs: ['group:default/a', 'group:default/held'],
          },
        ],
      ]),
  );
  const notifier = new StatusNotifier({
    clock: systemClock,
    clusters: { list: () => [{ id: 'prod' }] } as Pick<Clusters, any>,
    store,
    identities,
    signals: { publish },
    notifications: { send },
    telemetry: createTelemetry(metricsServiceMock.mock()),
    logger: mockServices.logger.mock(),
    appBaseUrl: 'https://portal.example.com',
    administrators: [],
    sweep: { frequencyMs: 0, timeoutMs: 0, maxAgeMs: DAY_MS },
    recipients,
    tellsOfUse: false,
    entities: {
      findMany,
      hasTab: async () => true,
      titleOf: async name => name.split('/')[1],
    },
  });
  recorder.onChange(change => notifier.statusWritten(change));
  const portal = { store, recorder, identities, write, notifier };
  return { ...portal, publish, send, findMany };
}

it.each<['tagged' | 'annotated', string, string[]]>([
  ['tagged', 'a tag', ['payments-api']],
  ['annotated', 'a tag', ['payments-api']],
  ['tagged', 'a namespace', []],
  ['annotated', 'a namespace', ['resident']],
  ['tagged', 'claims only', []],
  ['annotated', 'claims only', ['curious', 'stranger']],
])(
  'tells %s components, where there is %s',
  async (recipients, there, told) => {
    const { store, write, send } = await announcing(recipients);
    const link = (name: string, source: 'annotation' | 'aws-tag') => ({
      entityRef: `component:default/${name}`,
      ref: API,
      source,
    });
    await store.entityRefs.add([
      link('curious', 'annotation'),
      link('stranger', 'annotation'),
      ...(there === 'claims only'
        ? []
        : [
            { ...link('resident', 'annotation'), ownsNamespace: true as const },
          ]),
      ...(there === 'a tag' ? [link('payments-api', 'aws-tag')] : []),
    ]);
    await write(reportOf('proof'));
    await write(
      reportOf('broken', { ...BAD, finishedAt: '2026-01-02T00:00:00.000Z' }),
    );
    expect(
      send.mock.calls
        .map(([{ recipients: to }]) => 'entityRef' in to && to.entityRef)
        .sort(),
    ).toEqual(told.map(name => `component:default/${name}`));
    for (const [{ payload }] of send.mock.calls) {
      expect(/Only the annotation/.test(payload.description ?? '')).toBe(
        there !== 'a tag',
      );
    }
  },
);

it('sends each owner one digest of what does not work, worst first', async () => {
  const { store, notifier, send, findMany } = await announcing();
  const identity = async (
    serviceAccount: string,
    status: IdentityStatus,
    ownerRefs: string[],
    cluster = 'prod',
  ) => {
    const ref = { ...API, cluster, serviceAccount };
    await has(store, ref, ownerRefs);
    await store.serviceAccounts.set({ ref, status, headline: 'So it is.' });
  };
  await identity('fine', 'verified', ['group:default/fine']);
  await identity('unseen', 'could-not-check', ['group:default/fine']);
  await identity('lost', 'broken', ['group:default/a'], 'gone');
  await identity('late', 'restart-needed', ['group:default/a']);
  await identity('shared', 'broken', ['group:default/a', 'user:default/ada']);
  for (const name of ['k1', 'k2', 'k3', 'k4']) {
    await identity(name, 'other-identity', ['group:default/a']);
  }
  const noted = (
    shapes: TrustShape[],
    uid: string,
    name = 'held',
    role = name,
  ) => ({
    row: accessRow(`payments/${name}`, {
      role: { arn: `arn:aws:iam::1:role/apps/${role}`, exists: true, shapes },
      findings: [],
    }),
    // Whose component claims it hears nothing of the role
    entity: {
      entityRef: 'component:default/curious',
      by: 'annotation' as const,
    },
    ownerRef: 'group:default/curious',
    holder: {
      entityRef: 'component:default/held',
      uid,
      ownerRefs: ['group:default/former'],
    },
  });
  const held = noted(['no-audience', 'pattern'], 'held-now');
  const former = noted(['no-subject'], 'held-once', 'former');
  const { holder: _, ...nobodys } = noted(['no-subject'], '', 'nobodys');
  await found(store, [
    held,
    noted(['no-audience', 'pattern'], 'held-now', 'sharer', 'held'),
    noted(['no-audience'], 'held-now', 'second'),
    noted(['exact'], 'held-now', 'third'),
    former,
    nobodys,
  ]);
  await notifier.digest();
  // Every signed-in user can trigger the task
  await notifier.digest();
  const payload = (owner: string) =>
    send.mock.calls.find(
      ([{ recipients }]) =>
        'entityRef' in recipients && recipients.entityRef === owner,
    )?.[0].payload;
  expect(send).toHaveBeenCalledTimes(4);
  expect(payload('user:default/ada')).toEqual({
    title: '1 AWS identity needs attention',
    description: 'shared on prod: Broken. So it is.',
    link: 'https://portal.example.com/aws-identities/associations?ownedBy=user%3Adefault%2Fada',
    severity: 'high',
    topic: 'AWS identity: digest',
    scope: 'eks-pod-identity:digest:user:default/ada',
  });
  expect(payload('group:default/a')).toMatchObject({
    title: '6 AWS identities need attention',
    description: expect.stringMatching(
      /^shared on prod: Broken\. So it is\.\n(k\d on prod: Uses other credentials\. So it is\.\n){4}1 more on the page\.\nThe trust policies of 2 roles are .*: no audience \(2\), a pattern of service accounts \(1\)\. held, second\.$/,
    ),
  });
  expect(payload('group:default/held')).toEqual({
    title: 'AWS roles: trust policies worth a look',
    description:
      'The trust policies of 2 roles are worth a look, although nothing breaks today: no audience (2), a pattern of service accounts (1). held, second.',
    link: 'https://portal.example.com/aws-identities/access',
    severity: 'low',
    topic: 'AWS identity: digest',
    scope: 'eks-pod-identity:digest:group:default/held',
  });
  expect(payload('group:default/former')?.description).toMatch(
    /^The trust policy of 1 role is .*: no subject \(1\)\. former\.$/,
  );
  // Each next day, what is wrong is said again, and of trust policies only what is new
  const nextDay = async () => {
    send.mockClear();
    await store.settings.swap('digest', 'yesterday');
    await notifier.digest();
    return send.mock.calls
      .map(
        ([{ recipients }]) =>
          'entityRef' in recipients &&
          String(recipients.entityRef).split('/')[1],
      )
      .sort();
  };
  const unwell = ['a', 'ada'];
  findMany.mockRejectedValueOnce(new Error('The catalog is away'));
  expect(await nextDay()).toEqual(unwell);
  expect(payload('group:default/a')?.description).not.toMatch(/trust polic/);
  // A look without IAM knows no holder
  await store.access.replace(
    {
      cluster: 'prod',
      at: '2026-11-30T10:00:00.000Z',
      gaps: [{ what: 'roles', sentence: 'Throttled.', costs: 'Roles.' }],
    },
    [],
  );
  expect(await nextDay()).toEqual(unwell);
  await found(store, [held, former]);
  send.mockImplementation(async ({ recipients }) => {
    const isHeld = JSON.stringify(recipients).includes('held');
    if (isHeld) throw new Error('It is away');
  });
  expect(await nextDay()).toEqual([...unwell, 'held']);
  send.mockResolvedValue(undefined);
  expect(await nextDay()).toEqual([...unwell, 'held']);
  expect(await nextDay()).toEqual(unwell);
});

it('records no association of a cluster that is gone', async () => {
  const { store, recorder } = await announcing();
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

it('moves the cards of the components whose identities a sweep sees changed', async () => {
  const { store, recorder, identities, publish } = await announcing();
  const jobs = { ...API, serviceAccount: 'jobs' };
  const unlinked = { ...API, serviceAccount: 'unlinked' };
  const link = (name: string, ref: typeof API) => ({
    entityRef: `component:default/${name}`,
    ref,
    source: 'aws-tag' as const,
  });
  await store.entityRefs.add([
    link('payments-api', API),
    link('suite', API),
    link('jobs', jobs),
  ]);
  const moved = async () => {
    const channels = publish.mock.calls.map(([{ channel }]) => channel);
    publish.mockClear();
    const names = ['payments-api', 'suite', 'jobs'];
    const known = await Promise.all(
      names.map(name => identities.channelOf(`component:default/${name}`)),
    );
    return channels.map(channel => names[known.indexOf(channel)]).sort();
  };
  await recorder.recordLooks([
    lookOf('api', { ref: API }),
    lookOf('jobs', { ref: jobs }),
    lookOf('unlinked', { ref: unlinked }),
  ]);
  expect(await moved()).toEqual(['jobs', 'payments-api', 'suite']);
  const later = { finishedAt: '2026-01-03T00:00:00.000Z' };
  await recorder.recordLooks([
    lookOf('api-later', { ref: API, ...later }),
    lookOf('jobs-later', {
      ...later,
      ref: jobs,
      status: 'broken',
      checks: [checkResult('role.trust-policy', 'fail')],
    }),
  ]);
  expect(await moved()).toEqual(['jobs']);
});

it('tells of each step down and up, by the component, and of drift', async () => {
  const { store, write, send, notifier } = await announcing();
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  const warned: Partial<VerificationReport> = {
    status: 'partly-works',
    checks: [
      checkResult('credentials.identity', 'pass'),
      checkResult('workloads.shadowed', 'warn'),
    ],
  };
  const day = (at: number, more: Partial<VerificationReport>) =>
    reportOf(`run-${at}`, { ...more, finishedAt: `2026-01-0${at}T00:00:00Z` });
  await write(
    day(1, {}),
    day(2, warned),
    day(3, warned),
    day(4, BAD),
    day(5, warned),
    day(6, {}),
  );
  await notifier.drifted(API, 'The role has one policy less.');
  expect(send.mock.calls.map(([{ payload }]) => payload.title)).toEqual([
    'Partly works: AWS identity of payments-api',
    'Broken: AWS identity of payments-api',
    'Partly works: AWS identity of payments-api',
    'Works again: AWS identity of payments-api',
    'Drifted: AWS identity of payments-api',
  ]);
  // A user mutes the one without the other
  const topics = send.mock.calls.map(([{ payload }]) => payload.topic);
  expect(topics).toEqual([
    ...Array(4).fill('AWS identity'),
    'AWS identity: drift',
  ]);
});

it.each<[IdentityStatus, IdentityStatus, string | undefined]>([
  ['verified', 'partly-works', 'Partly works'],
  ['verified', 'restart-needed', 'Restart needed'],
  ['partly-works', 'restart-needed', undefined],
  ['verified', 'no-pod-has-it', 'No pod has it'],
  ['restart-needed', 'other-identity', 'Uses other credentials'],
  ['no-pod-has-it', 'other-identity', undefined],
  ['broken', 'no-pod-has-it', undefined],
  ['other-identity', 'partly-works', 'Partly works'],
  ['no-pod-has-it', 'verified', 'Works again'],
  ['verified', 'pods-not-started', 'Pods do not start'],
  ['pods-not-started', 'verified', 'Works again'],
  ['broken', 'pods-not-started', undefined],
  // Whether it works, these do not say
  ...(
    [
      'could-not-check',
      'setting-up',
      'rolling-out',
      'looks-right',
      'no-workload',
      'no-identity',
      'uses-irsa',
    ] as const
  ).flatMap((status): [IdentityStatus, IdentityStatus, undefined][] => [
    ['verified', status, undefined],
    ['broken', status, undefined],
    [status, 'broken', undefined],
  ]),
])('what was %s and is %s is news: %s', async (was, is, news) => {
  const { store, send, notifier } = await announcing();
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  for (const status of [was, is]) {
    const before = await store.serviceAccounts.find(API);
    const after = { ref: API, status, headline: 'So it is.' };
    await store.serviceAccounts.set(after);
    await notifier.statusWritten({ ref: API, cause: 'look', before, after });
  }
  expect(send.mock.calls.map(([{ payload }]) => payload.title)).toEqual(
    news ? [`${news}: AWS identity of payments-api`] : [],
  );
});

it('notifies of what comes after a status that does not say whether it works', async () => {
  const { store, write, send } = await announcing();
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  const day = (at: number, more: Partial<VerificationReport>) =>
    reportOf(`run-${at}`, { ...more, finishedAt: `2026-01-0${at}T00:00:00Z` });
  await write(day(1, {}), day(2, { status: 'could-not-check', proof: 'none' }));
  expect((await store.serviceAccounts.find(API))?.status).toBe(
    'could-not-check',
  );
  await write(day(3, {}));
  expect(send).not.toHaveBeenCalled();
  await write(day(4, BAD));
  expect(send).toHaveBeenCalledTimes(1);
});

it('notifies nobody of a proof that fades', async () => {
  const { store, recorder, write, send } = await announcing();
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  const ago = (days: number) => ({
    finishedAt: new Date(recorderClock.now() - days * DAY_MS).toISOString(),
  });
  await write(reportOf('proof', ago(29)), lookOf('look', ago(28)));
  const status = async () => (await store.serviceAccounts.find(API))?.status;
  expect(await status()).toBe('verified');
  const later = jest
    .spyOn(recorderClock, 'now')
    .mockReturnValue(recorderClock.now() + DAY_MS);
  try {
    await recorder.recordLooks([lookOf('again', ago(0))]);
    expect(await status()).toBe('looks-right');
  } finally {
    later.mockRestore();
  }
  expect(send).not.toHaveBeenCalled();
});

it('moves no card where a look saw what was there before', async () => {
  const { store, recorder, write, publish } = await announcing();
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  await write(reportOf('proof'), lookOf('look'));
  publish.mockClear();
  await recorder.recordLooks([lookOf('again')]);
  await recorder.recordLooks([lookOf('later')]);
  expect(publish).not.toHaveBeenCalled();
  await recorder.recordLooks([lookOf('changed', { fingerprint: 'B' })]);
  expect(publish).toHaveBeenCalledTimes(1);
});
