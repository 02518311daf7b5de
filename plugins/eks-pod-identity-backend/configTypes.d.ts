import type { HumanDuration } from '@backstage/types';

/** A duration: `{ minutes: 5 }`, `5m`, `PT5M`, or a number of milliseconds. */
export type Duration = HumanDuration | string | number;

/** Limits on what the portal hands out. Lists of a cluster take the place of the global ones. */
export interface Guardrails {
  managedPolicies?: {
    /**
     * Managed policies that may be attached to roles: ARNs, in which `*` stands for any text. Policies that hand
     * out the account (AdministratorAccess, PowerUserAccess, IAMFullAccess and the like) are allowed only by their
     * literal ARN, never by a wildcard. Default: AmazonSQSReadOnlyAccess and AmazonSNSReadOnlyAccess.
     */
    allow: string[];
  };
  roles?: {
    /**
     * Existing roles that may be associated: ARNs, in which `*` stands for any text. Default: none, so only roles
     * whose tags `backstage.io/entity-ref` and `backstage.io/entity-uid` name an entity that the initiator owns.
     * `{{namespace}}` and `{{owner}}` stand for the namespace of the service account and the name of the entity's owner.
     */
    adopt?: string[];
    /**
     * Roles to whose trust policy a move from IRSA adds its own statement, and from which "Finish the move" takes the service
     * account out of IRSA; a roll-back undoes both. ARNs, in which `*` stands for any text and `{{namespace}}` for the namespace
     * of the service account. The owner of the role has to tag it as well: `backstage.io/edit-trust`, with the portalId.
     * Default: none.
     */
    editTrust?: string[];
  };
  targetRoles?: {
    /** Roles, also of other accounts, that a pod may end up with. Default: none. */
    allow: string[];
  };
  tags?: {
    /**
     * Keys of tags that a request may set on its role and association; `*` stands for any text. Default: none. The
     * session tags of Pod Identity (`kubernetes-*`, `eks-cluster-*`) are reserved.
     */
    allow: string[];
  };
  /** Whether a request may write inline policies; they also need a permissions boundary. Default: false. */
  inlinePolicies?: boolean;
  inlineActions?: {
    /**
     * Actions that inline policies may allow beside those of the list in docs/configuration.md, such as
     * `batch:SubmitJob`; `*` stands for any text in the name of the action. Default: none.
     */
    add: string[];
  };
  /**
   * The permissions boundary of every role the portal creates, and the condition for customer-managed and inline
   * policies. It has to be a policy of the cluster's account. Default: `role.permissionsBoundaryArn`.
   */
  permissionsBoundaryArn?: string;
  probe?: {
    /**
     * What a permission check may run: an AWS CLI command (`s3 ls`) and the full names of its options. Default: a
     * few commands that only read.
     */
    commands?: { [command: string]: string[] };
    /**
     * How the form's "Test the permissions" tests a managed policy: by its ARN one of those commands, in words. A policy
     * without one is not tested, and the run says so. Default: `s3 ls` for AmazonS3ReadOnlyAccess and AmazonS3FullAccess.
     */
    policyTests?: { [arn: string]: string[] };
    /**
     * Whether a component may test the permissions of an identity that only its annotation
     * `aws.amazon.com/eks-pod-identity` gives it. Everybody who edits a catalog file can write one. Default: false, so that
     * tests take the tags `backstage.io/entity-ref` and `backstage.io/entity-uid` on AWS, a condition of the permission
     * policy, or an administrator.
     */
    trustClaims?: boolean;
  };
}

/** What is set for a cluster, or for all of an account that are found elsewhere. */
export interface ClusterSettings {
  /**
   * AWS account, twelve digits, in quotes. The credentials for it come from Backstage's own `aws` section
   * (`@backstage/integration-aws-node`).
   */
  accountId: string;
  /** Roles of the cluster's account that are assumed on top of the account's credentials. */
  roles?: {
    /** For sweeps and plans. */
    read?: string;
    /** For verifications, which run probe pods. */
    verify?: string;
    /** For changes. */
    write?: string;
  };
  role?: {
    /** IAM path of the roles the portal creates here; default: that of `eksPodIdentity.role`. */
    path?: string;
  };
  kubernetes?: {
    /**
     * `eks` (default): the endpoint that DescribeCluster names, with a signed token. `none`: only AWS is asked,
     * for endpoints that the portal cannot reach.
     */
    access?: 'eks' | 'none';
  };
  /** Namespaces the portal may work in; `*` stands for any text, `deny` wins. */
  namespaces?: {
    /** Default: all. */
    allow?: string[];
    /** Default: kube-system, kube-public and kube-node-lease. A list of your own takes its place. */
    deny?: string[];
  };
  allow?: {
    /** Whether the portal may give, change and remove identities; `false`: it watches and verifies. Default true. */
    changes?: boolean;
    /** Whether the portal may install and remove the agent add-on; default false. */
    installAgent?: boolean;
    /** Whether the portal may create namespaces; default false. */
    createNamespace?: boolean;
  };
  /** The pod that proves an identity. */
  probe?: {
    /** An image with bash, head, base64 and the AWS CLI v2; default: AWS's own from public ECR, pinned. */
    image?: string;
    /** Kubernetes tolerations. */
    tolerations?: Array<{
      key?: string;
      operator?: 'Exists' | 'Equal' | 'Lt' | 'Gt';
      value?: string;
      effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
      tolerationSeconds?: number;
    }>;
    /** Names of Secrets in the target namespace. */
    imagePullSecrets?: string[];
    /** Probes that run on the cluster at a time; default 4. */
    maxConcurrent?: number;
    /** Also look whether the node's role can be reached from the pod; default false. */
    checkImds?: boolean;
    /** Requests and limits of the container, where a LimitRange asks for others. */
    resources?: {
      requests?: { [resource: string]: string };
      limits?: { [resource: string]: string };
    };
  };
  sweep?: {
    /**
     * How far the scheduled look goes. `none` (default) only reads. `admission` also sends five dry-run pods for
     * each service account, with the rights of `roles.verify`: it sees that the webhook stopped injecting before a
     * pod starts without its identity. Nothing is stored on the cluster.
     */
    probe?: 'none' | 'admission';
  };
  guardrails?: Guardrails;
}

export interface Cluster extends ClusterSettings {
  /** Name of the cluster in EKS. */
  name: string;
  /** Unique in the portal; default: `name`. Needed where two accounts have a cluster of one name. */
  id?: string;
  /** What people see; default: the id. */
  title?: string;
  /** AWS region, such as `eu-west-1`. The partition follows from it. */
  region: string;
}

export interface LocatedAccount extends ClusterSettings {
  /** Regions whose clusters are taken. */
  regions: string[];
  /** Names in EKS, in which `*` stands for any text; default: all. */
  names?: string[];
}
