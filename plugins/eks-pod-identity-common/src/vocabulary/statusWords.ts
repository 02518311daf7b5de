import type { CheckResult, VerificationReport } from './report';
import type { IdentityStatus } from './identityStatus';

/** What people read as the state of an identity: its status, or what overlays it. @public */
export type ShownStatus =
  | IdentityStatus
  | 'verifying'
  | 'setting-up'
  | 'removing'
  | 'stale';

/**
 * The one place for the words of a status, and for what each of them means. Cards, pages, downloads, reports, logs and
 * notifications take them from here; translations begin with them.
 *
 * @public
 */
export const STATUS_WORDS = {
  failed: {
    word: 'Broken',
    meaning: 'Pods do not get the identity, or AWS refuses what they need.',
  },
  degraded: {
    word: 'Works, needs attention',
    meaning: 'A test pod obtained the role, but something else needs fixing.',
  },
  'restart-needed': {
    word: 'Works, restart needed',
    meaning:
      'A test pod obtained the role. Pods that started earlier have to be restarted to get it.',
  },
  inconclusive: {
    word: 'Could not check',
    meaning: 'Something kept the portal from finding out whether it works.',
  },
  changed: {
    word: 'Changed since test',
    meaning:
      'The role, its policies or the association changed after the last test. Verify again.',
  },
  unverified: {
    word: 'New',
    meaning: 'The portal has not looked at this identity yet.',
  },
  consistent: {
    word: 'Not tested',
    meaning:
      'The portal looked at the configuration. No test pod has proven that it works.',
  },
  verified: {
    word: 'Verified',
    meaning: 'A test pod obtained the role.',
  },
  verifying: {
    word: 'Testing…',
    meaning: 'A verification is running.',
  },
  'setting-up': {
    word: 'Setting up…',
    meaning: 'A run creates or changes the role and the association.',
  },
  removing: {
    word: 'Removing…',
    meaning: 'A run removes what the portal created.',
  },
  stale: {
    word: 'Out of date',
    meaning: 'The cluster could not be read since the last check.',
  },
} as const satisfies Record<ShownStatus, { word: string; meaning: string }>;

/** A sentence behind the word of its status, as headlines have it. @public */
export function withWord(status: IdentityStatus, sentence: string): string {
  return `${STATUS_WORDS[status].word}: ${sentence}`;
}

/** A sentence that stands alone: its first letter in upper case. @public */
export function capitalised(sentence: string): string {
  return sentence.charAt(0).toLocaleUpperCase('en-US') + sentence.substring(1);
}

const isWarning = ({ status }: CheckResult) => status === 'warn';

/**
 * Pods that a restart alone would fix: undefined if anything else is wrong too.
 *
 * @public
 */
export function restartNeeded(
  checks: readonly CheckResult[],
): CheckResult['restart'] {
  const [warning, another] = checks.filter(isWarning);
  const isAlone =
    another === undefined && !checks.some(({ status }) => status === 'fail');
  return isAlone ? warning?.restart : undefined;
}

/**
 * The status that a report alone gives to its identity. Warnings of a run whose pod obtained nothing do not say that the
 * identity works.
 *
 * @public
 */
export function statusOfReport(
  report: Pick<VerificationReport, 'status' | 'proof' | 'checks'>,
): IdentityStatus {
  const { status, proof, checks } = report;
  if (status !== 'degraded') return status;
  if (proof === 'none' || proof === 'admission') return 'consistent';
  return restartNeeded(checks) ? 'restart-needed' : 'degraded';
}
