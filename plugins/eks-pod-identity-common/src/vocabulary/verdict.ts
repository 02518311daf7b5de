import { z } from 'zod/v3';
import { plain, sentence } from './disclosure';
import type { IdentityStatus } from './identityStatus';
import { object } from './schema';

/** By then a change has reached every part of AWS: a refusal that is left after it stays. @public */
export const SPREAD_MS = 5 * 60_000;

/** Age from which a proof no longer counts. @public */
export const PROOF_MAX_AGE_MS = 30 * 24 * 3_600_000;

/** @public */
export const waySchema = z.enum(['proven', 'looks-right', 'broken', 'unknown']);

/**
 * The way: whether a pod of the component that starts now would get the identity. `proven` by a test pod, or by a pod of
 * the application that obtained the role after the last change.
 *
 * @public
 */
export type Way = z.infer<typeof waySchema>;

/** @public */
export const workloadsStateSchema = z.enum([
  'all',
  'some',
  'none',
  'other',
  'not-started',
  'rolling-out',
  'no-pods',
  'no-workload',
  'unknown',
]);

/**
 * Which of the application's pods have the identity. `other`: another identity comes before it in all of them. `no-pods`:
 * none runs, and their templates are as they should be. `no-workload`: there is neither a pod nor a template.
 *
 * @public
 */
export type WorkloadsState = z.infer<typeof workloadsStateSchema>;

/** What a run found of the application's pods. @public */
export interface WorkloadsFound {
  state: WorkloadsState;
  /** Running pods that have the identity, and act with it. */
  good: number;
  /** Running pods. */
  all: number;
  /** Of `rolling-out`: how many of the pods of the newest revision run. */
  rollout?: { running: number; wanted: number };
  /** True where age alone is the reason: a restart cures it. */
  restart?: boolean;
  /** Of `other`: `static keys`, `IRSA`. */
  other?: string;
  /** Why nothing is known of them. */
  lack?: string;
  /** The check whose message says what is wrong. */
  check?: string;
}

/** @public */
export const workloadsFoundSchema = object<WorkloadsFound>({
  state: workloadsStateSchema,
  good: z.number(),
  all: z.number(),
  rollout: z.object({ running: z.number(), wanted: z.number() }).optional(),
  restart: z.boolean().optional(),
  other: sentence().optional(),
  lack: sentence().optional(),
  check: plain().optional(),
});

const LACKING = {
  some: 'partly-works',
  none: 'no-pod-has-it',
  other: 'other-identity',
} as const satisfies Partial<Record<WorkloadsState, IdentityStatus>>;

const ON_THE_WAY: Record<Way, IdentityStatus> = {
  proven: 'verified',
  'looks-right': 'looks-right',
  broken: 'broken',
  unknown: 'could-not-check',
};

/**
 * The one status of an identity, of two answers: whether a pod that starts now would get it, and whether those that run
 * have it. A lack that is known counts, whatever else is not known.
 *
 * @param workloads - undefined where the pods are not to be looked at, and in reports of version 0.1: only the way counts
 * @public
 */
export function verdictOf(
  way: Way,
  workloads: WorkloadsFound | undefined,
): IdentityStatus {
  if (way === 'broken') return 'broken';
  switch (workloads?.state) {
    case 'some':
    case 'none':
    case 'other':
      return workloads.restart ? 'restart-needed' : LACKING[workloads.state];
    case 'not-started':
      return 'pods-not-started';
    case 'rolling-out':
      return 'rolling-out';
    case 'no-workload':
      return way === 'unknown' ? 'could-not-check' : 'no-workload';
    case 'unknown':
      return 'could-not-check';
    default:
      return ON_THE_WAY[way];
  }
}
