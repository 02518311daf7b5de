import { CheckResult, VerificationReport } from './report';
import {
  countsLine,
  firstBrokenHop,
  headline,
  renderCheckLines,
  renderConclusionLines,
  renderReportMarkdown,
} from './reportRendering';

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
  'The trust policy of payments-api does not let this ServiceAccount in.',
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

describe('the rendering of a report', () => {
  it('shows a failed run with what to do', () => {
    const failed = report('failed', [
      check('access.aws', 'pass', 'AWS answered every question.'),
      trust,
      check('role.policies', 'note', 'Nothing is attached.'),
      check(
        'credentials.identity',
        'skip',
        'Not checked, because "Agent answers" failed.',
        { becauseOf: 'credentials.agent-answers' },
      ),
    ]);
    const lines = [
      ...failed.checks.flatMap(renderCheckLines),
      '',
      ...renderConclusionLines(failed),
    ];
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "✓ access.aws  AWS answered every question.
      ✗ role.trust-policy  The trust policy of payments-api does not let this ServiceAccount in.
          → Add this statement to the trust policy.
      i role.policies  Nothing is attached.
      - credentials.identity  Not checked, because "Agent answers" failed.

      Failed: The trust policy of payments-api does not let this ServiceAccount in.
      1 passed, 1 failed, 1 note, 1 skipped.

      Fix first: Title of role.trust-policy (role.trust-policy)
        expected: kubernetes-namespace = payments
        observed: kubernetes-namespace = billing
        cause: The condition names another namespace.
        1. Add this statement to the trust policy.
        2. Verify again.
           {
             "Effect": "Allow"
           }
        more: docs/checks.md#roletrust-policy"
    `);
  });

  it('shows a verified run in three lines', () => {
    const verified = report(
      'verified',
      [check('credentials.identity', 'pass', 'The pod holds payments-api.')],
      {
        callerArn:
          'arn:aws:sts::111122223333:assumed-role/payments-api/eks-prod-api-1',
      },
    );
    expect(renderConclusionLines(verified)).toEqual([
      'Verified: a fresh pod of payments/api on prod obtained the role payments-api.',
      '1 passed.',
    ]);
    expect(
      renderConclusionLines({ ...verified, reused: true }).slice(2),
    ).toEqual([
      'This is the report of 2026-01-01T00:00:09.000Z: nothing has changed since, so no new pod was run.',
    ]);
  });

  it.each<[VerificationReport, string]>([
    [
      report('consistent', []),
      'Consistent: everything that can be checked for payments/api on prod without a pod is correct; no pod was run to prove that it works.',
    ],
    [
      report('consistent', [], { proof: 'admission' }),
      'Consistent: new pods of payments/api on prod receive the identity; no pod was run to prove that it works.',
    ],
    [
      report('degraded', [
        check('workloads.injected', 'warn', '2 pods run without it.'),
      ]),
      'Degraded: 2 pods run without it.',
    ],
    [
      report('failed', [trust]),
      'Failed: The trust policy of payments-api does not let this ServiceAccount in.',
    ],
    [
      report('inconclusive', [
        check('access.aws', 'unknown', 'The portal may not iam:GetRole.', {
          advisory: true,
        }),
        check('role.target', 'unknown', 'In another account.', {
          advisory: true,
        }),
        check('credentials.agent-answers', 'unknown', 'No node took the pod.'),
      ]),
      'Inconclusive: No node took the pod.',
    ],
  ])('has one true headline %#', (subject, expected) => {
    expect(headline(subject)).toBe(expected);
  });

  it('puts the hint only where something is to do', () => {
    expect(renderCheckLines(trust)).toEqual([
      '✗ role.trust-policy  The trust policy of payments-api does not let this ServiceAccount in.',
      '    → Add this statement to the trust policy.',
    ]);
    expect(renderCheckLines({ ...trust, status: 'note' })).toHaveLength(1);
    expect(
      renderCheckLines({
        ...trust,
        fix: {
          ...trust.fix!,
          snippet: { language: 'bash', text: 'kubectl rollout restart x' },
        },
      }).slice(2),
    ).toEqual(['      kubectl rollout restart x']);
    expect(renderCheckLines(check('a.b', 'fail', 'No.'))).toEqual([
      '✗ a.b  No.',
    ]);
  });

  it('names the first failure along the path, and nothing when all is well', () => {
    const second = check('credentials.identity', 'fail', 'Another role.');
    expect(firstBrokenHop(report('failed', [trust, second]))).toBe(trust);
    expect(firstBrokenHop(report('verified', [trust]))).toBeUndefined();
  });

  it('heads the report with what explains the failure, whatever its severity', () => {
    const crash = check('agent.healthy', 'warn', 'It crashes.');
    const onNode = check('agent.on-node', 'fail', 'None is ready.');
    expect(firstBrokenHop(report('failed', [crash, onNode]))).toBe(crash);
    const healthy = check('agent.healthy', 'pass', 'All ready.');
    expect(firstBrokenHop(report('failed', [healthy, onNode]))).toBe(onNode);
    expect(firstBrokenHop(report('failed', [crash, trust]))).toBe(trust);
  });

  it('heads the report with access where the portal cannot read', () => {
    const access = check('access.kubernetes', 'unknown', '401.', {
      advisory: true,
    });
    const node = check('agent.on-node', 'unknown', '401.', {
      becauseOf: 'access.kubernetes',
    });
    const quota = check('admission.injects', 'unknown', 'No room.');
    const first = (...checks: CheckResult[]) =>
      firstBrokenHop(report('inconclusive', checks));
    expect(first(access, node)).toBe(access);
    expect(first(access, quota, node)).toBe(quota);
    expect(first({ ...access, status: 'pass' }, node)).toBe(node);
  });

  it('counts what happened and nothing else', () => {
    expect(countsLine([trust, trust])).toBe('0 passed, 2 failed');
    expect(
      countsLine([
        check('a.b', 'pass', ''),
        check('a.c', 'warn', ''),
        check('a.d', 'note', ''),
        check('a.e', 'note', ''),
        check('a.f', 'unknown', ''),
        check('a.g', 'skip', ''),
      ]),
    ).toBe('1 passed, 1 warning, 2 notes, 1 could not be answered, 1 skipped');
  });

  it('writes Markdown with the broken hop first', () => {
    expect(
      renderReportMarkdown(
        report(
          'failed',
          [
            check('access.aws', 'pass', 'AWS answered.'),
            trust,
            check('workloads.injected', 'warn', 'One pod runs without it.', {
              fix: {
                cause: 'It is older than the association.',
                actions: ['Restart it.'],
              },
            }),
          ],

          {
            entityRef: 'component:default/payments',
            effectiveAfterMs: 6400,
          },
        ),
      ),
    ).toMatchInlineSnapshot(`
      "### Failed: The trust policy of payments-api does not let this ServiceAccount in.

      | Fact | Value |
      | --- | --- |
      | Service account | \`prod/payments/api\` |
      | Component | \`component:default/payments\` |
      | New pods received it after | \`6.4 s\` |
      | Finished | \`2026-01-01T00:00:09.000Z\` |

      #### Fix this first

      **Title of role.trust-policy**

      - Expected: \`kubernetes-namespace = payments\`
      - Observed: \`kubernetes-namespace = billing\`

      The condition names another namespace.

      1. Add this statement to the trust policy.
      2. Verify again.

      \`\`\`json
      {
        "Effect": "Allow"
      }
      \`\`\`

      [About this check](docs/checks.md#roletrust-policy)

      #### Checks: 1 passed, 1 failed, 1 warning

      - ✓ pass \`access.aws\`: AWS answered.
      - **✗ fail** \`role.trust-policy\`: The trust policy of payments-api does not let this ServiceAccount in.
      - **! warning** \`workloads.injected\`: One pod runs without it.

      #### Also worth fixing

      **Title of workloads.injected**

      It is older than the association.

      1. Restart it.

      [About this check](docs/checks.md#workloadsinjected)
      "
    `);
  });

  it('heads every table, and gives checks lines that no narrow column can break', () => {
    const lines = renderReportMarkdown(
      report('inconclusive', [
        check('credentials.identity', 'skip', 'A prerequisite | failed.'),
        check('agent.on-node', 'unknown', 'No node took the pod.'),
      ]),
    ).split('\n');
    const head = lines.findIndex(line => line.startsWith('|'));
    expect(lines[head]).toMatch(/^\| \w+ \| \w+ \|$/);
    expect(lines).toContain(
      '- – skipped `credentials.identity`: A prerequisite \\| failed.',
    );
    expect(lines).toContain(
      '- **? unknown** `agent.on-node`: No node took the pod.',
    );
  });

  it('lets no text of a cluster become markup', () => {
    const markdown = renderReportMarkdown(
      report('failed', [
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
});
