import { startTestBackend, TestDatabases } from '@backstage/backend-test-utils';
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
import ownerRule, { ofTeam } from './__testUtils__/examples/ownerRule';
import teamPolicyModule from './__testUtils__/examples/teamPolicyModule';
import { FakeWorld } from './__testUtils__/FakeWorld';
import { ADA, associate, BOB, startReplica } from './__testUtils__/testBackend';
import {
  createPodIdentityConditionalDecision,
  isInNamespace,
} from './permissions/permissionRules';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the examples of docs/extending.md on policies', () => {
  it('let a team work in its own namespaces, and everybody read', async () => {
    let policy: PermissionPolicy | undefined;
    const backend = await startTestBackend({
      features: [teamPolicyModule],
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
});
