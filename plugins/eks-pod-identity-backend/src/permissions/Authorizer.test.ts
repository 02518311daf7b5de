import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import { createConditionAuthorizer } from '@backstage/plugin-permission-node';
import {
  associationDeletePermission,
  associationReadPermission,
  parseServiceAccountRef,
  podIdentityUsePermission,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import { Authorizer } from './Authorizer';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
  serviceAccountRules,
} from './permissionRules';

const credentials = mockCredentials.user();
const refs = ['prod/payments/api', 'prod/payments/jobs', 'test/payments/api'];

/** Over a policy that gives these decisions, by name of the permission, and owners of `prod/payments/jobs`. */
function authorizerOver(decisions: Record<string, PolicyDecision>) {
  const permissions = mockServices.permissions.mock({
    authorizeConditional: async asked =>
      asked.map(
        ({ permission }) =>
          decisions[permission.name] ?? { result: AuthorizeResult.ALLOW },
      ),
  });
  const resourcesOf = jest.fn(async (written: string[]) =>
    written.map(one => ({
      ...parseServiceAccountRef(one),
      ownerRefs: one.endsWith('/jobs') ? ['group:default/jobs'] : [],
    })),
  );
  const authorizer = new Authorizer(permissions, {
    isAllowed: createConditionAuthorizer(Object.values(serviceAccountRules)),
    resourcesOf,
  });
  return { authorizer, permissions, resourcesOf };
}

const on = (
  conditions: Parameters<typeof createPodIdentityConditionalDecision>[1],
) =>
  createPodIdentityConditionalDecision(associationReadPermission, conditions);

const { isInCluster, isServiceAccountEntityOwner } = podIdentityConditions;

describe('the authorizer', () => {
  it('asks for each permission once, and judges the conditions for each ref', async () => {
    const { authorizer, permissions, resourcesOf } = authorizerOver({
      [associationReadPermission.name]: on({
        anyOf: [
          isInCluster({ clusters: ['test'] }),
          isServiceAccountEntityOwner({ claims: ['group:default/JOBS'] }),
        ],
      }),
      [verificationCreatePermission.name]: { result: AuthorizeResult.ALLOW },
      [associationDeletePermission.name]: { result: AuthorizeResult.DENY },
    });
    const asked = refs.flatMap(ref =>
      [
        associationReadPermission,
        verificationCreatePermission,
        associationDeletePermission,
      ].map(permission => ({ permission, ref: parseServiceAccountRef(ref) })),
    );
    expect(await authorizer.allowed(asked, credentials)).toEqual(
      [
        [false, true, false],
        [true, true, false],
        [true, true, false],
      ].flat(),
    );
    expect(permissions.authorizeConditional.mock.calls).toEqual([
      [
        [
          { permission: associationReadPermission },
          { permission: verificationCreatePermission },
          { permission: associationDeletePermission },
        ],
        { credentials },
      ],
    ]);
    expect(permissions.authorize).not.toHaveBeenCalled();
    expect(resourcesOf.mock.calls).toEqual([[refs]]);
  });

  it('reads no resource where no condition is about one', async () => {
    const { authorizer, resourcesOf } = authorizerOver({
      [associationReadPermission.name]: { result: AuthorizeResult.ALLOW },
    });
    const all = refs.map(parseServiceAccountRef);
    expect(await authorizer.readable(all, credentials)).toEqual(all);
    expect(resourcesOf).not.toHaveBeenCalled();
  });

  it('allows nothing under conditions where there is no resource, whatever they are', async () => {
    const { authorizer, resourcesOf } = authorizerOver({
      [associationReadPermission.name]: on({
        not: isInCluster({ clusters: ['prod'] }),
      }),
    });
    resourcesOf.mockImplementation(async written =>
      written.map(() => undefined as any),
    );
    expect(
      await authorizer.readable(refs.map(parseServiceAccountRef), credentials),
    ).toEqual([]);
  });

  it('refuses conditions that are about something else', async () => {
    const { authorizer } = authorizerOver({
      [associationReadPermission.name]: {
        result: AuthorizeResult.CONDITIONAL,
        pluginId: 'catalog',
        resourceType: 'catalog-entity',
        conditions: {
          rule: 'IN_CLUSTER',
          resourceType: 'catalog-entity',
          params: { clusters: ['prod'] },
        },
      },
    });
    await expect(
      authorizer.requireRead(parseServiceAccountRef(refs[0]), credentials),
    ).rejects.toThrow('conditions on catalog-entity');
  });

  it('asks in the same request whether a reader may use a page', async () => {
    const forPage = { forPage: true };
    const given = authorizerOver({});
    const read = [associationReadPermission];
    expect(
      await given.authorizer.decide(read, credentials, forPage),
    ).toHaveLength(1);
    expect(given.permissions.authorizeConditional).toHaveBeenCalledTimes(1);
    const { authorizer } = authorizerOver({
      [podIdentityUsePermission.name]: { result: AuthorizeResult.DENY },
    });
    await expect(authorizer.decide(read, credentials, forPage)).rejects.toThrow(
      'you lack the permission eks-pod-identity.use',
    );
  });
});
