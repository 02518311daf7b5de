import { z } from 'zod/v3';
import { plain, sentence } from '../vocabulary/disclosure';
import { type Plan, planSchema } from '../vocabulary/plan';
import { type CheckResult, checkResultSchema } from '../vocabulary/report';
import {
  type OperationResult,
  operationResultSchema,
} from '../vocabulary/results';
import { object } from '../vocabulary/schema';

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
  name: plain(),
  message: sentence(),
});

/** True in a final state. @public */
export function isFinished(state: OperationState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

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

const eventBase = { seq: z.number().int(), at: plain() };

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
        message: sentence().optional(),
        error: operationErrorSchema.optional(),
      }),
    ),
    event('plan', planSchema),
    event(
      'step',
      object<OperationStepProgress>({
        id: plain(),
        status: z.enum(['started', 'done', 'failed', 'skipped', 'waiting']),
        message: sentence(),
        durationMs: z.number().optional(),
      }),
    ),
    event('check', checkResultSchema),
    event(
      'log',
      object<OperationLogLine>({
        level: z.enum(['info', 'warn', 'error']),
        message: sentence(),
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
