import { parse } from 'yaml';
import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { workflowCommands } from '../../__testUtils__/workflowCommands';
import type { ManifestDocument } from '../../manifests/documents';
import { placeOf } from '../../manifests/placeOf';
import { type Format, renderReports } from '../reports';

const check = (id: string, more: Partial<CheckResult> = {}): CheckResult => ({
  id,
  category: id.split('.')[0] as CheckResult['category'],
  title: id,
  status: 'warn',
  message: `What ${id} says.`,
  docsUrl: 'https://example.com',
  durationMs: 1,
  attempts: 1,
  ...more,
});

function report(
  one: CheckResult,
  status: VerificationReport['status'] = 'other-identity',
): VerificationReport {
  return {
    id: '1',
    ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'web' },
    trigger: 'user',
    status,
    way: 'looks-right',
    workloads: { state: 'other', check: one.id },
    proof: 'none',
    probe: 'none',
    startedAt: '2026-11-29T12:00:00.000Z',
    finishedAt: '2026-11-29T12:00:01.000Z',
    checks: [one],
    engineVersion: '0.2.0',
  } as VerificationReport;
}

const render = (
  format: Format,
  one: VerificationReport,
  place = { file: 'deploy/web.yaml', line: 7 },
  failOn: 'degraded' | 'never' = 'degraded',
) =>
  renderReports(
    [one],
    { format, stream: { write() {} }, placeOf: () => place },
    { failOn },
  );

const HOSTILE = [
  '\n::set-output name=a::b',
  '\r\n::add-mask::x',
  ' ##[add-mask]y ###[stop-commands]z ##VSO[task.complete]q',
  '%0A::warning::z',
  '\u2028::debug::q \u202e, file=x:1',
  '\n::stop-commands::t \u001b[2J\u009b',
].join('');

describe('a workflow command of GitHub', () => {
  it('has the sentence, what to do, and the line', () => {
    const one = check('workloads.shadowed', {
      message: '2 of 2 pods set keys: 50%, really.',
      fix: { cause: 'c', actions: ['Take them out.', 'Roll it out.'] },
    });
    expect(workflowCommands(render('github', report(one)))).toEqual([
      {
        name: 'error',
        properties: 'file=deploy/web.yaml,line=7,title=shop/web on prod',
        data: 'Uses other credentials: 2 of 2 pods set keys: 50%25, really.%0A1. Take them out.%0A2. Roll it out.',
      },
    ]);
  });

  it('is one whatever the texts of others hold', () => {
    const one = check('workloads.shadowed', {
      message: `Pods say ${HOSTILE}`,
      observed: HOSTILE,
      expected: HOSTILE,
      fix: {
        cause: HOSTILE,
        actions: [HOSTILE],
        snippet: { language: 'bash', text: HOSTILE },
      },
    });
    const file = `a:,b%\n::add-mask::c.yaml`;
    const commands = workflowCommands(
      render('github', report(one), { file, line: 1 }),
    );
    expect(commands).toEqual([
      expect.objectContaining({
        name: 'error',
        properties:
          'file=a%3A%2Cb%25 %3A%3Aadd-mask%3A%3Ac.yaml,line=1,title=shop/web on prod',
      }),
    ]);
  });

  it('is a warning where the run does not fail for it, and none where all is good', () => {
    const one = check('workloads.shadowed');
    const nameOf = (of: VerificationReport, failOn: 'degraded' | 'never') =>
      workflowCommands(render('github', of, undefined, failOn)).map(
        ({ name }) => name,
      );
    expect(nameOf(report(one), 'never')).toEqual(['warning']);
    expect(nameOf(report(one, 'could-not-check'), 'degraded')).toEqual([
      'warning',
    ]);
    expect(nameOf(report(one, 'verified'), 'degraded')).toEqual([]);
  });
});

describe('a report whose every text is of others', () => {
  it.each<Format>(['text', 'markdown', 'junit', 'headline', 'code-quality'])(
    'as %s steers neither a terminal nor a pipeline',
    format => {
      const one = check('workloads.shadowed', {
        message: HOSTILE,
        observed: HOSTILE,
        expected: HOSTILE,
        fix: {
          cause: HOSTILE,
          actions: [HOSTILE],
          snippet: { language: 'bash', text: HOSTILE },
        },
      });
      const made = render(format, report(one));
      expect(made).toContain('stop-commands');
      expect(made).not.toMatch(
        // eslint-disable-next-line no-control-regex
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/,
      );
      expect(made.match(/^\s*::.*$|##(vso)?\[/gim)).toBeNull();
    },
  );
});

describe('a code quality report of GitLab', () => {
  const issuesOf = (one: VerificationReport, place?: any) =>
    JSON.parse(render('code-quality', one, place));

  it('has one issue, with the same fingerprint on another line', () => {
    const one = check('workloads.shadowed', { message: `Keys.${HOSTILE}` });
    const [issue] = issuesOf(report(one));
    expect(issue).toMatchObject({
      description: expect.stringMatching(/^Uses other credentials: Keys\. ::/),
      check_name: 'workloads.shadowed',
      severity: 'critical',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      location: { path: 'deploy/web.yaml', lines: { begin: 7 } },
    });
    // eslint-disable-next-line no-control-regex
    expect(issue.description).not.toMatch(/[\u0000-\u001f\u2028\u202e]/);
    const again = (line: number, file = 'deploy/web.yaml') =>
      issuesOf(report(one), { file, line })[0].fingerprint;
    expect(again(8)).toBe(issue.fingerprint);
    expect(again(7, 'other.yaml')).not.toBe(issue.fingerprint);
  });

  it('has none without a line, and none where all is good', () => {
    expect(
      JSON.parse(
        renderReports(
          [report(check('workloads.shadowed'))],
          { format: 'code-quality', stream: { write() {} } },
          { failOn: 'degraded' },
        ),
      ),
    ).toEqual([]);
    expect(issuesOf(report(check('role.exists'), 'verified'))).toEqual([]);
  });
});

it('says the verdict in a line', () => {
  expect(render('headline', report(check('workloads.shadowed')))).toBe(
    'Uses other credentials: What workloads.shadowed says.\n',
  );
});

describe('the object that a finding is about', () => {
  const MANIFESTS: Record<string, string> = {
    account: 'kind: ServiceAccount\nmetadata: { name: web, namespace: shop }',
    plain:
      'kind: Deployment\nmetadata: { name: web }\nspec: { template: { spec: { serviceAccountName: web, containers: [{ name: app }] } } }',
    canary:
      'kind: Deployment\nmetadata: { name: canary }\nspec: { template: { spec: { serviceAccountName: web, containers: [{ name: app, env: [{ name: AWS_ACCESS_KEY_ID, value: A }] }] } } }',
    second:
      'kind: Deployment\nmetadata: { name: second }\nspec: { template: { spec: { serviceAccountName: web, containers: [{ name: app, env: [{ name: AWS_PROFILE, value: A }] }] } } }',
    spaced:
      'kind: Deployment\nmetadata: { name: own, namespace: shop }\nspec: { template: { spec: { serviceAccountName: web, containers: [{ name: app }] } } }',
    elsewhere:
      'kind: Deployment\nmetadata: { name: web, namespace: other }\nspec: { template: { spec: { serviceAccountName: web, containers: [{ name: app }] } } }',
    stranger: 'kind: ConfigMap\nmetadata: { name: web }',
    policy: 'kind: NetworkPolicy\nmetadata: { name: closed, namespace: shop }',
  };
  const documentsOf = (...names: string[]): ManifestDocument[] =>
    names.map(file => ({
      file,
      value: parse(MANIFESTS[file]),
      lineOf: path => path.length,
    }));
  const { account, ...others } = MANIFESTS;
  const all = [...Object.keys(others).reverse(), 'account'];

  it.each<[string, CheckResult, string | undefined]>([
    ['the first one with the cause', check('workloads.shadowed'), 'second'],
    [
      'the one with the cause that the check names',
      check('workloads.templates', {
        resource: { kind: 'deployment', name: 'canary' },
      }),
      'canary',
    ],
    [
      'the one that the check names',
      check('workloads.start-up', {
        resource: { kind: 'deployment', name: 'web' },
      }),
      'plain',
    ],
    [
      'the one to restart',
      check('workloads.injected', {
        restart: [{ kind: 'Deployment', name: 'web', pods: 1 }],
      }),
      'plain',
    ],
    [
      'another kind that the check names',
      check('workloads.network', {
        resource: { kind: 'networkpolicy', name: 'closed' },
      }),
      'policy',
    ],
    ['a workload for its pods', check('workloads.network'), 'spaced'],
    [
      'the service account for what AWS lacks',
      check('role.trust-policy', { status: 'fail' }),
      'account',
    ],
  ])('is %s', (_, one, file) => {
    const of = report(one, one.status === 'fail' ? 'broken' : undefined);
    expect(placeOf(of, documentsOf(...all))?.file).toBe(file);
  });

  it('is a workload where there is no service account, and none of strangers', () => {
    const of = report(check('role.exists', { status: 'fail' }), 'broken');
    expect(placeOf(of, documentsOf('stranger', 'plain'))?.file).toBe('plain');
    expect(placeOf(of, documentsOf('stranger', 'elsewhere'))).toBeUndefined();
    const good = report(check('role.exists', { status: 'pass' }), 'verified');
    expect(placeOf(good, documentsOf('plain'))).toBeUndefined();
  });
});
