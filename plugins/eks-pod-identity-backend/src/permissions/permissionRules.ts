import {
  createConditionExports,
  createPermissionResourceRef,
  createPermissionRule,
} from '@backstage/plugin-permission-node';
import {
  foldEntityRef,
  RESOURCE_TYPE_SERVICE_ACCOUNT,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { matchesPattern } from 'eks-pod-identity-engine/portal';
import type { ServiceAccountFilter } from '../store/criteria';

/**
 * What permission rules judge: a value, not a row, so that the creation of something that is not there yet can be
 * judged too.
 *
 * @public
 */
export interface ServiceAccountResource {
  /** Id of the cluster in app-config. */
  cluster: string;
  namespace: string;
  serviceAccount: string;
  /** Owners of the entity that our AWS tag names; empty before the first association. */
  ownerRefs: string[];
}

const filter = (
  key: ServiceAccountFilter['key'],
  values: string[],
): ServiceAccountFilter => ({ key, values });

/** For `permissionsRegistry.addResourceType`. @public */
export const serviceAccountResourceRef = createPermissionResourceRef<
  ServiceAccountResource,
  ServiceAccountFilter
>().with({
  pluginId: 'eks-pod-identity',
  resourceType: RESOURCE_TYPE_SERVICE_ACCOUNT,
});

/** Allows service accounts of certain clusters. @public */
export const isInCluster = createPermissionRule({
  name: 'IN_CLUSTER',
  description: 'Allow service accounts of the named clusters',
  resourceRef: serviceAccountResourceRef,
  paramsSchema: z.object({
    clusters: z.array(z.string()).describe('Ids of clusters in app-config'),
  }),
  apply: ({ cluster }, { clusters }) => clusters.includes(cluster),
  toQuery: ({ clusters }) => filter('cluster', clusters),
});

/** Allows service accounts of certain namespaces. @public */
export const isInNamespace = createPermissionRule({
  name: 'IN_NAMESPACE',
  description: 'Allow service accounts of the named namespaces',
  resourceRef: serviceAccountResourceRef,
  paramsSchema: z.object({
    namespaces: z
      .array(z.string())
      .describe('Namespaces; "*" stands for any text, such as team-a-*'),
  }),
  apply: ({ namespace }, { namespaces }) =>
    namespaces.some(pattern => matchesPattern(pattern, namespace)),
  toQuery: ({ namespaces }) => filter('namespace', namespaces),
});

/** Allows service accounts whose entity is owned by one of the claims. @public */
export const isServiceAccountEntityOwner = createPermissionRule({
  name: 'IS_ENTITY_OWNER',
  description:
    'Allow service accounts whose identity was made for an entity that one of the claims owns',
  resourceRef: serviceAccountResourceRef,
  paramsSchema: z.object({
    claims: z
      .array(z.string())
      .describe('Entity refs, usually the ownershipEntityRefs of the user'),
  }),
  apply: ({ ownerRefs }, { claims }) => {
    const owners = new Set(ownerRefs.map(foldEntityRef));
    return claims.some(claim => owners.has(foldEntityRef(claim)));
  },
  toQuery: ({ claims }) => filter('owner', claims.map(foldEntityRef)),
});

/** All rules, for registering them. */
export const serviceAccountRules = {
  isInCluster,
  isInNamespace,
  isServiceAccountEntityOwner,
};

/**
 * For permission policies: `podIdentityConditions.isServiceAccountEntityOwner({ claims })` inside
 * `createPodIdentityConditionalDecision(permission, …)`.
 */
const exported = createConditionExports({
  resourceRef: serviceAccountResourceRef,
  rules: serviceAccountRules,
});

/** Conditions for permission policies. @public */
export const podIdentityConditions = exported.conditions;

/** Makes a conditional decision out of conditions, for permission policies. @public */
export const createPodIdentityConditionalDecision =
  exported.createConditionalDecision;
