import type {
  CheckResult,
  CheckStatus,
  ReportStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { findingsAfter } from './findings';
import { Headline, statusOf } from './statusOf';

const check = (
  id: string,
  status: CheckStatus,
  category: CheckResult['category'] = 'credentials',
): CheckResult => ({
  id,
  category,
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
    ...(status === 'degraded'
      ? [check('workloads.injected', 'warn', 'workloads')]
      : []),
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
    checks: [check('role.trust-policy', LOOKED[status] ?? 'pass', 'role')],
  });

/** As the recorder does it: a proof, then one look after the other. */
function after(
  reports: { proof?: VerificationReport; looks?: VerificationReport[] },
  fingerprint?: string,
): Headline {
  const { proof, looks = [] } = reports;
  let findings = proof ? findingsAfter([], proof, proof) : [];
  for (const one of looks) findings = findingsAfter(findings, one, proof);
  return statusOf({
    proof,
    look: looks.at(-1) ?? proof,
    findings,
    fingerprint,
  });
}

const blocked = (options: Partial<VerificationReport> = {}) =>
  run('inconclusive', {
    proof: 'none',
    finishedAt: '2026-01-02T00:00:00.000Z',
    checks: [check('credentials.agent-answers', 'unknown')],
    ...options,
  });

describe('statusOf', () => {
  it.each<[string, Parameters<typeof after>, string, string | undefined]>([
    ['nothing', [{}], 'unverified', undefined],
    [
      'a look alone',
      [{ looks: [look('consistent')] }],
      'consistent',
      undefined,
    ],
    [
      'a proof, then a clean look',
      [{ proof: run('verified'), looks: [look('consistent')] }, 'A'],
      'verified',
      undefined,
    ],
    [
      'a proof, then a look that could not see',
      [{ proof: run('verified'), looks: [look('inconclusive')] }, 'A'],
      'verified',
      undefined,
    ],
    [
      'a proof, then a look with a failure',
      [{ proof: run('verified'), looks: [look('failed')] }, 'A'],
      'failed',
      undefined,
    ],
    [
      'a proof of something that changed',
      [{ proof: run('verified'), looks: [look('consistent')] }, 'B'],
      'changed',
      'proof',
    ],
    [
      'a failed pod run, then a clean look',
      [{ proof: run('failed'), looks: [look('consistent')] }, 'A'],
      'failed',
      undefined,
    ],
    [
      'a failed pod run, then a look with a warning only',
      [{ proof: run('failed'), looks: [look('degraded')] }, 'A'],
      'failed',
      undefined,
    ],
    [
      'a failed pod run of something that changed',
      [{ proof: run('failed'), looks: [look('consistent')] }, 'B'],
      'changed',
      'failure',
    ],
    [
      'a degraded proof whose warning is gone',
      [
        {
          proof: run('degraded'),
          looks: [
            {
              ...look('consistent'),
              checks: [check('workloads.injected', 'pass', 'workloads')],
            },
          ],
        },
        'A',
      ],
      'verified',
      undefined,
    ],
    [
      'a degraded proof whose warning nobody could look at again',
      [
        {
          proof: run('degraded'),
          looks: [
            {
              ...look('inconclusive'),
              checks: [check('workloads.injected', 'unknown', 'workloads')],
            },
          ],
        },
        'A',
      ],
      'degraded',
      undefined,
    ],
    [
      'a pod that could not run',
      [{ looks: [blocked()] }],
      'inconclusive',
      undefined,
    ],
    [
      'a proof, then a pod that could not run',
      [{ proof: run('verified'), looks: [blocked()] }, 'A'],
      'verified',
      undefined,
    ],
    [
      'a failed pod run, then a pod that could not run',
      [{ proof: run('failed'), looks: [blocked()] }, 'A'],
      'failed',
      undefined,
    ],
    [
      'a change, then a pod that could not run',
      [{ proof: run('verified'), looks: [blocked({ fingerprint: 'B' })] }, 'B'],
      'inconclusive',
      undefined,
    ],
  ])('%s', (_title, options, status, changedSince) => {
    const headline = after(...options);
    expect([headline.status, headline.changedSince]).toEqual([
      status,
      changedSince,
    ]);
  });

  it('tells what was seen last of what is still broken', () => {
    const failed = run('failed');
    expect(
      after({ proof: failed, looks: [look('failed')] }, 'A').headline,
    ).toContain('role.trust-policy is fail');
    expect(
      after({ proof: failed, looks: [look('degraded')] }, 'A').headline,
    ).toBe(after({ proof: failed }, 'A').headline);
  });

  it('names the first broken hop in the order of the run that saw it', () => {
    const proof = run('verified', {
      checks: [
        check('role.trust-policy', 'pass', 'role'),
        check('credentials.identity', 'pass'),
      ],
    });
    const broken = {
      ...look('failed'),
      checks: [
        check('association.matches', 'fail', 'association'),
        check('role.trust-policy', 'fail', 'role'),
      ],
    };
    expect(after({ proof, looks: [broken] }, 'A').headline).toBe(
      'association.matches is fail',
    );
  });

  it('says which of proof and failure something changed since', () => {
    const headline = (proof: VerificationReport) =>
      after({ proof, looks: [look('consistent')] }, 'B').headline;
    expect(headline(run('verified'))).toContain(
      'since this identity was tested',
    );
    expect(headline(run('failed'))).toContain('since this identity failed');
  });

  it('tells of a try to prove it again, but not of a look', () => {
    const proof = run('verified');
    expect(after({ proof, looks: [blocked()] }, 'A').headline).toMatch(
      /A newer test got no answer: /,
    );
    expect(
      after({ proof, looks: [look('consistent')] }, 'A').headline,
    ).not.toMatch(/newer test/);
    expect(after({ proof }, 'A').headline).not.toMatch(/newer test/);
  });

  it('says that it works only where a pod has shown it, and names the warning all the same', () => {
    const warned = check('workloads.injected', 'warn', 'workloads');
    const of = (status: ReportStatus, findings: CheckResult[]) =>
      statusOf({ look: look(status), findings });
    const alone = (...args: Parameters<typeof of>) => of(...args).status;
    expect(alone('inconclusive', [warned])).toBe('inconclusive');
    expect(of('consistent', [warned])).toMatchObject({
      status: 'consistent',
      headline: 'workloads.injected is warn',
    });
    expect(alone('inconclusive', [{ ...warned, status: 'fail' }])).toBe(
      'failed',
    );
  });

  it.each<[string, Partial<CheckResult>, CheckResult[], string, string]>([
    [
      'pods that started earlier, and nothing else',
      {},
      [],
      'restart-needed',
      '2 pods of Deployment api started earlier: restart them.',
    ],
    [
      'a warning beside them',
      {},
      [check('workloads.shadowed', 'warn', 'workloads')],
      'degraded',
      'workloads.injected is warn',
    ],
    [
      'pods that a restart does not fix',
      { restart: undefined },
      [],
      'degraded',
      'workloads.injected is warn',
    ],
  ])(
    'says what a working identity needs: %s',
    (_, older, others, status, headline) => {
      const pods: CheckResult = {
        ...check('workloads.injected', 'warn', 'workloads'),
        restart: [{ kind: 'Deployment', name: 'api', pods: 2 }],
        ...older,
      };
      const proof = run('degraded', {
        checks: [check('credentials.identity', 'pass'), pods, ...others],
      });
      expect(after({ proof }, 'A')).toMatchObject({ status, headline });
      const seen = { ...look('degraded'), checks: [pods, ...others] };
      expect(
        after({ proof: run('verified'), looks: [seen] }, 'A'),
      ).toMatchObject({ status, headline });
    },
  );

  it('keeps the time of the proof whatever is seen later', () => {
    expect(
      after({ proof: run('verified'), looks: [look('failed')] }, 'A'),
    ).toMatchObject({
      provenAt: Date.parse('2026-01-01T00:00:00.000Z'),
      lookedAt: Date.parse('2026-01-02T00:00:00.000Z'),
      headline: expect.stringContaining('role.trust-policy is fail'),
    });
    expect(
      after({ proof: run('verified'), looks: [blocked()] }, 'A'),
    ).toMatchObject({
      provenAt: Date.parse('2026-01-01T00:00:00.000Z'),
      headline:
        'It worked in its last complete test. A newer test got no answer: credentials.agent-answers is unknown',
    });
    expect(statusOf({ proof: run('failed') }).provenAt).toBeUndefined();
  });
});

describe('a finding', () => {
  const proof = run('verified', {
    checks: [
      check('credentials.identity', 'pass'),
      check('agent.on-node', 'note', 'agent'),
    ],
  });
  const saw = (
    checks: VerificationReport['checks'],
    options: Partial<VerificationReport> = {},
  ) => ({ ...look('consistent'), checks, ...options });
  const shadowed = (status: CheckStatus) =>
    check('workloads.shadowed', status, 'workloads');
  const statusAfter = (...looks: VerificationReport[]) =>
    after({ proof, looks }, 'A').status;

  it('stands until somebody has seen it pass', () => {
    const found = saw([shadowed('warn')], { status: 'degraded' });
    expect(statusAfter(found)).toBe('degraded');
    const blind = saw([shadowed('unknown')], { status: 'inconclusive' });
    expect(statusAfter(found, blind)).toBe('degraded');
    expect(statusAfter(found, blind, saw([shadowed('pass')]))).toBe('verified');
    // No pod any more that could be wrong
    expect(statusAfter(found, saw([shadowed('skip')]))).toBe('verified');
  });

  it('stands behind a prerequisite that could not be looked at, not behind one that failed', () => {
    const found = saw([check('role.trust-policy', 'fail', 'role')], {
      status: 'failed',
      fingerprint: undefined,
    });
    const skipped = {
      ...check('role.trust-policy', 'skip', 'role'),
      becauseOf: 'role.exists',
    };
    const behind = (status: CheckStatus) =>
      after(
        {
          proof,
          looks: [found, saw([check('role.exists', status, 'role'), skipped])],
        },
        'A',
      );
    expect(behind('unknown').headline).toBe('role.trust-policy is fail');
    expect(behind('fail').headline).toBe('role.exists is fail');
  });

  it('of a dry run is not undone by a look that makes none', () => {
    const flapping = saw([check('admission.injects', 'warn', 'admission')], {
      status: 'degraded',
      probe: 'admission',
    });
    expect(
      statusAfter(
        flapping,
        saw([check('admission.injects', 'skip', 'admission')]),
      ),
    ).toBe('degraded');
    expect(statusAfter(flapping, saw([]))).toBe('degraded');
    expect(statusAfter(flapping, saw([], { probe: 'admission' }))).toBe(
      'verified',
    );
  });

  it('is none where the proof has seen the same and a pod obtained the identity', () => {
    const agent = saw([check('agent.on-node', 'fail', 'agent')], {
      status: 'failed',
    });
    expect(statusAfter(agent)).toBe('verified');
    expect(after({ proof: run('verified'), looks: [agent] }, 'A').status).toBe(
      'failed',
    );
  });
});
