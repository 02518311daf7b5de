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
  /** How often the agent was asked. */
  attempts: number;
  /** The injection was in its own spec. */
  injected: boolean;
  /** IRSA's variables were there too, or instead. */
  irsaInstead: boolean;
}
