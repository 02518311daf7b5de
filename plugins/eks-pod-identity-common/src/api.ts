import type { UseOfIdentity } from './evidenceView';
import type {
  Operation,
  OperationEvent,
  PlanRequest,
  StartOperation,
} from './operations';
import type { Plan } from './plan';
import type { ServiceAccountRef } from './ref';
import type { VerificationReport } from './report';
import type {
  FollowOptions,
  PodIdentityRequestOptions,
  StartOptions,
} from './requestOptions';
import type { ClusterSetup, Setup } from './setup';
import type {
  PolicyChoice,
  Proposals,
  RoleChoices,
  ServiceAccountChoice,
} from './choices';
import type {
  AssociationPage,
  AssociationQuery,
  ClusterOverview,
  SweepStarted,
} from './fleet';
import type { EntityIdentities, Identity } from './identities';
import type { ReportPage } from './runs';
import type { Timeline } from './timeline';

/** The suite's HTTP API, typed. @public */
export interface PodIdentityApi {
  plan(
    request: PlanRequest,
    options?: PodIdentityRequestOptions,
  ): Promise<Plan>;
  startOperation(
    request: StartOperation,
    options?: StartOptions,
  ): Promise<Operation>;
  getOperation(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<Operation>;
  /** Of an operation that was started with `timeline` and has ended. */
  getTimeline(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<Timeline>;
  cancelOperation(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<Operation>;
  /** Yields every event in order until the operation has finished. */
  followOperation(
    id: string,
    options?: FollowOptions,
  ): AsyncGenerator<OperationEvent, void, undefined>;
  getReport(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<VerificationReport>;
  /** The facts behind a report, as the text of a file; for administrators. */
  getReportBundle(
    id: string,
    options?: PodIdentityRequestOptions,
  ): Promise<string>;
  /** The identities of one entity, as a card shows them; read from the portal's database only. */
  getEntityIdentities(
    entity: { kind: string; namespace: string; name: string },
    options?: PodIdentityRequestOptions,
  ): Promise<EntityIdentities>;
  /** The identity of one service account, whatever entity it belongs to; read from the portal's database only. */
  getIdentity(
    ref: ServiceAccountRef,
    options?: PodIdentityRequestOptions,
  ): Promise<Identity>;
  /** What AWS recorded of the use of an identity, as far as it is stored. */
  getUse(
    ref: ServiceAccountRef,
    options?: PodIdentityRequestOptions,
  ): Promise<UseOfIdentity>;
  /** The same, and has the portal search what is new, unless that was just done. */
  refreshUse(
    ref: ServiceAccountRef,
    options?: PodIdentityRequestOptions,
  ): Promise<UseOfIdentity>;
  /** Past reports of one service account, newest first. */
  listReports(
    ref: ServiceAccountRef,
    page?: { cursor?: string; limit?: number },
    options?: PodIdentityRequestOptions,
  ): Promise<ReportPage>;
  /** All associations that the caller may see, page by page. */
  listAssociations(
    query?: AssociationQuery,
    options?: PodIdentityRequestOptions,
  ): Promise<AssociationPage>;
  listClusters(options?: PodIdentityRequestOptions): Promise<ClusterOverview[]>;
  /** Has the portal look at a whole cluster now; `listClusters` tells when it has. */
  sweepCluster(
    cluster: string,
    options?: PodIdentityRequestOptions,
  ): Promise<SweepStarted>;
  /** What the set-up of the portal and of each cluster lacks, as far as it was looked at; for administrators. */
  getSetup(options?: PodIdentityRequestOptions): Promise<Setup>;
  /** The same of one cluster. */
  getClusterSetup(
    cluster: string,
    options?: PodIdentityRequestOptions,
  ): Promise<ClusterSetup>;
  /** Tries everything again, unless that was just done; takes some seconds. */
  refreshClusterSetup(
    cluster: string,
    options?: PodIdentityRequestOptions,
  ): Promise<ClusterSetup>;
  /** Namespaces of a cluster in which the caller may give an identity. */
  listNamespaces(
    cluster: string,
    options?: PodIdentityRequestOptions,
  ): Promise<string[]>;
  /** Service accounts of a namespace to which the caller may give an identity. */
  listServiceAccounts(
    within: { cluster: string; namespace: string },
    options?: PodIdentityRequestOptions,
  ): Promise<string[]>;
  /** The same, with what runs under each, and those that only workloads name. */
  listServiceAccountChoices(
    within: { cluster: string; namespace: string },
    options?: PodIdentityRequestOptions,
  ): Promise<ServiceAccountChoice[]>;
  /** Existing roles of the account that the service account may get for a component of the caller; at most 100. */
  listRoleChoices(
    of: ServiceAccountRef & { entityRef: string; q?: string },
    options?: PodIdentityRequestOptions,
  ): Promise<RoleChoices>;
  /** Where a component runs, or why the caller may not give it an identity. */
  getProposals(
    entity: { kind: string; namespace: string; name: string },
    options?: PodIdentityRequestOptions,
  ): Promise<Proposals>;
  /** Managed policies that the portal’s guardrails name; refused ones with the reason. */
  listPolicies(
    query?: { q?: string; cluster?: string },
    options?: PodIdentityRequestOptions,
  ): Promise<PolicyChoice[]>;
  /** What each check asks, means and how to fix it, as Markdown. */
  getChecksPage(options?: PodIdentityRequestOptions): Promise<string>;
  /** What the portal may do on AWS and Kubernetes, and which policies that takes, as Markdown. */
  getPermissionsPage(options?: PodIdentityRequestOptions): Promise<string>;
}
