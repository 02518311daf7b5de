import { z } from 'zod/v3';
import { entityRef, plain, sentence } from '../vocabulary/disclosure';
import { entityRefSchema } from '../vocabulary/entityRef';
import {
  associationReadPermission,
  migrationCreatePermission,
  podIdentityUsePermission,
  workloadRestartPermission,
} from '../vocabulary/permissions';
import {
  type ServiceAccountRef,
  serviceAccountRefSchema,
} from '../vocabulary/ref';
import { object } from '../vocabulary/schema';
import { endpoint } from './endpoint';
import { byId } from './places';

/** Service accounts that one queue takes, at most. @public */
export const MAX_QUEUED_MOVES = 100;

/** @public */
export const queuedMoveStateSchema = z.enum([
  'waiting',
  'moving',
  'moved',
  /** It was not moved, and nothing of it was changed: the next one follows. */
  'left-out',
  /** It failed, or waits for a person: the queue has ended with it. */
  'failed',
]);
/** @public */
export type QueuedMoveState = z.infer<typeof queuedMoveStateSchema>;

/** @public */
export interface QueuedMove {
  ref: ServiceAccountRef;
  entityRef?: string;
  state: QueuedMoveState;
  /** Once it has begun. */
  operationId?: string;
  /** Why it failed, was left out, or was not begun before its queue ended. */
  message?: string;
}

/** @public */
export const moveQueueStateSchema = z.enum(['running', 'stopping', 'ended']);

/** Moves of one team, one after the other. @public */
export interface MoveQueue {
  id: string;
  /** Entity ref of the group or user whose components are moved. */
  ownedBy: string;
  /** `stopping`: what moves now goes on to its end, and nothing after it. */
  state: z.infer<typeof moveQueueStateSchema>;
  /** Why it ended before its last move, or what it waits for. */
  why?: string;
  /** Entity ref of who started it. */
  initiator?: string;
  /** ISO 8601. */
  createdAt: string;
  /** ISO 8601. */
  finishedAt?: string;
  /** In the order in which they are moved. */
  moves: QueuedMove[];
}

/** @public */
export const moveQueueSchema = object<MoveQueue>({
  id: plain(),
  ownedBy: plain(),
  state: moveQueueStateSchema,
  why: sentence().optional(),
  initiator: entityRef().optional(),
  createdAt: plain(),
  finishedAt: plain().optional(),
  moves: z.array(
    object<QueuedMove>({
      ref: serviceAccountRefSchema,
      entityRef: entityRef().optional(),
      state: queuedMoveStateSchema,
      operationId: plain().optional(),
      message: sentence().optional(),
    }),
  ),
});

/** Body of `POST /v1/move-queues`. @public */
export interface StartMoveQueue {
  /** Entity ref of the group or user that owns the components. */
  ownedBy: string;
  /** What is moved, in this order. */
  refs: ServiceAccountRef[];
}

/** @public */
export const startMoveQueueSchema = object<StartMoveQueue>({
  ownedBy: entityRefSchema,
  refs: z.array(serviceAccountRefSchema).min(1).max(MAX_QUEUED_MOVES),
});

/** Answer of `GET /v1/move-queues`. @public */
export interface MoveQueues {
  /** The latest first. */
  items: MoveQueue[];
  /** Whether the caller may start one; of each service account that is asked again. */
  canStart: boolean;
}

/** @public */
export const moveQueuesSchema = object<MoveQueues>({
  items: z.array(moveQueueSchema),
  canStart: z.boolean(),
});

/** A rule of `moves.rules`, and what it would move as the last look has found it. @public */
export interface MoveRuleState {
  /** Id. */
  cluster: string;
  /** ARN. */
  roleArn: string;
  /** Patterns of the namespace and of the service account, with a slash between them. */
  pattern: string;
  /** It moves nothing, and only says what it would. */
  isPreview: boolean;
  /** Why it begins no move now. */
  waits?: string;
  /** What it would move, at most 50 of `readyCount`. */
  ready: { ref: ServiceAccountRef }[];
  readyCount: number;
  /** What fits it and is left alone, at most 50 of `leftOutCount`. */
  leftOut: { ref: ServiceAccountRef; why: string }[];
  leftOutCount: number;
}

/** Answer of `GET /v1/move-rules`. @public */
export interface MoveRules {
  items: MoveRuleState[];
}

/** @public */
export const moveRulesSchema = object<MoveRules>({
  items: z.array(
    object<MoveRuleState>({
      cluster: plain(),
      roleArn: plain(),
      pattern: plain(),
      isPreview: z.boolean(),
      waits: sentence().optional(),
      ready: z.array(z.object({ ref: serviceAccountRefSchema })),
      readyCount: z.number().int(),
      leftOut: z.array(
        z.object({ ref: serviceAccountRefSchema, why: sentence() }),
      ),
      leftOutCount: z.number().int(),
    }),
  ),
});

/** @public */
export const moveQueueEndpoints = {
  listMoveRules: endpoint({
    route: 'GET /v1/move-rules',
    answer: moveRulesSchema,
    needs: [associationReadPermission],
    summary: 'What the rules for moves would move, and what they leave alone',
    description:
      'For administrators alone, of clusters of which eks-pod-identity.association.read lets them see everything. As the last look at each cluster has found it.',
    failures: [403],
  }),
  listMoveQueues: endpoint({
    route: 'GET /v1/move-queues',
    answer: moveQueuesSchema,
    needs: [podIdentityUsePermission],
    summary: 'Queues of moves',
    description:
      'Needs eks-pod-identity.use. Those that the caller started, and those of the teams of the caller; to administrators all. What has not ended comes first, then the last 20.',
    failures: [403],
    cached: true,
  }),
  startMoveQueue: endpoint({
    route: 'POST /v1/move-queues',
    body: startMoveQueueSchema,
    sends: 'queue of moves',
    answer: moveQueueSchema,
    needs: [
      migrationCreatePermission,
      workloadRestartPermission,
      associationReadPermission,
    ],
    summary: 'Moves service accounts of a team, one after the other',
    description:
      'Takes what `POST /v1/operations` takes for each service account: eks-pod-identity.migration.create, .workload.restart and .association.read, and a user must own its component, and belong to ownedBy or be an administrator. What is not ready, is not of ownedBy, or is not allowed, is left out and says why. The first move that fails, or waits for a person, ends the queue, and so does its 24th hour. A team has one queue at a time.',
    failures: [400, 403, 409],
    status: 202,
  }),
  stopMoveQueue: endpoint({
    route: 'DELETE /v1/move-queues/{id}',
    at: byId,
    answer: moveQueueSchema,
    needs: [],
    summary: 'Lets a queue move nothing more',
    description:
      'Only who started it, members of ownedBy and administrators may. What moves now goes on to its end; cancel its operation to end that too.',
    failures: [403, 404],
  }),
};
