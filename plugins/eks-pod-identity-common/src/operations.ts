import { z } from 'zod/v3';
import {
  type AssociateInput,
  associateInputSchema,
  type RestartInput,
  restartInputSchema,
  type TeardownInput,
  teardownInputSchema,
  type VerifyInput,
  verifyInputSchema,
} from './inputs';
import { type Plan, planSchema } from './plan';
import { type ServiceAccountRef, serviceAccountRefSchema } from './ref';
import { type CheckResult, checkResultSchema } from './report';
import { type OperationResult, operationResultSchema } from './results';
import { object } from './schema';

/** @public */
export const operationKindSchema = z.enum([
  'associate',
  'verify',
  'teardown',
  'restart',
]);
/** @public */
export type OperationKind = z.infer<typeof operationKindSchema>;

/** @public */
export const operationStateSchema = z.enum([
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
]);
/** @public */
export type OperationState = z.infer<typeof operationStateSchema>;

/** An error as it crosses the wire: the class's name and a sentence a user can act on. @public */
export interface OperationError {
  name: string;
  message: string;
}

/** @public */
export const operationErrorSchema = object<OperationError>({
  name: z.string(),
  message: z.string(),
});

/** One requested associate, verify, teardown or restart. @public */
export interface Operation {
  id: string;
  kind: OperationKind;
  ref: ServiceAccountRef;
  entityRef?: string;
  state: OperationState;
  /** Entity ref of the user, or subject of the service, that started it; left out for readers who may not know it. */
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
  id: z.string(),
  kind: operationKindSchema,
  ref: serviceAccountRefSchema,
  entityRef: z.string().optional(),
  state: operationStateSchema,
  initiator: z.string().optional(),
  taskId: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  finishedAt: z.string().optional(),
  plan: planSchema.optional(),
  result: operationResultSchema.optional(),
  error: operationErrorSchema.optional(),
  lastSeq: z.number(),
});

/** @public */
export interface OperationEventOf<Type extends string, Data> {
  seq: number;
  /** ISO 8601. */
  at: string;
  type: Type;
  data: Data;
}

/** @public */
export interface OperationStateChange {
  state: OperationState;
  message?: string;
  error?: OperationError;
}

/** @public */
export interface OperationStepProgress {
  id: string;
  status: 'started' | 'done' | 'failed' | 'skipped' | 'waiting';
  message: string;
  durationMs?: number;
}

/** @public */
export interface OperationLogLine {
  level: 'info' | 'warn' | 'error';
  message: string;
  /** Number of checks that a verification is about to do. */
  checks?: number;
}

/** An event of an operation; `seq` is the event id in the stream. @public */
export type OperationEvent =
  | OperationEventOf<'state', OperationStateChange>
  | OperationEventOf<'plan', Plan>
  | OperationEventOf<'step', OperationStepProgress>
  | OperationEventOf<'check', CheckResult>
  | OperationEventOf<'log', OperationLogLine>
  | OperationEventOf<'result', OperationResult>;

const eventBase = { seq: z.number().int(), at: z.string() };

function event<Type extends string, Data extends z.ZodTypeAny>(
  type: Type,
  data: Data,
) {
  return z.object({ ...eventBase, type: z.literal(type), data });
}

/** @public */
export const operationEventSchema: z.ZodType<OperationEvent> =
  z.discriminatedUnion('type', [
    event(
      'state',
      object<OperationStateChange>({
        state: operationStateSchema,
        message: z.string().optional(),
        error: operationErrorSchema.optional(),
      }),
    ),
    event('plan', planSchema),
    event(
      'step',
      object<OperationStepProgress>({
        id: z.string(),
        status: z.enum(['started', 'done', 'failed', 'skipped', 'waiting']),
        message: z.string(),
        durationMs: z.number().optional(),
      }),
    ),
    event('check', checkResultSchema),
    event(
      'log',
      object<OperationLogLine>({
        level: z.enum(['info', 'warn', 'error']),
        message: z.string(),
        checks: z.number().optional(),
      }),
    ),
    event('result', operationResultSchema),
  ]);

/** An event before it has been stored. @public */
export type NewOperationEvent = OperationEvent extends infer E
  ? E extends { seq: number; at: string }
    ? Omit<E, 'seq' | 'at'>
    : never
  : never;

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
  | StartOf<'restart', RestartInput>;

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

/** True in a final state. @public */
export function isFinished(state: OperationState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}
