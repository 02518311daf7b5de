import type { Entity } from '@backstage/catalog-model';
import {
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import { createConditionAuthorizer } from '@backstage/plugin-permission-node';
import {
  type PlanRequest,
  POD_IDENTITY_ANNOTATION,
  parseServiceAccountRef,
  type StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { Authorizer } from '../../permissions/Authorizer';
import { type Caller, initiatorOf } from '../../permissions/caller';
import { ClusterVisibility } from '../../permissions/ClusterVisibility';
import { serviceAccountRules } from '../../permissions/permissionRules';
import { Acceptance } from '../Acceptance';

export const ADA = 'user:default/ada';
export const API = 'component:default/api';
export const ROLE = 'arn:aws:iam::111122223333:role/api';
export const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
/** Tests what S3 grants. */
export const COMMAND = ['s3api', 'list-buckets'];
export const ref = {
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
};
export const target = {
  clusterName: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
  entityRef: API,
};
export const holder = { entityRef: API, uid: 'uid-api', ownerRefs: [ADA] };
export const DENY = { result: AuthorizeResult.DENY } as const;

export const callerOf = (principal: object) => ({ principal } as Caller);
export const user = callerOf({ type: 'user', userEntityRef: ADA });
export const template = callerOf({
  type: 'user',
  userEntityRef: ADA,
  actor: { subject: 'plugin:scaffolder' },
});
export const service = callerOf({
  type: 'service',
  subject: 'external:pipeline',
});

const clusterOf = (id: string) => ({
  id,
  name: id,
  accountId: '111122223333',
  partition: 'aws',
  rolePath: '/',
  kubernetes: { access: 'token' },
  namespaces: { allow: ['*'], deny: [] },
  allow: { changes: true, installAgent: true },
  guardrails: {
    managedPolicies: { allow: ['*'] },
    targetRoles: { allow: ['*'] },
    tags: { allow: ['*'] },
    probe: {
      commands: { 's3api list-buckets': [] },
      policyTests: { [S3]: COMMAND },
    },
  },
});

export const componentOf = (
  owner = ADA,
  annotation?: string,
  more: Partial<Entity> = {},
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name: 'api',
    uid: 'uid-api',
    annotations: annotation ? { [POD_IDENTITY_ANNOTATION]: annotation } : {},
  },
  relations: [{ type: 'ownedBy', targetRef: owner }],
  ...more,
});

/** What stands when a request comes. */
export interface World {
  policy?: Record<string, PolicyDecision>;
  entity?: Entity | null;
  administrators?: string[];
  links?: { ref: string; source: string }[];
  owner?: object;
  last?: object;
  guard?: jest.Mock;
}

/** The acceptance of requests over a policy, a catalog and records that say this. */
export function acceptanceIn({
  policy = {},
  entity = componentOf(),
  administrators = [],
  links = [],
  owner,
  last,
  guard = jest.fn(),
}: World = {}) {
  const authorizer = new Authorizer(
    {
      authorizeConditional: async (asked: { permission: { name: string } }[]) =>
        asked.map(
          ({ permission }) =>
            policy[permission.name] ?? { result: AuthorizeResult.ALLOW },
        ),
    } as any,
    {
      isAllowed: createConditionAuthorizer(Object.values(serviceAccountRules)),
      resourcesOf: async written =>
        written.map(one => ({ ...parseServiceAccountRef(one), ownerRefs: [] })),
    },
  );
  const list = ['prod', 'dev', 'secret'].map(clusterOf);
  const clusters = {
    list: () => list,
    get: (id: string) => list.find(one => one.id === id),
  } as any;
  return new Acceptance({
    authorizer,
    clusters,
    guard,
    catalog: { getEntityByRef: async () => entity ?? undefined } as any,
    userInfo: {
      getUserInfo: async () => ({
        userEntityRef: ADA,
        ownershipEntityRefs: [ADA],
      }),
    },
    visibility: new ClusterVisibility({
      authorizer,
      clusters: {
        list: () => list.filter(({ id }) => id !== 'secret'),
      } as any,
      toCriteria: () => ({ key: 'cluster', values: ['prod'] }),
    }),
    config: { administrators, tags: {} } as any,
    entityRefs: {
      ofEntity: async entityRef =>
        links.map(link => ({
          entityRef,
          ref: parseServiceAccountRef(link.ref),
          source: link.source as 'aws-tag',
        })),
    },
    owners: { find: async () => owner as any },
    changes: { lastAssociate: async () => last as any },
  });
}

/** Kind, what its input has beside the target, and what the request has beside its input. */
export type Asked = [StartOperation['kind'] | string, object?, object?];

export const accept = (
  [kind, input = {}, more = {}]: Asked,
  world?: World,
  caller = user,
) =>
  acceptanceIn(world).accept(
    { kind, input: { ...target, ...input }, ...more } as
      | StartOperation
      | PlanRequest,
    initiatorOf(caller),
    caller,
  );
