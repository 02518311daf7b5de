import type {
  CheckResult,
  CheckStatus,
  IdentityStatus,
  VerificationReport,
  Way,
  WorkloadsFound,
} from 'backstage-plugin-eks-pod-identity-common';
import { findingsAfter } from './findings';
import { type Headline, type Known, statusOf } from './statusOf';

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

const WAY_OF: Partial<Record<IdentityStatus, Way>> = {
  broken: 'broken',
  'could-not-check': 'unknown',
  'looks-right': 'looks-right',
};

const run = (
  status: IdentityStatus,
  options: Partial<VerificationReport> = {},
): VerificationReport => ({
  id: `${status}-${options.finishedAt ?? '1'}`,
  ref: { cluster: 'c', namespace: 'n', serviceAccount: 's' },
  trigger: 'user',
  status,
  way: WAY_OF[status] ?? 'proven',
  proof: 'credentials',
  probe: 'pod',
  fingerprint: 'A',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:00.000Z',
  checks: [
    check('credentials.identity', status === 'broken' ? 'fail' : 'pass'),
  ],
  engineVersion: 'test',
  ...options,
});

const look = (
  status: IdentityStatus,
  options: Partial<VerificationReport> = {},
) =>
  run(status, {
    id: `look-${status}`,
    proof: 'none',
    probe: 'none',
    trigger: 'schedule',
    finishedAt: '2026-01-02T00:00:00.000Z',
    checks: [
      check('role.trust-policy', status === 'broken' ? 'fail' : 'pass', 'role'),
    ],
    ...options,
  });

const pods = (
  state: WorkloadsFound['state'],
  more: Partial<WorkloadsFound> = {},
): WorkloadsFound => ({
  state,
  good: 0,
  all: 2,
  check: 'workloads.injected',
  ...more,
});

const injected = (status: CheckStatus, more: Partial<CheckResult> = {}) => ({
  ...check('workloads.injected', status, 'workloads'),
  ...more,
});

/** A sweep that saw pods like that. */
const sawPods = (
  workloads: WorkloadsFound,
  more: Partial<VerificationReport> = {},
) =>
  look('looks-right', {
    id: `look-${workloads.state}`,
    checks: [injected(workloads.state === 'all' ? 'pass' : 'warn')],
    workloads,
    ...more,
  });

/** As the recorder does it: a proof, then one look after the other. */
function after(
  reports: { proof?: VerificationReport; looks?: VerificationReport[] },
  more: Partial<Known> = {},
): Headline {
  const { proof, looks = [] } = reports;
  let findings = proof ? findingsAfter([], proof, proof) : [];
  for (const one of looks) findings = findingsAfter(findings, one, proof);
  const last = looks.at(-1) ?? proof;
  return statusOf({
    proof,
    look: last,
    findings,
    fingerprint: 'A',
    workloads: last?.workloads,
    unseen: last?.way === 'unknown' && last.trigger !== 'schedule',
    ...more,
  });
}

const blocked = (options: Partial<VerificationReport> = {}) =>
  run('could-not-check', {
    proof: 'none',
    finishedAt: '2026-01-02T00:00:00.000Z',
    checks: [check('credentials.agent-answers', 'unknown')],
    ...options,
  });
const another = { fingerprint: 'B' };
const keptFromPod = (options: Partial<VerificationReport> = {}) =>
  look('looks-right', {
    probe: 'admission',
    withheld: 'pod',
    checks: [{ ...check('credentials.identity', 'skip'), withheld: true }],
    ...options,
  });
const failedTest = run('verified', {
  status: 'broken',
  way: 'broken',
  checks: [
    check('credentials.identity', 'pass'),
    check('permissions.list', 'fail', 'permissions'),
  ],
});

describe('statusOf', () => {
  it.each<[string, Parameters<typeof after>, string, string | undefined]>([
    ['nothing', [{}], 'could-not-check', undefined],
    [
      'a look alone',
      [{ looks: [look('looks-right')] }],
      'looks-right',
      undefined,
    ],
    [
      'a look alone, which saw the application use it',
      [{ looks: [look('verified')] }],
      'verified',
      undefined,
    ],
    [
      'a proof, then a clean look',
      [{ proof: run('verified'), looks: [look('looks-right')] }],
      'verified',
      undefined,
    ],
    [
      'a proof, then a sweep that could not see',
      [{ proof: run('verified'), looks: [look('could-not-check')] }],
      'verified',
      undefined,
    ],
    [
      'a proof, then sweeps that could not see',
      [
        { proof: run('verified'), looks: [look('could-not-check')] },
        { unseen: true },
      ],
      'could-not-check',
      undefined,
    ],
    [
      'a proof, then a look with a failure',
      [{ proof: run('verified'), looks: [look('broken')] }],
      'broken',
      undefined,
    ],
    [
      'a proof of something that changed',
      [{ proof: run('verified'), looks: [look('looks-right')] }, another],
      'looks-right',
      'proof',
    ],
    [
      'a failed pod run, then a clean look',
      [{ proof: run('broken'), looks: [look('looks-right')] }],
      'broken',
      undefined,
    ],
    [
      'a failed pod run, then a look at pods that lack it',
      [{ proof: run('broken'), looks: [sawPods(pods('none'))] }],
      'broken',
      undefined,
    ],
    [
      'a failed pod run of something that changed',
      [{ proof: run('broken'), looks: [look('looks-right')] }, another],
      'looks-right',
      'failure',
    ],
    [
      'a pod that could not run',
      [{ looks: [blocked()] }],
      'could-not-check',
      undefined,
    ],
    [
      'a proof, then a pod that could not run',
      [{ proof: run('verified'), looks: [blocked()] }],
      'could-not-check',
      undefined,
    ],
    [
      'a failed pod run, then a pod that could not run',
      [{ proof: run('broken'), looks: [blocked()] }],
      'broken',
      undefined,
    ],
    [
      'a change, then a pod that could not run',
      [{ proof: run('verified'), looks: [blocked(another)] }, another],
      'could-not-check',
      'proof',
    ],
    [
      'a change, then a run that was kept from its pod',
      [{ proof: run('verified'), looks: [keptFromPod(another)] }, another],
      'looks-right',
      'proof',
    ],
    [
      'a failed test, then a run that was kept from its pod',
      [{ proof: failedTest, looks: [keptFromPod()] }],
      'broken',
      undefined,
    ],
    [
      'a proof, and pods that have it',
      [{ proof: run('verified'), looks: [sawPods(pods('all'))] }],
      'verified',
      undefined,
    ],
    [
      'a proof, and pods that lack it',
      [{ proof: run('verified'), looks: [sawPods(pods('none'))] }],
      'no-pod-has-it',
      undefined,
    ],
    [
      'no proof, and pods that use keys',
      [{ looks: [sawPods(pods('other'))] }],
      'other-identity',
      undefined,
    ],
    [
      'a proof, and pods that could not be looked at',
      [{ proof: run('verified', { workloads: pods('unknown') }) }],
      'could-not-check',
      undefined,
    ],
    [
      'a change, and pods that lack it',
      [{ proof: run('verified'), looks: [sawPods(pods('some'))] }, another],
      'partly-works',
      'proof',
    ],
    [
      'pods that lack it, then a pod that could not run',
      [
        { proof: run('verified'), looks: [sawPods(pods('none')), blocked()] },
        { workloads: pods('none') },
      ],
      'no-pod-has-it',
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
    const failed = run('broken');
    expect(
      after({ proof: failed, looks: [look('broken')] }).headline,
    ).toContain('role.trust-policy is fail');
    expect(
      after({ proof: failed, looks: [look('partly-works')] }).headline,
    ).toBe(after({ proof: failed }).headline);
  });

  it('names the first broken hop in the order of the run that saw it', () => {
    const proof = run('verified', {
      checks: [
        check('role.trust-policy', 'pass', 'role'),
        check('credentials.identity', 'pass'),
      ],
    });
    const broken = {
      ...look('broken'),
      checks: [
        check('association.matches', 'fail', 'association'),
        check('role.trust-policy', 'fail', 'role'),
      ],
    };
    expect(after({ proof, looks: [broken] }).headline).toBe(
      'association.matches is fail',
    );
  });

  it('says what differs from the proof, where the last look read what it is now', () => {
    const parts = {
      role: { arn: 'arn:aws:iam::111122223333:role/api', id: 'A', trust: 't' },
      policies: { attached: ['arn:p/one'], inline: [] },
    };
    const now = {
      role: { ...parts.role, trust: 'u' },
      policies: { attached: [], inline: ['own'] },
    };
    const says = (fingerprint: string, extra = {}) =>
      statusOf({
        proof: run('verified', { parts }),
        look: look('looks-right', { fingerprint: 'B', parts: now, ...extra }),
        fingerprint,
      }).headline;
    expect(says('B')).toBe(
      'The trust policy of api is different now. 2 more things changed. Not tested since. Verify it again.',
    );
    // Neither of what was seen before the last change, nor of what an earlier version recorded
    const UNKNOWN =
      'Something changed since this identity was tested. Verify it again.';
    expect(says('C')).toBe(UNKNOWN);
    expect(says('B', { parts: undefined })).toBe(UNKNOWN);
    expect(
      statusOf({
        proof: run('broken', { parts }),
        look: look('looks-right', {
          fingerprint: 'B',
          parts: { ...parts, role: now.role },
        }),
        fingerprint: 'B',
      }).headline,
    ).toBe(
      'The trust policy of api is different now. It failed before. Verify it again to see whether it works now.',
    );
  });

  it('says which of proof and failure something changed since', () => {
    const headline = (proof: VerificationReport) =>
      after({ proof, looks: [look('looks-right')] }, another).headline;
    expect(headline(run('verified'))).toContain(
      'since this identity was tested',
    );
    expect(headline(run('broken'))).toContain('since this identity failed');
  });

  it('says why a newer test got no answer, and nothing of a single look', () => {
    const proof = run('verified');
    expect(after({ proof, looks: [blocked()] }).headline).toBe(
      'credentials.agent-answers is unknown',
    );
    expect(after({ proof, looks: [look('could-not-check')] }).headline).toBe(
      after({ proof }).headline,
    );
  });

  it.each<[number, string, string]>([
    [29, 'verified', 'a fresh pod of n/s on c obtained the role.'],
    [
      30,
      'looks-right',
      'It was proven 30 days ago. Verify it again to renew the proof.',
    ],
    [
      43,
      'looks-right',
      'It was proven 43 days ago. Verify it again to renew the proof.',
    ],
  ])('fades: a proof of %s days ago is %s', (days, status, headline) => {
    const proof = run('verified');
    const now = Date.parse(proof.finishedAt) + days * 24 * 3_600_000;
    expect(after({ proof }, { now })).toMatchObject({ status, headline });
    // Use renews it.
    const used = (at: string) => {
      const pod = { name: 'api-1' };
      const seen = { pod, obtained: 2, running: 2, services: [] };
      return look('verified', { application: { ...seen, at } });
    };
    const renewing = used(new Date(now).toISOString());
    const renewed = after({ proof, looks: [renewing] }, { now });
    expect(renewed.status).toBe('verified');
    // Where no pod of ours has proven it, use is as old as it is.
    const looks = [used(proof.finishedAt)];
    expect(after({ looks }, { now }).status).toBe(status);
  });

  it('names pods that a restart cures, what else is wrong of pods, and how far a roll-out is', () => {
    const older = injected('warn', {
      restart: [{ kind: 'Deployment', name: 'api', pods: 2 }],
    });
    const saw = (workloads: WorkloadsFound, ...checks: CheckResult[]) =>
      after({
        proof: run('verified'),
        looks: [sawPods(workloads, { checks })],
      });
    expect(saw(pods('none', { restart: true }), older)).toMatchObject({
      status: 'restart-needed',
      headline: '2 pods of Deployment api do not have it yet: restart them.',
    });
    expect(
      saw(
        pods('other', { check: 'workloads.shadowed' }),
        older,
        check('workloads.shadowed', 'warn', 'workloads'),
      ),
    ).toMatchObject({
      status: 'other-identity',
      headline: 'workloads.shadowed is warn',
    });
    const rollout = { running: 2, wanted: 5 };
    expect(saw(pods('rolling-out', { rollout }), older)).toMatchObject({
      status: 'rolling-out',
      headline: 'a roll-out is under way: 2 of 5 new pods run.',
    });
  });

  it('is being set up for five minutes where AWS may still spread a change, and broken after that', () => {
    const refused = (more: Partial<CheckResult> = {}) => ({
      ...check('credentials.agent-answers', 'fail'),
      settling: true,
      ...more,
    });
    const denied = run('setting-up', {
      proof: 'none',
      way: 'broken',
      checks: [refused()],
    });
    const saw = Date.parse(denied.finishedAt);
    const at = (ms: number, ...looks: VerificationReport[]) =>
      after({ looks: looks.length ? looks : [denied] }, { now: saw + ms });
    expect(at(299_999)).toMatchObject({
      status: 'setting-up',
      headline: 'credentials.agent-answers is fail',
    });
    expect(at(300_000).status).toBe('broken');
    const trust = look('broken', { finishedAt: '2025-12-31T23:59:00.000Z' });
    const blind = {
      ...denied,
      checks: [...denied.checks, check('role.trust-policy', 'unknown', 'role')],
    };
    expect(at(1, trust, blind).status).toBe('broken');
  });

  it('keeps the time of the proof whatever is seen later', () => {
    expect(
      after({ proof: run('verified'), looks: [look('broken')] }),
    ).toMatchObject({
      provenAt: Date.parse('2026-01-01T00:00:00.000Z'),
      lookedAt: Date.parse('2026-01-02T00:00:00.000Z'),
      headline: expect.stringContaining('role.trust-policy is fail'),
    });
    expect(after({ proof: run('verified'), looks: [blocked()] }).provenAt).toBe(
      Date.parse('2026-01-01T00:00:00.000Z'),
    );
    expect(statusOf({ proof: run('broken') }).provenAt).toBeUndefined();
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
  ) => ({ ...look('looks-right'), checks, ...options });
  const statusAfter = (...looks: VerificationReport[]) =>
    after({ proof, looks }).status;

  it('stands until somebody has seen it pass', () => {
    const trust = (status: CheckStatus) =>
      saw([check('role.trust-policy', status, 'role')], {
        status: status === 'fail' ? 'broken' : 'looks-right',
        way: status === 'fail' ? 'broken' : 'looks-right',
      });
    expect(statusAfter(trust('fail'))).toBe('broken');
    expect(statusAfter(trust('fail'), trust('unknown'))).toBe('broken');
    expect(statusAfter(trust('fail'), trust('unknown'), trust('pass'))).toBe(
      'verified',
    );
    // There is nothing any more that could be wrong.
    expect(statusAfter(trust('fail'), trust('skip'))).toBe('verified');
  });

  it('stands behind a prerequisite that could not be looked at, not behind one that failed', () => {
    const found = saw([check('role.trust-policy', 'fail', 'role')], {
      status: 'broken',
      fingerprint: undefined,
    });
    const skipped = {
      ...check('role.trust-policy', 'skip', 'role'),
      becauseOf: 'role.exists',
    };
    const behind = (status: CheckStatus) =>
      after({
        proof,
        looks: [found, saw([check('role.exists', status, 'role'), skipped])],
      });
    expect(behind('unknown').headline).toBe('role.trust-policy is fail');
    expect(behind('fail').headline).toBe('role.exists is fail');
  });

  it('of a dry run is not undone by a look that makes none', () => {
    const refused = saw([check('admission.injects', 'fail', 'admission')], {
      status: 'broken',
      way: 'broken',
      probe: 'admission',
    });
    const blind = saw([check('admission.injects', 'skip', 'admission')]);
    expect(statusAfter(refused, blind)).toBe('broken');
    expect(statusAfter(refused, saw([]))).toBe('broken');
    expect(statusAfter(refused, saw([], { probe: 'admission' }))).toBe(
      'verified',
    );
  });

  it('is none where the proof has seen the same and a pod obtained the identity', () => {
    const agent = saw([check('agent.on-node', 'fail', 'agent')], {
      status: 'broken',
    });
    expect(statusAfter(agent)).toBe('verified');
    expect(after({ proof: run('verified'), looks: [agent] }).status).toBe(
      'broken',
    );
  });
});
