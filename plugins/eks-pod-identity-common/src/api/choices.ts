import { z } from 'zod/v3';
import { entityRefSchema } from '../vocabulary/entityRef';
import { serviceAccountSchema } from '../vocabulary/ref';
import { endpoint, type QuerySchema } from './endpoint';
import {
  associationCreatePermission,
  podIdentityUsePermission,
} from '../vocabulary/permissions';
import { inCluster, inNamespace, ofEntity } from './places';
import { object } from '../vocabulary/schema';

/** A service account that a form may offer, with what runs under it. @public */
export interface ServiceAccountChoice {
  name: string;
  /** False where only pod templates name it. */
  exists: boolean;
  /** An association names it, as far as the portal has seen. */
  hasIdentity: boolean;
  workloads: Array<{ kind: string; name: string; pods: number }>;
}

const serviceAccountChoiceSchema = object<ServiceAccountChoice>({
  name: z.string(),
  exists: z.boolean(),
  hasIdentity: z.boolean(),
  workloads: z.array(
    z.object({ kind: z.string(), name: z.string(), pods: z.number() }),
  ),
});

/** What a form fills in for a component. @public */
export interface Proposals {
  /** Where the component runs, as its annotations and its workloads say. */
  items: Array<{
    cluster: string;
    namespace: string;
    serviceAccount: string;
  }>;
  /** Why the caller is not allowed to give this component an identity, with whom to ask. */
  refusal?: string;
}

/** @public */
export const proposalsSchema = object<Proposals>({
  items: z.array(
    z.object({
      cluster: z.string(),
      namespace: z.string(),
      serviceAccount: z.string(),
    }),
  ),
  refusal: z.string().optional(),
});

/** Existing roles that a form may offer, by name. @public */
export interface RoleChoices {
  items: Array<{
    arn: string;
    name: string;
    /** What opens it: its tag names the component, or the portal's configuration names it. */
    by: 'tag' | 'guardrail';
    /** Whether its trust policy lets the service account in, as far as can be told; the portal adds that to its own. */
    trusts: boolean;
  }>;
  /** False where there are more, or where the portal is not allowed to list the roles of the account. */
  complete: boolean;
}

/** @public */
export const roleChoicesSchema = object<RoleChoices>({
  items: z.array(
    z.object({
      arn: z.string(),
      name: z.string(),
      by: z.enum(['tag', 'guardrail']),
      trusts: z.boolean(),
    }),
  ),
  complete: z.boolean(),
});

/** A managed policy a form may offer. @public */
export interface PolicyChoice {
  arn: string;
  name: string;
  description: string;
  allowed: boolean;
  /** Why not. */
  reason?: string;
}

const policyChoiceSchema = object<PolicyChoice>({
  arn: z.string(),
  name: z.string(),
  description: z.string(),
  allowed: z.boolean(),
  reason: z.string().optional(),
});

/** Names alone. @public */
export interface Names {
  items: string[];
}

/** @public */
export const namesSchema = object<Names>({ items: z.array(z.string()) });

/** @public */
export interface ServiceAccountChoices {
  items: ServiceAccountChoice[];
}

/** @public */
export const serviceAccountChoicesSchema = object<ServiceAccountChoices>({
  items: z.array(serviceAccountChoiceSchema),
});

/** @public */
export interface Policies {
  items: PolicyChoice[];
}

/** @public */
export const policiesSchema = object<Policies>({
  items: z.array(policyChoiceSchema),
});

/** @public */
export interface PolicyQuery {
  q?: string;
  cluster?: string;
}

const policyQuerySchema: QuerySchema<PolicyQuery> = object<PolicyQuery>({
  q: z.string().max(200).optional(),
  cluster: z.string().max(100).optional(),
}).strict();

/** @public */
export interface RoleQuery {
  /** The component that the identity is for. */
  entityRef: string;
  serviceAccount: string;
  /** A part of the name. */
  q?: string;
}

const roleQuerySchema: QuerySchema<RoleQuery> = object<RoleQuery>({
  entityRef: entityRefSchema,
  serviceAccount: serviceAccountSchema,
  q: z.string().max(200).optional(),
}).strict();

/** @public */
export const choiceEndpoints = {
  /** Namespaces of a cluster in which the caller may give an identity. */
  listNamespaces: endpoint({
    route: 'GET /v1/clusters/{id}/namespaces',
    at: inCluster,
    answer: namesSchema,
    only: 'items',
    needs: [podIdentityUsePermission],
    summary: 'Namespaces of a cluster, for forms',
    description:
      'Needs eks-pod-identity.use. Those in which the caller may create an identity.',
    failures: [403, 404],
    cached: true,
    chosen: true,
  }),
  /** Service accounts of a namespace to which the caller may give an identity. */
  listServiceAccounts: endpoint({
    route: 'GET /v1/clusters/{id}/namespaces/{namespace}/service-accounts',
    at: inNamespace,
    answer: namesSchema,
    only: 'items',
    needs: [podIdentityUsePermission],
    summary: 'Service accounts of a namespace, for forms',
    description:
      'Needs eks-pod-identity.use. Those for which the caller may create an identity.',
    failures: [400, 403, 404],
    cached: true,
    chosen: true,
  }),
  /** The same, with what runs under each, and those that only workloads name. */
  listServiceAccountChoices: endpoint({
    route:
      'GET /v1/clusters/{id}/namespaces/{namespace}/service-account-choices',
    at: inNamespace,
    answer: serviceAccountChoicesSchema,
    only: 'items',
    needs: [podIdentityUsePermission],
    summary: 'Service accounts of a namespace with what runs under them',
    description:
      'Needs eks-pod-identity.use. Those for which the caller may create an identity, also where only a pod template names them. Reads the cluster.',
    failures: [400, 403, 404],
    cached: true,
    chosen: true,
  }),
  /** Existing roles of the account that the service account may get for a component of the caller; at most 100. */
  listRoleChoices: endpoint({
    route: 'GET /v1/clusters/{id}/namespaces/{namespace}/role-choices',
    at: inNamespace,
    query: roleQuerySchema,
    answer: roleChoicesSchema,
    needs: [podIdentityUsePermission, associationCreatePermission],
    summary: 'Existing roles that a service account may get',
    description:
      'Needs eks-pod-identity.use and .association.create on the service account; a user must own entityRef. Roles of the account that the guardrails name or that are tagged for the entity, at most 100. The roles of an account are read once a minute.',
    failures: [400, 403, 404],
    cached: true,
    chosen: true,
  }),
  /** Where a component runs, or why the caller is not allowed to give it an identity. */
  getProposals: endpoint({
    route: 'GET /v1/entities/{kind}/{namespace}/{name}/proposals',
    at: ofEntity,
    answer: proposalsSchema,
    needs: [podIdentityUsePermission],
    summary: 'What a form fills in for an entity',
    description:
      'Needs eks-pod-identity.use. The service accounts of the workloads that belong to the entity by its Kubernetes annotations, as far as the caller may create an identity for them; or why the caller is not allowed to. Reads the clusters.',
    failures: [400, 403, 404],
    cached: true,
    chosen: true,
  }),
  /** Managed policies that the portal’s guardrails name; refused ones with the reason. */
  listPolicies: endpoint({
    route: 'GET /v1/policies',
    query: policyQuerySchema,
    answer: policiesSchema,
    only: 'items',
    needs: [podIdentityUsePermission],
    summary: 'Managed policies, for forms',
    description:
      'Needs eks-pod-identity.use. A policy that the guardrails refuse comes with allowed: false and the reason.',
    failures: [400, 403],
    cached: true,
    chosen: true,
  }),
};
