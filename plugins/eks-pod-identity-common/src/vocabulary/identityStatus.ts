import { z } from 'zod/v3';

/** Worst first: the order of every list. */
const STATUSES = [
  'broken',
  'no-pod-has-it',
  'other-identity',
  'pods-not-started',
  'restart-needed',
  'partly-works',
  'could-not-check',
  'setting-up',
  'rolling-out',
  'looks-right',
  'no-workload',
  'no-identity',
  'uses-irsa',
  'verified',
] as const;

/** @public */
export const identityStatusSchema = z.enum(STATUSES);

/**
 * Status of an identity, and of one run: the verdict over the way to it and over the application's pods. `stale` and
 * `verifying` are separate flags. What people read: `STATUS_WORDS`.
 *
 * @public
 */
export type IdentityStatus = z.infer<typeof identityStatusSchema>;

/** Worst first: the order of statuses. The identities of an entity are sorted by `compareHarm`. @public */
export const IDENTITY_STATUS_ORDER: readonly IdentityStatus[] = STATUSES;

/** What the order of several identities of an entity goes by. @public */
export interface RankedIdentity {
  status: IdentityStatus;
  provenAt?: string;
  /** The proof no longer counts, by its age or by what has been replaced since. */
  proofFaded?: boolean;
  changedSince?: 'proof' | 'failure';
}

function harmOf(identity: RankedIdentity): number {
  const { status, provenAt, proofFaded, changedSince } = identity;
  const isKnown = provenAt && !proofFaded && !changedSince;
  return status === 'could-not-check' && isKnown
    ? STATUSES.length
    : STATUSES.indexOf(status);
}

/**
 * Sorts the identities of an entity, the worst first. One that could not be checked outranks a verified one only where
 * nothing is known of it: it was never proven, or too long ago, or changed since.
 *
 * @public
 */
export const compareHarm = (a: RankedIdentity, b: RankedIdentity): number =>
  harmOf(a) - harmOf(b);

/** What version 0.1 called statuses, with what they are now, the first of them where one has to be chosen. */
const FORMER = {
  failed: ['broken'],
  degraded: ['partly-works', 'no-pod-has-it', 'other-identity'],
  inconclusive: ['could-not-check'],
  consistent: ['looks-right'],
  changed: ['looks-right'],
  unverified: ['looks-right', 'could-not-check', 'no-identity'],
} as const satisfies Record<string, readonly IdentityStatus[]>;

type FormerStatus = keyof typeof FORMER;

/** A status as a query names it: of today, or of version 0.1. @public */
export type NamedStatus = IdentityStatus | FormerStatus;

/** @public */
export const namedStatusSchema = z.enum([
  ...STATUSES,
  ...(Object.keys(FORMER) as [FormerStatus, ...FormerStatus[]]),
]);

const isFormer = (status: string): status is FormerStatus =>
  Object.hasOwn(FORMER, status);

/** Statuses that a query means, by an id of today or of version 0.1; none if it is no status. @public */
export function statusesNamed(status: string): readonly IdentityStatus[] {
  if (isFormer(status)) return FORMER[status];
  const known = identityStatusSchema.safeParse(status);
  return known.success ? [known.data] : [];
}

/** A stored status in the words of today: of a row or report that version 0.1 wrote. @public */
export function presentStatus(status: string): IdentityStatus {
  return statusesNamed(status)[0] ?? 'could-not-check';
}

/** What a status means to a pipeline: its pods lack the identity, an answer is missing, or neither. */
const MEANS: Record<IdentityStatus, 'finding' | 'unanswered' | undefined> = {
  broken: 'finding',
  'no-pod-has-it': 'finding',
  'other-identity': 'finding',
  'pods-not-started': 'finding',
  'restart-needed': 'finding',
  'partly-works': 'finding',
  'could-not-check': 'unanswered',
  'setting-up': 'unanswered',
  'rolling-out': 'unanswered',
  'looks-right': undefined,
  'no-workload': undefined,
  'no-identity': undefined,
  'uses-irsa': undefined,
  verified: undefined,
};

/** @public */
export const failOnSchema = z.enum([
  'never',
  'broken',
  'failed',
  'inconclusive',
  'degraded',
]);

/**
 * From which status on a run fails what started it: `broken`, which version 0.1 called `failed`; `inconclusive` adds those
 * that have no answer; `degraded` adds those whose pods lack the identity; `never` nothing.
 *
 * @public
 */
export type FailOn = z.infer<typeof failOnSchema>;

/**
 * What a status means for a step or a program that fails from `failOn` on: a finding, an answer that is missing, or
 * nothing.
 *
 * @public
 */
export function failureOf(
  status: IdentityStatus,
  failOn: FailOn = 'degraded',
): 'finding' | 'unanswered' | undefined {
  const means = MEANS[status];
  switch (failOn) {
    case 'never':
      return undefined;
    case 'degraded':
      return means;
    case 'inconclusive':
      return status === 'broken' || means === 'unanswered' ? means : undefined;
    default:
      return status === 'broken' ? means : undefined;
  }
}

/** True if nothing is wrong and no answer is missing. @public */
export const isGood = (status: IdentityStatus): boolean =>
  MEANS[status] === undefined;
