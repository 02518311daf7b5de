import {
  associateInputSchema,
  associationPageSchema,
  checksPageSchema,
  permissionsPageSchema,
  checkResultSchema,
  clusterIdSchema,
  clusterSetupSchema,
  clustersSchema,
  entityIdentitiesSchema,
  identitySchema,
  namespaceSchema,
  operationErrorSchema,
  operationEventSchema,
  operationResultSchema,
  operationSchema,
  planRequestSchema,
  planSchema,
  policyChoiceSchema,
  proposalsSchema,
  roleChoicesSchema,
  serviceAccountChoiceSchema,
  reportPageSchema,
  serviceAccountRefSchema,
  serviceAccountSchema,
  setupSchema,
  startOperationSchema,
  restartInputSchema,
  sweepStartedSchema,
  teardownInputSchema,
  timelineSchema,
  useOfIdentitySchema,
  verificationReportSchema,
  verifyInputSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import {
  eventPageSchema,
  eventsQuerySchema,
  pageQuerySchema,
  startQuerySchema,
} from '../routes/createRouter';
import {
  fleetQuerySchema,
  namesSchema,
  policyQuerySchema,
  roleQuerySchema,
} from '../routes/createStatusRouter';

/** Schemas that routes share, by their name in the document. */
export const named = {
  AssociateInput: associateInputSchema,
  VerifyInput: verifyInputSchema,
  TeardownInput: teardownInputSchema,
  RestartInput: restartInputSchema,
  AssociationPage: associationPageSchema,
  CheckResult: checkResultSchema,
  ChecksPage: checksPageSchema,
  PermissionsPage: permissionsPageSchema,
  Clusters: clustersSchema,
  ClusterSetup: clusterSetupSchema,
  EntityIdentities: entityIdentitiesSchema,
  EventPage: eventPageSchema,
  Identity: identitySchema,
  Names: namesSchema,
  ServiceAccountChoices: z.object({
    items: z.array(serviceAccountChoiceSchema),
  }),
  Proposals: proposalsSchema,
  RoleChoices: roleChoicesSchema,
  Operation: operationSchema,
  OperationError: operationErrorSchema,
  FactBundle: z
    .object({ schemaVersion: z.number(), report: verificationReportSchema })
    .passthrough(),
  OperationEvent: operationEventSchema,
  OperationResult: operationResultSchema,
  Plan: planSchema,
  PlanRequest: planRequestSchema,
  Policies: z.object({ items: z.array(policyChoiceSchema) }),
  ReportPage: reportPageSchema,
  ServiceAccountRef: serviceAccountRefSchema,
  Setup: setupSchema,
  StartOperation: startOperationSchema,
  SweepStarted: sweepStartedSchema,
  Timeline: timelineSchema,
  UseOfIdentity: useOfIdentitySchema,
  VerificationReport: verificationReportSchema,
};

type Name = keyof typeof named;

export interface Route {
  method: 'get' | 'post' | 'delete';
  path: string;
  operationId: string;
  summary: string;
  description: string;
  params?: Record<string, z.ZodTypeAny>;
  query?: z.AnyZodObject;
  headers?: Record<string, string>;
  body?: Name;
  status?: number;
  answer: Name;
  /** Also answers with server-sent events. */
  stream?: boolean;
  cached?: boolean;
  failures: number[];
}

const id = z.string();

export const ROUTES: Route[] = [
  {
    method: 'post',
    path: '/v1/plans',
    operationId: 'plan',
    summary: 'Says what an associate or a teardown would change',
    description:
      'Needs eks-pod-identity.association.create (associate) or .delete (teardown) on the service account, and .read where it has an identity already; a user must own entityRef. Writes nothing. Equal requests of callers with equal rights share an answer for 30 seconds unless fresh is set. A few are made for a caller at a time; the work ends when its callers leave.',
    body: 'PlanRequest',
    answer: 'Plan',
    failures: [400, 403, 404, 429],
  },
  {
    method: 'post',
    path: '/v1/operations',
    operationId: 'startOperation',
    summary: 'Starts an associate, a verify, a teardown or a restart',
    description:
      'Needs eks-pod-identity.association.create, .verification.create, .association.delete or .workload.restart on the service account, and .association.read to verify and to restart, or where it has an identity already; a user must own entityRef. Only the scaffolder and other services name a task. A verify joins an equal one that is running. The same idempotencyKey of the same initiator finds the operation that is running, or that succeeded within the last minute and after which nothing else was asked. What would be too much at a time, for a user or for a service account, is refused with 429 until something has ended. With timeline, the calls and pauses of its run are recorded.',
    query: startQuerySchema,
    body: 'StartOperation',
    status: 202,
    answer: 'Operation',
    failures: [400, 403, 404, 409, 429],
  },
  {
    method: 'get',
    path: '/v1/operations/{id}',
    operationId: 'getOperation',
    summary: 'One operation with its plan and its result',
    description:
      'Needs eks-pod-identity.association.read on its service account, except for its starter.',
    params: { id },
    answer: 'Operation',
    cached: true,
    failures: [403, 404],
  },
  {
    method: 'delete',
    path: '/v1/operations/{id}',
    operationId: 'cancelOperation',
    summary: 'Cancels an operation',
    description:
      'Only its starter may. It stops between two steps and cleans up what is temporary; the answer may still say running. A joined verification goes on for those who still follow it.',
    params: { id },
    answer: 'Operation',
    failures: [403, 404],
  },
  {
    method: 'get',
    path: '/v1/operations/{id}/timeline',
    operationId: 'getTimeline',
    summary: 'Which calls an operation made, and what it waited for',
    description:
      'Needs eks-pod-identity.association.read on its service account, except for its starter. Only of an operation that was started with timeline, once it has ended.',
    params: { id },
    answer: 'Timeline',
    cached: true,
    failures: [403, 404],
  },
  {
    method: 'get',
    path: '/v1/operations/{id}/events',
    operationId: 'followOperation',
    summary: 'What happens in an operation',
    description:
      'Needs eks-pod-identity.association.read on its service account, except for its starter. Server-sent events until the operation has ended: the id of each is its seq, its data an OperationEvent; a comment comes every 15 seconds. With poll=true one JSON answer with what is new. Resume anywhere, at any replica, with after or Last-Event-ID. A caller may have 30 streams open at a replica; with more, poll.',
    params: { id },
    query: eventsQuerySchema,
    headers: {
      'Last-Event-ID': 'Only events with a greater seq; wins over after',
    },
    answer: 'EventPage',
    stream: true,
    failures: [400, 403, 404, 429],
  },
  {
    method: 'get',
    path: '/v1/reports/{id}',
    operationId: 'getReport',
    summary: 'One report',
    description:
      'Needs eks-pod-identity.association.read on its service account.',
    params: { id },
    answer: 'VerificationReport',
    cached: true,
    failures: [403, 404],
  },
  {
    method: 'get',
    path: '/v1/reports/{id}/bundle',
    operationId: 'getReportBundle',
    summary: 'The facts behind a report, as a file to be judged elsewhere',
    description:
      'For services and administrators who may read the report: it names roles, pods and neighbours of the identity, and holds no secret. Kept with reports that were ordered, not with those of sweeps. `eks-pod-identity judge` judges it again.',
    params: { id },
    answer: 'FactBundle',
    failures: [403, 404],
  },
  {
    method: 'get',
    path: '/v1/service-accounts/{cluster}/{namespace}/{name}/reports',
    operationId: 'listReports',
    summary: 'The verifications of a service account, newest first',
    description:
      'Needs eks-pod-identity.association.read on the service account.',
    params: {
      cluster: clusterIdSchema,
      namespace: namespaceSchema,
      name: serviceAccountSchema,
    },
    query: pageQuerySchema,
    answer: 'ReportPage',
    cached: true,
    failures: [400, 403],
  },
  {
    method: 'get',
    path: '/v1/service-accounts/{cluster}/{namespace}/{name}',
    operationId: 'getIdentity',
    summary: 'The identity of one service account',
    description:
      'Needs eks-pod-identity.use, and eks-pod-identity.association.read on the service account. What the card of its entity shows, also where it has none. From the database alone: asks neither AWS nor Kubernetes.',
    params: {
      cluster: clusterIdSchema,
      namespace: namespaceSchema,
      name: serviceAccountSchema,
    },
    answer: 'Identity',
    cached: true,
    failures: [400, 403],
  },
  {
    method: 'get',
    path: '/v1/service-accounts/{cluster}/{namespace}/{name}/use',
    operationId: 'getUse',
    summary: 'What AWS recorded of the use of an identity',
    description:
      'Needs eks-pod-identity.association.read on the service account. As far as it is stored: asks AWS nothing. Others who obtain the role are named only to those who may know them.',
    params: {
      cluster: clusterIdSchema,
      namespace: namespaceSchema,
      name: serviceAccountSchema,
    },
    answer: 'UseOfIdentity',
    cached: true,
    failures: [400, 403],
  },
  {
    method: 'post',
    path: '/v1/service-accounts/{cluster}/{namespace}/{name}/use',
    operationId: 'refreshUse',
    summary: 'The same, while the portal searches what is new',
    description:
      'Needs eks-pod-identity.association.read on the service account. Answers at once with what is stored; refreshing says whether a search was begun. A search less than a minute ago is not repeated.',
    params: {
      cluster: clusterIdSchema,
      namespace: namespaceSchema,
      name: serviceAccountSchema,
    },
    answer: 'UseOfIdentity',
    failures: [400, 403],
  },
  {
    method: 'get',
    path: '/v1/entities/{kind}/{namespace}/{name}',
    operationId: 'getEntityIdentities',
    summary: 'Everything the card of an entity shows',
    description:
      'Needs eks-pod-identity.use. The entity is loaded with the caller’s credentials, and each of its service accounts needs eks-pod-identity.association.read. From the database alone: asks neither AWS nor Kubernetes.',
    params: { kind: id, namespace: id, name: id },
    answer: 'EntityIdentities',
    cached: true,
    failures: [400, 403, 404],
  },
  {
    method: 'get',
    path: '/v1/associations',
    operationId: 'listAssociations',
    summary: 'The fleet, page by page',
    description:
      'Needs eks-pod-identity.use. Shows what eks-pod-identity.association.read allows the caller to see.',
    query: fleetQuerySchema,
    answer: 'AssociationPage',
    cached: true,
    failures: [400, 403],
  },
  {
    method: 'get',
    path: '/v1/clusters',
    operationId: 'listClusters',
    summary: 'The configured clusters',
    description:
      'Needs eks-pod-identity.use, and .association.read or .create on anything in them.',
    answer: 'Clusters',
    cached: true,
    failures: [403],
  },
  {
    method: 'post',
    path: '/v1/clusters/{id}/sweep',
    operationId: 'sweepCluster',
    summary: 'Has the portal look at a whole cluster now',
    description:
      'Needs eks-pod-identity.use, .cluster.sweep, and .association.read or .create on anything in it. Answers at once; lastSweepAt or stale of the cluster change when it has been looked at. At most once a minute.',
    params: { id: clusterIdSchema },
    status: 202,
    answer: 'SweepStarted',
    failures: [400, 403, 404],
  },
  {
    method: 'get',
    path: '/v1/setup',
    operationId: 'getSetup',
    summary: 'What the set-up of the portal and of its clusters lacks',
    description:
      'For services and administrators, with eks-pod-identity.use and .setup.read. Of each cluster what the last look found: asks neither AWS nor Kubernetes.',
    answer: 'Setup',
    cached: true,
    failures: [403],
  },
  {
    method: 'get',
    path: '/v1/clusters/{id}/setup',
    operationId: 'getClusterSetup',
    summary: 'What the set-up of one cluster lacks',
    description:
      'For services and administrators, with eks-pod-identity.use and .setup.read. What the last look found: asks neither AWS nor Kubernetes.',
    params: { id: clusterIdSchema },
    answer: 'ClusterSetup',
    cached: true,
    failures: [403, 404],
  },
  {
    method: 'post',
    path: '/v1/clusters/{id}/setup',
    operationId: 'refreshClusterSetup',
    summary: 'The same, after trying everything again',
    description:
      'For services and administrators, with eks-pod-identity.use and .setup.read. Asks AWS and Kubernetes what the roles of the portal may do, which changes nothing and takes some seconds. A look less than ten seconds ago is not repeated.',
    params: { id: clusterIdSchema },
    answer: 'ClusterSetup',
    failures: [400, 403, 404],
  },
  {
    method: 'get',
    path: '/v1/clusters/{id}/namespaces',
    operationId: 'listNamespaces',
    summary: 'Namespaces of a cluster, for forms',
    description:
      'Needs eks-pod-identity.use. Those in which the caller may create an identity.',
    params: { id: clusterIdSchema },
    answer: 'Names',
    cached: true,
    failures: [403, 404],
  },
  {
    method: 'get',
    path: '/v1/clusters/{id}/namespaces/{namespace}/service-accounts',
    operationId: 'listServiceAccounts',
    summary: 'ServiceAccounts of a namespace, for forms',
    description:
      'Needs eks-pod-identity.use. Those for which the caller may create an identity.',
    params: { id: clusterIdSchema, namespace: namespaceSchema },
    answer: 'Names',
    cached: true,
    failures: [400, 403, 404],
  },
  {
    method: 'get',
    path: '/v1/clusters/{id}/namespaces/{namespace}/service-account-choices',
    operationId: 'listServiceAccountChoices',
    summary: 'ServiceAccounts of a namespace with what runs under them',
    description:
      'Needs eks-pod-identity.use. Those for which the caller may create an identity, also where only a pod template names them. Reads the cluster.',
    params: { id: clusterIdSchema, namespace: namespaceSchema },
    answer: 'ServiceAccountChoices',
    cached: true,
    failures: [400, 403, 404],
  },
  {
    method: 'get',
    path: '/v1/clusters/{id}/namespaces/{namespace}/role-choices',
    operationId: 'listRoleChoices',
    summary: 'Existing roles that a service account may get',
    description:
      'Needs eks-pod-identity.use and .association.create on the service account; a user must own entityRef. Roles of the account that the guardrails name or that are tagged for the entity, at most 100. The roles of an account are read once a minute.',
    params: { id: clusterIdSchema, namespace: namespaceSchema },
    query: roleQuerySchema,
    answer: 'RoleChoices',
    cached: true,
    failures: [400, 403, 404],
  },
  {
    method: 'get',
    path: '/v1/entities/{kind}/{namespace}/{name}/proposals',
    operationId: 'getProposals',
    summary: 'What a form fills in for an entity',
    description:
      'Needs eks-pod-identity.use. The service accounts of the workloads that belong to the entity by its Kubernetes annotations, as far as the caller may create an identity for them; or why the caller may not. Reads the clusters.',
    params: { kind: id, namespace: id, name: id },
    answer: 'Proposals',
    cached: true,
    failures: [400, 403, 404],
  },
  {
    method: 'get',
    path: '/v1/policies',
    operationId: 'listPolicies',
    summary: 'Managed policies, for forms',
    description:
      'Needs eks-pod-identity.use. A policy that the guardrails refuse comes with allowed: false and the reason.',
    query: policyQuerySchema,
    answer: 'Policies',
    cached: true,
    failures: [400, 403],
  },
  {
    method: 'get',
    path: '/v1/docs/checks',
    operationId: 'getChecksPage',
    summary: 'The page that explains every check',
    description:
      'docs/checks.md of the engine, Markdown; the links of findings lead to its headings. Needs eks-pod-identity.use.',
    answer: 'ChecksPage',
    cached: true,
    failures: [403],
  },
  {
    method: 'get',
    path: '/v1/docs/permissions',
    operationId: 'getPermissionsPage',
    summary: 'The page about the rights of the portal',
    description:
      'docs/permissions.md, Markdown; what the portal lacks links to its headings. Needs eks-pod-identity.use.',
    answer: 'PermissionsPage',
    cached: true,
    failures: [403],
  },
];
