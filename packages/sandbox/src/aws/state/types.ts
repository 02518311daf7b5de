import type { JSONWebKeySet } from 'jose';
import { Propagated } from '../../core/propagated';
import type { StackRecord } from './stacks';

/** Times in this file are simulated epoch milliseconds unless they say "wall". All of it is plain data, for snapshots. */

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
  /** Principal ARN in the trust policy → its unique ID when the policy was written. */
  boundIds: Record<string, string>;
  inline: Record<string, string>;
  attached: string[];
  boundaryArn?: string;
  tags: Record<string, string>;
}

/** A managed policy, either the customer's or AWS's. */
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

/** Temporary credentials of a role. Their times are wall clock, like those of signatures. */
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
  /** The issuer: STS for any caller, EKS Auth for a pod, the metadata service for a node. */
  origin: 'sts' | 'pod' | 'node';
  /** Whether another session created this one. */
  chained: boolean;
  /** ARN of the OpenID Connect provider whose token was exchanged for it. */
  federatedProvider?: string;
}

/** When and where a role was used. */
interface RoleUse {
  at: number;
  region: string;
}

export interface BucketRecord {
  name: string;
  region: string;
  createdAt: number;
  policy?: string;
  /** Key → object. */
  objects: Record<string, ObjectRecord>;
}

interface ObjectRecord {
  body: Uint8Array;
  modifiedAt: number;
}

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
  /** When a new endpoint becomes available. */
  availableAt?: number;
  /** JSON, of what passes it; without one everything does. */
  policy?: string;
  privateDnsEnabled: boolean;
  subnetIds: string[];
  securityGroupIds: string[];
  createdAt: number;
  tags: Record<string, string>;
}

/** One state of an association, with the times at which others see it. */
interface AssociationVersion {
  /** Undefined for a deletion. */
  value: AssociationRecord | undefined;
  eksAuthAt: number;
  webhookAt: number;
  /** Additional lag of each further API server. */
  apiServerLag: number;
}

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
  /** When a deleted association leaves the index by service account. */
  indexedUntil?: number;
}

export interface AddonIssue {
  code: string;
  message: string;
  resourceIds: string[];
}

export type AddonStatus =
  | 'CREATING'
  | 'ACTIVE'
  | 'CREATE_FAILED'
  | 'UPDATING'
  | 'DELETING'
  | 'DELETE_FAILED'
  | 'DEGRADED'
  | 'UPDATE_FAILED';

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
  /** The next state, and when it is reached. */
  transition?: {
    at: number;
    to: AddonStatus | 'gone';
    issues?: AddonIssue[];
    /** Service accounts whose pods EKS replaces then. */
    restarts?: string[];
  };
  /** The deletion keeps the software on the cluster. */
  preserve?: boolean;
}

export interface AccessEntryRecord {
  principalArn: string;
  /** The principal's unique ID when the entry was created: a recreated role is a different principal. */
  uniqueId?: string;
  username: string;
  groups: string[];
  type: string;
  arn: string;
  createdAt: number;
  modifiedAt: number;
  tags: Record<string, string>;
  /** ARNs of its EKS access policies, which hold in the whole cluster. */
  policies: string[];
}

/** A node group, with the fields that the sandbox uses. */
/** A launch template of a node group, with the one version that it names. */
interface LaunchTemplateRecord {
  id: string;
  name: string;
  version: number;
  metadataOptions?: { httpEndpoint?: string; httpPutResponseHopLimit?: number };
}

export interface NodegroupRecord {
  nodegroupName: string;
  /** Absent where EKS makes one of its own, which it does not tell of. */
  launchTemplate?: LaunchTemplateRecord;
  nodeRole: string;
  amiType: string;
  instanceTypes: string[];
  desiredSize: number;
  createdAt: number;
  labels: Record<string, string>;
  tags: Record<string, string>;
}

interface FargateProfileRecord {
  fargateProfileName: string;
  podExecutionRoleArn: string;
  selectors: { namespace: string; labels?: Record<string, string> }[];
  createdAt: number;
  tags: Record<string, string>;
}

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
  /** Members of the response that only unsupported kinds of cluster have. */
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
}

/** The state of one AWS account. */
export interface AccountState {
  id: string;
  alias?: string;
  /** Texts of its organization's service control policies; none means no limit. */
  serviceControlPolicies: string[];
  users: Map<string, Propagated<UserRecord>>;
  roles: Map<string, Propagated<RoleRecord>>;
  policies: Map<string, Propagated<PolicyRecord>>;
  instanceProfiles: Map<string, InstanceProfileRecord>;
  oidcProviders: Map<string, OidcProviderRecord>;
  /** Role id → last use. */
  roleLastUsed: Map<string, Propagated<RoleUse>>;
  buckets: Map<string, BucketRecord>;
  /** By ID. */
  vpcEndpoints: Map<string, VpcEndpointRecord>;
  /** `region/name` → cluster. */
  clusters: Map<string, ClusterRecord>;
  /** By ID; stacks that were deleted stay. */
  stacks: Map<string, StackRecord>;
}

/** Quotas, and behaviours that AWS does not document. Tests can set each. */
export interface AwsSettings {
  associationsPerCluster: number;
  rolesPerAccount: number;
  policiesPerRole: number;
  trustPolicyLength: number;
  inlinePolicyBytesPerRole: number;
  managedPolicyLength: number;
  /** Room of a session for its tags and policies; AWS packs them in a way that it does not document. */
  sessionBytes: number;
  /** Whether an empty string in UpdatePodIdentityAssociation clears targetRoleArn and policy. */
  emptyStringClears: boolean;
  /** Whether every association gets an externalId, or only those without session tags. */
  externalIdAlways: boolean;
  /** Lookups of CloudTrail per account and region. */
  lookupsPerSecond: number;
}

/** The state of the whole AWS side. */
export interface AwsState {
  accounts: Map<string, AccountState>;
  accessKeys: Map<string, AccessKeyRecord>;
  sessions: Map<string, SessionRecord>;
  /** `operation/account/region/cluster/token` → fingerprint of the request and ID of what it created, for idempotency. */
  requestTokens: Map<string, { fingerprint: string; id: string; at: number }>;
  settings: AwsSettings;
  /** What issuers other than clusters publish at their `jwks_uri`, where STS fetches it, by their URL. */
  issuers: Map<string, JSONWebKeySet>;
}
