import { NodeOptions } from './controllers/nodes';

/** How a cluster's Kubernetes side is made. */
export interface ClusterOptions {
  /** Kubernetes version; default `1.32`. */
  version?: string;
  /** API servers behind the one address; default 2, as EKS has at least. */
  apiServers?: number;
  /** Nodes from the start. */
  nodes?: NodeOptions[];
  /** Account whose Fargate profiles run matching pods; none by default. */
  fargate?: { roleArn: string; selectors: FargateSelector[] };
  /** Images that can be pulled, each may hold `*`; default everything but hosts that end in `.invalid`. */
  images?: string[];
  ipFamily?: 'ipv4' | 'ipv6';
  /** Newer platform versions label the pods that the webhook mutates; default true. */
  labelsInjectedPods?: boolean;
  /** OIDC issuer; default the form that EKS uses. */
  issuer?: string;
  /** Port of the API on 127.0.0.1; default any free one. */
  port?: number;
}

export interface FargateSelector {
  namespace: string;
  labels?: Record<string, string>;
}
