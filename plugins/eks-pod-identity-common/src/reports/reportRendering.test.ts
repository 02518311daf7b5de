import { CheckResult, VerificationReport } from '../vocabulary/report';
import {
  diagnose,
  firstBrokenHop,
  headline,
  proofLevelOf,
  renderCheckLine,
  renderReportMarkdown,
  renderReportTerminal,
} from '../index';

function check(
  id: string,
  status: CheckResult['status'],
  message: string,
  rest: Partial<CheckResult> = {},
): CheckResult {
  return {
    id,
    category: id.split('.')[0] as CheckResult['category'],
    title: `Title of ${id}`,
    status,
    message,
    docsUrl: `docs/checks.md#${id.replace('.', '')}`,
    durationMs: 12,
    attempts: 1,
    ...rest,
  };
}

function report(
  status: VerificationReport['status'],
  checks: CheckResult[],
  rest: Partial<VerificationReport> = {},
): VerificationReport {
  return {
    id: 'r1',
    ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
    trigger: 'action',
    status,
    proof: status === 'verified' ? 'credentials' : 'none',
    probe: 'pod',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:09.000Z',
    engineVersion: '0.1.0',
    checks,
    ...rest,
  };
}

const trust = check(
  'role.trust-policy',
  'fail',
  'The trust policy of payments-api does not let this service account in.',
  {
    expected: 'kubernetes-namespace = payments',
    observed: 'kubernetes-namespace = billing',
    fix: {
      cause: 'The condition names another namespace.',
      actions: ['Add this statement to the trust policy.', 'Verify again.'],
      snippet: { language: 'json', text: '{\n  "Effect": "Allow"\n}' },
    },
  },
);

describe('the diagnosis of a report', () => {
  /** `cause: followers`, then the other findings. */
  const said = (
    status: VerificationReport['status'],
    ...checks: CheckResult[]
  ) => {
    const { cause, others } = diagnose({ status, checks });
    return [...(cause ? [cause] : []), ...others].map(finding =>
      [finding.check.id, finding.followers.map(({ id }) => id).join(' ')].join(
        ': ',
      ),
    );
  };
  const fails = (id: string, becauseOf?: string) =>
    check(id, 'fail', `${id} failed.`, { becauseOf });
  const warns = (id: string, becauseOf?: string) =>
    check(id, 'warn', `${id} warns.`, { becauseOf });
  const skips = (id: string, becauseOf?: string) =>
    check(id, 'skip', `${id} is skipped.`, { becauseOf });
  const lacks = (id: string, becauseOf?: string, message = '401.') =>
    check(id, 'unknown', message, {
      becauseOf,
      advisory: id.startsWith('access.'),
    });

  it('folds what follows, over any number of steps, under a cause of any severity', () => {
    expect(
      said(
        'broken',
        warns('agent.healthy'),
        fails('agent.on-node', 'agent.healthy'),
        fails('credentials.agent-answers', 'agent.on-node'),
        skips('credentials.identity', 'credentials.agent-answers'),
        skips('credentials.imds'),
      ),
    ).toEqual([
      'agent.healthy: agent.on-node credentials.agent-answers credentials.identity',
    ]);
    expect(
      said(
        'broken',
        check('cluster.eks-auth-path', 'note', 'There is no endpoint.'),
        fails('credentials.agent-answers', 'cluster.eks-auth-path'),
      ),
    ).toEqual(['cluster.eks-auth-path: credentials.agent-answers']);
  });

  it('names every independent finding, the decisive one first', () => {
    expect(
      said(
        'broken',
        lacks('access.aws'),
        lacks('agent.installed', 'access.aws'),
        warns('role.policies'),
        fails('association.exists'),
        fails('service-account.exists'),
        skips('admission.injects', 'association.exists'),
      ),
    ).toEqual([
      'association.exists: admission.injects',
      'access.aws: agent.installed',
      'role.policies: ',
      'service-account.exists: ',
    ]);
  });

  it('leads with the association, which decides which role counts', () => {
    const role = fails('role.trust-policy');
    expect(said('broken', role, fails('association.matches'))).toEqual([
      'association.matches: ',
      'role.trust-policy: ',
    ]);
    expect(
      said(
        'broken',
        fails('agent.installed'),
        role,
        fails('association.exists'),
      ),
    ).toEqual([
      'agent.installed: ',
      'role.trust-policy: ',
      'association.exists: ',
    ]);
  });

  it('names access once where the portal cannot read', () => {
    const access = lacks('access.kubernetes');
    const node = lacks('agent.on-node', 'access.kubernetes');
    expect(
      said('could-not-check', access, node, skips('x.y', 'agent.on-node')),
    ).toEqual(['access.kubernetes: agent.on-node x.y']);
    const full = lacks('admission.injects', undefined, 'No room.');
    expect(said('could-not-check', access, full, node)).toEqual([
      'admission.injects: ',
      'access.kubernetes: agent.on-node',
    ]);
    // Once a test pod has obtained the role, nothing is missing of the agent
    expect(said('could-not-check', access, node, full)).toEqual([
      'admission.injects: ',
      'access.kubernetes: agent.on-node',
    ]);
    const other = lacks('agent.healthy', 'access.kubernetes');
    expect(
      said('could-not-check', { ...access, status: 'pass' }, node, other),
    ).toEqual(['agent.on-node: agent.healthy']);
  });

  it('takes what lacks the same for one lack, whatever it says', () => {
    const lacking = (id: string, what: string, message: string) => ({
      ...lacks(id, undefined, message),
      lacks: what,
    });
    expect(
      said(
        'could-not-check',
        lacking('admission.injects', 'a', 'No room.'),
        lacking('credentials.agent-answers', 'a', 'None at all.'),
        lacking('credentials.identity', 'b', 'No room.'),
      ),
    ).toEqual([
      'admission.injects: credentials.agent-answers',
      'credentials.identity: ',
    ]);
  });

  it('takes one sentence for one lack in a report of an earlier version', () => {
    expect(
      said(
        'could-not-check',
        lacks('admission.injects', undefined, 'No room.'),
        lacks('credentials.agent-answers', undefined, 'No room.'),
        lacks('credentials.identity', undefined, 'No answer.'),
      ),
    ).toEqual([
      'admission.injects: credentials.agent-answers',
      'credentials.identity: ',
    ]);
  });

  it('has no cause where nothing affects the verdict', () => {
    expect(diagnose(report('verified', [lacks('role.target')]))).toMatchObject({
      cause: undefined,
      others: [{ check: { id: 'role.target' } }],
    });
  });

  it('ends where checks explain each other', () => {
    expect(said('broken', fails('a.b', 'a.c'), fails('a.c', 'a.b'))).toEqual([
      'a.b: ',
      'a.c: ',
    ]);
  });
});

const ofPods = (
  state: NonNullable<VerificationReport['workloads']>['state'],
) => ({ state, good: 0, all: 2, check: 'workloads.injected' });

describe('the rendering of a report', () => {
  it('writes a line for each check as it ends, without what the end will say', () => {
    expect(
      [
        check('access.aws', 'pass', 'AWS answered every question.'),
        trust,
        check('role.policies', 'note', 'Nothing is attached.'),
        check('agent.healthy', 'warn', 'It crashes.'),
        check('role.target', 'unknown', 'In another account.'),
        check('credentials.agent-answers', 'fail', 'EKS refused the role.', {
          becauseOf: 'role.trust-policy',
        }),
        check('credentials.imds', 'skip', 'Not configured.'),
      ].map(one => renderCheckLine(one)),
    ).toEqual([
      '✓ access.aws  AWS answered every question.',
      '✗ role.trust-policy  failed',
      'i role.policies  Nothing is attached.',
      '! agent.healthy  warning',
      '? role.target  could not be answered',
      '- credentials.agent-answers  waits for role.trust-policy',
      '- credentials.imds  skipped',
    ]);
  });

  it('leads with the first sentence of a cause that has several', () => {
    const message = 'The add-on is DEGRADED. It reports X.';
    const of = (rest: object) =>
      renderReportMarkdown(
        report('broken', [check('agent.healthy', 'fail', message, rest)]),
      ).split('\n');
    expect(of({ lead: 'The add-on is DEGRADED.' }).slice(0, 3)).toEqual([
      '### Broken: The add-on is DEGRADED.',
      '',
      'It reports X.',
    ]);
    expect(of({})[0]).toBe(`### Broken: ${message}`);
  });

  it('says that a report was made before', () => {
    const reused = report('verified', [], { reused: true });
    for (const text of [
      renderReportMarkdown(reused),
      renderReportTerminal(reused),
    ]) {
      expect(text).toContain(
        'Nothing has changed since this report was made, so no new pod was run.',
      );
    }
  });

  it.each<[VerificationReport, string]>([
    [
      report('looks-right', []),
      'Looks right: the configuration of payments/api on prod is as it should be, but no test pod has proven it.',
    ],
    [
      report('looks-right', [check('agent.on-node', 'unknown', '403.')]),
      'Looks right: the configuration of payments/api on prod is as it should be as far as it could be read, but no test pod has proven it.',
    ],
    [
      report('looks-right', [
        check('role.target', 'unknown', '403.', { advisory: true }),
      ]),
      'Looks right: the configuration of payments/api on prod is as it should be, but no test pod has proven it.',
    ],
    [
      report('looks-right', [], { proof: 'admission' }),
      'Looks right: new pods of payments/api on prod receive the identity, but no test pod has proven that it works.',
    ],
    [
      report(
        'no-pod-has-it',
        [
          check('role.policies', 'warn', 'The role has no policy.'),
          check('workloads.injected', 'warn', '2 pods run without it.'),
        ],
        { proof: 'credentials', workloads: ofPods('none') },
      ),
      'No pod has it: 2 pods run without it.',
    ],
    [
      report(
        'restart-needed',
        [
          check('workloads.injected', 'warn', '3 pods run without it.', {
            restart: [
              { kind: 'Deployment', name: 'api', pods: 2 },
              { kind: 'Pod', name: 'lone', pods: 1 },
            ],
          }),
        ],
        { proof: 'credentials', workloads: ofPods('none') },
      ),
      'Restart needed: 2 pods of Deployment api and the pod lone do not have it yet: restart them.',
    ],
    [
      report('could-not-check', [], {
        proof: 'credentials',
        workloads: {
          ...ofPods('unknown'),
          lack: 'The portal is not allowed to list pods.',
        },
      }),
      'Could not check: a test pod obtained the role, but the running pods could not be looked at. The portal is not allowed to list pods.',
    ],
    ...(
      [
        [undefined, 'a roll-out replaces the pods.'],
        [
          { running: 2, wanted: 5 },
          'a roll-out is under way: 2 of 5 new pods run.',
        ],
        [
          { running: 0, wanted: 1 },
          'a roll-out is under way: 0 of 1 new pod runs.',
        ],
      ] as const
    ).map(([rollout, sentence]): [VerificationReport, string] => [
      report(
        'rolling-out',
        [check('workloads.injected', 'warn', '2 pods started earlier.')],
        { workloads: { ...ofPods('rolling-out'), rollout } },
      ),
      `Rolling out: ${sentence}`,
    ]),
    [
      report('verified', [], {
        proof: 'credentials',
        workloads: ofPods('no-pods'),
      }),
      'Verified: a fresh pod of payments/api on prod obtained the role; none of its own runs now.',
    ],
    [
      report('broken', [trust]),
      'Broken: The trust policy of payments-api does not let this service account in.',
    ],
    [
      report('could-not-check', [
        check(
          'access.aws',
          'unknown',
          'The portal is not allowed to call iam:GetRole.',
          {
            advisory: true,
          },
        ),
        check('role.target', 'unknown', 'In another account.', {
          advisory: true,
        }),
        check('credentials.agent-answers', 'unknown', 'No node took the pod.'),
      ]),
      'Could not check: No node took the pod.',
    ],
  ])('has one true headline %#', (subject, expected) => {
    expect(headline(subject)).toBe(expected);
  });

  it('names the first failure along the path, and nothing when all is well', () => {
    const second = check('credentials.identity', 'fail', 'Another role.');
    expect(firstBrokenHop(report('broken', [trust, second]))).toBe(trust);
    expect(firstBrokenHop(report('verified', [trust]))).toBeUndefined();
  });

  it('colours a terminal, and nothing else', () => {
    const failed = report('broken', [trust]);
    const text = renderReportTerminal(failed);
    expect(renderReportTerminal(failed, { stream: {} })).toBe(text);
    expect(
      renderReportTerminal(failed, { stream: { hasColors: () => false } }),
    ).toBe(text);
    const coloured = renderReportTerminal(failed, {
      stream: { hasColors: () => true },
    });
    expect(coloured).toContain('\u001b[31m✗\u001b[0m Broken: ');
    // eslint-disable-next-line no-control-regex
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(text);
  });

  it('counts what happened and nothing else; what waits for something else is no failure', () => {
    const counts = (...checks: CheckResult[]) =>
      renderReportTerminal(report('broken', checks)).match(
        /^\d+ passed.*/m,
      )?.[0];
    expect(counts(trust, { ...trust, id: 'role.exists' })).toBe(
      '0 passed, 2 failed.',
    );
    expect(
      counts(
        trust,
        check('a.b', 'pass', ''),
        check('a.c', 'warn', ''),
        check('a.d', 'note', ''),
        check('a.e', 'note', ''),
        check('a.f', 'unknown', ''),
        check('a.g', 'skip', ''),
        check('a.h', 'fail', '', { becauseOf: trust.id }),
        check('a.i', 'skip', '', { becauseOf: 'a.h' }),
      ),
    ).toBe(
      '1 passed, 1 failed, 1 warning, 2 notes, 1 could not be answered, 2 waiting, 1 skipped.',
    );
  });

  it('lets no text of a cluster become markup', () => {
    const markdown = renderReportMarkdown(
      report('broken', [
        check(
          'role.exists',
          'fail',
          'a | b <img src=x> [x](http://evil)\nnew',
          {
            fix: {
              cause: 'c',
              actions: [],
              snippet: { language: 'text', text: 'x\n````\ny' },
            },
          },
        ),
      ]),
    );
    expect(markdown).toContain(
      'a \\| b \\<img src=x\\> \\[x\\](http://evil) new',
    );
    expect(markdown).toContain('`````text\nx\n````\ny\n`````');
  });

  it('lets no text of a cluster move or colour a terminal', () => {
    const said = '\u001b[2K\r✓ Verified\u202e\nnext';
    const failed = report('broken', [
      check('role.exists', 'fail', said, {
        observed: `seen ${said}`,
        fix: {
          cause: `why ${said}`,
          actions: [`do ${said}`],
          snippet: { language: 'bash', text: `\trun\n${said}` },
        },
      }),
      check('role.policies', 'note', said),
    ]);
    const text = renderReportTerminal(failed);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
    expect(text.split('\n').filter(line => line.startsWith('next'))).toEqual([
      // A snippet has lines of its own
      'next',
    ]);
    expect(text).toContain('\n\trun\n');
  });
});

describe('the level of proof', () => {
  const used = report('verified', [], {
    application: {
      pod: { uid: 'u', name: 'payments-api-7d9f' },
      at: '2026-01-31T10:42:00.000Z',
      obtained: 3,
      running: 3,
      sdk: 'boto3',
      version: '1.35.10',
      services: ['S3', 'STS'],
    },
  });

  it('is that of the application where its pods obtained the role', () => {
    expect(renderReportMarkdown(used)).toContain(
      '- Obtained by: `payments-api-7d9f at 2026-01-31 10:42:00 UTC · boto3 1.35.10 · S3, STS`',
    );
    expect(renderReportTerminal(used)).toContain('Proof: running pods');
    expect(headline(used)).toMatch(/, and so did its running pods\.$/);
  });

  it('is no higher than that of the run without a pod of the portal', () => {
    const { proof, application } = { ...used, proof: 'none' as const };
    expect(proofLevelOf(proof, application)).toBe('none');
    expect(proofLevelOf('credentials', undefined)).toBe('credentials');
    expect(proofLevelOf('credentials', application)).toBe('application');
  });
});
