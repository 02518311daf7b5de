/** Right on AWS that a look needs, and on what. */
export interface AwsRight {
  action: string;
  resource: string;
}

/** Right on Kubernetes that a look needs; without a namespace it is one on the whole cluster. */
export interface KubernetesRight {
  verb: string;
  resource: string;
  group?: string;
  namespace?: string;
  /** Name of the one object, where the rule can be limited to it. */
  name?: string;
}
