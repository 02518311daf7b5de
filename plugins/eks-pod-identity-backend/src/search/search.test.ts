import { permissionsServiceFactory } from '@backstage/backend-defaults/permissions';
import {
  type AuthService,
  coreServices,
  createBackendModule,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import permissionPlugin from '@backstage/plugin-permission-backend';
import {
  AuthorizeResult,
  isPermission,
} from '@backstage/plugin-permission-common';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import searchPlugin from '@backstage/plugin-search-backend';
import { associationReadPermission } from 'backstage-plugin-eks-pod-identity-common';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  BOB,
  Replica,
  startReplica,
  type MockScheduler,
} from '../__testUtils__/testBackend';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from '../permissions/permissionRules';
import podIdentitySearchModule from '../search';
import { createStore } from '../store';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const role = (name: string) => `arn:aws:iam::111122223333:role/pods/${name}`;
const association = (index: number) =>
  `arn:aws:eks:eu-west-1:111122223333:podidentityassociation/prod/a-${index}x`;
const refOf = (serviceAccount: string) => ({
  cluster: 'prod',
  namespace: serviceAccount === 'ledger' ? 'books' : 'payments',
  serviceAccount,
});
const ACCOUNTS = [
  'api',
  'ledger',
  ...Array.from({ length: 205 }, (_, i) => `job-${i}`),
];

/** Bob reads what is in the namespace of the books alone. */
const policyModule = createBackendModule({
  pluginId: 'permission',
  moduleId: 'test-policy',
  register(env) {
    env.registerInit({
      deps: { policy: policyExtensionPoint },
      async init({ policy }) {
        policy.setPolicy({
          handle: async ({ permission }, user) =>
            user?.info.userEntityRef === BOB &&
            isPermission(permission, associationReadPermission)
              ? createPodIdentityConditionalDecision(
                  permission,
                  podIdentityConditions.isInNamespace({
                    namespaces: ['books'],
                  }),
                )
              : { result: AuthorizeResult.ALLOW },
        });
      },
    });
  },
});

/** As in a portal, the token of a plugin that acts for a user names both; the mock's names the user alone. */
const authNamingActors = createServiceFactory({
  service: coreServices.auth,
  deps: { plugin: coreServices.pluginMetadata },
  factory: ({ plugin }): AuthService => {
    const auth = mockServices.auth({ pluginId: plugin.getId() });
    const actor = { subject: `plugin:${plugin.getId()}` };
    return Object.assign(Object.create(auth) as AuthService, {
      getPluginRequestToken: async (
        request: Parameters<AuthService['getPluginRequestToken']>[0],
      ) =>
        auth.isPrincipal(request.onBehalfOf, 'user')
          ? {
              token: mockCredentials.user.token(
                request.onBehalfOf.principal.userEntityRef,
                { actor },
              ),
            }
          : auth.getPluginRequestToken(request),
    });
  },
});

describe('search', () => {
  let replica: Replica;

  beforeAll(async () => {
    const knex = await databases.init('SQLITE_3');
    const scheduler = mockServices.scheduler() as MockScheduler;
    replica = await startReplica({
      world: new FakeWorld(),
      knex,
      config: {
        ...appConfig,
        permission: { enabled: true },
        search: { permissions: { queryLatencyBudgetMs: 20_000 } },
      },
      scheduler: scheduler.factory({ skipTaskRunOnStartup: true }),
      permissions: permissionsServiceFactory,
      features: [
        authNamingActors,
        permissionPlugin,
        policyModule,
        searchPlugin,
        podIdentitySearchModule,
      ],
    });
    const store = createStore(knex, () => Date.now());
    await store.associations.upsert(
      ACCOUNTS.map((serviceAccount, index) => ({
        ref: refOf(serviceAccount),
        associationId: `a-${index}x`,
        arn: association(index),
        owner: 'portal',
        roleArn: role(serviceAccount),
        targetRoleArn:
          serviceAccount === 'ledger'
            ? 'arn:aws:iam::444455556666:role/books'
            : undefined,
        entityRef: 'component:default/shop',
        orphan: false,
        drift: false,
        listedAt: 1,
      })),
    );
    await scheduler.triggerTask('search_index_aws_identity');
  });

  afterAll(() => replica?.stop());

  const find = async (user: string, term: string) => {
    const url = replica.baseUrl.replace('eks-pod-identity', 'search/query');
    const answer = await fetch(`${url}?term=${encodeURIComponent(term)}`, {
      headers: { authorization: mockCredentials.user.header(user) },
    });
    expect(answer.status).toBe(200);
    return (await answer.json()).results as {
      type: string;
      document: Record<string, string>;
    }[];
  };

  it.each([
    ['the ARN of a role', role('ledger')],
    ['the name of a role', 'ledger'],
    [
      'the ARN of a role of another account',
      'arn:aws:iam::444455556666:role/books',
    ],
    ['the ARN of an association', association(1)],
    ['the id of an association', 'a-1x'],
    ['the last page of the list', 'job-204'],
  ])('finds an identity by %s', async (_, term) => {
    const [first] = await find(ADA, term);
    const account = term === 'job-204' ? term : 'ledger';
    const { namespace } = refOf(account);
    expect(first).toMatchObject({
      type: 'aws-identity',
      document: {
        title: `AWS identity of ${namespace}/${account} on prod`,
        serviceAccount: account,
      },
    });
  });

  it('leads to the component, in a list that names it to those who may know it', async () => {
    const [{ document }] = await find(ADA, role('ledger'));
    expect(JSON.stringify(document)).not.toContain('shop');
    const { pathname, searchParams } = new URL(
      document.location,
      'https://portal.example.com',
    );
    expect(pathname).toBe('/aws-identities/associations');
    const { items } = await replica
      .as(ADA)
      .listAssociations(Object.fromEntries(searchParams));
    expect(items).toMatchObject([
      { ref: refOf('ledger'), entityRef: 'component:default/shop' },
    ]);
  });

  it('finds nothing of what the user is not allowed to read', async () => {
    expect(
      (await find(BOB, 'arn:aws:iam')).map(
        ({ document }) => document.serviceAccount,
      ),
    ).toEqual(['ledger']);
    expect(await find(ADA, 'arn:aws:iam')).toHaveLength(25);
  });
});
