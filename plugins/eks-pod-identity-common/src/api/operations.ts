import { z } from 'zod/v3';
import { entityRef, plain } from '../vocabulary/disclosure';
import {
  type AssociateInput,
  associateInputSchema,
  type MigrateInput,
  migrateInputSchema,
  type RestartInput,
  restartInputSchema,
  type RollbackInput,
  rollbackInputSchema,
  type TeardownInput,
  teardownInputSchema,
  type VerifyInput,
  verifyInputSchema,
} from '../vocabulary/inputs';
import { type Plan, planSchema } from '../vocabulary/plan';
import {
  type ServiceAccountRef,
  serviceAccountRefSchema,
} from '../vocabulary/ref';
import {
  type OperationResult,
  operationResultSchema,
} from '../vocabulary/results';
import { endpoint, type QuerySchema } from './endpoint';
import {
  associationCreatePermission,
  associationDeletePermission,
  associationReadPermission,
  migrationCreatePermission,
  migrationRollbackPermission,
  verificationCreatePermission,
  workloadRestartPermission,
} from '../vocabulary/permissions';
import {
  type OperationError,
  operationErrorSchema,
  type OperationEvent,
  operationEventSchema,
  type OperationState,
  operationStateSchema,
} from './operationEvents';
import { byId } from './places';
import { timelineSchema } from './timeline';
import { fromText, object } from '../vocabulary/schema';

/** @public */
export const operationKindSchema = z.enum([
  'associate',
  'verify',
  'teardown',
  'restart',
  'migrate',
  'rollback',
]);
/** @public */
export type OperationKind = z.infer<typeof operationKindSchema>;

/** One requested associate, verify, teardown, restart, migrate or rollback. @public */
export interface Operation {
  id: string;
  kind: OperationKind;
  ref: ServiceAccountRef;
  entityRef?: string;
  state: OperationState;
  /** Entity ref of the user, or subject of the service, that started it; left out for readers who are not allowed to know it. */
  initiator?: string;
  taskId?: string;
  createdAt: string;
  updatedAt: string;
  finishedAt?: string;
  plan?: Plan;
  result?: OperationResult;
  error?: OperationError;
  /** Highest `seq` of its events. */
  lastSeq: number;
}

/** @public */
export const operationSchema = object<Operation>({
  id: plain(),
  kind: operationKindSchema,
  ref: serviceAccountRefSchema,
  entityRef: entityRef().optional(),
  state: operationStateSchema,
  initiator: entityRef().optional(),
  taskId: plain().optional(),
  createdAt: plain(),
  updatedAt: plain(),
  finishedAt: plain().optional(),
  plan: planSchema.optional(),
  result: operationResultSchema.optional(),
  error: operationErrorSchema.optional(),
  lastSeq: z.number(),
});

/** @public */
export interface StartOf<Kind extends OperationKind, Input> {
  kind: Kind;
  input: Input;
  /** Task id and step id: a retried step gets the operation that it already started. */
  idempotencyKey?: string;
  taskId?: string;
}

/** Body of `POST /v1/operations`. @public */
export type StartOperation =
  | StartOf<'associate', AssociateInput>
  | StartOf<'verify', VerifyInput>
  | StartOf<'teardown', TeardownInput>
  | StartOf<'restart', RestartInput>
  | StartOf<'migrate', MigrateInput>
  | StartOf<'rollback', RollbackInput>;

const startBase = {
  idempotencyKey: z.string().max(256).optional(),
  taskId: z.string().max(200).optional(),
};

function start<Kind extends OperationKind, Input extends z.ZodTypeAny>(
  kind: Kind,
  input: Input,
) {
  return z.object({ ...startBase, kind: z.literal(kind), input });
}

/** @public */
export const startOperationSchema: z.ZodType<StartOperation> =
  z.discriminatedUnion('kind', [
    start('associate', associateInputSchema),
    start('verify', verifyInputSchema),
    start('teardown', teardownInputSchema),
    start('restart', restartInputSchema),
    start('migrate', migrateInputSchema),
    start('rollback', rollbackInputSchema),
  ]);

/** @public */
export interface PlanOfAssociate {
  kind: 'associate';
  input: AssociateInput;
  fresh?: boolean;
}

/** @public */
export interface PlanOfTeardown {
  kind: 'teardown';
  input: TeardownInput;
  fresh?: boolean;
  taskId?: string;
}

/** Body of `POST /v1/plans`. @public */
export type PlanRequest = PlanOfAssociate | PlanOfTeardown;

/** @public */
export const planRequestSchema: z.ZodType<PlanRequest> = z.discriminatedUnion(
  'kind',
  [
    object<PlanOfAssociate>({
      kind: z.literal('associate'),
      input: associateInputSchema,
      fresh: z.boolean().optional(),
    }),
    object<PlanOfTeardown>({
      kind: z.literal('teardown'),
      input: teardownInputSchema,
      fresh: z.boolean().optional(),
      taskId: z.string().max(200).optional(),
    }),
  ],
);

/** @public */
export interface StartQuery {
  /** Records which calls it makes and what it waits for, for `getTimeline`. */
  timeline?: boolean;
}

const startQuerySchema: QuerySchema<StartQuery> = object<StartQuery>({
  // Alone, `?timeline`, it is an empty text.
  timeline: fromText(
    z.enum(['', 'true', 'false']).transform(value => value !== 'false'),
  ).optional(),
});

/** @public */
export interface EventsQuery {
  /** Only events with a greater `seq`. */
  after?: number;
  poll?: 'true' | 'false';
}

/** The largest `seq`: the greatest value of an integer column. @public */
export const MAX_SEQ = 2 ** 31 - 1;

const eventsQuerySchema: QuerySchema<EventsQuery> = object<EventsQuery>({
  after: z.coerce.number().int().min(0).max(MAX_SEQ).optional(),
  poll: z.enum(['true', 'false']).optional(),
});

/** Answer of `GET /v1/operations/{id}/events?poll=true`. @public */
export interface EventPage {
  operation: Operation;
  events: OperationEvent[];
}

/** @public */
export const eventPageSchema = object<EventPage>({
  operation: operationSchema,
  events: z.array(operationEventSchema),
});

/** @public */
export const operationEndpoints = {
  /** What an associate or a teardown would change. */
  plan: endpoint({
    route: 'POST /v1/plans',
    body: planRequestSchema,
    sends: 'plan request',
    answer: planSchema,
    needs: [
      associationCreatePermission,
      associationDeletePermission,
      associationReadPermission,
    ],
    summary: 'Says what an associate or a teardown would change',
    description:
      'Needs eks-pod-identity.association.create (associate) or .delete (teardown) on the service account, and .read where it has an identity already; a user must own entityRef. Writes nothing. Equal requests of callers with equal rights share an answer for 30 seconds unless fresh is set. A few are made for a caller at a time; the work ends when its callers leave.',
    failures: [400, 403, 404, 429],
  }),
  startOperation: endpoint({
    route: 'POST /v1/operations',
    query: startQuerySchema,
    body: startOperationSchema,
    sends: 'operation',
    answer: operationSchema,
    needs: [
      associationCreatePermission,
      verificationCreatePermission,
      associationDeletePermission,
      workloadRestartPermission,
      migrationCreatePermission,
      migrationRollbackPermission,
      associationReadPermission,
    ],
    summary:
      'Starts an associate, a verify, a teardown, a restart, a migrate or a rollback',
    description:
      'Needs eks-pod-identity.association.create, .verification.create, .association.delete, .workload.restart, .migration.create or .migration.rollback on the service account, and .association.read to verify, to restart, to migrate and to roll back, or where it has an identity already; a user must own entityRef. Only the scaffolder and other services name a task. A verify joins an equal one that is running. The same idempotencyKey of the same initiator finds the operation that is running, or that succeeded within the last minute and after which nothing else was asked. What would be too much at a time, for a user or for a service account, is refused with 429 until something has ended. With timeline, the calls and pauses of its run are recorded.',
    failures: [400, 403, 404, 409, 429],
    status: 202,
  }),
  getOperation: endpoint({
    route: 'GET /v1/operations/{id}',
    at: byId,
    answer: operationSchema,
    needs: [associationReadPermission],
    summary: 'One operation with its plan and its result',
    description:
      'Needs eks-pod-identity.association.read on its service account, except for its starter.',
    failures: [403, 404],
    cached: true,
  }),
  cancelOperation: endpoint({
    route: 'DELETE /v1/operations/{id}',
    at: byId,
    answer: operationSchema,
    needs: [],
    summary: 'Cancels an operation',
    description:
      'Only its starter and administrators may. It stops between two steps and cleans up what is temporary; the answer may still say running. A joined verification goes on for those who still follow it.',
    failures: [403, 404],
  }),
  /** Of an operation that was started with `timeline` and has ended. */
  getTimeline: endpoint({
    route: 'GET /v1/operations/{id}/timeline',
    at: byId,
    answer: timelineSchema,
    needs: [associationReadPermission],
    summary: 'Which calls an operation made, and what it waited for',
    description:
      'Needs eks-pod-identity.association.read on its service account, except for its starter. Only of an operation that was started with timeline, once it has ended.',
    failures: [403, 404],
    cached: true,
  }),
  /** Yields every event in order until the operation has finished. */
  followOperation: endpoint({
    route: 'GET /v1/operations/{id}/events',
    at: byId,
    query: eventsQuerySchema,
    headers: {
      'Last-Event-ID': 'Only events with a greater seq; wins over after',
    },
    answer: eventPageSchema,
    needs: [associationReadPermission],
    summary: 'What happens in an operation',
    description:
      'Needs eks-pod-identity.association.read on its service account, except for its starter. Server-sent events until the operation has ended: the id of each is its seq, its data an OperationEvent; a comment comes every 15 seconds. With poll=true one JSON answer with what is new. Resume anywhere, at any replica, with after or Last-Event-ID. A caller may have 30 streams open at a replica; with more, poll.',
    failures: [400, 403, 404, 429],
    stream: true,
  }),
};
