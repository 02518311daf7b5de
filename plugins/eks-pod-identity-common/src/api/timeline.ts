import { z } from 'zod/v3';
import { plain } from '../vocabulary/disclosure';
import { object } from '../vocabulary/schema';

/** A call to AWS or Kubernetes. @public */
export interface TimelineCall {
  type: 'call';
  service: 'cloudtrail' | 'ec2' | 'eks' | 'iam' | 'sts' | 'kubernetes';
  /** `CreateRole`; of Kubernetes verb and resource, `create pods`. Names no resource. */
  operation: string;
  /** When the portal wanted to make the call. */
  startMs: number;
  /** From then until the request was sent. */
  waitMs: number;
  /** `pacing`: the rate that `eksPodIdentity.pacing` allows; `retry`: the pause after an attempt that failed. */
  waitedFor?: 'pacing' | 'retry';
  /** From sending the request to the end of its answer. */
  durationMs: number;
  /** `ok`, or the kind of the failure. */
  outcome: string;
}

/** A pause between calls. @public */
export interface TimelinePause {
  type: 'pause';
  /**
   * `propagation`: until AWS or the cluster shows an earlier change; `retry`: after a call that failed; `turn`: until
   * another operation or verification has finished.
   */
  why: 'propagation' | 'retry' | 'turn';
  startMs: number;
  durationMs: number;
}

/** Times are milliseconds, counted from the start of the run. @public */
export type TimelineEntry = TimelineCall | TimelinePause;

const timelineEntrySchema: z.ZodType<TimelineEntry> = z.discriminatedUnion(
  'type',
  [
    object<TimelineCall>({
      type: z.literal('call'),
      service: z.enum(['cloudtrail', 'ec2', 'eks', 'iam', 'sts', 'kubernetes']),
      operation: plain(),
      startMs: z.number(),
      waitMs: z.number(),
      waitedFor: z.enum(['pacing', 'retry']).optional(),
      durationMs: z.number(),
      outcome: plain(),
    }),
    object<TimelinePause>({
      type: z.literal('pause'),
      why: z.enum(['propagation', 'retry', 'turn']),
      startMs: z.number(),
      durationMs: z.number(),
    }),
  ],
);

/**
 * What the run of an operation did and what it waited for, recorded when asked. Of a run that another process carried
 * on it has the last part.
 *
 * @public
 */
export interface Timeline {
  /** How long the run took, milliseconds. */
  durationMs: number;
  /** By their start. */
  entries: TimelineEntry[];
  /** How many further entries were not kept. */
  cut: number;
}

/** @public */
export const timelineSchema = object<Timeline>({
  durationMs: z.number(),
  entries: z.array(timelineEntrySchema),
  cut: z.number().int(),
});
