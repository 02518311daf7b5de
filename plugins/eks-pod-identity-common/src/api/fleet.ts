import { z } from 'zod/v3';
import {
  type IdentityStatus,
  identityStatusSchema,
  type NamedStatus,
  namedStatusSchema,
} from '../vocabulary/identityStatus';
import {
  type ServiceAccountRef,
  serviceAccountRefSchema,
} from '../vocabulary/ref';
import { type ProofLevel, proofLevelSchema } from '../vocabulary/report';
import { entityRefSchema } from '../vocabulary/entityRef';
import { endpoint, type QuerySchema } from './endpoint';
import {
  associationCreatePermission,
  associationReadPermission,
  podIdentityUsePermission,
} from '../vocabulary/permissions';
import { fromText, object } from '../vocabulary/schema';

/** One row of the fleet page. @public */
export interface AssociationRow {
  ref: ServiceAccountRef;
  clusterTitle: string;
  associationId?: string;
  associationArn?: string;
  owner: 'portal' | 'addon' | 'external';
  roleArn?: string;
  targetRoleArn?: string;
  status: IdentityStatus;
  /** `word: sentence`; until 1.0. */
  headline: string;
  /** To follow the word for the status. */
  sentence: string;
  /** Warnings that leave the status as it is; absent if there are none. */
  notes?: number;
  /** Only if the catalog shows the entity to the caller. */
  entityRef?: string;
  entityTitle?: string;
  /** Whether the page of the entity has the tab of its identities. */
  hasTab?: boolean;
  /** True if only the entity's annotation links it, and no tag in AWS. */
  claimed?: boolean;
  /** True if the entity-ref tag names no entity of the catalog. */
  orphan: boolean;
  /** Who owns the entity, as the catalog says; only if it shows the entity to the caller. */
  ownedBy?: Array<{ entityRef: string; title: string }>;
  /** True if the live association differs from the input of the last associate. */
  drift: boolean;
  /** The differences, in sentences. */
  driftReason?: string;
  stale: boolean;
  /** `application` where its own pods obtained the role since a pod of the portal proved it. */
  proofLevel?: ProofLevel;
  /** ISO 8601; last use of the role by anything, as far as AWS was asked. */
  lastUsedAt?: string;
  /** No use within 90 days, as IAM says; absent where IAM was not asked. */
  unused?: boolean;
  /** ISO 8601; last time that AWS refused it something. */
  deniedAt?: string;
  /** ISO 8601; last time that its service account obtained the role by IRSA. */
  irsaAt?: string;
  provenAt?: string;
  /** Its proof no longer counts, by its age or by what has been replaced since. */
  proofFaded?: boolean;
  /** Present if something about the identity changed since it was proven or failed. */
  changedSince?: 'proof' | 'failure';
  lookedAt?: string;
  /** What the caller may do with it. */
  can?: {
    verify: boolean;
    /** Of an orphan: remove it, or hand it over to another component. */
    settle?: boolean;
  };
}

/** @public */
export const associationRowSchema = object<AssociationRow>({
  ref: serviceAccountRefSchema,
  clusterTitle: z.string(),
  associationId: z.string().optional(),
  associationArn: z.string().optional(),
  owner: z.enum(['portal', 'addon', 'external']),
  roleArn: z.string().optional(),
  targetRoleArn: z.string().optional(),
  status: identityStatusSchema,
  headline: z.string(),
  sentence: z.string(),
  notes: z.number().optional(),
  entityRef: z.string().optional(),
  entityTitle: z.string().optional(),
  hasTab: z.boolean().optional(),
  claimed: z.boolean().optional(),
  orphan: z.boolean(),
  ownedBy: z
    .array(z.object({ entityRef: z.string(), title: z.string() }))
    .optional(),
  drift: z.boolean(),
  driftReason: z.string().optional(),
  stale: z.boolean(),
  proofLevel: proofLevelSchema.optional(),
  lastUsedAt: z.string().optional(),
  unused: z.boolean().optional(),
  deniedAt: z.string().optional(),
  irsaAt: z.string().optional(),
  provenAt: z.string().optional(),
  proofFaded: z.boolean().optional(),
  changedSince: z.enum(['proof', 'failure']).optional(),
  lookedAt: z.string().optional(),
  can: z
    .object({
      verify: z.boolean(),
      settle: z.boolean().optional(),
    })
    .optional(),
});

/** Answer of `GET /v1/associations`. @public */
export interface AssociationPage {
  items: AssociationRow[];
  nextCursor?: string;
  totalItems: number;
  /** Counts by status of everything that the caller may see with the other filters. */
  counts: Record<string, number>;
  orphans: number;
  drifted: number;
}

/** @public */
export const associationPageSchema = object<AssociationPage>({
  items: z.array(associationRowSchema),
  nextCursor: z.string().optional(),
  totalItems: z.number(),
  counts: z.record(z.number()),
  orphans: z.number(),
  drifted: z.number(),
});

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
  status?: NamedStatus;
  owner?: AssociationRow['owner'];
  /** Entity ref of the group or user that owns the component. */
  ownedBy?: string;
  /** Entity ref of the system that the component is part of. */
  partOf?: string;
  orphan?: boolean;
  drift?: boolean;
  use?: AssociationUse;
  /** Id of the check whose finding their sentences tell; `none`: they tell of none. */
  cause?: string;
  q?: string;
  sort?: AssociationSort;
  order?: 'asc' | 'desc';
  cursor?: string;
  limit?: number;
}

/** Associations that have the same status for the same cause. @public */
export interface AssociationCause {
  status: IdentityStatus;
  /** Id of a check, to filter the list by; `none` where their sentences tell of no finding. */
  cause: string;
  /** What the check asks, as a statement that is not true of them. */
  title?: string;
  /** To follow the word for the status: what all of them say, or one of them. */
  sentence: string;
  /** Whether all of them say this sentence. */
  isSame: boolean;
  count: number;
}

/** Answer of `GET /v1/associations/causes`. @public */
export interface AssociationCauses {
  /** Worst first, and what most have before the rest. */
  items: AssociationCause[];
}

/** @public */
export const associationCausesSchema = object<AssociationCauses>({
  items: z.array(
    object<AssociationCause>({
      status: identityStatusSchema,
      cause: z.string(),
      title: z.string().optional(),
      sentence: z.string(),
      isSame: z.boolean(),
      count: z.number(),
    }),
  ),
});

/** One cluster of the fleet page and of the pickers. @public */
export interface ClusterOverview {
  id: string;
  title: string;
  name: string;
  region: string;
  accountId: string;
  kubernetesAccess: 'eks' | 'none';
  /** Associations by status; only those that the caller may see. */
  counts: Record<string, number>;
  /** Version of the agent add-on, `self-managed`, `built-in` (Auto Mode) or absent. */
  agentVersion?: string;
  /** How many of the nodes that need an agent have a ready one. */
  agentCoverage?: { ready: number; needed: number };
  lastSweepAt?: string;
  /** How far the use of its identities was read, of so many; absent where the portal does not read it. */
  evidence?: {
    state: 'denied' | 'unread' | 'read';
    reason?: string;
    read: number;
    total: number;
  };
  stale?: { since: string; reason: string };
  can: {
    create: boolean;
    installAgent: boolean;
    createNamespace: boolean;
    /** Have the whole cluster looked at now. */
    sweep: boolean;
    /** See what the portal's own setup lacks there. */
    setup: boolean;
  };
}

const clusterOverviewSchema = object<ClusterOverview>({
  id: z.string(),
  title: z.string(),
  name: z.string(),
  region: z.string(),
  accountId: z.string(),
  kubernetesAccess: z.enum(['eks', 'none']),
  counts: z.record(z.number()),
  agentVersion: z.string().optional(),
  agentCoverage: z.object({ ready: z.number(), needed: z.number() }).optional(),
  lastSweepAt: z.string().optional(),
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
    sweep: z.boolean(),
    setup: z.boolean(),
  }),
});

/** Answer of `GET /v1/clusters`. @public */
export interface Clusters {
  items: ClusterOverview[];
}

/** @public */
export const clustersSchema = object<Clusters>({
  items: z.array(clusterOverviewSchema),
});

const flag = fromText(
  z.enum(['true', 'false']).transform(value => value === 'true'),
);

const fleetQuerySchema: QuerySchema<AssociationQuery> =
  object<AssociationQuery>({
    cluster: z.string().max(100).optional(),
    status: namedStatusSchema.optional(),
    owner: z.enum(['portal', 'addon', 'external']).optional(),
    ownedBy: entityRefSchema.optional(),
    partOf: entityRefSchema.optional(),
    orphan: flag.optional(),
    drift: flag.optional(),
    use: associationUseSchema.optional(),
    cause: z.string().max(100).optional(),
    q: z.string().max(200).optional(),
    sort: associationSortSchema.optional(),
    order: z.enum(['asc', 'desc']).optional(),
    cursor: z.string().max(1000).optional(),
    limit: z.coerce.number().int().min(1).max(200).optional(),
  }).strict();

/** @public */
export const fleetEndpoints = {
  /** All associations that the caller may see, page by page. */
  listAssociations: endpoint({
    route: 'GET /v1/associations',
    query: fleetQuerySchema,
    answer: associationPageSchema,
    needs: [podIdentityUsePermission, associationReadPermission],
    summary: 'The fleet, page by page',
    description:
      'Needs eks-pod-identity.use. Shows what eks-pod-identity.association.read allows the caller to see.',
    failures: [400, 403],
    cached: true,
    chosen: true,
  }),
  /** The same list, counted by status and cause. */
  listCauses: endpoint({
    route: 'GET /v1/associations/causes',
    query: fleetQuerySchema,
    answer: associationCausesSchema,
    only: 'items',
    needs: [podIdentityUsePermission, associationReadPermission],
    summary: 'The fleet, grouped by cause',
    description:
      'Needs eks-pod-identity.use. Counts what eks-pod-identity.association.read allows the caller to see. Takes the filters of the list; sort, order, cursor and limit change nothing.',
    failures: [400, 403],
    cached: true,
    chosen: true,
  }),
  listClusters: endpoint({
    route: 'GET /v1/clusters',
    answer: clustersSchema,
    only: 'items',
    needs: [
      podIdentityUsePermission,
      associationReadPermission,
      associationCreatePermission,
    ],
    summary: 'The configured clusters',
    description:
      'Needs eks-pod-identity.use, and .association.read or .create on anything in them.',
    failures: [403],
    cached: true,
    chosen: true,
  }),
};
