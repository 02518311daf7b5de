import { notificationsTo, tasksByHand } from '../__testUtils__/byHand';
import { createBackendModule } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { type NotificationSendOptions } from '@backstage/plugin-notifications-node';
import type {
  EvidenceEvent,
  PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityEvidenceExtensionPoint } from 'backstage-plugin-eks-pod-identity-node';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import { ADA, appConfig, startReplica } from '../__testUtils__/testBackend';
import { API } from '../status/__testUtils__/statusReports';
import { ShiftedClock } from '../status/__testUtils__/cardCatalog';
import { createStore } from '../store';

const DAY = 24 * 3_600_000;
const ROLE = 'arn:aws:iam::111122223333:role/api';
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

/** What AWS would record: pods that obtained the role, and their calls. */
class Trail implements PodIdentityEvidenceSource {
  readonly id = 'test';
  readonly #events: EvidenceEvent[] = [];

  add(at: number, denied: boolean) {
    const id = String(this.#events.length);
    const common = {
      at: new Date(at).toISOString(),
      region: 'eu-west-1',
      accountId: '111122223333',
    };
    this.#events.push(
      {
        ...common,
        id,
        service: 'sts.amazonaws.com',
        name: 'AssumeRole',
        by: {
          kind: 'pod-identity',
          clusterArn: 'arn:aws:eks:eu-west-1:111122223333:cluster/prod',
          namespace: API.namespace,
          serviceAccount: API.serviceAccount,
          podName: 'api-1',
          podUid: 'uid-1',
        },
        roleArn: ROLE,
        issuedKeyId: `ASIA${id}`,
      },
      {
        ...common,
        id: `${id}-call`,
        service: 's3.amazonaws.com',
        name: 'ListBuckets',
        by: { kind: 'role', arn: ROLE },
        usedKeyId: `ASIA${id}`,
        ...(denied
          ? { denied: { code: 'AccessDenied', message: 'not authorized' } }
          : {}),
      },
    );
  }

  async *read({
    question,
    from,
    until,
  }: Parameters<PodIdentityEvidenceSource['read']>[0]) {
    yield this.#events
      .filter(event => {
        const at = Date.parse(event.at);
        if (at < from.getTime() || at > until.getTime()) return false;
        if ('role' in question) return event.roleArn === question.role;
        if ('eventName' in question) return event.name === question.eventName;
        return (
          'accessKeyId' in question && event.usedKeyId === question.accessKeyId
        );
      })
      .reverse();
  }
}

/** A portal that sweeps when a day has passed. */
async function sweeping(notifications: { use?: boolean }) {
  const knex = await databases.init('SQLITE_3');
  const clock = new ShiftedClock();
  const trail = new Trail();
  const send = jest.fn(async (_: NotificationSendOptions) => {});
  const { tasks, scheduler } = tasksByHand();
  const replica = await startReplica({
    world: new FakeWorld(),
    knex,
    clock,
    config: {
      ...appConfig,
      eksPodIdentity: { ...appConfig.eksPodIdentity, notifications },
    },
    scheduler,
    features: [
      notificationsTo(send),
      createBackendModule({
        pluginId: 'eks-pod-identity',
        moduleId: 'trail',
        register: env =>
          env.registerInit({
            deps: { evidence: podIdentityEvidenceExtensionPoint },
            init: async ({ evidence }) => evidence.setEvidenceSource(trail),
          }),
      }),
    ],
  });
  const store = createStore(knex, () => clock.now());
  await store.associations.upsert([
    {
      ref: API,
      associationId: 'a-1',
      arn: 'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/prod/a-1',
      owner: 'portal',
      roleArn: ROLE,
      orphan: false,
      drift: false,
      listedAt: clock.now(),
    },
  ]);
  await store.entityRefs.add([
    {
      entityRef: 'component:default/payments-api',
      ref: API,
      source: 'aws-tag',
    },
  ]);
  return {
    replica,
    send,
    /** Days, each with one sweep at its end. */
    async pass(count: number, does: 'nothing' | 'calls' | 'is denied') {
      for (let day = 0; day < count; day += 1) {
        clock.shift += DAY + 1;
        if (does !== 'nothing') trail.add(clock.now(), does === 'is denied');
        await tasks.get('evidence:111122223333:eu-west-1')!(
          new AbortController().signal,
        );
      }
    },
    titles: () => send.mock.calls.map(([{ payload }]) => payload.title),
  };
}

it('tells the owner once of each silence and of each beginning of denials', async () => {
  const { pass, replica, send, titles } = await sweeping({ use: true });
  const silent = 'Not used any more: AWS identity of payments-api';
  const denied = 'Calls denied: AWS identity of payments-api';
  try {
    await pass(6, 'calls');
    expect(titles()).toEqual([]);
    await pass(6, 'nothing');
    expect(titles()).toEqual([silent]);
    expect(send).toHaveBeenCalledWith({
      recipients: {
        type: 'entity',
        entityRef: 'component:default/payments-api',
      },
      payload: expect.objectContaining({
        link: expect.stringMatching(
          /^https:\/\/portal\.example\.com\/.*payments-api\/aws-identity/,
        ),
        topic: 'AWS identity: use',
        scope: 'eks-pod-identity:use:prod/payments/api',
        severity: 'normal',
      }),
    });
    await pass(6, 'calls');
    expect(titles()).toEqual([silent]);
    // Not taken: neither does the sweep fail, nor is it sent again
    send.mockRejectedValueOnce(new Error('no notifications here'));
    await pass(6, 'nothing');
    expect(titles()).toEqual([silent, silent]);
    await pass(6, 'calls');
    await pass(4, 'is denied');
    expect(titles()).toEqual([silent, silent, denied]);
    const [{ evidence }] = await replica.as(ADA).listClusters();
    expect(evidence).toEqual({ state: 'read', read: 1, total: 1 });
    await pass(9, 'calls');
    await pass(1, 'is denied');
    expect(titles()).toEqual([silent, silent, denied, denied]);
  } finally {
    await replica.stop();
  }
});

it('tells of no use unless configured', async () => {
  const { pass, replica, titles } = await sweeping({});
  try {
    await pass(6, 'calls');
    await pass(1, 'is denied');
    await pass(5, 'nothing');
    expect(titles()).toEqual([]);
    const use = await replica.as(ADA).getUse(API);
    expect(use.denied).toHaveLength(1);
  } finally {
    await replica.stop();
  }
});
