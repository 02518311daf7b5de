import { NodeOptions } from './controllers/nodes';

/** Options of a cluster's Kubernetes side. */
export interface ClusterOptions {
  /** Kubernetes version; default `1.32`. */
  version?: string;
  /** API servers behind the one address; default 2, the minimum on EKS. */
  apiServers?: number;
  /** Initial nodes. */
  nodes?: NodeOptions[];
  /** Role of the Fargate nodes, and selectors of the pods that run on them; none by default. */
  fargate?: { roleArn: string; selectors: FargateSelector[] };
  /** Images that can be pulled, with `*` as a wildcard; default all except on hosts that end in `.invalid`. */
  images?: string[];
  ipFamily?: 'ipv4' | 'ipv6';
  /** Newer platform versions label the pods that the webhook mutates; default true. */
  labelsInjectedPods?: boolean;
  /** OIDC issuer; default a URL in EKS's format. */
  issuer?: string;
  /** Port of the API on 127.0.0.1; default any free one. */
  port?: number;
}

export interface FargateSelector {
  /** Its Fargate profile, by which the pods are labelled; default `default`. */
  profile?: string;
  namespace: string;
  labels?: Record<string, string>;
}
