import { Propagated } from '../../core/propagated';

/** Times in this file are simulated epoch milliseconds unless they say "wall". All of it is plain data, for snapshots. */

/** An IAM user. */
export interface UserRecord {
  name: string;
  path: string;
  arn: string;
  userId: string;
  createdAt: number;
  /** Policy name → document text. */
  inline: Record<string, string>;
  attached: string[];
  boundaryArn?: string;
  tags: Record<string, string>;
}

/** An IAM role. */
export interface RoleRecord {
  name: string;
  path: string;
  arn: string;
  roleId: string;
  createdAt: number;
  description?: string;
  /** Seconds. */
  maxSessionDuration: number;
  /** The trust policy as it was written. */
  trust: string;
  /** Principal ARN in the trust policy → the unique id it stood for when it was written. */
  boundIds: Record<string, string>;
  inline: Record<string, string>;
  attached: string[];
  boundaryArn?: string;
  tags: Record<string, string>;
}

/** A managed policy, the customer's or AWS's own. */
export interface PolicyRecord {
  name: string;
  path: string;
  arn: string;
  policyId: string;
  description?: string;
  createdAt: number;
  updatedAt: number;
  versions: { id: string; document: string; createdAt: number }[];
  defaultVersionId: string;
  tags: Record<string, string>;
}

/** An OpenID Connect provider that an account trusts. */
interface OidcProviderRecord {
  arn: string;
  url: string;
  clientIds: string[];
  thumbprints: string[];
  createdAt: number;
  tags: Record<string, string>;
}

/** An instance profile; it holds at most one role. */
export interface InstanceProfileRecord {
  name: string;
  path: string;
  arn: string;
  id: string;
  createdAt: number;
  roleName?: string;
  tags: Record<string, string>;
}

/** A long-term access key of a user. */
export interface AccessKeyRecord {
  accessKeyId: string;
  secretAccessKey: string;
  accountId: string;
  userName: string;
  createdAt: number;
  active: boolean;
}

/** Temporary credentials of a role. Its times are wall clock, as its signatures are. */
export interface SessionRecord {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  accountId: string;
  roleArn: string;
  roleName: string;
  roleId: string;
  sessionName: string;
  /** Wall clock, epoch milliseconds. */
  issuedAt: number;
  /** Wall clock, epoch milliseconds. */
  expiresAt: number;
  tags: Record<string, string>;
  transitiveTags: string[];
  /** Session policies, document texts. */
  policies: string[];
  /** Who asked for it: STS for anybody, EKS Auth for a pod, the metadata service for a node. */
  origin: 'sts' | 'pod' | 'node';
  /** The session was made by another session. */
  chained: boolean;
}

/** An S3 bucket. */
export interface BucketRecord {
  name: string;
  region: string;
  createdAt: number;
  policy?: string;
  /** Key → object. */
  objects: Record<
    string,
    { body: string; contentType: string; modifiedAt: number }
  >;
}

/** A VPC endpoint. */
export interface VpcEndpointRecord {
  /** `vpce-…` */
  vpcEndpointId: string;
  region: string;
  vpcId: string;
  /** `com.amazonaws.eu-west-1.eks-auth` */
  serviceName: string;
  type: 'Interface' | 'Gateway' | 'GatewayLoadBalancer';
  state:
    | 'pendingAcceptance'
    | 'pending'
    | 'available'
    | 'deleting'
    | 'deleted'
    | 'rejected'
    | 'failed'
    | 'expired';
  /** Until then a new one is pending. */
  availableAt?: number;
  privateDnsEnabled: boolean;
  subnetIds: string[];
  securityGroupIds: string[];
  createdAt: number;
  tags: Record<string, string>;
}

/** One state of an association, with the moments at which others learn of it. */
interface AssociationVersion {
  /** Undefined when it was deleted. */
  value: AssociationRecord | undefined;
  eksAuthAt: number;
  webhookAt: number;
  /** Further lag of each other API server. */
  apiServerLag: number;
}

/** A pod identity association. */
export interface AssociationRecord {
  namespace: string;
  serviceAccount: string;
  roleArn: string;
  associationId: string;
  associationArn: string;
  tags: Record<string, string>;
  createdAt: number;
  modifiedAt: number;
  ownerArn?: string;
  disableSessionTags: boolean;
  targetRoleArn?: string;
  externalId?: string;
  policy?: string;
}

/** An association with its history, oldest version first. */
export interface AssociationCell {
  associationId: string;
  versions: AssociationVersion[];
  /** After a delete: until then the index by ServiceAccount still holds it. */
  indexedUntil?: number;
}

/** Health issue of an add-on. */
export interface AddonIssue {
  code: string;
  message: string;
  resourceIds: string[];
}

/** States of an add-on. */
export type AddonStatus =
  | 'CREATING'
  | 'ACTIVE'
  | 'CREATE_FAILED'
  | 'UPDATING'
  | 'DELETING'
  | 'DELETE_FAILED'
  | 'DEGRADED'
  | 'UPDATE_FAILED';

/** An EKS add-on. */
export interface AddonRecord {
  addonName: string;
  addonVersion: string;
  status: AddonStatus;
  issues: AddonIssue[];
  addonArn: string;
  createdAt: number;
  modifiedAt: number;
  tags: Record<string, string>;
  serviceAccountRoleArn?: string;
  configurationValues?: string;
  podIdentityAssociations: string[];
  namespace: string;
  resolveConflicts: string;
  /** What becomes of it next, and when. */
  transition?: { at: number; to: AddonStatus | 'gone'; issues?: AddonIssue[] };
  /** The delete leaves the software on the cluster. */
  preserve?: boolean;
}

/** An update of a cluster's add-on, node group or access configuration. */
export interface UpdateRecord {
  id: string;
  type: string;
  addonName?: string;
  createdAt: number;
  /** When it becomes Successful. */
  doneAt: number;
  params: { type: string; value: string }[];
}

/** An access entry. */
export interface AccessEntryRecord {
  principalArn: string;
  /** The role's or user's unique id when the entry was made: a recreated role is somebody else. */
  uniqueId?: string;
  username: string;
  groups: string[];
  type: string;
  arn: string;
  createdAt: number;
  modifiedAt: number;
  tags: Record<string, string>;
  policies: {
    policyArn: string;
    scope: { type: 'cluster' | 'namespace'; namespaces: string[] };
    associatedAt: number;
    modifiedAt: number;
  }[];
}

/** A node group, as far as anybody here looks at one. */
export interface NodegroupRecord {
  nodegroupName: string;
  nodeRole: string;
  amiType: string;
  instanceTypes: string[];
  desiredSize: number;
  createdAt: number;
  labels: Record<string, string>;
  tags: Record<string, string>;
}

/** A Fargate profile. */
interface FargateProfileRecord {
  fargateProfileName: string;
  podExecutionRoleArn: string;
  selectors: { namespace: string; labels?: Record<string, string> }[];
  createdAt: number;
  tags: Record<string, string>;
}

/** An EKS cluster. */
export interface ClusterRecord {
  accountId: string;
  region: string;
  name: string;
  arn: string;
  version: string;
  platformVersion: string;
  status:
    | 'CREATING'
    | 'ACTIVE'
    | 'DELETING'
    | 'FAILED'
    | 'UPDATING'
    | 'PENDING';
  roleArn: string;
  createdAt: number;
  authenticationMode: 'API' | 'API_AND_CONFIG_MAP' | 'CONFIG_MAP';
  autoMode?: { nodePools: string[]; nodeRoleArn: string };
  endpointPublicAccess: boolean;
  endpointPrivateAccess: boolean;
  publicAccessCidrs: string[];
  ipFamily: 'ipv4' | 'ipv6';
  deletionProtection: boolean;
  issues: { code: string; message: string; resourceIds: string[] }[];
  tags: Record<string, string>;
  /** Members of the answer that only unsupported kinds of cluster carry. */
  outpostConfig?: Record<string, unknown>;
  connectorConfig?: Record<string, unknown>;
  remoteNetworkConfig?: Record<string, unknown>;
  vpc: {
    vpcId: string;
    subnetIds: string[];
    clusterSecurityGroupId: string;
  };
  addons: Map<string, AddonRecord>;
  associations: Map<string, AssociationCell>;
  accessEntries: Map<string, Propagated<AccessEntryRecord>>;
  nodegroups: Map<string, NodegroupRecord>;
  fargateProfiles: Map<string, FargateProfileRecord>;
  updates: Map<string, UpdateRecord>;
}

/** Everything in one AWS account. */
export interface AccountState {
  id: string;
  alias?: string;
  /** Service control policies of its organization, document texts; none means no limit. */
  serviceControlPolicies: string[];
  users: Map<string, Propagated<UserRecord>>;
  roles: Map<string, Propagated<RoleRecord>>;
  policies: Map<string, Propagated<PolicyRecord>>;
  instanceProfiles: Map<string, InstanceProfileRecord>;
  oidcProviders: Map<string, OidcProviderRecord>;
  /** Role id → last use. */
  roleLastUsed: Map<string, { at: number; region: string }>;
  buckets: Map<string, BucketRecord>;
  /** By their ids. */
  vpcEndpoints: Map<string, VpcEndpointRecord>;
  /** `region/name` → cluster. */
  clusters: Map<string, ClusterRecord>;
}

/** Quotas and open questions of the real thing, each settable. */
export interface AwsSettings {
  associationsPerCluster: number;
  rolesPerAccount: number;
  policiesPerRole: number;
  trustPolicyLength: number;
  inlinePolicyBytesPerRole: number;
  managedPolicyLength: number;
  /** Whether an empty string in UpdatePodIdentityAssociation clears targetRoleArn and policy. */
  emptyStringClears: boolean;
  /** Whether externalId is given to every association or only to those without session tags. */
  externalIdAlways: boolean;
}

/** The whole AWS side. */
export interface AwsState {
  accounts: Map<string, AccountState>;
  accessKeys: Map<string, AccessKeyRecord>;
  sessions: Map<string, SessionRecord>;
  /** Idempotency: `operation/account/region/cluster/token` → fingerprint of the request and id of what it made. */
  requestTokens: Map<string, { fingerprint: string; id: string; at: number }>;
  settings: AwsSettings;
}
