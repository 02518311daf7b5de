import type { SchedulerServiceTaskScheduleDefinitionConfig } from '@backstage/backend-plugin-api';
import type {
  Cluster,
  Duration,
  Guardrails,
  LocatedAccount,
} from './configTypes';

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
     * Entity refs of users and groups who may change, verify and remove the identity of every component and of none, hand
     * it over and remove what has no component any more. They are notified of clusters that are not read whole. Default: none.
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

    proof?: {
      /**
       * From which age on a proof no longer counts: the status is then "Looks right". From one day to 365 days; default 30
       * days. At any age it no longer counts once its agent, webhook, version of Kubernetes or node image was replaced.
       * Use by the application renews a proof.
       */
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

    /** From IRSA to Pod Identity. */
    moves?: {
      /**
       * Service accounts that a role lets in by a pattern, and that the portal moves by itself once a look finds them ready:
       * each once, in a cluster one after the other, under the guardrails of every move, and for no component. Needs
       * `evidence.cloudTrail`. The role has to stand in `guardrails.roles.adopt`, and already let them in by Pod Identity. A move
       * that fails or waits for a person holds its namespace for 24 hours. Removing a rule takes nothing back.
       */
      rules?: Array<{
        /** Its id. */
        cluster: string;
        /** The role that the pattern stands in. */
        roleArn: string;
        /** In which `*` stands for any text, such as `tenant-*`. */
        namespace: string;
        /** In which `*` stands for any text. */
        serviceAccount: string;
        /** Move nothing, and only say in the log and to administrators what would be moved; default false. */
        preview?: boolean;
      }>;
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
      /** How long the agent add-on may take to become active, or to go; of what is left then, its pods get up to a minute to be ready. Default 10 minutes. */
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
