/** AWS permission that a read needs, and its resource. */
export interface AwsRight {
  action: string;
  resource: string;
}

/** Kubernetes permission that a read needs; cluster-wide without a namespace. */
export interface KubernetesRight {
  verb: string;
  resource: string;
  group?: string;
  namespace?: string;
  /** Name of the object, if the rule can be limited to it. */
  name?: string;
}
