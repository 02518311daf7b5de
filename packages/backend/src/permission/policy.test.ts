import { resolve } from 'node:path';
import { ConfigReader } from '@backstage/config';
import { ConfigSources, FileConfigSource } from '@backstage/config-loader';
import {
  AuthorizeResult,
  createPermission,
  Permission,
} from '@backstage/plugin-permission-common';
import {
  createConditionAuthorizer,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import {
  taskCancelPermission,
  taskReadPermission,
  templateManagementPermission,
} from '@backstage/plugin-scaffolder-common/alpha';
import {
  isInCluster,
  isInNamespace,
  ServiceAccountResource,
} from 'backstage-plugin-eks-pod-identity-backend';
import {
  agentInstallPermission,
  associationCreatePermission,
  associationDeletePermission,
  associationReadPermission,
  associationUpdatePermission,
  podIdentityUsePermission,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import { ExamplePolicy } from './policy';

const ana = ['user:default/ana', 'group:default/payments'];
const sam = ['user:default/sam', 'group:default/storefront'];
const priya = ['user:default/priya', 'group:default/platform'];
const visitor = ['user:default/visitor'];

const account = (text: string): ServiceAccountResource => {
  const [cluster, namespace, serviceAccount] = text.split('/');
  return { cluster, namespace, serviceAccount, ownerRefs: [] };
};

const mayJudge = createConditionAuthorizer([isInCluster, isInNamespace]);

describe('ExamplePolicy with the portal’s own configuration', () => {
  let policy: ExamplePolicy;

  beforeAll(async () => {
    const config = await ConfigSources.toConfig(
      FileConfigSource.create({
        path: resolve(__dirname, '../../../../app-config.yaml'),
      }),
    );
    policy = ExamplePolicy.fromConfig(config);
    config.close();
  });

  async function decide(who: string[] | undefined, permission: Permission) {
    return policy.handle(
      { permission },
      who &&
        ({
          info: { userEntityRef: who[0], ownershipEntityRefs: who },
        } as PolicyQueryUser),
    );
  }

  async function may(
    who: string[] | undefined,
    permission: Permission,
    resource: string,
  ) {
    return mayJudge(await decide(who, permission), account(resource));
  }

  const managing = [
    associationCreatePermission,
    associationUpdatePermission,
    associationDeletePermission,
    verificationCreatePermission,
  ];

  it.each(managing.map(permission => [permission.name, permission] as const))(
    '%s: a team in its own namespaces, the platform anywhere, others nowhere',
    async (_, permission) => {
      const own = 'payments-prod/payments/payments-api';
      expect(await may(ana, permission, own)).toBe(true);
      expect(await may(sam, permission, own)).toBe(false);
      expect(await may(priya, permission, own)).toBe(true);
      expect(await may(visitor, permission, own)).toBe(false);
      expect(await may(undefined, permission, own)).toBe(false);

      expect(await may(ana, permission, 'payments-prod/shop/cart-api')).toBe(
        false,
      );
      expect(await may(ana, permission, 'orders-legacy/payments/x')).toBe(
        false,
      );
      expect(await may(sam, permission, 'orders-legacy/shop/cart-api')).toBe(
        true,
      );
    },
  );

  it('lets the payments team install the agent where it works, the storefront team nowhere', async () => {
    const permission = agentInstallPermission;
    expect(await may(ana, permission, 'platform-auto/payments/x')).toBe(true);
    expect(await may(ana, permission, 'orders-legacy/payments/x')).toBe(false);
    expect(await may(sam, permission, 'orders-legacy/shop/x')).toBe(false);
    expect(await may(priya, permission, 'orders-legacy/shop/x')).toBe(true);
  });

  it.each([podIdentityUsePermission, associationReadPermission])(
    'lets every signed-in user read ($name)',
    async permission => {
      expect((await decide(visitor, permission)).result).toBe(
        AuthorizeResult.ALLOW,
      );
      expect((await decide(undefined, permission)).result).toBe(
        AuthorizeResult.DENY,
      );
    },
  );

  it.each([taskReadPermission, taskCancelPermission])(
    'opens a template run to who started it, and to administrators ($name)',
    async permission => {
      expect(await decide(ana, permission)).toMatchObject({
        result: AuthorizeResult.CONDITIONAL,
        pluginId: 'scaffolder',
        resourceType: 'scaffolder-task',
        conditions: {
          rule: 'IS_TASK_OWNER',
          params: { createdBy: ['user:default/ana'] },
        },
      });
      expect((await decide(priya, permission)).result).toBe(
        AuthorizeResult.ALLOW,
      );
    },
  );

  it('keeps an insider out of the template runs of others', async () => {
    const isOf = (createdBy: string, decision: any) =>
      decision.result === AuthorizeResult.ALLOW ||
      decision.conditions?.params?.createdBy.includes(createdBy);
    const rows = [];
    for (const [what, permission] of [
      ['read it', taskReadPermission],
      ['cancel it', taskCancelPermission],
      ['manage all of them', templateManagementPermission],
    ] as const) {
      const decision = await decide(sam, permission);
      const reached = isOf('user:default/ana', decision);
      rows.push(
        `| A template run of another | ${what} | ${
          reached
            ? 'SUCCEEDED'
            : 'refused by the policy to all but starter and administrators'
        } |`,
      );
    }
    // `npm test` shows the lines of tables
    process.stdout.write(`\n${rows.join('\n')}\n`);
    expect(rows.join()).not.toContain('SUCCEEDED');
  });

  it('keeps deleting from the catalog to administrators', async () => {
    const permission = createPermission({
      name: 'catalog.entity.delete',
      attributes: { action: 'delete' },
      resourceType: 'catalog-entity',
    });
    expect((await decide(ana, permission)).result).toBe(AuthorizeResult.DENY);
    expect((await decide(priya, permission)).result).toBe(
      AuthorizeResult.ALLOW,
    );
  });

  it('denies a user without any group when nothing is configured', async () => {
    policy = ExamplePolicy.fromConfig(new ConfigReader({}));
    expect(await may(priya, associationCreatePermission, 'a/b/c')).toBe(false);
  });
});
