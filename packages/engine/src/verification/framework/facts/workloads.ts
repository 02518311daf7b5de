import type {
  V1Affinity,
  V1LabelSelector,
  V1Toleration,
} from '../../../kubernetes/objects';

/** Placement of the workload, so that the probe tests the agent of such a node. */
export interface Placement {
  nodeSelector?: Record<string, string>;
  affinity?: V1Affinity;
  tolerations?: V1Toleration[];
}

/** Something that a pod carries beside the variables of Pod Identity. */
export type Carried =
  | 'keys'
  | 'key-without-secret'
  | 'irsa'
  | 'role-without-token'
  | 'home-files'
  | 'credentials-file'
  | 'config-file'
  | 'profile'
  | 'default-profile'
  | 'ecs-address'
  | 'own-address'
  | 'proxy';

/** Something that a container carries beside Pod Identity, by name: never a value. */
export interface CarriedFact {
  what: Carried;
  /** `set AWS_PROFILE` */
  said: string;
  /** What to take out of the pod template; undefined where it does not come from there. */
  remedy?: string;
  /** Settings that undo it, as `kubectl set env` takes them: `NAME-`, or `NAME=` against one that is not in the template. */
  unset?: string[];
  /** The mount to take out. Its volume too, unless other containers or paths use it. */
  mount?: { path: string; volume?: string };
  /** False where it does harm only by contents that are out of sight and mostly harmless. */
  likely: boolean;
}

/** What the webhook did to one container. */
export interface ContainerFact {
  name: string;
  /** Both `AWS_CONTAINER_*` variables point at the agent and at a mounted Pod Identity token. */
  injected: boolean;
  /** Missing parts of the injection, in words. */
  missing: string[];
  /** What it carries beside Pod Identity. */
  carried: CarriedFact[];
  /** Id of the access key that stands in its spec. */
  accessKeyId?: string;
  /** `Secret db`: objects that become variables, whose names and values the portal does not read. */
  unseen: string[];
  /** Value of the spec's own `AWS_CONTAINER_CREDENTIALS_FULL_URI` where it is not the agent's. */
  foreignCredentialsUri?: string;
  /** Value of `AWS_ROLE_ARN` if IRSA's variables are set. */
  irsaRoleArn?: string;
  /** A proxy is configured and the agent's address is not exempt; `unseen` when an object that is not read decides. */
  proxied: 'no' | 'yes' | 'unseen';
  /** Holds the addresses that take no proxy, or would. */
  proxyException: 'NO_PROXY' | 'no_proxy';
  /** `key NO_PROXY of ConfigMap proxy`: what holds them, where `proxied` is `unseen`. */
  proxyExceptionIn?: string;
}

/** A pod of the service account. */
export interface PodFact {
  name: string;
  uid?: string;
  labels: Record<string, string>;
  owner: { kind: string; name: string };
  nodeName?: string;
  phase: string;
  createdAt?: number;
  /** When the first of its containers started, as far as its status still tells. */
  startedAt?: number;
  hostNetwork: boolean;
  /** Names of containers that annotation `eks.amazonaws.com/skip-containers` leaves out. */
  skipContainers: string[];
  /** Label `eks.amazonaws.com/skip-pod-identity-webhook`. */
  skipped: boolean;
  /** Annotation `vpc.amazonaws.com/pod-eni`: the pod has its own security groups. */
  podEni: boolean;
  containers: ContainerFact[];
  /** Annotation `backstage.io/aws-sdk`: `Java v2`, or several with commas between. */
  sdk?: string;
  /** The one that `kubectl` means without naming any: an annotation says so, else it is the first. */
  mainContainer?: string;
  /** For the probe, which should run on the same kind of node as the workload. */
  placement: Placement;
}

/** A running pod under another service account that seems to belong to this identity. */
export interface StrayFact {
  owner: PodFact['owner'];
  /** The one it runs under. */
  serviceAccount: string;
  /** `label app=payments-api` or `its name` */
  evidence: string;
  /** It is named as the service account of the identity, not only as its component. */
  namedAsAccount: boolean;
}

/** The VPC CNI; read only where a pod has security groups of its own. */
export interface CniFact {
  /** `standard` lets such pods reach their node; the default is `strict`. */
  podSecurityGroups: 'standard' | 'strict' | 'unseen';
}

/** A NetworkPolicy that limits what pods can reach. */
export interface NetworkPolicyFact {
  name: string;
  selector?: V1LabelSelector;
  selectsProbe: boolean;
  /** One of its rules lets pods reach the agent. */
  allowsAgent: boolean;
}

export interface EgressPolicyFact {
  /** NetworkPolicies with egress rules that select the probe. */
  policies: NetworkPolicyFact[];
}
