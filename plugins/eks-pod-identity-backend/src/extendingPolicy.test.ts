import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import notificationsPlugin from '@backstage/plugin-notifications-backend';
import { notificationService } from '@backstage/plugin-notifications-node';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  AuthorizeResult,
  createPermission,
  type Permission,
} from '@backstage/plugin-permission-common';
import {
  createConditionAuthorizer,
  type PermissionPolicy,
  type PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import {
  associationCreatePermission,
  associationReadPermission,
} from 'backstage-plugin-eks-pod-identity-common';
import { until } from 'eks-sandbox/patience';
import chatNotifications from './__testUtils__/examples/chatNotifications';
import ownerRule, { ofTeam } from './__testUtils__/examples/ownerRule';
import teamPolicy from './__testUtils__/examples/teamPolicy';
import { FakeWorld } from './__testUtils__/FakeWorld';
import { ADA, associate, BOB, startReplica } from './__testUtils__/testBackend';
import {
  createPodIdentityConditionalDecision,
  isInNamespace,
} from './permissions/permissionRules';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the examples of docs/extending.md on policies and notifications', () => {
  it('let a team work in its own namespaces, and everybody read', async () => {
    let policy: PermissionPolicy | undefined;
    const backend = await startTestBackend({
      features: [teamPolicy],
      extensionPoints: [
        [
          policyExtensionPoint,
          {
            setPolicy: given => {
              policy = given;
            },
          },
        ],
      ],
    });
    await backend.stop();
    const ofPayments = {
      info: {
        userEntityRef: ADA,
        ownershipEntityRefs: [ADA, 'group:default/payments'],
      },
    } as PolicyQueryUser;
    const decide = (permission: Permission, user?: PolicyQueryUser) =>
      policy!.handle({ permission }, user);
    const may = createConditionAuthorizer([isInNamespace]);
    const creates = await decide(associationCreatePermission, ofPayments);
    const allowed = ['payments', 'payments-eu', 'paymentsx', 'shop'].filter(
      namespace =>
        may(creates, {
          cluster: 'prod',
          namespace,
          serviceAccount: 'api',
          ownerRefs: [],
        }),
    );
    expect(allowed).toEqual(['payments', 'payments-eu']);
    const { ALLOW, DENY } = AuthorizeResult;
    expect(await decide(associationReadPermission, ofPayments)).toEqual({
      result: ALLOW,
    });
    expect(await decide(associationReadPermission)).toEqual({ result: DENY });
    const others = createPermission({ name: 'other', attributes: {} });
    expect(await decide(others, ofPayments)).toEqual({ result: ALLOW });
  });

  it('judge by an owner rule of one’s own', async () => {
    const replica = await startReplica({
      world: new FakeWorld(),
      knex: await databases.init('SQLITE_3'),
      features: [ownerRule],
      decide: () =>
        createPodIdentityConditionalDecision(
          associationCreatePermission,
          ofTeam({ team: 'payments' }),
        ),
    });
    try {
      const ada = replica.as(ADA);
      expect(await ada.plan(associate('api'))).toMatchObject({ changes: true });
      await expect(
        ada.plan(associate('api', { namespace: 'shop' })),
      ).rejects.toMatchObject({
        cause: { name: 'NotAllowedError' },
      });
      expect(await replica.as(BOB).listAssociations()).toMatchObject({
        items: [],
      });
    } finally {
      await replica.stop();
    }
  });

  it('carry notifications to a chat, in which no text mentions a person', async () => {
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
    const { port } = chat.address() as AddressInfo;
    let send: (topic: string) => Promise<void> = async () => undefined;
    const backend = await startTestBackend({
      features: [
        notificationsPlugin,
        chatNotifications,
        mockServices.database.factory({
          knex: await databases.init('SQLITE_3'),
        }),
        catalogServiceMock.factory({ entities: [] }),
        mockServices.rootConfig.factory({
          data: {
            app: { baseUrl: 'https://portal.example.com' },
            chat: { webhook: `http://127.0.0.1:${port}/` },
          },
        }),
        createBackendPlugin({
          pluginId: 'sender',
          register(env) {
            env.registerInit({
              deps: {
                notifications: notificationService,
                logger: coreServices.logger,
              },
              async init({ notifications }) {
                send = topic =>
                  notifications.send({
                    recipients: { type: 'entity', entityRef: ADA },
                    payload: {
                      topic,
                      title: 'Broken: AWS identity of <!channel>',
                      link: '/aws-identities',
                    },
                  });
              },
            });
          },
        }),
      ],
    });
    try {
      await send('builds');
      await send('AWS identity');
      await until(() => posted.length > 0);
      expect(posted).toEqual([
        'Broken: AWS identity of &lt;!channel&gt;\nhttps://portal.example.com/aws-identities',
      ]);
    } finally {
      await backend.stop();
      chat.close();
    }
  });
});
