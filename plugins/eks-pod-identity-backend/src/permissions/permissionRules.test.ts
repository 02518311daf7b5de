import {
  associationDeletePermission,
  RESOURCE_TYPE_SERVICE_ACCOUNT,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  createPodIdentityConditionalDecision,
  isInCluster,
  isInNamespace,
  isServiceAccountEntityOwner,
  podIdentityConditions,
} from './permissionRules';

const resource = {
  cluster: 'payments',
  namespace: 'team-a',
  serviceAccount: 'api',
  ownerRefs: ['group:default/Team-A'],
};

describe('permission rules', () => {
  it.each([
    [isInCluster.apply(resource, { clusters: ['other', 'payments'] }), true],
    [isInCluster.apply(resource, { clusters: ['pay'] }), false],
    [isInNamespace.apply(resource, { namespaces: ['team-*'] }), true],
    [isInNamespace.apply(resource, { namespaces: ['team'] }), false],
    [
      isServiceAccountEntityOwner.apply(resource, {
        claims: ['user:default/x', 'group:default/team-a'],
      }),
      true,
    ],
    [
      isServiceAccountEntityOwner.apply(resource, {
        claims: ['group:default/team'],
      }),
      false,
    ],
    [
      isServiceAccountEntityOwner.apply(
        { ...resource, ownerRefs: [] },
        { claims: [] },
      ),
      false,
    ],
  ])('case %#: %s', (answer, expected) => {
    expect(answer).toBe(expected);
  });

  it('say the same as queries', () => {
    expect(isInCluster.toQuery({ clusters: ['a'] })).toEqual({
      key: 'cluster',
      values: ['a'],
    });
    expect(isInNamespace.toQuery({ namespaces: ['a-*'] })).toEqual({
      key: 'namespace',
      values: ['a-*'],
    });
    expect(
      isServiceAccountEntityOwner.toQuery({ claims: ['Group:default/A'] }),
    ).toEqual({ key: 'owner', values: ['group:default/a'] });
  });

  it('are there for policies', () => {
    expect(
      createPodIdentityConditionalDecision(associationDeletePermission, {
        anyOf: [
          podIdentityConditions.isServiceAccountEntityOwner({ claims: ['x'] }),
          podIdentityConditions.isInCluster({ clusters: ['dev'] }),
        ],
      }),
    ).toEqual({
      pluginId: 'eks-pod-identity',
      resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
      result: 'CONDITIONAL',
      conditions: {
        anyOf: [
          expect.objectContaining({ rule: 'IS_ENTITY_OWNER' }),
          expect.objectContaining({
            rule: 'IN_CLUSTER',
            params: { clusters: ['dev'] },
          }),
        ],
      },
    });
  });
});
