import { z } from 'zod/v3';
import {
  associateInputSchema,
  restartInputSchema,
  teardownInputSchema,
  verifyInputSchema,
} from './inputs';
import { planSchema } from './plan';
import { serviceAccountRefSchema } from './ref';
import { checkResultSchema } from './report';
import { operationResultSchema } from './results';

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
export const operationErrorSchema = z.object({
  name: z.string(),
  message: z.string(),
});
/** @public */
export type OperationError = z.infer<typeof operationErrorSchema>;

/** @public */
export const operationSchema = z.object({
  id: z.string(),
  kind: operationKindSchema,
  ref: serviceAccountRefSchema,
  entityRef: z.string().optional(),
  state: operationStateSchema,
  /** Entity ref of the user, or subject of the service, that started it; left out for readers who may not know it. */
  initiator: z.string().optional(),
  taskId: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  finishedAt: z.string().optional(),
  plan: planSchema.optional(),
  result: operationResultSchema.optional(),
  error: operationErrorSchema.optional(),
  /** Highest `seq` of its events. */
  lastSeq: z.number(),
});
/** One requested associate, verify, teardown or restart. @public */
export type Operation = z.infer<typeof operationSchema>;

const eventBase = { seq: z.number().int(), at: z.string() };

/** @public */
export const operationEventSchema = z.discriminatedUnion('type', [
  z.object({
    ...eventBase,
    type: z.literal('state'),
    data: z.object({
      state: operationStateSchema,
      message: z.string().optional(),
      error: operationErrorSchema.optional(),
    }),
  }),
  z.object({ ...eventBase, type: z.literal('plan'), data: planSchema }),
  z.object({
    ...eventBase,
    type: z.literal('step'),
    data: z.object({
      id: z.string(),
      status: z.enum(['started', 'done', 'failed', 'skipped', 'waiting']),
      message: z.string(),
      durationMs: z.number().optional(),
    }),
  }),
  z.object({ ...eventBase, type: z.literal('check'), data: checkResultSchema }),
  z.object({
    ...eventBase,
    type: z.literal('log'),
    data: z.object({
      level: z.enum(['info', 'warn', 'error']),
      message: z.string(),
      /** Number of checks that a verification is about to do. */
      checks: z.number().optional(),
    }),
  }),
  z.object({
    ...eventBase,
    type: z.literal('result'),
    data: operationResultSchema,
  }),
]);

/** An event of an operation; `seq` is the event id in the stream. @public */
export type OperationEvent = z.infer<typeof operationEventSchema>;

/** An event before it has been stored. @public */
export type NewOperationEvent = OperationEvent extends infer E
  ? E extends { seq: number; at: string }
    ? Omit<E, 'seq' | 'at'>
    : never
  : never;

const startBase = {
  /** Task id and step id: a retried step gets the operation that it already started. */
  idempotencyKey: z.string().max(256).optional(),
  taskId: z.string().max(200).optional(),
};

/** Body of `POST /v1/operations`. @public */
export const startOperationSchema = z.discriminatedUnion('kind', [
  z.object({
    ...startBase,
    kind: z.literal('associate'),
    input: associateInputSchema,
  }),
  z.object({
    ...startBase,
    kind: z.literal('verify'),
    input: verifyInputSchema,
  }),
  z.object({
    ...startBase,
    kind: z.literal('teardown'),
    input: teardownInputSchema,
  }),
  z.object({
    ...startBase,
    kind: z.literal('restart'),
    input: restartInputSchema,
  }),
]);
/** @public */
export type StartOperation = z.infer<typeof startOperationSchema>;

/** Body of `POST /v1/plans`. @public */
export const planRequestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('associate'),
    input: associateInputSchema,
    fresh: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal('teardown'),
    input: teardownInputSchema,
    fresh: z.boolean().optional(),
    taskId: z.string().max(200).optional(),
  }),
]);
/** @public */
export type PlanRequest = z.infer<typeof planRequestSchema>;

/** True in a final state. @public */
export function isFinished(state: OperationState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}
