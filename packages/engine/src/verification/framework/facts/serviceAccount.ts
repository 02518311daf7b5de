export interface NamespaceFact {
  name: string;
  /** It was deleted, and goes when everything in it is gone. */
  terminating: boolean;
  /** Label `pod-security.kubernetes.io/enforce`. */
  podSecurity?: string;
  labels: Record<string, string>;
}

export interface ServiceAccountFact {
  name: string;
  /** Annotation `eks.amazonaws.com/role-arn` of IRSA. */
  irsaRoleArn?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** The tool from whose source it comes. */
  source?: string;
}
