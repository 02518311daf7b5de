import type {
  CheckResult,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { CHECKS } from 'eks-pod-identity-engine';
import {
  checkResult,
  lookOf,
  reportOf,
} from '../../../../../plugins/eks-pod-identity-backend/src/status/__testUtils__/statusReports';
import trust from '../operations/trust-policy.json';
import { NOW } from './world';

const DAY = 24 * 3600_000;

/** The one check that is bad, by the status of the report. */
const BAD: Partial<
  Record<VerificationReport['status'], [string, CheckResult['status']]>
> = {
  broken: ['role.trust-policy', 'fail'],
  'partly-works': ['workloads.injected', 'warn'],
  'could-not-check': ['access.kubernetes', 'unknown'],
};

/** Checks of a pod run only. */
const BY_POD = /^(admission|credentials|permissions|agent\.on-node)/;

function troubleOf({ namespace, serviceAccount }: ServiceAccountRef) {
  return {
    message: `The role of ${serviceAccount} in ${namespace} does not trust pods.eks.amazonaws.com to tag the session, so the agent is refused.`,
    expected: 'sts:AssumeRole and sts:TagSession',
    observed: 'sts:AssumeRole',
    fix: {
      cause: 'The trust policy was written by hand and lacks sts:TagSession.',
      actions: ['Add sts:TagSession to the trust policy', 'Verify again'],
      snippet: {
        language: 'json' as const,
        text: JSON.stringify(trust.Statement[0], undefined, 2),
      },
    },
  };
}

/** What differs from a usual report: who it is of, when, and its checks. */
function contentOf(
  ref: ServiceAccountRef,
  status: VerificationReport['status'],
  probe: VerificationReport['probe'],
  at: number,
) {
  const [bad, how] = BAD[status] ?? [];
  const checks = CHECKS.map(({ id, title }) => {
    if (id === bad) return checkResult(id, how!, troubleOf(ref));
    return probe === 'none' && BY_POD.test(id)
      ? checkResult(id, 'skip', { title, message: 'Only a pod run can tell.' })
      : checkResult(id, 'pass', { title });
  });
  return {
    ref,
    status,
    checks,
    startedAt: new Date(at - 20_000).toISOString(),
    finishedAt: new Date(at).toISOString(),
  };
}

/** Oldest first: half of all were proven by a pod once, nearly all were read by a sweep, some never. */
export function looksAt(
  ref: ServiceAccountRef,
  index: number,
): VerificationReport[] {
  // Scattered, so that every cluster, team and owner has some of every kind
  const bucket = (Math.imul(index + 1, 0x9e3779b1) >>> 16) % 20;
  if (bucket === 19) return [];
  const status =
    (['broken', 'partly-works', 'could-not-check'] as const)[bucket] ??
    'looks-right';
  const lookedAt = NOW - (index % 60) * 30_000;
  const look = lookOf(
    `look-${index}`,
    contentOf(ref, status, 'none', lookedAt),
  );
  if (bucket % 2 === 0) return [look];
  const proven = bucket === 1 ? 'partly-works' : 'verified';
  const provenAt = NOW - DAY - (index % 30) * 3600_000;
  return [
    reportOf(`proof-${index}`, contentOf(ref, proven, 'pod', provenAt)),
    look,
  ];
}
