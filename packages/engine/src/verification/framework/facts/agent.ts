import type { V1LabelSelector } from '../../../kubernetes/objects';

export interface DaemonSetFact {
  namespace: string;
  name: string;
  /** Of its containers. Absent in a bundle of an older engine. */
  images?: string[];
  /** Labels that select its pods, as a query. */
  selector?: string;
  desired: number;
  ready: number;
  /** What keeps it from nodes. */
  placement: {
    nodeSelector: Record<string, string>;
    /** Requirements of the node affinity: a node has to meet all of one of them; undefined where there is none. */
    terms?: V1LabelSelector[];
    /** It runs on tainted nodes too, as the one of AWS does. */
    toleratesAll: boolean;
  };
  /** Writers other than EKS who set parts of its pod template, as Kubernetes names them. */
  editors: string[];
}

export interface AgentPodFact {
  name: string;
  namespace: string;
  /** Of a pod that is not scheduled: the node that its DaemonSet made it for. */
  nodeName?: string;
  ready: boolean;
  /** Since when it has been ready. */
  readySince?: number;
  createdAt?: number;
  /** When its program started; meaningful while `restarts` is 0. */
  startedAt?: number;
  restarts: number;
  /** It has no node yet. */
  unscheduled: boolean;
  /** `CrashLoopBackOff`, `ImagePullBackOff`, … */
  waitingReason?: string;
  /** Kubernetes' message on why it is not scheduled or not running. */
  message?: string;
  /** How a container of it ended last, with its own last words if Kubernetes has them. */
  ended?: {
    container: string;
    exitCode: number;
    reason?: string;
    message?: string;
  };
}

export interface NodeFact {
  name: string;
  /** Of a node that is an EC2 instance. */
  instanceId?: string;
  /** Label `eks.amazonaws.com/compute-type`: `auto`, `fargate`, `hybrid`; absent on ordinary EC2 nodes. */
  computeType?: string;
  os: string;
  bottlerocket: boolean;
  /** The AMI of a managed node group, else what the node says of its system. Absent in a bundle of an older engine. */
  image?: string;
  ready: boolean;
  createdAt?: number;
  labels: Record<string, string>;
  /** It keeps pods away that do not tolerate a taint. */
  tainted: boolean;
  /** Label `eks.amazonaws.com/nodegroup`; absent on nodes that no managed node group made. */
  nodegroup?: string;
}
