import type { Nodegroup, VpcEndpoint } from '../../../aws/cluster';

/** The parts of DescribeCluster that the checks need. */
export interface ClusterFact {
  name: string;
  arn: string;
  status: string;
  /** Kubernetes version, `1.31`. */
  version?: string;
  platformVersion?: string;
  /** Where the control plane runs; Pod Identity works with `eks` only. */
  kind: 'eks' | 'outposts' | 'connector';
  /** `CONFIG_MAP` takes no access entries. */
  authenticationMode?: string;
  autoMode: boolean;
  /** Role of the nodes of Auto Mode. */
  autoNodeRoleArn?: string;
  endpointPublicAccess: boolean;
  endpointPrivateAccess: boolean;
  publicAccessCidrs: string[];
  vpcId?: string;
  subnetIds: string[];
  /** The group that EKS puts on the control plane and on the nodes of managed node groups, which may all reach each other. */
  securityGroupId?: string;
  ipFamily?: string;
  healthIssues: string[];
  /** OIDC issuer, without `https://`: IRSA's subjects are of it. */
  issuer?: string;
}

/** A managed node group. */
export interface NodegroupFact extends Nodegroup {
  name: string;
}

/** A role under which nodes, and so their agents, call AWS. */
export interface NodeRoleFact {
  arn: string;
  /** `node group a` or `Auto Mode`, for a sentence. */
  of: string;
  /** Managed node groups with this role. */
  nodegroups: string[];
  /** It is the role of the nodes of Auto Mode. */
  auto: boolean;
  /** Whether it may call eks-auth:AssumeRoleForPodIdentity; `unknown` if a customer-managed policy is attached. */
  mayAskEksAuth: 'yes' | 'no' | 'unknown';
}

/** A VPC endpoint of a service that Pod Identity needs. */
export interface VpcEndpointFact extends VpcEndpoint {
  /** The last part of its service's name. */
  service: 'eks-auth' | 'sts';
}

/** Whether pods reach the instance metadata service of the nodes of a managed node group, and so their role. */
export interface NodeReachFact {
  nodegroup: string;
  roleArn?: string;
  /** Hop limit of its launch template, 2 or more of which lets pods in; absent where it could not be read. */
  hopLimit?: number;
  /** The launch template switches the service off. */
  disabled?: boolean;
}
