import { z } from 'zod/v3';
import {
  type AccessGap,
  accessGapSchema,
  type AccessRoad,
  accessRoadSchema,
  type AccessRow,
  accessRowSchema,
  type AccessVerdict,
  accessVerdictSchema,
} from '../vocabulary/access';
import {
  type AccessNodeGroup,
  accessNodeGroupSchema,
} from '../vocabulary/accessNodes';
import {
  type AccessMove,
  accessMoveSchema,
  movePlanSchema,
  type MoveRecord,
  moveRecordSchema,
} from '../vocabulary/accessMove';
import { plain } from '../vocabulary/disclosure';
import { entityRefSchema } from '../vocabulary/entityRef';
import {
  associationReadPermission,
  podIdentityUsePermission,
} from '../vocabulary/permissions';
import { object } from '../vocabulary/schema';
import { endpoint, type QuerySchema } from './endpoint';
import { ofServiceAccount } from './places';

/** One row of the page of all AWS access. @public */
export interface AccessItem extends AccessRow {
  clusterTitle: string;
  /** ISO 8601; when the cluster was last read for it. */
  lookedAt: string;
  /** Only if the catalog shows the entity to the caller. */
  entityRef?: string;
  entityTitle?: string;
  /** Whether the page of the entity has the tab of its identities. */
  hasTab?: boolean;
  /** True if no tag in AWS links the entity, only what the catalog says. */
  claimed?: boolean;
  /** Who owns the entity; only if the catalog shows it to the caller. */
  ownedBy?: Array<{ entityRef: string; title: string }>;
  /** The caller is not allowed to know the role, its account and what the sentences say of them, so that they are left out. */
  withheld?: boolean;
  /** The plan of its move is not for the caller: it would be refused. */
  planWithheld?: boolean;
  /** Absent where this portal has not begun to move it in the last 90 days, or it went back. */
  move?: AccessMove;
}

/** @public */
export const accessItemSchema = object<AccessItem>({
  ...accessRowSchema.shape,
  clusterTitle: z.string(),
  lookedAt: z.string(),
  entityRef: z.string().optional(),
  entityTitle: z.string().optional(),
  hasTab: z.boolean().optional(),
  claimed: z.boolean().optional(),
  ownedBy: z
    .array(z.object({ entityRef: z.string(), title: z.string() }))
    .optional(),
  withheld: z.boolean().optional(),
  planWithheld: z.boolean().optional(),
  move: accessMoveSchema.optional(),
});

/** A service account of one entity that gets to AWS without Pod Identity. @public */
export interface EntityAccess
  extends AccessRow,
    Pick<
      AccessItem,
      'clusterTitle' | 'lookedAt' | 'withheld' | 'planWithheld'
    > {
  /** What links it to the entity: a tag in AWS, its annotation, or its namespace, in which it is the only component. */
  linkedBy: 'tag' | 'annotation' | 'namespace';
}

/** @public */
export const entityAccessSchema = object<EntityAccess>({
  ...accessRowSchema.shape,
  clusterTitle: plain(),
  lookedAt: plain(),
  linkedBy: z.enum(['tag', 'annotation', 'namespace']),
  withheld: z.boolean().optional(),
  planWithheld: z.boolean().optional(),
});

/**
 * Pods of one service account of an entity in which nothing leads to AWS but their node, on nodes as which programs call AWS.
 * Which pod called is not recorded: that it was one of these is possible, and no more.
 *
 * @public
 */
export interface EntityNodeUse
  extends Pick<EntityAccess, 'ref' | 'clusterTitle' | 'lookedAt' | 'linkedBy'> {
  /** `Deployment api`; at most 3. */
  workloads: string[];
  /** All of them. */
  workloadCount: number;
  /** On such nodes. */
  pods: number;
}

/** @public */
export const entityNodeUseSchema = object<EntityNodeUse>({
  ...entityAccessSchema.pick({
    ref: true,
    clusterTitle: true,
    lookedAt: true,
    linkedBy: true,
  }).shape,
  workloads: z.array(z.string()),
  workloadCount: z.number().int(),
  pods: z.number().int(),
});

/** Answer of `GET /v1/access`. @public */
export interface AccessPage {
  items: AccessItem[];
  nextCursor?: string;
  totalItems: number;
  /** How many there are of each verdict, of everything that the caller may see with the other filters. */
  verdicts: Record<string, number>;
  /** The same of the road that wins. */
  roads: Record<string, number>;
}

/** @public */
export const accessPageSchema = object<AccessPage>({
  items: z.array(accessItemSchema),
  nextCursor: z.string().optional(),
  totalItems: z.number(),
  verdicts: z.record(z.number()),
  roads: z.record(z.number()),
});

/** @public */
export const accessSortSchema = z.enum([
  'verdict',
  'serviceAccount',
  'lastUsedAt',
]);
/** What the rows are sorted by; `verdict` is what needs a person first. @public */
export type AccessSort = z.infer<typeof accessSortSchema>;

/** Query of `GET /v1/access`. @public */
export interface AccessQuery {
  cluster?: string;
  road?: AccessRoad;
  verdict?: AccessVerdict;
  /** Entity ref of the group or user that owns the component. */
  ownedBy?: string;
  /** A part of `namespace/name`. */
  q?: string;
  sort?: AccessSort;
  order?: 'asc' | 'desc';
  cursor?: string;
  limit?: number;
}

const accessQuerySchema: QuerySchema<AccessQuery> = object<AccessQuery>({
  cluster: z.string().max(100).optional(),
  road: accessRoadSchema.optional(),
  verdict: accessVerdictSchema.optional(),
  ownedBy: entityRefSchema.optional(),
  q: z.string().max(200).optional(),
  sort: accessSortSchema.optional(),
  order: z.enum(['asc', 'desc']).optional(),
  cursor: z.string().max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
}).strict();

/** How many service accounts with an AWS identity go by Pod Identity. @public */
export interface AccessShare {
  byPodIdentity: number;
  total: number;
}

const share = {
  byPodIdentity: z.number().int(),
  total: z.number().int(),
};

/** Query of `GET /v1/access/progress`: what `days` and `chosen` are of; default everything. @public */
export type AccessProgressQuery = Pick<AccessQuery, 'cluster' | 'ownedBy'>;

const accessProgressQuerySchema: QuerySchema<AccessProgressQuery> =
  accessQuerySchema.pick({ cluster: true, ownedBy: true }).strict();

/** Answer of `GET /v1/access/progress`. @public */
export interface AccessProgress {
  clusters: Array<
    AccessShare & {
      cluster: string;
      title: string;
      /** ISO 8601; absent where the cluster was not read yet. */
      lookedAt?: string;
      /** ISO 8601; since when calls by IRSA were read. */
      usedSince?: string;
      /** What could not be read, and which columns are empty for it. */
      gaps: AccessGap[];
      /** Who acts as the nodes; to administrators who may see everything of the cluster. */
      nodeGroups?: AccessNodeGroup[];
      /** Why the last look found nothing, so that the rows are those of `lookedAt`. */
      failure?: string;
    }
  >;
  /** By owner of the component; service accounts without one are in none. */
  owners: Array<
    AccessShare & { entityRef: string; title: string; notes?: AccessNotes }
  >;
  /** Of the cluster and the owner that the query names; absent where it names neither. */
  chosen?: AccessShare;
  /**
   * One entry a day, the oldest first, of the clusters of which the caller may see everything, and of the cluster and the
   * owner that the query names. Those of an owner are for administrators and for its own members, because they count what the
   * catalog may hide; a service account with several owners is in the days of the first.
   */
  days: Array<
    AccessShare & {
      day: string;
      /** How many had each verdict, and each road that wins. */
      verdicts: Record<string, number>;
      roads: Record<string, number>;
    }
  >;
  /** Of all service accounts; for administrators alone, as those of the owners are. */
  notes?: AccessNotes;
  /** How many records `GET /v1/moves` has; for administrators alone. */
  moveRecords?: number;
}

/** How many service accounts have each `AccessNote`. @public */
export type AccessNotes = Record<string, number>;

const notes = z.record(z.number().int()).optional();

/** @public */
export const accessProgressSchema = object<AccessProgress>({
  clusters: z.array(
    z.object({
      ...share,
      cluster: z.string(),
      title: z.string(),
      lookedAt: z.string().optional(),
      usedSince: z.string().optional(),
      gaps: z.array(accessGapSchema),
      nodeGroups: z.array(accessNodeGroupSchema).optional(),
      failure: z.string().optional(),
    }),
  ),
  owners: z.array(
    z.object({ ...share, entityRef: z.string(), title: z.string(), notes }),
  ),
  chosen: z.object(share).optional(),
  days: z.array(
    z.object({
      ...share,
      day: z.string(),
      verdicts: z.record(z.number().int()),
      roads: z.record(z.number().int()),
    }),
  ),
  notes,
  moveRecords: z.number().int().optional(),
});

/** Answer of `GET /v1/moves`. @public */
export interface MoveRecords {
  items: MoveRecord[];
}

/** @public */
export const moveRecordsSchema = object<MoveRecords>({
  items: z.array(moveRecordSchema),
});

/** @public */
export const accessEndpoints = {
  /** Every AWS identity that the caller may see, page by page. */
  listAccess: endpoint({
    route: 'GET /v1/access',
    query: accessQuerySchema,
    answer: accessPageSchema,
    needs: [podIdentityUsePermission, associationReadPermission],
    summary: 'Every AWS identity, page by page',
    description:
      'Needs eks-pod-identity.use. Shows what eks-pod-identity.association.read allows the caller to see; roles and accounts only to administrators, to owners by tag and where a policy decides it for the row.',
    failures: [400, 403],
    cached: true,
    chosen: true,
  }),
  getAccessProgress: endpoint({
    route: 'GET /v1/access/progress',
    query: accessProgressQuerySchema,
    answer: accessProgressSchema,
    needs: [podIdentityUsePermission, associationReadPermission],
    summary: 'How many of them go by Pod Identity, by cluster, owner and day',
    description:
      'Needs eks-pod-identity.use. Counts what eks-pod-identity.association.read allows the caller to see. `days` and `chosen` cover the cluster and owner that the query names; the days of an owner are for administrators and its own members. Who acts as the nodes is for administrators.',
    failures: [400, 403],
    cached: true,
    chosen: true,
  }),
  listMoveRecords: endpoint({
    route: 'GET /v1/moves',
    answer: moveRecordsSchema,
    needs: [associationReadPermission],
    summary: 'What moves have left in trust policies',
    description:
      'For administrators alone, of clusters of which eks-pod-identity.association.read lets them see everything. One record for each service account and role, until it is rolled back.',
    failures: [403],
    chosen: true,
  }),
  planMove: endpoint({
    route: 'GET /v1/access/{cluster}/{namespace}/{name}/move',
    at: ofServiceAccount,
    answer: movePlanSchema,
    needs: [podIdentityUsePermission, associationReadPermission],
    summary: 'How a service account moves from IRSA to Pod Identity, and back',
    description:
      'Needs eks-pod-identity.use, and eks-pod-identity.association.read on the service account. It quotes the trust policy of the role: for administrators, and for the owner whom a tag names, where that policy names only service accounts on IRSA, at most 20, that the owner is allowed to see. Reads the cluster, and changes nothing.',
    failures: [400, 403, 404, 409],
    chosen: true,
  }),
};
