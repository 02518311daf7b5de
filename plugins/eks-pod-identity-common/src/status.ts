import { z } from 'zod/v3';
import { useSummarySchema } from './evidenceView';
import { serviceAccountRefSchema } from './ref';
import {
  checkFixSchema,
  checkStatusSchema,
  outdatedWorkloadSchema,
  proofLevelSchema,
  proofSchema,
  reportStatusSchema,
} from './report';

/** @public */
export const identityStatusSchema = z.enum([
  ...reportStatusSchema.options,
  'restart-needed',
  'unverified',
  'changed',
]);

/**
 * Status of a service account: that of the last report, or `restart-needed` (it works, and nothing is wrong but pods that
 * started earlier), or `unverified` (no report yet), or `changed` (the identity differs from what was proven or from what
 * failed). `stale` and `verifying` are separate flags. What people read: `STATUS_WORDS`.
 *
 * @public
 */
export type IdentityStatus = z.infer<typeof identityStatusSchema>;

const SEVERITY: Record<IdentityStatus, number> = {
  failed: 7,
  degraded: 6,
  'restart-needed': 5,
  inconclusive: 4,
  changed: 3,
  unverified: 2,
  consistent: 1,
  verified: 0,
};

/** Worst first: the order in which the identities of an entity are listed. @public */
export const IDENTITY_STATUS_ORDER: readonly IdentityStatus[] = [
  ...identityStatusSchema.options,
].sort((a, b) => SEVERITY[b] - SEVERITY[a]);

/** @public */
export const reportSummarySchema = z.object({
  id: z.string(),
  /** The status that this run alone gives to the identity. */
  status: identityStatusSchema,
  proof: proofSchema,
  trigger: z.enum(['action', 'user', 'schedule']),
  /** ISO 8601. */
  finishedAt: z.string(),
  headline: z.string(),
  passed: z.number(),
  failed: z.number(),
});

/** What one run found, in short. @public */
export type ReportSummary = z.infer<typeof reportSummarySchema>;

/** @public */
export const pastRunSchema = reportSummarySchema.extend({
  /** See `startedBy` of a report. */
  startedBy: z.string().optional(),
});

/** One run in the history of a ref. @public */
export type PastRun = z.infer<typeof pastRunSchema>;

/** @public */
export const credentialHopSchema = z.object({
  id: z.enum(['pods', 'service-account', 'association', 'role', 'permissions']),
  /** `pass` only if it was looked at; `skip` too behind a hop that failed. */
  status: checkStatusSchema,
  /** Name of the resource, where that is not all there is to say. */
  name: z.string().optional(),
  /** What was found: `3 of 5 set up`, `payments/api`, `trusted, 1 policy`, `s3 ls`. */
  detail: z.string(),
  /** ISO 8601; when permissions were tested. */
  testedAt: z.string().optional(),
  /** AWS console page of the resource. */
  consoleUrl: z.string().optional(),
  /** The finding on this hop that explains the others. */
  finding: z
    .object({
      checkId: z.string(),
      message: z.string(),
      fix: checkFixSchema.optional(),
      docsUrl: z.string(),
      /** True if it heads the report. */
      isCause: z.boolean().optional(),
      /** Number of checks that wait for it. */
      waiting: z.number().optional(),
      /** Service accounts that may be meant instead; only those that the caller may see. */
      nearby: z.array(serviceAccountRefSchema).optional(),
      /** Running pods that a restart of their workloads would mend. */
      restart: z.array(outdatedWorkloadSchema).optional(),
    })
    .optional(),
});

/** One hop of the path a credential takes from the pod to AWS. @public */
export type CredentialHop = z.infer<typeof credentialHopSchema>;

/** @public */
export const openChangeSchema = z.object({
  kind: z.enum(['associate', 'teardown']),
  state: z.enum(['running', 'cancelled', 'failed']),
  /** ISO 8601; when it was asked for or, unless it runs, when it ended. */
  at: z.string(),
});

/**
 * A change of an identity that is under way, or that broke off: what it had done by then stands.
 *
 * @public
 */
export type OpenChange = z.infer<typeof openChangeSchema>;

/** @public */
export const identitySchema = z.object({
  ref: serviceAccountRefSchema,
  clusterTitle: z.string(),
  /** False when the annotation names a cluster that the portal does not know. */
  clusterKnown: z.boolean(),
  /** What links the entity to the ref; nothing before its first set-up has ended. */
  sources: z.array(z.enum(['annotation', 'aws-tag'])),
  status: identityStatusSchema,
  /** One sentence: the worst finding and what to do. */
  headline: z.string(),
  /** What the identity is compared with when the status is `changed`. */
  changedSince: z.enum(['proof', 'failure']).optional(),
  /** ISO 8601; last time a pod really obtained the identity. */
  provenAt: z.string().optional(),
  /** ISO 8601; last run, with or without a pod. */
  lookedAt: z.string().optional(),
  /** Set while the cluster cannot be read: since when, and why. */
  stale: z.object({ since: z.string(), reason: z.string() }).optional(),
  /** Set while a verification runs; `mine`: the caller started it, so may cancel it. */
  verifying: z
    .object({ operationId: z.string(), mine: z.boolean().optional() })
    .optional(),
  /** The last change, unless it went through. */
  change: openChangeSchema.optional(),
  /** Set while the backend looks whether the association and its role are still what is shown. */
  looking: z.boolean().optional(),
  association: z
    .object({
      id: z.string(),
      arn: z.string(),
      owner: z.enum(['portal', 'addon', 'external']),
      roleArn: z.string(),
      targetRoleArn: z.string().optional(),
      consoleUrl: z.string().optional(),
    })
    .optional(),
  path: z.array(credentialHopSchema),
  /** How far the proof goes: by the application itself, by a pod of the portal, by a dry run. */
  proofLevel: proofLevelSchema.optional(),
  /** What AWS recorded of its use by applications. */
  use: useSummarySchema.optional(),
  lastProof: reportSummarySchema.optional(),
  lastLook: reportSummarySchema.optional(),
  /** What the caller may do here. */
  can: z.object({
    verify: z.boolean(),
    remove: z.boolean(),
    /** Have the portal restart the workloads that a finding names. */
    restart: z.boolean(),
  }),
  /**
   * What the last associate asked for, as a form takes it; empty where there was none. Only where associating again mends
   * a finding and the caller may do that.
   */
  repair: z
    .object({
      roleArn: z.string().optional(),
      managedPolicyArns: z.array(z.string()).optional(),
      /** It set what no form asks for; see the input of associate. */
      keepSettings: z.literal(true).optional(),
    })
    .optional(),
  /** Who can mend a finding where the caller does not own the component: `the payments team`. */
  askWhom: z.string().optional(),
});

/** Everything a card shows of one service account. @public */
export type Identity = z.infer<typeof identitySchema>;

/** Answer of `GET /v1/entities/:kind/:namespace/:name`. @public */
export const entityIdentitiesSchema = z.object({
  entityRef: z.string(),
  /** Worst first. */
  identities: z.array(identitySchema),
  /** One sentence for each part of the annotation that cannot be read. */
  problems: z.array(z.string()),
  /** Number of refs that the caller may not see. */
  hidden: z.number(),
  /** Signals channel that announces changes; it is known only from this answer. */
  signalChannel: z.string().optional(),
  /** True if there is a cluster on which the caller may create an identity for this entity. */
  canCreate: z.boolean(),
});
/** @public */
export type EntityIdentities = z.infer<typeof entityIdentitiesSchema>;

/** @public */
export const associationRowSchema = z.object({
  ref: serviceAccountRefSchema,
  clusterTitle: z.string(),
  associationId: z.string().optional(),
  associationArn: z.string().optional(),
  owner: z.enum(['portal', 'addon', 'external']),
  roleArn: z.string().optional(),
  targetRoleArn: z.string().optional(),
  status: identityStatusSchema,
  headline: z.string(),
  /** Only if the catalog shows the entity to the caller. */
  entityRef: z.string().optional(),
  entityTitle: z.string().optional(),
  /** Whether the page of the entity has the tab of its identities. */
  hasTab: z.boolean().optional(),
  /** True if only the entity's annotation links it, and no tag in AWS. */
  claimed: z.boolean().optional(),
  /** True if the entity-ref tag names no entity of the catalog. */
  orphan: z.boolean(),
  /** Who owns the entity, as the catalog says; only if it shows the entity to the caller. */
  ownedBy: z
    .array(z.object({ entityRef: z.string(), title: z.string() }))
    .optional(),
  /** True if the live association differs from the input of the last associate. */
  drift: z.boolean(),
  /** The differences, in sentences. */
  driftReason: z.string().optional(),
  stale: z.boolean(),
  /** `application` where its own pods obtained the role since a pod of the portal proved it. */
  proofLevel: proofLevelSchema.optional(),
  /** ISO 8601; last use of the role by anything, as far as AWS was asked. */
  lastUsedAt: z.string().optional(),
  /** No use within 90 days, as IAM says; absent where IAM was not asked. */
  unused: z.boolean().optional(),
  /** ISO 8601; last time that AWS refused it something. */
  deniedAt: z.string().optional(),
  /** ISO 8601; last time that its service account obtained the role by IRSA. */
  irsaAt: z.string().optional(),
  provenAt: z.string().optional(),
  lookedAt: z.string().optional(),
  /** What the caller may do with it. */
  can: z
    .object({
      verify: z.boolean(),
      /** Of an orphan: remove it, or hand it over to another component. */
      settle: z.boolean().optional(),
    })
    .optional(),
});
/** One row of the fleet page. @public */
export type AssociationRow = z.infer<typeof associationRowSchema>;

/** Answer of `GET /v1/associations`. @public */
export const associationPageSchema = z.object({
  items: z.array(associationRowSchema),
  nextCursor: z.string().optional(),
  totalItems: z.number(),
  /** Counts by status of everything that the caller may see with the other filters. */
  counts: z.record(z.number()),
  orphans: z.number(),
  drifted: z.number(),
});
/** @public */
export type AssociationPage = z.infer<typeof associationPageSchema>;

/** @public */
export const associationSortSchema = z.enum([
  'status',
  'serviceAccount',
  'role',
  'managedBy',
  'provenAt',
  'lookedAt',
  'lastUsedAt',
]);
/** What the fleet is sorted by; `status` is worst first. @public */
export type AssociationSort = z.infer<typeof associationSortSchema>;

/** @public */
export const associationUseSchema = z.enum(['unused', 'irsa', 'denied']);
/**
 * `unused`: never used in 90 days · `irsa`: its service account still obtains the role by IRSA, within a week · `denied`:
 * AWS refused it something within a day.
 *
 * @public
 */
export type AssociationUse = z.infer<typeof associationUseSchema>;

/** Query of `GET /v1/associations`. @public */
export interface AssociationQuery {
  cluster?: string;
  status?: IdentityStatus;
  owner?: string;
  /** Entity ref of the group or user that owns the component. */
  ownedBy?: string;
  orphan?: boolean;
  drift?: boolean;
  use?: AssociationUse;
  q?: string;
  sort?: AssociationSort;
  order?: 'asc' | 'desc';
  cursor?: string;
  limit?: number;
}

/** @public */
export const clusterOverviewSchema = z.object({
  id: z.string(),
  title: z.string(),
  name: z.string(),
  region: z.string(),
  accountId: z.string(),
  kubernetesAccess: z.enum(['eks', 'none']),
  /** Associations by status; only those that the caller may see. */
  counts: z.record(z.number()),
  /** Version of the agent add-on, `self-managed`, `built-in` (Auto Mode) or absent. */
  agentVersion: z.string().optional(),
  /** How many of the nodes that need an agent have a ready one. */
  agentCoverage: z.object({ ready: z.number(), needed: z.number() }).optional(),
  lastSweepAt: z.string().optional(),
  /** How far the use of its identities was read, of so many; absent where the portal does not read it. */
  evidence: z
    .object({
      state: z.enum(['denied', 'unread', 'read']),
      reason: z.string().optional(),
      read: z.number(),
      total: z.number(),
    })
    .optional(),
  stale: z.object({ since: z.string(), reason: z.string() }).optional(),
  can: z.object({
    create: z.boolean(),
    installAgent: z.boolean(),
    createNamespace: z.boolean(),
    /** Have the whole cluster looked at now. */
    sweep: z.boolean(),
    /** See what the portal's own set-up lacks there. */
    setup: z.boolean(),
  }),
});
/** One cluster of the fleet page and of the pickers. @public */
export type ClusterOverview = z.infer<typeof clusterOverviewSchema>;

/** Answer of `GET /v1/clusters`. @public */
export const clustersSchema = z.object({
  items: z.array(clusterOverviewSchema),
});

/** @public */
export const sweepStartedSchema = z.object({
  cluster: z.string(),
  /** False where a look was begun less than a minute ago or is under way: its result comes just so. */
  started: z.boolean(),
});

/** Answer of `POST /v1/clusters/:id/sweep`. @public */
export type SweepStarted = z.infer<typeof sweepStartedSchema>;

/** Answer of `GET /v1/service-accounts/:cluster/:namespace/:name/reports`. @public */
export const reportPageSchema = z.object({
  items: z.array(pastRunSchema),
  nextCursor: z.string().optional(),
});
/** @public */
export type ReportPage = z.infer<typeof reportPageSchema>;

/** Answer of `GET /v1/docs/checks`: what each check asks, means and how to fix it, as Markdown. @public */
export const checksPageSchema = z.object({ markdown: z.string() });

/** Answer of `GET /v1/docs/permissions`: the rights that the portal needs, as Markdown. @public */
export const permissionsPageSchema = z.object({ markdown: z.string() });
