import type { Fact } from '../fact';

/** One line of the probe's answer. */
export interface ProbeLine {
  exitCode: number;
  /** At most 560 bytes; the middle of a longer text is left out. */
  text: string;
}

/** A probe pod that ran to its end. */
export interface PodRunFact {
  podName: string;
  nodeName?: string;
  /** Pods created until one was injected. */
  pods: number;
  identity: ProbeLine;
  /** Answers of the permission checks by name. */
  permissions: Record<string, ProbeLine>;
  /** IMDS answered with the node's credentials. */
  imds?: ProbeLine;
  /** Number of requests to the agent. */
  attempts: number;
  /** The pod's spec had the injection. */
  injected: boolean;
  /** IRSA's variables were set too, or instead. */
  irsaInstead: boolean;
}

/** SelfSubjectAccessReviews for the probe; undefined where a review failed. */
export interface PodRightsFact {
  create?: boolean;
  list?: boolean;
  watch?: boolean;
  delete?: boolean;
}

/** A probe in a node group beside that of the first one. */
export interface GroupRunFact {
  /** `node group a` */
  group: string;
  run: Fact<PodRunFact>;
}
