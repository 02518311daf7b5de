import type { VerificationReport } from 'backstage-plugin-eks-pod-identity-common';

/** What differs from run to run, with values of the same shape. */
const CHANCE: Array<[RegExp, string]> = [
  [/\ba-[a-z0-9]{17}\b/g, 'a-0123456789abcdefg'],
  [/\beks-pod-identity-probe-[a-z0-9]+/g, 'eks-pod-identity-probe-0a1b2c'],
  [/\b(payments-ledger)-[a-f0-9]{8,10}-[a-z0-9]{5}\b/g, '$1-5d4f8c7b6d-x2v9k'],
  [
    /[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}/g,
    '6f1d2c3b-0000-4000-8000-000000000001',
  ],
  [/\b127\.0\.0\.1:\d+/g, '127.0.0.1:6443'],
  [/after \d+\.\d s\b/g, 'after 1.2 s'],
];

/** A report without what differs from run to run. */
export function settled(report: VerificationReport): VerificationReport {
  const text = CHANCE.reduce(
    (result, [pattern, value]) => result.replace(pattern, value),
    JSON.stringify(report),
  );
  const { parts, ...same }: VerificationReport = JSON.parse(text);
  return {
    ...same,
    id: '6f1d2c3b-0000-4000-8000-000000000001',
    ...(same.effectiveAfterMs === undefined ? {} : { effectiveAfterMs: 1200 }),
    ...(same.fingerprint ? { fingerprint: 'f'.repeat(64) } : {}),
    ...(same.surroundings ? { surroundings: '5'.repeat(64) } : {}),
    startedAt: '2026-01-31T09:30:00.000Z',
    finishedAt: '2026-01-31T09:30:09.000Z',
    checks: same.checks.map(check => ({ ...check, durationMs: 12 })),
  };
}

/** What neither other texts of checks nor further checks that pass change. */
export const skeleton = ({ status, proof, checks }: VerificationReport) => ({
  status,
  proof,
  checks: checks
    .filter(
      ({ status: answer, becauseOf }) =>
        becauseOf || !['pass', 'skip'].includes(answer),
    )
    .map(({ id, status: answer, becauseOf = '' }) =>
      `${id} ${answer} ${becauseOf}`.trim(),
    ),
});
