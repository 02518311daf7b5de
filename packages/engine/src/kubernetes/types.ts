import type { RestartableKind } from 'backstage-plugin-eks-pod-identity-common';
import type {
  CoreV1Event,
  V1CronJob,
  V1DaemonSet,
  V1DaemonSetStatus,
  V1Deployment,
  V1DeploymentStatus,
  V1DeploymentStrategy,
  V1Job,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1ObjectMeta,
  V1Pod,
  V1PodTemplateSpec,
  V1ServiceAccount,
  V1StatefulSet,
  V1StatefulSetStatus,
  V1StatefulSetUpdateStrategy,
} from './objects';
import type {
  AdmissionPolicy,
  AdmissionPolicyBinding,
} from './admissionPolicies';

export interface KubernetesCallOptions {
  signal?: AbortSignal;
}

/** Some objects of a list. */
export interface ListPage<T> {
  items: T[];
  /** How many pages come after it, at least; the API server tells before they are read. */
  pagesLeft: number;
}

/** What both kinds of webhook configurations have in common. */
export interface WebhookConfiguration {
  metadata?: V1ObjectMeta;
  webhooks?: Pick<
    NonNullable<V1MutatingWebhookConfiguration['webhooks']>[number],
    'name' | 'clientConfig' | 'namespaceSelector' | 'rules' | 'timeoutSeconds'
  >[];
}

/** The names of one workload. */
export interface WorkloadKey {
  kind: RestartableKind;
  namespace: string;
  name: string;
}

/** A workload as a roll-out sees it, whichever of its kinds. */
export interface LiveWorkload {
  metadata?: V1ObjectMeta;
  spec?: {
    replicas?: number;
    paused?: boolean;
    template?: V1PodTemplateSpec;
    strategy?: V1DeploymentStrategy;
    updateStrategy?: V1StatefulSetUpdateStrategy & {
      rollingUpdate?: { maxSurge?: number | string };
    };
    volumeClaimTemplates?: { metadata?: V1ObjectMeta }[];
  };
  status?: Pick<
    V1DeploymentStatus,
    | 'observedGeneration'
    | 'replicas'
    | 'updatedReplicas'
    | 'availableReplicas'
    | 'conditions'
  > &
    Pick<V1StatefulSetStatus, 'currentRevision' | 'updateRevision'> &
    Partial<
      Pick<
        V1DaemonSetStatus,
        'desiredNumberScheduled' | 'updatedNumberScheduled' | 'numberAvailable'
      >
    >;
}

export interface PodEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  pod: V1Pod;
}

/** The kinds whose pod templates can be listed. */
export type WorkloadResource =
  | 'deployments'
  | 'statefulsets'
  | 'daemonsets'
  | 'cronjobs'
  | 'jobs';

/**
 * The calls that the engine makes to a cluster. Every method throws `KubernetesError` (see `errors.ts`), or an AWS
 * error when no token could be signed; `undefined` from a `read…` means 404.
 */
export interface KubernetesApi {
  /**
   * Addresses behind the endpoint's host name; the gate asks each of them. Empty texts, for a new connection each, where
   * a proxy chooses the address.
   */
  addresses(options?: KubernetesCallOptions): Promise<string[]>;

  readNamespace(
    name: string,
    options?: KubernetesCallOptions,
  ): Promise<V1Namespace | undefined>;
  createNamespace(
    body: V1Namespace,
    options?: KubernetesCallOptions,
  ): Promise<V1Namespace>;
  /** Names alone, without what the objects hold. */
  namespaceNames(options?: KubernetesCallOptions): Promise<string[]>;
  /** All namespaces, page by page. A list that takes long may end with an error of the kind `gone`. */
  namespacePages(
    options?: KubernetesCallOptions,
  ): AsyncIterable<ListPage<V1Namespace>>;

  readServiceAccount(
    namespace: string,
    name: string,
    options?: KubernetesCallOptions,
  ): Promise<V1ServiceAccount | undefined>;
  /** Names alone, without what the objects hold. */
  serviceAccountNames(
    namespace: string,
    options?: KubernetesCallOptions,
  ): Promise<string[]>;
  listServiceAccounts(
    namespace: string,
    options?: KubernetesCallOptions,
  ): Promise<V1ServiceAccount[]>;
  /** Those with these labels, of a namespace or of all; the API server judges the selector. */
  selectServiceAccounts(
    query: { namespace?: string; labelSelector: string },
    options?: KubernetesCallOptions,
  ): Promise<V1ServiceAccount[]>;
  /** Those of all namespaces, page by page, with their metadata alone. */
  serviceAccountMetadataPages(
    options?: KubernetesCallOptions,
  ): AsyncIterable<ListPage<Pick<V1ServiceAccount, 'metadata'>>>;
  /** With our field manager. */
  createServiceAccount(
    body: V1ServiceAccount,
    options?: KubernetesCallOptions,
  ): Promise<V1ServiceAccount>;
  /**
   * With preconditions on uid and resourceVersion, so that only the object that was re-read is deleted; 404 is
   * success.
   */
  deleteServiceAccount(
    namespace: string,
    name: string,
    preconditions: { uid?: string; resourceVersion?: string },
    options?: KubernetesCallOptions,
  ): Promise<void>;

  listPods(
    query: {
      namespace?: string;
      labelSelector?: string;
      fieldSelector?: string;
    },
    options?: KubernetesCallOptions,
  ): Promise<V1Pod[]>;
  /** Those of all namespaces, page by page. */
  podPages(options?: KubernetesCallOptions): AsyncIterable<ListPage<V1Pod>>;
  readPod(
    namespace: string,
    name: string,
    options?: KubernetesCallOptions,
  ): Promise<V1Pod | undefined>;
  /** The end of what a container wrote in its present run or, between two runs, in the last one. */
  readPodLog(
    namespace: string,
    name: string,
    query: { container: string; tailLines: number },
    options?: KubernetesCallOptions,
  ): Promise<string>;
  /** With an address: on a fresh connection to it (`''` for any), so that another API server may admit the pod. */
  createPod(
    namespace: string,
    body: V1Pod,
    options?: KubernetesCallOptions & { address?: string },
  ): Promise<V1Pod>;
  /** `POST pods?dryRun=All` on a fresh connection, to the given address if any. */
  dryRunPod(
    namespace: string,
    body: V1Pod,
    options?: KubernetesCallOptions & { address?: string },
  ): Promise<V1Pod>;
  /** 404 is success. */
  deletePod(
    namespace: string,
    name: string,
    options?: KubernetesCallOptions & { gracePeriodSeconds?: number },
  ): Promise<void>;
  /**
   * Yields the pod and every change of it, until the signal aborts or the pod is gone (neither throws). Resumes
   * interrupted watches. Needs list and watch on pods.
   *
   * `from` is the pod as another call has just returned it, with which the watch then begins instead of a list.
   */
  watchPod(
    namespace: string,
    name: string,
    options?: KubernetesCallOptions & { from?: V1Pod },
  ): AsyncIterable<PodEvent>;

  listEvents(
    namespace: string,
    query: { fieldSelector?: string },
    options?: KubernetesCallOptions,
  ): Promise<CoreV1Event[]>;
  listNodes(options?: KubernetesCallOptions): Promise<V1Node[]>;
  listDaemonSets(
    query: { namespace?: string; labelSelector?: string },
    options?: KubernetesCallOptions,
  ): Promise<V1DaemonSet[]>;
  listDeployments(
    namespace: string,
    options?: KubernetesCallOptions,
  ): Promise<V1Deployment[]>;
  listStatefulSets(
    namespace: string,
    options?: KubernetesCallOptions,
  ): Promise<V1StatefulSet[]>;
  readWorkload(
    workload: WorkloadKey,
    options?: KubernetesCallOptions,
  ): Promise<LiveWorkload | undefined>;
  /**
   * Makes the controller replace all pods, as `kubectl rollout restart` does; a conflict if the workload was recreated
   * since. As a dry run it changes nothing, and answers with what admission makes of it.
   */
  restartWorkload(
    workload: WorkloadKey & { uid?: string },
    /** ISO 8601. */
    at: string,
    options?: KubernetesCallOptions & { dryRun?: boolean },
  ): Promise<LiveWorkload>;
  listJobs(
    namespace: string,
    options?: KubernetesCallOptions,
  ): Promise<V1Job[]>;
  listCronJobs(
    namespace: string,
    options?: KubernetesCallOptions,
  ): Promise<V1CronJob[]>;
  /** Those of all namespaces, page by page: with the fields that all these kinds have. */
  workloadPages(
    resource: WorkloadResource,
    options?: KubernetesCallOptions,
  ): AsyncIterable<ListPage<LiveWorkload>>;
  listNetworkPolicies(
    namespace: string,
    options?: KubernetesCallOptions,
  ): Promise<V1NetworkPolicy[]>;
  /** Those of all namespaces, page by page. */
  networkPolicyPages(
    options?: KubernetesCallOptions,
  ): AsyncIterable<ListPage<V1NetworkPolicy>>;
  readMutatingWebhookConfiguration(
    name: string,
    options?: KubernetesCallOptions,
  ): Promise<V1MutatingWebhookConfiguration | undefined>;
  listMutatingWebhookConfigurations(
    options?: KubernetesCallOptions,
  ): Promise<WebhookConfiguration[]>;
  listValidatingWebhookConfigurations(
    options?: KubernetesCallOptions,
  ): Promise<WebhookConfiguration[]>;
  readAdmissionPolicy(
    name: string,
    options?: KubernetesCallOptions,
  ): Promise<Pick<AdmissionPolicy, 'spec'> | undefined>;
  readAdmissionPolicyBinding(
    name: string,
    options?: KubernetesCallOptions,
  ): Promise<Pick<AdmissionPolicyBinding, 'spec'> | undefined>;
  /** SelfSubjectAccessReview: whether the caller has the right. */
  canI(
    attributes: {
      verb: string;
      resource: string;
      group?: string;
      subresource?: string;
      namespace?: string;
      name?: string;
    },
    options?: KubernetesCallOptions,
  ): Promise<{ allowed: boolean; reason?: string }>;
}
