import type {
  CheckResult,
  CheckStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { findingsAfter, needsRun, withFindings } from './findings';

const check = (
  id: string,
  status: CheckStatus,
  more: Partial<CheckResult> = {},
): CheckResult => ({
  id,
  category: id.split('.')[0] as CheckResult['category'],
  title: id,
  status,
  message: `${id} is ${status}`,
  docsUrl: 'docs',
  durationMs: 1,
  attempts: 1,
  ...more,
});

const report = (
  probe: VerificationReport['probe'],
  checks: CheckResult[],
  more: Partial<VerificationReport> = {},
): VerificationReport => ({
  id: `${probe}-run`,
  ref: { cluster: 'c', namespace: 'n', serviceAccount: 's' },
  trigger: 'user',
  status: 'looks-right',
  proof: 'none',
  probe,
  fingerprint: 'A',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:00.000Z',
  checks,
  engineVersion: 'test',
  ...more,
});

const seen = (findings: CheckResult[]) =>
  findings.map(({ id, status }) => `${id} ${status}`);

describe('needsRun', () => {
  it.each([
    ['credentials.identity', true],
    ['permissions.list', true],
    ['admission.injects', true],
    ['role.trust-policy', false],
    ['agent.on-node', false],
    ['workloads.injected', false],
    ['association.exists', false],
  ])('%s: %s', (id, expected) => {
    expect(needsRun(check(id, 'fail'))).toBe(expected);
  });
});

describe('findingsAfter', () => {
  const proof = report('pod', [check('credentials.identity', 'pass')], {
    id: 'proof',
  });
  const after = (before: CheckResult, next: VerificationReport) =>
    seen(findingsAfter([before], next, proof));

  it('keeps what the report itself has found, and nothing that is in order', () => {
    const look = report('none', [
      check('cluster.active', 'pass'),
      check('association.matches', 'fail'),
      check('workloads.injected', 'warn'),
      check('role.exists', 'unknown'),
    ]);
    expect(seen(findingsAfter([], look, undefined))).toEqual([
      'association.matches fail',
      'workloads.injected warn',
    ]);
  });

  it('starts over with each proof', () => {
    const next = report('pod', [check('workloads.injected', 'unknown')]);
    const before = [check('workloads.injected', 'warn')];
    expect(findingsAfter(before, next, next)).toEqual([]);
    expect(seen(findingsAfter(before, next, proof))).toEqual([
      'workloads.injected warn',
    ]);
  });

  it.each<[string, VerificationReport['probe'], boolean]>([
    ['permissions.list', 'none', true],
    ['permissions.list', 'admission', true],
    ['permissions.list', 'pod', false],
    ['credentials.imds', 'admission', true],
    ['admission.injects', 'none', true],
    ['admission.injects', 'admission', false],
    ['admission.injects', 'pod', false],
    ['role.exists', 'none', false],
  ])(
    'after a run that does not mention it, %s with the probe %s stands: %s',
    (id, probe, stands) => {
      expect(after(check(id, 'fail'), report(probe, []))).toHaveLength(
        stands ? 1 : 0,
      );
    },
  );

  it('believes an answer, whatever probe it took', () => {
    const finding = check('permissions.list', 'warn');
    const answer = report('none', [check('permissions.list', 'pass')]);
    expect(after(finding, answer)).toEqual([]);
  });

  const kept = (id: string, status: CheckStatus = 'skip') =>
    check(id, status, { withheld: true });

  it.each<[string, string, CheckResult[]]>([
    ['of its own', 'permissions.list', []],
    ['of any group', 'credentials.node-groups', []],
    ['for a test', 'permissions.list', [kept('permissions.list')]],
    [
      'for a test that was asked for',
      'permissions.list',
      [kept('permissions.list', 'unknown')],
    ],
  ])('takes no answer of a run that got no pod %s: %s', (_, id, more) => {
    const refused = {
      ...report('admission', [kept('credentials.identity'), ...more]),
      withheld: 'pod' as const,
    };
    expect(after(check(id, 'fail'), refused)).toEqual([`${id} fail`]);
    expect(after(check('admission.injects', 'fail'), refused)).toEqual([]);
  });

  it.each<[string, CheckResult[]]>([
    ['named and skipped', [kept('permissions.list')]],
    ['named and missing', [kept('permissions.list', 'unknown')]],
    ['hidden behind another name', [kept('permissions.x', 'unknown')]],
    ['not named', []],
  ])('takes no answer of a proof that was kept from tests: %s', (_, tests) => {
    const before = [
      check('permissions.list', 'fail'),
      check('credentials.imds', 'warn'),
    ];
    const run = report('pod', [
      check('credentials.identity', 'pass'),
      ...tests,
    ]);
    const next = { ...run, withheld: 'tests' as const };
    expect(findingsAfter(before, next, next)).toEqual([before[0]]);
    // Another user could have had it tried, and did not want that
    expect(findingsAfter(before, run, run)).toEqual([]);
  });

  it.each<[CheckStatus, boolean]>([
    ['unknown', true],
    ['fail', false],
  ])(
    'behind a prerequisite that is %s, the finding stands: %s',
    (status, stands) => {
      const skipped = check('role.trust-policy', 'skip', {
        becauseOf: 'role.exists',
      });
      const look = report('none', [check('role.exists', status), skipped]);
      expect(
        after(check('role.trust-policy', 'fail'), look).includes(
          'role.trust-policy fail',
        ),
      ).toBe(stands);
    },
  );
});

describe('a failure that the proof saw as well', () => {
  const proof = report(
    'pod',
    [
      check('credentials.identity', 'pass'),
      check('agent.on-node', 'note'),
      check('role.trust-policy', 'warn'),
      check('association.matches', 'note'),
      check('role.exists', 'pass'),
    ],
    { id: 'proof' },
  );
  const look = (id: string, status: CheckStatus = 'fail', more = {}) =>
    report('none', [check(id, status)], more);

  it('is no worse than it was then, for agent and role', () => {
    expect(findingsAfter([], look('agent.on-node'), proof)).toEqual([]);
    expect(findingsAfter([], look('role.trust-policy'), proof)).toEqual([
      proof.checks[2],
    ]);
  });

  it.each<[string, VerificationReport, VerificationReport | undefined]>([
    ['another category', look('association.matches'), proof],
    ['a check that had passed', look('role.exists'), proof],
    ['a check that the proof does not have', look('role.tags'), proof],
    [
      'another identity',
      look('agent.on-node', 'fail', { fingerprint: 'B' }),
      proof,
    ],
    [
      'an unknown identity',
      look('agent.on-node', 'fail', { fingerprint: undefined }),
      { ...proof, fingerprint: undefined },
    ],
    [
      'a run in which no pod obtained the identity',
      look('agent.on-node'),
      { ...proof, checks: proof.checks.slice(1) },
    ],
    ['no proof', look('agent.on-node'), undefined],
  ])('counts with %s', (_what, next, known) => {
    expect(findingsAfter([], next, known)).toEqual(next.checks);
  });

  it('leaves a warning as it is', () => {
    const warned = look('agent.on-node', 'warn');
    expect(findingsAfter([], warned, proof)).toEqual(warned.checks);
  });
});

describe('withFindings', () => {
  it('shows the findings in their place, and no other warning or failure', () => {
    const saw = report('none', [
      check('cluster.active', 'pass'),
      check('association.matches', 'fail'),
      check('role.exists', 'warn'),
      check('role.trust-policy', 'unknown'),
    ]);
    const findings = [
      check('role.exists', 'fail'),
      check('workloads.injected', 'warn'),
    ];
    const shown = withFindings(saw, findings);
    expect(seen(shown.checks)).toEqual([
      'cluster.active pass',
      'association.matches note',
      'role.exists fail',
      'role.trust-policy unknown',
      'workloads.injected warn',
    ]);
    expect(shown).toEqual({ ...saw, checks: shown.checks });
  });
});
