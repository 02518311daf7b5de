import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { metricsServiceFactory } from '@backstage/backend-defaults/alpha';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import notificationsPlugin from '@backstage/plugin-notifications-backend';
import { notificationService } from '@backstage/plugin-notifications-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { EngineOptions } from 'eks-pod-identity-engine';
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
import { API, checkResult, recorderOn } from './__testUtils__/statusReports';
import { has } from './__testUtils__/announcing';
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
