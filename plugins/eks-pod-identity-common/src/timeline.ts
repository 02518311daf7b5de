import { z } from 'zod/v3';

/** @public */
export const timelineEntrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('call'),
    service: z.enum(['cloudtrail', 'ec2', 'eks', 'iam', 'sts', 'kubernetes']),
    /** `CreateRole`; of Kubernetes verb and resource, `create pods`. Names no resource. */
    operation: z.string(),
    /** When the portal wanted to make the call. */
    startMs: z.number(),
    /** From then until the request was sent. */
    waitMs: z.number(),
    /** `pacing`: the rate that `eksPodIdentity.pacing` allows; `retry`: the pause after an attempt that failed. */
    waitedFor: z.enum(['pacing', 'retry']).optional(),
    /** From sending the request to the end of its answer. */
    durationMs: z.number(),
    /** `ok`, or the kind of the failure. */
    outcome: z.string(),
  }),
  z.object({
    type: z.literal('pause'),
    /**
     * `propagation`: until AWS or the cluster shows an earlier change; `retry`: after a call that failed; `turn`: until
     * another operation or verification has finished.
     */
    why: z.enum(['propagation', 'retry', 'turn']),
    startMs: z.number(),
    durationMs: z.number(),
  }),
]);

/** A call to AWS or Kubernetes, or a pause between calls. Times are milliseconds, counted from the start of the run. @public */
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

/** @public */
export const timelineSchema = z.object({
  /** How long the run took, milliseconds. */
  durationMs: z.number(),
  /** By their start. */
  entries: z.array(timelineEntrySchema),
  /** How many further entries were not kept. */
  cut: z.number().int(),
});

/**
 * What the run of an operation did and what it waited for, recorded when asked. Of a run that another process carried
 * on it has the last part.
 *
 * @public
 */
export type Timeline = z.infer<typeof timelineSchema>;
