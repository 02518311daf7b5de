import type { SchedulerServiceTaskScheduleDefinitionConfig } from '@backstage/backend-plugin-api';
import { HumanDuration } from '@backstage/types';

/** A duration: `{ minutes: 5 }`, `5m`, `PT5M`, or a number of milliseconds. */
type Duration = HumanDuration | string | number;

/** Limits on what the portal hands out. Lists of a cluster take the place of the global ones. */
interface Guardrails {
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
interface ClusterSettings {
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

interface Cluster extends ClusterSettings {
  /** Name of the cluster in EKS. */
  name: string;
  /** Unique in the portal; default: `name`. Needed where two accounts have a cluster of one name. */
  id?: string;
  /** What people see; default: the id. */
  title?: string;
  /** AWS region, such as `eu-west-1`. The partition follows from it. */
  region: string;
}

interface LocatedAccount extends ClusterSettings {
  /** Regions whose clusters are taken. */
  regions: string[];
  /** Names in EKS, in which `*` stands for any text; default: all. */
  names?: string[];
}

export interface Config {
  /** EKS Pod Identity: which clusters, by whose rights, within which limits. */
  eksPodIdentity?: {
    /** Clusters whose service accounts can be given an AWS identity. */
    clusters?: Array<Cluster>;

    /** Clusters that are found elsewhere, beside those of `clusters`. Default: none. */
    locators?: {
      /**
       * Take Resources of type `kubernetes-cluster` of the catalog whose annotation `amazonaws.com/arn` is the ARN of an EKS
       * cluster; default false.
       */
      catalog?: boolean;
      /**
       * Take clusters of `kubernetes.clusterLocatorMethods` of type `config`, whose URL tells the region and whose role to
       * assume the account; default false.
       */
      kubernetes?: boolean;
      /** How often both are asked again; default 10 minutes. */
      refresh?: Duration;
      /**
       * The accounts whose clusters are taken, with their settings: beside these keys all of a cluster but `name`, `id`,
       * `title` and `region`.
       */
      accounts: Array<LocatedAccount>;
    };

    /**
     * Marks what this portal owns, in an AWS tag; default: the host of `app.baseUrl`. Changing it orphans what
     * exists.
     */
    portalId?: string;

    /**
     * Where findings say more: a page with the headings of `docs/checks.md`, without an anchor. Default: the page
     * `/aws-identities/checks` below `app.baseUrl`. What the portal lacks links to its page `permissions`, which is beside
     * `checks` where that is a page of the same app.
     */
    docsUrl?: string;

    /**
     * Entity refs of users and groups who may change, verify and remove the identity of every component, hand it over
     * and remove what has no component any more. Default: none.
     */
    administrators?: string[];

    /** Tags put on every role and association beside the portal's marks. */
    tags?: { [key: string]: string };

    role?: {
      /** IAM path of the roles the portal creates, unless the cluster has its own; default `/backstage/`. */
      path?: string;
      /**
       * Permissions boundary of the roles the portal creates, unless the cluster's own guardrails name another; default:
       * `guardrails.permissionsBoundaryArn`.
       */
      permissionsBoundaryArn?: string;
    };

    guardrails?: Guardrails;

    /** The background look at what exists. */
    sweep?: {
      schedule?: {
        /** Default 30 minutes. */
        frequency?: Duration;
        /** Default 5 minutes. */
        timeout?: Duration;
      };
      /** From which age on a status is shown as stale; default 24 hours. */
      maxAge?: Duration;
    };

    /** Requests to AWS at most, retries included, of all replicas together. */
    pacing?: {
      /** Per account and region; default 5. */
      eksPerSecond?: number;
      /** Per account, to begin with; default 2. */
      iamPerSecond?: number;
      /**
       * Per account; default 10. Up to this the rate rises while calls wait and AWS does not throttle; when AWS throttles, it
       * is halved. What was learnt is kept. The same as iamPerSecond keeps it fixed.
       */
      iamMostPerSecond?: number;
      /** Searches in CloudTrail, per account and region; default 2, which AWS grants to all callers together. */
      cloudTrailPerSecond?: number;
      /** Requests at once after a pause, to EKS and IAM each; default 30. */
      burst?: number;
      /** Replicas of the backend, each of which gets an equal share; default 1. */
      replicas?: number;
    };

    /** What the plugin offers in Backstage's actions registry, and so to assistants by MCP. */
    actions?: {
      /**
       * Whether its action `verify` may run a pod under the identity; default false, so that it reads, or dry-runs pods. The
       * user needs the same rights as for "Verify now".
       */
      allowPods?: boolean;
    };

    /** What AWS recorded of the use of identities by applications. */
    evidence?: {
      /** Read it from CloudTrail; the read role needs cloudtrail:LookupEvents. Default false. */
      cloudTrail?: boolean;
    };

    /** Every AWS identity of the clusters, by IRSA, access keys or Pod Identity. */
    inventory?: {
      /**
       * Have sweeps list and keep them; default true. Nothing is written to AWS or to a cluster, and what the read role
       * cannot read is said. With false nothing is read for it, and what was kept is deleted.
       */
      enabled?: boolean;
    };

    retention?: {
      /** Reports kept for each service account; default 50. */
      reportsPerRef?: number;
      /** Days that operations and reports are kept; default 90. */
      days?: number;
    };

    /** How much may wait or run at a time, and be stored in a day; what is beyond is refused for now (429). */
    limits?: {
      /** Operations of one user; default 50. Services are not limited: they are programs of the portal's own. */
      operationsPerUser?: number;
      /** Changes of one service account by all users and services together; default 5. */
      changesPerServiceAccount?: number;
      /** Verifications with a pod of one service account that ask different things; default 5. */
      proofsPerServiceAccount?: number;
      /** Plans that are being made for one caller, in each process; default 4. */
      plansPerCaller?: number;
      /** Identities of one component, on all clusters; default 30. */
      identitiesPerEntity?: number;
      /** Identities of all components of one owner; default 300. */
      identitiesPerOwner?: number;
      /** Operations, and with them reports, that one user has stored within 24 hours; default 1000. */
      operationsPerUserPerDay?: number;
      /** Operations on components of one owner that all users together have stored within 24 hours; default 5000. */
      operationsPerOwnerPerDay?: number;
      /** Events of all operations of one user within 24 hours; default 100000. */
      eventsPerUserPerDay?: number;
    };

    notifications?: {
      /**
       * Who is notified when a verified identity degrades or recovers. `tagged` (default): the component that the
       * portal's own tag on the association names. `annotated`: where there is no such tag, also the component whose
       * annotation claims the service account. Anyone who edits a catalog file can claim one; the notification says what
       * is wrong.
       */
      recipients?: 'tagged' | 'annotated';
      /**
       * Also notify them when an identity that was used daily falls silent, or when AWS begins to deny its calls; default
       * false. It needs evidence of use: `evidence.cloudTrail`, or the source of a module.
       */
      use?: boolean;
      /**
       * Once a day, at seven in the morning in the time zone of the portal's process, also notify each owner of all its identities that do not work or need
       * attention, by the portal's own tag, in one notification; default false. An owner without any gets none. A line says what is
       * worth a look in the trust policies of roles that a tag with the uid of their component gives them; an owner with nothing else to hear gets it only when it changes.
       */
      digest?: boolean;
    };

    /** Waits and deadlines. The defaults fit AWS; tests shorten them. */
    timings?: {
      /** Until the lease of a replica that died is free; default 30 seconds. */
      leaseTtl?: Duration;
      /** How often a lease is renewed, at most half of `leaseTtl`; default 10 seconds. */
      leaseHeartbeat?: Duration;
      /** How long EKS might not know a new role; default 2 minutes. */
      rolePropagation?: Duration;
      /** How long a deleted association may linger; default 1 minute. */
      associationGone?: Duration;
      /** Until the agent add-on is active; default 10 minutes. */
      agentInstall?: Duration;
      /** Until new pods receive the identity; default 90 seconds. */
      gateDeadline?: Duration;
      /** Pause between two looks of the gate in the first 15 seconds; default 250 ms. */
      gateMinPause?: Duration;
      /** Longest pause between two looks of the gate after that; default 2 seconds. */
      gateMaxPause?: Duration;
      /** Until a probe pod has ended; default 3 minutes. */
      probeDeadline?: Duration;
      /** How long after a change the agent may still refuse; default 30 seconds. */
      probeGrace?: Duration;
      /**
       * Between a pod that proved an identity and the next one for it while nothing about it has changed; within it, an
       * equal verification gets the report that is there. Default 1 minute.
       */
      probeInterval?: Duration;
      /**
       * From the end of a sweep of a cluster to the next one, and at most half of `sweep.schedule.frequency`: one that is
       * triggered earlier is skipped, unless it was ordered. Of a sweep that did not end, its beginning counts, and its
       * failure. Default 1 minute.
       */
      sweepInterval?: Duration;
      /**
       * First pause while something spreads in AWS; default 250 ms. It grows to 4 times as long in the first 15 seconds,
       * then to 16 times. Also the first pause before a call that failed is made again.
       */
      retryPause?: Duration;
      /** Of one request to AWS or Kubernetes; default 15 seconds. */
      requestTimeout?: Duration;
      /** Of opening its connection; default 5 seconds. */
      connectTimeout?: Duration;
    };
  };

  search?: {
    collators?: {
      /** Of the module that has search find identities by the ARNs of their roles and associations. */
      eksPodIdentity?: {
        /** Default: every 10 minutes, for at most 15, from 10 seconds after the start. */
        schedule?: SchedulerServiceTaskScheduleDefinitionConfig;
      };
    };
  };
}
