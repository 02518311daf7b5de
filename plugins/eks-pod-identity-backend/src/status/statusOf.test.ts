import type {
  CheckStatus,
  ReportStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { statusOf } from './statusOf';

const check = (id: string, status: CheckStatus) => ({
  id,
  category: 'credentials' as const,
  title: id,
  status,
  message: `${id} is ${status}`,
  docsUrl: 'docs',
  durationMs: 1,
  attempts: 1,
});

const run = (
  status: ReportStatus,
  options: Partial<VerificationReport> = {},
): VerificationReport => ({
  id: `${status}-${options.finishedAt ?? '1'}`,
  ref: { cluster: 'c', namespace: 'n', serviceAccount: 's' },
  trigger: 'user',
  status,
  proof: 'credentials',
  probe: 'pod',
  fingerprint: 'A',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:00.000Z',
  checks: [
    check('credentials.identity', status === 'failed' ? 'fail' : 'pass'),
    ...(status === 'degraded' ? [check('workloads.injected', 'warn')] : []),
  ],
  engineVersion: 'test',
  ...options,
});
const LOOKED: Partial<Record<ReportStatus, CheckStatus>> = {
  failed: 'fail',
  degraded: 'warn',
};

const look = (status: ReportStatus) =>
  run(status, {
    id: `look-${status}`,
    proof: 'none',
    probe: 'none',
    finishedAt: '2026-01-02T00:00:00.000Z',
    checks: [check('role.trust-policy', LOOKED[status] ?? 'pass')],
  });

describe('statusOf', () => {
  it.each<[string, Parameters<typeof statusOf>[0], string, string | undefined]>(
    [
      ['nothing', {}, 'unverified', undefined],
      ['a look alone', { look: look('consistent') }, 'consistent', undefined],
      [
        'a proof, then a clean look',
        { proof: run('verified'), look: look('consistent'), fingerprint: 'A' },
        'verified',
        undefined,
      ],
      [
        'a proof, then a look that could not see',
        {
          proof: run('verified'),
          look: look('inconclusive'),
          fingerprint: 'A',
        },
        'verified',
        undefined,
      ],
      [
        'a proof, then a look with a failure',
        { proof: run('verified'), look: look('failed'), fingerprint: 'A' },
        'failed',
        undefined,
      ],
      [
        'a proof of something that changed',
        { proof: run('verified'), look: look('consistent'), fingerprint: 'B' },
        'changed',
        'proof',
      ],
      [
        'a failed pod run, then a clean look',
        { proof: run('failed'), look: look('consistent'), fingerprint: 'A' },
        'failed',
        undefined,
      ],
      [
        'a failed pod run of something that changed',
        { proof: run('failed'), look: look('consistent'), fingerprint: 'B' },
        'changed',
        'failure',
      ],
      [
        'a degraded proof whose warning is gone',
        { proof: run('degraded'), look: look('consistent'), fingerprint: 'A' },
        'consistent',
        undefined,
      ],
      [
        'an inconclusive pod run',
        { proof: run('inconclusive', { proof: 'none' }), fingerprint: 'A' },
        'inconclusive',
        undefined,
      ],
    ],
  )('%s', (_title, options, status, changedSince) => {
    const headline = statusOf(options);
    expect([headline.status, headline.changedSince]).toEqual([
      status,
      changedSince,
    ]);
  });

  it('keeps the time of the proof whatever is seen later', () => {
    expect(
      statusOf({
        proof: run('verified'),
        look: look('failed'),
        fingerprint: 'A',
      }),
    ).toMatchObject({
      provenAt: Date.parse('2026-01-01T00:00:00.000Z'),
      lookedAt: Date.parse('2026-01-02T00:00:00.000Z'),
      headline: expect.stringContaining('role.trust-policy is fail'),
    });
    expect(statusOf({ proof: run('failed') }).provenAt).toBeUndefined();
  });
});
