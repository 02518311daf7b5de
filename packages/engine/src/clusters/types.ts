import type { Cluster } from '@aws-sdk/client-eks';
import type { AwsClients } from '../aws/types';
import type { KubernetesApi } from '../kubernetes/types';
import { type Voice } from '../text/voice';

/** Credential role of a call: sweeps and plans read, probes verify, changes write. @public */
export type CredentialRole = 'read' | 'verify' | 'write';

/** Limits of one cluster: the global ones, overridden by the cluster's own. */
export interface GuardrailsConfig {
  /** ARN patterns with `*`. */
  managedPolicies: { allow: string[] };
  roles: {
    /** Patterns of existing roles that may be associated. */
    adopt: string[];
    /** Patterns of existing roles whose trust policy a move may add its statement to. */
    editTrust: string[];
  };
  targetRoles: { allow: string[] };
  /** Keys of tags, patterns with `*`. */
  tags: { allow: string[] };
  /** Whether requests may write inline policies at all. */
  inlinePolicies: boolean;
  /** What they may allow beside the list, such as `batch:SubmitJob`; `*` in the name of the action. */
  inlineActions: { add: string[] };
  /** Required for customer-managed and inline policies. */
  permissionsBoundaryArn?: string;
  probe: {
    /** What may follow `aws`: `s3 ls` → allowed full option names. */
    commands: Record<string, string[]>;
    /** By the ARN of a managed policy the command that tests it, without the word `aws`. */
    policyTests: Record<string, string[]>;
    /** Whether a component may test the permissions of an identity that it only claims by its annotation. */
    trustClaims: boolean;
  };
}

export interface ProbeConfig {
  image: string;
  tolerations: Array<Record<string, unknown>>;
  imagePullSecrets: string[];
  maxConcurrent: number;
  checkImds: boolean;
  resources?: {
    requests?: Record<string, string>;
    limits?: Record<string, string>;
  };
}

/** One cluster of app-config, defaults applied. @public */
export interface ClusterConfig {
  /** Unique in the portal. */
  id: string;
  /** Name in EKS. */
  name: string;
  title: string;
  region: string;
  accountId: string;
  partition: string;
  /** `arn:<partition>:eks:<region>:<account>:cluster/<name>` */
  arn: string;
  roles: Partial<Record<CredentialRole, string>>;
  kubernetes: { access: 'eks' | 'none' };
  namespaces: { allow: string[]; deny: string[] };
  allow: {
    /** Whether the portal may give, change and remove identities; else it only watches and verifies. */
    changes: boolean;
    installAgent: boolean;
    createNamespace: boolean;
  };
  probe: ProbeConfig;
  /** What a sweep tries; it never starts a pod. */
  sweep: { probe: 'none' | 'admission' };
  guardrails: GuardrailsConfig;
  /** Of the roles that the portal makes here, with both slashes. */
  rolePath: string;
  /** Set by `createEngine`: `portalId` of its configuration. */
  portalId?: string;
  /** Set by `createEngine`; default: a portal's. */
  voice?: Voice;
  /** Set by `createEngine`: `permissionsUrl` of its configuration. */
  permissionsUrl?: string;
}

/** Where to find clusters that `clusters` does not list. @public */
export interface LocatorsConfig {
  /** Resources of type `kubernetes-cluster` of the catalog. */
  catalog: boolean;
  /** The section `kubernetes` of app-config. */
  kubernetes: boolean;
  /** How often both are asked again. */
  refreshMs: number;
}

/** Service accounts that the portal moves by itself, because a role lets them in by a pattern. @public */
export interface MoveRule {
  /** Id of the cluster. */
  cluster: string;
  roleArn: string;
  /** A pattern with `*`. */
  namespace: string;
  /** A pattern with `*`. */
  serviceAccount: string;
  /** It only says what it would move. */
  preview?: boolean;
}

/** `eksPodIdentity` of app-config, defaults applied. @public */
export interface EngineConfig {
  portalId: string;
  /** Base URL of the portal's pages, for links; no trailing slash. */
  appBaseUrl: string;
  /** Where docs/checks.md is published; findings link to it. */
  docsUrl?: string;
  /** URL of docs/permissions.md, without an anchor. If unset, messages name the file. */
  permissionsUrl?: string;
  clusters: ClusterConfig[];
  /** Undefined where app-config has no `locators`. */
  locators?: LocatorsConfig;
  /** Users and groups, as entity refs in lower case, who may act for every component. */
  administrators: string[];
  /** Tags put on every resource in addition to the ownership tags. */
  tags: Record<string, string>;
  /** Requests to AWS that this portal makes, all replicas together. */
  pacing: {
    /** Per account and region. */
    eksPerSecond: number;
    /** Per account, to begin with. */
    iamPerSecond: number;
    /** Per account: up to this it rises while AWS does not throttle. */
    iamMostPerSecond: number;
    /** Per account and region; AWS answers two a second to all callers together. */
    cloudTrailPerSecond: number;
    /** After a pause, to EKS and IAM each. */
    burst: number;
    /** Processes that share all this evenly. */
    replicas: number;
  };
  /** Of Backstage's actions registry. */
  actions: {
    /** Its action `verify` may run pods. */
    allowPods: boolean;
  };
  /** What AWS recorded of the use of identities. */
  evidence: {
    /** The read role may call cloudtrail:LookupEvents. */
    cloudTrail: boolean;
  };
  /** Every AWS identity of the clusters, whatever its road. */
  inventory: {
    /** Sweeps list and keep them. */
    enabled: boolean;
  };
  moves: {
    rules: MoveRule[];
  };
  retention: { reportsPerRef: number; days: number };
  /** Limits on waiting and running work. */
  limits: {
    /** Services are not limited. */
    operationsPerUser: number;
    /** Of all users and services together. */
    changesPerServiceAccount: number;
    /** Verifications with a pod that ask different things. */
    proofsPerServiceAccount: number;
    /** In each process. */
    plansPerCaller: number;
    /** Of one component, on all clusters. */
    identitiesPerEntity: number;
    /** Of all components of one owner. */
    identitiesPerOwner: number;
    /** Stored within 24 hours, whatever came of them. */
    operationsPerUserPerDay: number;
    /** On components of one owner, by all users together. */
    operationsPerOwnerPerDay: number;
    /** Stored within 24 hours, of all operations of a user. */
    eventsPerUserPerDay: number;
  };
  notifications: {
    /** `tagged`: only the component that our tag names is notified of its identity. */
    recipients: 'tagged' | 'annotated';
    /** Also of changes of its use. */
    use: boolean;
    /** Once a day, of all that does not work now. */
    digest: boolean;
  };
  proof: {
    /** Age from which a proof no longer counts. */
    maxAgeMs: number;
  };
  sweep: {
    frequencyMs: number;
    timeoutMs: number;
    maxAgeMs: number;
  };
  /** Waits, milliseconds. Configurable so that tests need not wait. */
  timings: {
    leaseTtl: number;
    leaseHeartbeat: number;
    rolePropagation: number;
    associationGone: number;
    agentInstall: number;
    gateDeadline: number;
    gateMinPause: number;
    gateMaxPause: number;
    probeDeadline: number;
    probeGrace: number;
    /** Between a pod that proved an identity and the next one for it. */
    probeInterval: number;
    /** Between two sweeps of a cluster, however they are started. */
    sweepInterval: number;
    /** The first pause of waits for AWS, and before a call that failed is made again. */
    retryPause: number;
    /** Of one request to AWS or Kubernetes, answer included. */
    requestTimeout: number;
    /** Of opening its connection. */
    connectTimeout: number;
  };
}

/** One cluster under one credential role. Created once per process and role, then cached. @public */
export interface ClusterSession {
  readonly cluster: ClusterConfig;
  readonly role: CredentialRole;
  readonly aws: AwsClients;
  /** CloudTrail of any region, at the pace of the account there. */
  cloudTrailIn(region: string): AwsClients['cloudtrail'];
  /** DescribeCluster; unless `fresh`, an answer that any role got in the last seconds counts. */
  describeCluster(options?: {
    signal?: AbortSignal;
    fresh?: boolean;
  }): Promise<Cluster>;
  /**
   * The cluster's Kubernetes API.
   *
   * @throws NotAllowedError when the cluster is configured with `kubernetes.access: none`
   */
  kubernetes(options?: { signal?: AbortSignal }): Promise<KubernetesApi>;
}

/** The clusters that app-config, cluster suppliers and locators name. @public */
export interface Clusters {
  list(): ClusterConfig[];
  /** @throws NotFoundError that names no other cluster */
  get(id: string): ClusterConfig;
  session(id: string, role: CredentialRole): ClusterSession;
  /** AWS as the principal that assumes the roles of the cluster. */
  principal(id: string): Pick<AwsClients, 'iam' | 'sts'>;
  /** These clusters for work that goes on: with their settings and sessions, whatever is replaced meanwhile. */
  snapshot(): Clusters;
  /**
   * Replaces those that app-config does not name. One whose settings stay the same keeps its sessions.
   *
   * @throws InputError where two share an id or an ARN; all stays as it was then
   */
  replace(more: ClusterConfig[]): void;
  /** Closes idle connections; the sessions cannot be used afterwards. */
  close(): Promise<void>;
}
