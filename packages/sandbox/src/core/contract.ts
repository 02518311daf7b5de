import type { Holds } from './holds';
import { regionalArn } from './partition';

/**
 * The interfaces between the two sides of the sandbox.
 *
 * The AWS side (`../aws`) and the Kubernetes side (`../kubernetes`) interact only through the
 * interfaces in this file; `../sandbox.ts` builds both and hands each to the other.
 */
import type { IssuedSecrets } from './secrets';

/** The simulated clock of propagation, state changes, rollouts and pod starts. Signatures and JWTs use the wall clock. */
export interface SimulatedClock {
  /** Simulated time, epoch milliseconds. */
  now(): number;
  /** Simulated milliseconds per wall millisecond; 1 in the demo. */
  readonly rate: number;
  setRate(rate: number): void;
  /** Jumps forward; everything due runs in order before the promise resolves. */
  advance(ms: number): Promise<void>;
  /** Resolves when `ms` simulated milliseconds have passed; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` at simulated time `at` (on the next turn if that has passed); returns a cancel function. */
  schedule(at: number, task: () => void | Promise<void>): () => void;
}

/** The delays of the sandbox, simulated milliseconds. Each can be changed at run time. */
export interface Delays {
  /** Until EKS, EKS Auth and STS see a new or changed IAM role, policy or trust. */
  iam: number;
  /** Until a new association is in the webhook's file of the first API server. */
  association: number;
  /** Additional lag of each further API server. */
  apiServerLag: number;
  /** Until EKS Auth sees a new association. */
  eksAuth: number;
  /** How long a deleted association still blocks a create ("already exists") though Describe answers 404. */
  associationDelete: number;
  /** CREATING → ACTIVE and DELETING → deleted of an add-on. */
  addon: number;
  /** Pending → Running of a pod. */
  podStart: number;
  /** Until the Kubernetes API applies a new access entry. */
  accessEntry: number;
  /** How long an API server keeps what it decided about a token. */
  tokenCache: number;
  /** Until CloudTrail shows an event. */
  cloudTrail: number;
  /** Until IAM shows that a role was used. */
  roleLastUsed: number;
  /** Processor time of one start of `aws` in a container; a limit below one processor makes it longer. */
  awsCli: number;
}

/** Identity of a caller whose AWS signature was verified. */
export interface AwsCaller {
  accountId: string;
  /** A user's `arn:aws:iam::…:user/x` or a role session's `arn:aws:sts::…:assumed-role/x/session`, never a role's ARN. */
  arn: string;
  userId: string;
  /** ARN of the IAM user or role behind the session, with its path. */
  principalArn: string;
}

/** Key of a cluster inside the sandbox: two accounts may use the same name. */
export interface ClusterKey {
  accountId: string;
  region: string;
  name: string;
}

export const clusterArn = (k: ClusterKey) =>
  regionalArn('eks', k, `cluster/${k.name}`);

/** Claims of a projected service account token, verified against the cluster's issuer. */
export interface ServiceAccountClaims {
  namespace: string;
  serviceAccount: string;
  podName: string;
  podUid: string;
  audience: string[];
  issuer: string;
  /** Seconds since the epoch, wall clock. */
  expiresAt: number;
}

/** What the Kubernetes side needs from the AWS side. Synchronous methods return the state propagated so far. */
export interface AwsForKubernetes {
  /**
   * Checks a `k8s-aws-v1.` bearer token the way aws-iam-authenticator does, for this cluster.
   * Returns undefined when it is not valid (the API server then answers 401).
   */
  authenticateToken(
    cluster: ClusterKey,
    token: string,
  ): Promise<AwsCaller | undefined>;
  /** Access entries of the cluster that have propagated. */
  accessEntries(cluster: ClusterKey): AccessEntry[];
  /** Whether the cluster's authentication mode admits those that its aws-auth ConfigMap maps. */
  readsAwsAuth(cluster: ClusterKey): boolean;
  /**
   * The identities currently in the webhook's file of API server number `apiServer` (0-based).
   */
  webhookIdentities(
    cluster: ClusterKey,
    apiServer: number,
  ): { namespace: string; serviceAccount: string }[];
  /**
   * EKS Auth's AssumeRoleForPodIdentity as the node's agent calls it.
   * `nodeRoleArn` must be allowed `eks-auth:AssumeRoleForPodIdentity`.
   */
  assumeRoleForPodIdentity(
    cluster: ClusterKey,
    options: { nodeRoleArn: string; instanceId: string; token: string },
  ): Promise<PodIdentityAnswer>;
  /** Credentials of a node's instance role, as IMDS returns them: the session name is the instance ID. */
  instanceRoleCredentials(
    nodeRoleArn: string,
    instanceId: string,
  ): Promise<SessionCredentials>;
  /** Id of the available interface endpoint with private DNS that serves a service in the cluster's VPC. */
  endpointFor(cluster: ClusterKey, service: string): string | undefined;
  /** Base URL of the AWS side, for the `aws` command inside pods. */
  readonly endpointUrl: string;
}

export interface AccessEntry {
  principalArn: string;
  username?: string;
  groups: string[];
  /** ARNs of EKS access policies that hold in the whole cluster. */
  policies: string[];
}

export interface SessionCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  accountId: string;
  /** Wall clock. */
  expiration: Date;
}

/** Either credentials or EKS Auth's error, which the agent returns as `[rid]: (Code): message, fault: client`. */
export type PodIdentityAnswer =
  | { ok: true; credentials: SessionCredentials }
  | {
      ok: false;
      /** 0 when there was no answer; the message is then what the agent's client says. */
      statusCode: number;
      code: string;
      message: string;
      requestId: string;
    };

/** A node as EC2 knows it. */
export interface NodeInstance {
  name: string;
  instanceId: string;
  ip: string;
  zone: string;
  /** Role of its instance profile. */
  roleArn: string;
  hasProfile: boolean;
  imdsEnabled: boolean;
  imdsHopLimit: number;
}

/** What the AWS side needs from the Kubernetes side. */
export interface KubernetesForAws {
  /** Endpoint and CA as DescribeCluster shows them; they exist from the cluster's creation. */
  connection(
    cluster: ClusterKey,
  ): { endpoint: string; certificateAuthorityData: string } | undefined;
  /** OIDC issuer of the cluster. */
  issuer(cluster: ClusterKey): string;
  /** Verifies signature, issuer and expiry (wall clock) of a projected token; the caller checks the audience. */
  verifyServiceAccountToken(
    cluster: ClusterKey,
    token: string,
  ): Promise<
    | { ok: true; claims: ServiceAccountClaims }
    | { ok: false; reason: 'expired' | 'invalid' }
  >;
  /** Creates the agent's DaemonSets; called when the add-on becomes ACTIVE. */
  installAgent(
    cluster: ClusterKey,
    options: {
      version: string;
      namespace: string;
      configurationValues?: string;
    },
  ): Promise<void>;
  /** Removes the agent; called when the add-on was deleted without `preserve`. */
  removeAgent(cluster: ClusterKey): Promise<void>;
  /** Replaces the pods of workloads under these service accounts, as EKS does where the associations of an add-on change. */
  restartPods(
    cluster: ClusterKey,
    pods: { namespace: string; serviceAccounts: string[] },
  ): Promise<void>;
  /** Whether every node that is to have the add-on's agent has a ready one. */
  agentsReady(cluster: ClusterKey): boolean;
  /** The nodes of a cluster that are EC2 instances; none when the cluster does not exist. */
  instances(cluster: ClusterKey): NodeInstance[];
  /** Changes what an instance has for its agent. */
  changeInstance(
    cluster: ClusterKey,
    instanceId: string,
    change: Partial<
      Pick<
        NodeInstance,
        'roleArn' | 'hasProfile' | 'imdsEnabled' | 'imdsHopLimit'
      >
    >,
  ): void;
  /** Whether a self-managed agent DaemonSet exists, for the add-on's conflict check. */
  hasSelfManagedAgent(cluster: ClusterKey): boolean;
}

/** Counts requests by operation: `eks:CreatePodIdentityAssociation`, `iam:GetRole`, `sts:GetCallerIdentity`, `k8s:create:pods`, … */
export interface CallCounter {
  record(call: RecordedCall): void;
  /** Calls since the last reset, oldest first. */
  calls(): RecordedCall[];
  reset(): void;
}

export interface RecordedCall {
  service:
    | 'cloudformation'
    | 'cloudtrail'
    | 'ec2'
    | 'eks'
    | 'eks-auth'
    | 'iam'
    | 'sts'
    | 's3'
    | 'kubernetes';
  /** `CreateRole`, or `create pods` (verb and resource) on the Kubernetes side. */
  operation: string;
  /** Whether it changes stored state. `dryRun=All` and …Review posts are not writes. */
  write: boolean;
  /** The caller's principal ARN, if known. */
  principalArn?: string;
  cluster?: string;
  /** What was answered, also if the answer was lost on the way; 0 when the connection was reset before. */
  status: number;
  /** Which try of its caller this is, as AWS's SDKs say it (`amz-sdk-request`). */
  attempt?: number;
  /** The fault that was injected into the call. */
  fault?: FaultKind | 'skew';
  /** True when the sandbox itself (agent, kubelet, scheduler, a pod's own `aws`) was the caller. */
  internal: boolean;
  at: number;
}

/** Header of a call from a pod with the id of the VPC endpoint that it passed. */
export const THROUGH_ENDPOINT = 'x-sandbox-vpc-endpoint';

/** Latency injected before an answer, wall milliseconds, by operation pattern (`iam:*`, `eks:CreatePodIdentityAssociation`, `kubernetes:create pods`). */
export interface LatencyRules {
  set(pattern: string, ms: number): void;
  /** Calls that are held up go on. */
  clear(): void;
  delayFor(service: string, operation: string): number;
  /**
   * What holds a call up for a part of its latency as it is now. In turns of this process, so that a machine that stands still
   * makes no answer early: calls that are sent at once stay side by side.
   */
  holding(service: string, operation: string): (part?: number) => Promise<void>;
}

/**
 * What can happen to a call, beside latency.
 *
 * - `throttle`, `server-error` (500), `unavailable` (503): the service's own error; the call is not processed
 * - `reset`: the connection is closed before the call is processed
 * - `lost-answer`: the call is processed, then the connection is closed without an answer
 * - `truncate`: the call is processed, then the connection is closed in the middle of the answer's body
 */
export type FaultKind =
  | 'throttle'
  | 'server-error'
  | 'unavailable'
  | 'reset'
  | 'lost-answer'
  | 'truncate';

/** A fault of the calls that match a pattern (`iam:*`, `eks:CreatePodIdentityAssociation`, `kubernetes:create pods`). */
export interface FaultRule {
  pattern: string;
  kind: FaultKind;
  /** Matching calls that pass first; default none. */
  after?: number;
  /** Matching calls that fail then; default all. */
  times?: number;
  /** Calls within this rate, of all callers together, pass as well; default none. */
  beyond?: TokenRate;
}

/** A bucket of `burst` calls that gets `perSecond` back a second of the simulated clock; a refused one costs none. */
export interface TokenRate {
  perSecond: number;
  burst: number;
}

/** Faults drawn from a seed: the nth call of an operation always meets the same fate. */
export interface SeededFaults {
  seed: number;
  /** Share of calls for each kind, together at most 1. */
  rates: Partial<Record<FaultKind, number>>;
  /** Only matching calls; default `*`. */
  pattern?: string;
}

/** All faults that are set. */
export interface FaultState {
  rules: FaultRule[];
  seeded?: SeededFaults;
  skewMs: number;
}

/** Faults of calls; each that is injected is recorded with its call. */
export interface FaultRules {
  /** Adds a rule. A call takes the fault of the first rule that is due, else one from the seed. */
  add(rule: FaultRule): void;
  /** Draws faults from a seed, in place of an earlier seed; counts calls from the start. */
  seed(options: SeededFaults): void;
  /** How far the clocks of AWS and of the API servers are ahead of those that sign requests from outside. */
  skewMs: number;
  state(): FaultState;
  /** Ends all faults. */
  clear(): void;
  /** Counts a call and returns its fault. */
  next(service: string, operation: string): FaultKind | undefined;
}

/** What principals were allowed to do and did. */
export interface UsedRights {
  /** An IAM action, or a verb and a resource of Kubernetes. */
  use(principalArn: string, right: string): void;
}

/** Services that both sides share. */
export interface SandboxCore {
  /** Of this process; the control API does not tell them. */
  secrets: IssuedSecrets;
  clock: SimulatedClock;
  delays: Delays;
  calls: CallCounter;
  latency: LatencyRules;
  faults: FaultRules;
  rights: UsedRights;
  holds: Holds;
  /** Seeded pseudo-random number in [0, 1), the source of all randomness in the sandbox. */
  random(): number;
  /** Prints one line for the person who runs the sandbox; never a secret. */
  log(line: string): void;
}
