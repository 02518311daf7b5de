import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import Ajv from 'ajv';
import { CHECKS, explanationOf } from 'eks-pod-identity-engine';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { parseAllDocuments } from 'yaml';
import { version } from '../package.json';
import { CliWorld } from './__testUtils__/CliWorld';
import { Terminal } from './__testUtils__/Terminal';

const ON = ['--cluster', 'payments-prod'];
const LEDGER = 'payments/payments-ledger';
const LOOK = ['verify', LEDGER, ...ON, '--probe', 'none', '--quiet'];
const ROLE = 'arn:aws:iam::111122223333:role/payments-ledger';

let world: CliWorld;
beforeAll(async () => {
  world = await CliWorld.start();
});
afterAll(() => world.stop());

/** The verdict with its cause and fix, without what differs from run to run. The rest is tested where it is rendered. */
const settled = (text: string) =>
  text
    .split('\nService account: ')[0]
    .replace(/\ba-[a-z0-9]{17}\b/g, 'a-0123456789abcdefg')
    .replace(/^[!i?] [^]*?\n {2}check: .*\n/gm, '');

/** The stored file; rewritten with `UPDATE_GOLDEN=1`. */
function stored(file: string, made: string): string {
  const path = resolve(__dirname, file);
  if (process.env.UPDATE_GOLDEN) writeFileSync(path, made);
  return readFileSync(path, 'utf8');
}

describe('verify: an identity that works', () => {
  it('is watched from outside its thread, for as long as it takes', async () => {
    const watched: unknown[] = [];
    await world.run(
      [
        'verify',
        'payments/payments-ledger',
        '--cluster',
        'payments-prod',
        '--probe',
        'none',
        '--timeout',
        '40',
      ],
      {
        watch: seconds => {
          watched.push(seconds);
          return () => watched.push('ended');
        },
      },
    );
    expect(watched).toEqual([40, 'ended']);
  });

  it('proves it by a pod, with the progress beside the result', async () => {
    const { code, stdout, stderr } = await world.run(['verify', LEDGER, ...ON]);
    expect(code).toBe(0);
    expect(settled(stdout)).toBe(
      stored('__golden__/verified.txt', settled(stdout)),
    );
    expect(stdout).toMatch(/^Service account: payments-prod\/payments\//m);
    expect(stdout).toMatch(/^✓ credentials\.identity {2}AWS sees the pod as/m);
    expect(stdout).toMatch(/^\d+ passed.*\n$/m);
    expect(stderr).toMatch(/^✓ cluster\.active {2}/m);
    expect(stderr).toContain('waiting for its answer');
    expect(stdout + stderr).not.toContain('\u001b');
  });

  it('runs one more pod in the other node group with --per-node-group', async () => {
    const kube = world.sandbox.cluster('payments-prod');
    const labels = { 'eks.amazonaws.com/nodegroup': 'gpu' };
    const roleArn = 'arn:aws:iam::111122223333:role/payments-prod-nodes';
    await kube.addNode({ kind: 'managed', roleArn, labels });
    await kube.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'newest', namespace: 'payments' },
      spec: {
        serviceAccountName: 'payments-ledger',
        nodeSelector: labels,
        containers: [
          { name: 'app', image: 'busybox', command: ['sleep', 'infinity'] },
        ],
      },
    });
    await kube.waitFor(
      'pods',
      'payments',
      'newest',
      pod => pod?.status?.phase === 'Running',
    );
    await world.settled();
    const verify = ['verify', LEDGER, ...ON];
    const { code, stdout } = await world.run([...verify, '--per-node-group']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^✓ credentials\.node-groups {2}Pods in node group general got credentials too\./m,
    );
    expect((await world.run(verify)).stdout).not.toContain('node-groups');
    await world.reset();
  });

  it('has colours on a stream that shows them only', async () => {
    let stdout = '';
    const stream = {
      write: (text: string) => (stdout += text),
      hasColors: () => true,
    };
    expect((await world.run(LOOK, { stdout: stream })).code).toBe(0);
    expect(stdout.startsWith('\u001b[')).toBe(true);
  });

  it('says as JSON what its schema says', async () => {
    const { code, stdout, stderr } = await world.run([...LOOK, '-o', 'json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const schema = JSON.parse((await world.run(['schema'])).stdout);
    expect(schema.properties.reports.items.required).toContain('checks');
    const valid = new Ajv({ strict: false }).compile(schema);
    const answer = JSON.parse(stdout);
    valid(answer);
    expect(valid.errors).toBeNull();
    expect(answer.reports[0].status).toBe('looks-right');
    // No address of the pages is known here
    expect(stdout).not.toContain('docsUrl');
    expect(valid({ ...answer, reports: [{ status: 'fine' }] })).toBe(false);
  });

  it('looks at every association of a cluster', async () => {
    const { code, stdout } = await world.run([
      'verify',
      '--all',
      ...ON,
      ...['--probe', 'none', '--concurrency', '2'],
    ]);
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(-5)).toEqual([
      'Looks right             payments/payments-ledger',
      expect.stringMatching(
        /^ {24}The configuration of .* is as it should be, but /,
      ),
      '',
      '2 of 2 identities are as they should be.',
      '',
    ]);
  });
});

describe('verify: an identity that is broken', () => {
  const trust = (namespace: string) => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/kubernetes-namespace': `${namespace}<&">`,
          },
        },
      },
    ],
  });
  beforeAll(() =>
    world.sandbox.aws.iam.updateRole(ROLE, { trust: trust('billing') } as any),
  );
  afterAll(() => world.reset());

  it('names the cause and the fix, and ends with 1', async () => {
    const { code, stdout } = await world.run(LOOK);
    expect(code).toBe(1);
    expect(settled(stdout)).toBe(
      stored('__golden__/failed.txt', settled(stdout)),
    );
  });

  it.each([
    ['never', 0],
    ['broken', 1],
  ])('ends as --fail-on %s asks', async (verdict, code) => {
    expect((await world.run([...LOOK, '--fail-on', verdict])).code).toBe(code);
  });

  it('is a failure in JUnit, by the counts and for its parser', async () => {
    const { code, stdout } = await world.run([...LOOK, '-o', 'junit']);
    expect(code).toBe(1);
    expect(XMLValidator.validate(stdout)).toBe(true);
    const { testsuites } = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      isArray: name => ['testsuite', 'testcase'].includes(name),
    }).parse(stdout);
    const [suite] = testsuites.testsuite;
    expect(suite.name).toBe('payments-prod/payments/payments-ledger');
    const cases: any[] = suite.testcase;
    const having = (key: string) => cases.filter(one => key in one);
    expect({
      tests: Number(suite.tests),
      failures: Number(suite.failures),
      errors: Number(suite.errors),
      skipped: Number(suite.skipped),
    }).toEqual({
      tests: cases.length,
      failures: having('failure').length,
      errors: having('error').length,
      skipped: having('skipped').length,
    });
    const [verdict, failed] = having('failure');
    expect(verdict).toBe(cases[0]);
    expect(verdict).toMatchObject({ classname: 'identity', name: 'verdict' });
    expect(verdict.failure).toMatchObject({
      type: 'broken',
      '#text': expect.stringMatching(/^Broken: The role/),
    });
    expect(failed).toMatchObject({
      classname: 'role',
      name: 'role.trust-policy',
    });
    expect(failed.failure.message).toContain('allows namespace "billing<&');
    expect(failed.failure['#text']).toContain('update-assume-role-policy');
  });

  it('is a heading in Markdown', async () => {
    const { stdout } = await world.run([...LOOK, '-o', 'markdown']);
    expect(stdout).toMatch(/^### Broken: The role/);
  });

  it('verifies again until it is fixed', async () => {
    const pauses: number[] = [];
    const { code, stderr } = await world.run(
      [...LOOK.slice(0, -1), '--wait', '1m'],
      {
        sleep: async ms => {
          pauses.push(ms);
          if (pauses.length === 2) await world.reset();
        },
      },
    );
    expect({ code, pauses }).toEqual({ code: 0, pauses: [10_000, 10_000] });
    expect(stderr).toContain('Verifying again in 10 s.');
  });
});

describe('verify: a caller with few rights', () => {
  beforeAll(() => world.use(world.sandbox.credentials.nobody));
  afterAll(() => world.use(world.sandbox.credentials.admin));

  it('ends with 3, for nothing is known to be wrong', async () => {
    const { code, stdout } = await world.run(LOOK);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^\? Could not check: This program is not allowed/);
  });

  it('takes the role that it may assume', async () => {
    const { credentials } = world.sandbox;
    world.use(credentials.backstage);
    const role = ['--assume-role', credentials.roles.read];
    const { code, stdout } = await world.run([...LOOK, ...role]);
    expect({ code, first: stdout.split(':')[0] }).toEqual({
      code: 0,
      first: 'i Looks right',
    });
  });
});

describe('what the program cannot do', () => {
  it.each<[string[], number, string]>([
    [['verify', ...ON], 2, 'Which service account?'],
    [['verify', LEDGER, '--all', ...ON], 2, 'Which service account?'],
    [['verify', 'payments', ...ON], 2, '"payments" is not a service account'],
    [['verify', 'a/B_', ...ON], 2, '"a/B_" is not a service account'],
    [['verify', LEDGER, ...ON, '-A'], 2, 'Which service account?'],
    [
      ['verify', LEDGER, ...ON, '-n', 'a'],
      2,
      'payments/payments-ledger contradicts --namespace a.',
    ],
    [
      ['verify', ...ON, '-A', '-n', 'a'],
      2,
      '--all-namespaces contradicts --namespace.',
    ],
    [
      ['plan', 'x.yaml', ...ON, '-n', 'a'],
      2,
      '--namespace goes with --move: the file has its own.',
    ],
    [
      ['verify', LEDGER, ...ON, '--per-node-group', '--probe', 'none'],
      2,
      '--per-node-group goes with --probe pod.',
    ],
    [['verify', LEDGER, ...ON, '--wait', 'soon'], 2, '90s, 5m or 1h'],
    [['verify', LEDGER, ...ON, '--probe', 'all'], 2, 'Allowed choices are pod'],
    [['verfy', LEDGER], 2, 'Did you mean verify?'],
    [
      ['verify', LEDGER, '--cluster', 'none'],
      4,
      'There is no EKS cluster none',
    ],
    [
      ['verify', LEDGER, ...ON, '--config', '/none.yaml'],
      2,
      '/none.yaml cannot be read: ENOENT',
    ],
    [
      ['verify', LEDGER, ...ON, '--kubernetes', 'eks', '--context', 'a'],
      2,
      '--kubernetes eks takes neither --kubeconfig nor --context.',
    ],
    [
      ['verify', LEDGER, ...ON, '--assume-role', 'reader'],
      2,
      "option '--assume-role <arn>' argument 'reader' is invalid. Write the ARN of an IAM role",
    ],
    [
      ['verify', LEDGER, ...ON, '--expect-role', 'reader'],
      2,
      "option '--expect-role <arn>' argument 'reader' is invalid.",
    ],
    [
      ['verify', LEDGER, ...ON, '--portal-id', 'a b'],
      2,
      "option '--portal-id <id>' argument 'a b' is invalid.",
    ],
    [
      ['verify', LEDGER, ...ON, '--probe-image', 'a b'],
      2,
      "option '--probe-image <image>' argument 'a b' is invalid.",
    ],
    [
      ['verify', LEDGER, '--cluster', 'pay!'],
      2,
      '"pay!" is not the name of an EKS cluster: correct --cluster.',
    ],
  ])('%j ends with %d', async (argv, code, words) => {
    const ended = await world.run(argv);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toContain(words);
  });

  it('says how to log in where there are no keys', async () => {
    world.use({ accessKeyId: '', secretAccessKey: '' });
    const { code, stderr } = await world.run(LOOK);
    world.use(world.sandbox.credentials.admin);
    expect(code).toBe(4);
    expect(stderr).toContain('aws sso login');
  });

  it('names the flag where no region is set', async () => {
    const { AWS_REGION } = process.env;
    delete process.env.AWS_REGION;
    const { code, stderr } = await world.run(LOOK);
    process.env.AWS_REGION = AWS_REGION;
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr:
        'eks-pod-identity: No AWS region is set. Name one with --region, or set AWS_REGION.\n',
    });
  });

  it('stops when it is interrupted', async () => {
    const controller = new AbortController();
    controller.abort(new Error('Interrupted'));
    expect(await world.run(LOOK, { signal: controller.signal })).toMatchObject({
      code: 130,
      stdout: '',
    });
  });
});

describe('with the file of a portal', () => {
  const file = `eksPodIdentity:
  portalId: \${PORTAL}
  clusters:
    - { name: payments-prod, id: prod, region: eu-west-1, accountId: '111122223333' }
    - { name: other, region: eu-west-1, accountId: '111122223333' }
`;
  const readFile = () => file;
  const env = { PORTAL: 'portal.example.com' };

  it('knows a cluster by its id there', async () => {
    const { code, stdout } = await world.run(
      [
        'verify',
        LEDGER,
        '--config',
        'x',
        '-c',
        'prod',
        '-q',
        '--probe',
        'none',
      ],
      { readFile, env },
    );
    expect(code).toBe(0);
    expect(stdout).toContain('prod/payments/payments-ledger');
  });

  it('links to the page that the file names', async () => {
    const docsUrl = 'https://portal.example.com/eks/checks';
    const { stdout } = await world.run(
      ['verify', LEDGER, '--config', 'x', '-c', 'prod', '-q', '-o', 'json'],
      {
        readFile: () =>
          file.replace('portalId:', `docsUrl: ${docsUrl}\n  portalId:`),
        env,
      },
    );
    const schema = JSON.parse((await world.run(['schema'])).stdout);
    const valid = new Ajv({ strict: false }).compile(schema);
    const answer = JSON.parse(stdout);
    expect(valid(answer)).toBe(true);
    expect(answer.reports[0].checks[0].docsUrl).toBe(`${docsUrl}#accessaws`);
  });

  it.each([
    [['-c', 'payments-prod'], 'names no cluster "payments-prod"'],
    [[], 'Which cluster? x names prod, other'],
    [
      ['-c', 'prod', '--region', 'eu-west-1'],
      '--region cannot be combined with --config',
    ],
  ])('asks for one where %j', async (flags, words) => {
    const argv = ['verify', LEDGER, '--config', 'x', ...flags];
    const { code, stderr } = await world.run(argv, { readFile, env });
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe('judge', () => {
  it('judges again what verify has bundled', async () => {
    const files = new Map<string, string>();
    const io = {
      writeFile: (path: string, text: string) => files.set(path, text),
      readFile: (path: string) => files.get(path)!,
    };
    const verified = await world.run([...LOOK, '--bundle', 'b.json'], io);
    const { code, stdout, stderr } = await world.run(['judge', 'b.json'], io);
    expect({ code, stdout }).toEqual({ code: 0, stdout: verified.stdout });
    expect(stderr).toBe(
      `Judged by version ${version} then, by ${version} now: no check answers otherwise.\n`,
    );
    files.set('b.json', files.get('b.json')!.replace(/"ACTIVE"/g, '"FAILED"'));
    const changed = await world.run(['judge', 'b.json'], io);
    expect(changed.code).toBe(1);
    expect(changed.stderr).toMatch(
      /^cluster\.active\n {2}then pass: .*\n {2}now {2}fail: /m,
    );
  });

  it('says what is no bundle', async () => {
    expect(
      await world.run(['judge', 'x'], { readFile: () => '{}' }),
    ).toMatchObject({
      code: 2,
      stderr: 'eks-pod-identity: This is no bundle: schemaVersion: Required.\n',
    });
  });
});

describe('plan', () => {
  const input = `
clusterName: payments-prod
namespace: payments
serviceAccount: payments-new
managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess']
`;
  const step = `id: identity
action: eks:pod-identity:associate
input:${input.replace(/\n(?=.)/g, '\n  ')}`;

  it.each([
    ['the input', input],
    ['the step of a template', step],
  ])(
    'says what would change, from %s, and changes nothing',
    async (_, yaml) => {
      const { code, stdout, stderr } = await world.run(['plan', '-'], {
        readFile: () => yaml,
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(
        /^\+ create role \S+\/eks-payments-prod-payments-payments-new/m,
      );
      expect(stdout).toMatch(/^\+ create association /m);
      expect(
        world.sandbox.aws.eks
          .associations('payments-prod')
          .map(({ serviceAccount }) => serviceAccount),
      ).not.toContain('payments-new');
    },
  );

  it('ends with 1 where it would meet a conflict', async () => {
    const { code, stdout, stderr } = await world.run(
      ['plan', '-', '-o', 'json'],
      {
        readFile: () => input.replace('namespace: payments', 'namespace: new'),
      },
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout).conflicts).toBe(true);
  });

  it('ends with 1 where the guardrails of a portal refuse it', async () => {
    const files: Record<string, string> = {
      'app.yaml': `eksPodIdentity:
  clusters: [{ name: payments-prod, region: eu-west-1, accountId: '111122223333' }]
`,
      'input.yaml': input,
    };
    const argv = ['plan', 'input.yaml', '--config', 'app.yaml'];
    const ended = await world.run(argv, { readFile: path => files[path] });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('(guardrails.managedPolicies.allow) allows');
  });

  it.each([
    ['namespace: A', '- namespace: must be a Kubernetes namespace name'],
    ['a: [', '- is not YAML'],
  ])('says what is wrong with %s', async (yaml, words) => {
    const ended = await world.run(['plan', '-'], { readFile: () => yaml });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(words);
  });
});

describe('doctor', () => {
  const argv = ['doctor', ...ON, '--namespace', 'payments'];

  it('finds nothing to say of an administrator', async () => {
    const { code, stdout } = await world.run(argv);
    expect(stdout).toMatch(/^✓ verify kubernetes {2}/m);
    expect({ code, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({
      code: 0,
      last: 'Nothing is missing: every answer is good.',
    });
  });

  it('judges what a portal may change by the id of that portal', async () => {
    expect(await world.run([...argv, '--write'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Which portal\? .* --portal-id/),
    });
    const { roles, backstage } = world.sandbox.credentials;
    const { iam } = world.sandbox.aws;
    const { changing: policy, ...others } = iam.role(roles.write).inline;
    iam.updateRole(roles.write, {
      inline: Object.fromEntries(
        Object.entries({
          ...others,
          changing: policy.replace(
            /("aws:Re(?:source|quest)Tag[^"]*":)"\*"/g,
            '$1"portal.example.com"',
          ),
        }).map(([name, text]) => [name, JSON.parse(text)]),
      ),
    });
    const file = (more: string) => ({
      readFile: () => `${more}
eksPodIdentity:
  pacing: { iamPerSecond: 1000, eksPerSecond: 1000, burst: 1000 }
  role: { permissionsBoundaryArn: arn:aws:iam::111122223333:policy/backstage-workload-boundary }
  clusters:
    - name: payments-prod
      region: eu-west-1
      accountId: '111122223333'
      roles: { read: '${roles.read}', verify: '${roles.verify}', write: '${roles.write}' }
`,
    });
    world.use(backstage);
    const changing = async (more: string, flags: string[] = []) => {
      const { stdout } = await world.run(
        ['doctor', '--config', 'x', ...argv.slice(-2), ...flags],
        file(more),
      );
      return /^(.) write changing {2}(.*)$/m.exec(stdout)?.slice(1);
    };
    const app = (host: string) => `app: { baseUrl: 'https://${host}' }`;
    expect(await changing(app('portal.example.com'))).toEqual([
      '✓',
      expect.stringContaining('none of them without the boundary'),
    ]);
    expect(await changing(app('other.example'))).toEqual([
      '✗',
      expect.stringContaining('iam:CreateRole'),
    ]);
    expect(
      await changing(app('other.example'), [
        '--portal-id',
        'portal.example.com',
      ]),
    ).toMatchObject(['✓', expect.any(String)]);
    world.use(world.sandbox.credentials.admin);
  });

  it('ends with 1, and has the statements that are missing', async () => {
    world.use(world.sandbox.credentials.nobody);
    const { code, stdout } = await world.run(argv);
    const app = 'app: { baseUrl: https://portal.example.com }';
    const ofPortal = await world.run(
      ['doctor', '--config', 'x', '--namespace', 'payments'],
      {
        readFile: () => `${app}
eksPodIdentity:
  clusters: [{ name: payments-prod, region: eu-west-1, accountId: '111122223333' }]
`,
      },
    );
    world.use(world.sandbox.credentials.admin);
    expect(code).toBe(1);

    expect(stdout).toContain(
      'See deploy/cloudformation.yaml, docs/permissions.md#aws-reading',
    );
    expect(ofPortal.stdout).toContain(
      `See deploy/cloudformation.yaml, https://portal.example.com/aws-identities/permissions#aws-reading`,
    );
    expect(stdout).toMatch(/^✗ read reading {2}AWS denies ec2:Describe/m);
    expect(stdout).toContain('"Sid": "BelowClusters"');
    expect(stdout.match(/^✗ /gm)).toHaveLength(2);
    expect(stdout.match(/^\? /gm)).toHaveLength(3);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      '2 things are missing or wrong, and 3 answers are missing: each ✗ has what to do.',
    );
  });

  it('asks for the admission policies of a portal, and for none without its settings', async () => {
    const { backstage, roles } = world.sandbox.credentials;
    world.use(backstage);
    const { read, verify } = roles;
    const asked = (...flags: string[]) =>
      world.run(['doctor', '--namespace', 'payments', ...flags], {
        readFile: () =>
          JSON.stringify({
            eksPodIdentity: {
              clusters: [
                {
                  name: 'payments-prod',
                  region: 'eu-west-1',
                  accountId: '111122223333',
                  roles: { read, verify },
                },
              ],
            },
          }),
      });
    const ofPortal = await asked('--config', 'x');
    const alone = await asked(...ON, '--assume-role', verify);
    world.use(world.sandbox.credentials.admin);
    // The demo gives the optional right to none of its roles, and they reach every namespace.
    expect(ofPortal.stdout).toMatch(/^\? verify policies {2}/m);
    expect(ofPortal.stdout).toMatch(/^\? verify namespaces {2}.*kube-system/m);
    expect(alone.stdout).toMatch(/^✓ verify kubernetes {2}/m);
    expect(alone.stdout).not.toMatch(/verify (policies|namespaces)/);
    const last = 'Nothing is known to be wrong, but 2 answers are missing:';
    expect(ofPortal).toMatchObject({ code: 3 });
    expect(ofPortal.stdout).toContain(`\n${last} each ? says why.\n`);
  });
});

describe('explain', () => {
  it('shows the section of a check', async () => {
    const { code, stdout } = await world.run(['explain', 'role.trust-policy']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^role\.trust-policy: .*\?\n\n/);
    expect(stdout.length).toBeGreaterThan(300);
    for (const [id, shown] of [
      ['permissions.read-bucket', 'permissions.*'],
      ['permissions.observed', 'permissions.observed'],
    ]) {
      const { stdout: text } = await world.run(['explain', id]);
      expect(text.split(':')[0]).toBe(shown);
    }
  });

  it.each([80, 200])('is rendered for %d columns', async columns => {
    const terminal = new Terminal(columns);
    await world.run(['explain', 'role.trust-policy'], terminal.io);
    const { rows, written } = terminal;
    expect(rows.filter(row => row.includes('`'))).toEqual([]);
    const labels = rows.flatMap(
      row => /^(\S \w+|Fix) {2}/.exec(row)?.[1] ?? [],
    );
    expect(labels).toEqual(['✗ fail', 'i note', '! warn', '? unknown', 'Fix']);
    expect(written).toContain('\u001b[31m✗ fail\u001b[0m     it certainly');
    expect(written).toContain('\u001b[36msts:TagSession\u001b[0m');
    const fix = rows.findIndex(row => row.startsWith('Fix '));
    expect(rows[fix + 1]).toMatch(/^ {11}\S/);
  });

  it('leaves no Markdown of any check but its code', async () => {
    const { stdout } = await world.run(['explain']);
    const ids = stdout.split('\n').flatMap(line => line.match(/^\S+/) ?? []);
    expect(ids.length).toBeGreaterThan(30);
    for (const id of ids) {
      const terminal = new Terminal(120);
      const plain = await world.run(['explain', id]);
      await world.run(['explain', id], terminal.io);
      expect([id, plain.code]).toEqual([id, 0]);
      const markup = /^ *\||\*\*|\]\(|^ *- `|&\w+;/m;
      expect([id, plain.stdout.match(markup)]).toEqual([id, null]);
      expect([id, terminal.rows.join('\n').match(markup)]).toEqual([id, null]);
      expect(Math.max(...terminal.rows.map(row => row.length))).toBeLessThan(
        121,
      );
    }
  });

  it.each(CHECKS)('shows the words of the page: $id', async check => {
    // Of two letters or more: the symbol of a note is an i.
    const wordsOf = (...texts: string[]) =>
      texts
        .join(' ')
        .toLowerCase()
        .match(/[\p{L}\p{N}]{2,}/gu);
    const { stdout } = await world.run(['explain', check.id]);
    const last = stdout.trim().split('\n').at(-1)!;
    expect(last).toMatch(/^In the report of a run/);
    expect(wordsOf(stdout)).toEqual(
      wordsOf(check.id, check.question, explanationOf(check.id)!, last),
    );
  });

  it('lists all checks, and knows which one was meant', async () => {
    const { stdout } = await world.run(['explain']);
    expect(stdout).toMatch(/^access\.aws {2,}\S/m);
    expect(await world.run(['explain', 'role.trustpolicy'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean role.trust-policy?'),
    });
  });
});

describe('the examples of docs/command-line.md', () => {
  const page = readFileSync(
    resolve(__dirname, '../../../docs/command-line.md'),
    'utf8',
  );
  const blocks = (language: string) =>
    [...page.matchAll(/^```(\w+)\n([^]*?)^```/gm)]
      .filter(([, name]) => name === language)
      .map(([, , text]) => text);
  /** What follows the name of the program in a line of a shell, without where its output goes. */
  const argumentsOf = (command: string) =>
    /eks-pod-identity (.*?) >/
      .exec(command.replace(/\\\n/g, ' '))![1]
      .split(/\s+/);

  it('run: the step of a pipeline', async () => {
    const command = blocks('sh').find(text => text.includes('--wait'))!;
    const { code, stdout } = await world.run(argumentsOf(command));
    expect(code).toBe(0);
    expect(XMLValidator.validate(stdout)).toBe(true);
  });
});

describe('admission-policies', () => {
  const CONFIG = `eksPodIdentity:
  clusters:
    - { id: one, name: payments, region: eu-west-1, accountId: '111122223333', probe: { image: 'registry.example.com/\${NAME}' }, namespaces: { allow: ['team-*', shop] } }
    - { name: other, region: eu-west-1, accountId: '111122223333', guardrails: { probe: { commands: { 'sts get-caller-identity': [] } } } }
`;
  const render = (...flags: string[]) =>
    world.run(['admission-policies', ...flags], {
      env: { NAME: 'cli' },
      readFile: () => CONFIG,
    });
  const policyOf = (text: string) => parseAllDocuments(text)[0].toJS();
  const expressionsOf = (text: string): string =>
    JSON.stringify(policyOf(text).spec);

  it('are those of deploy/ where nothing is set', async () => {
    const { code, stdout } = await render();
    const from = (text: string) => text.slice(text.indexOf('---\n'));
    const path = resolve(__dirname, '../../../deploy/admission-policies.yaml');
    expect(code).toBe(0);
    expect(from(stdout)).toBe(from(readFileSync(path, 'utf8')));
    expect(stdout).toMatch(new RegExp(`^# Rendered by .* ${version} for `));
  });

  it('are made of the settings of each cluster', async () => {
    const one = expressionsOf(
      (await render('--config', 'x.yaml', '--cluster', 'one')).stdout,
    );
    expect(one).toContain("== 'registry.example.com/cli'");
    expect(one).toContain("matches('^(team-.*|shop)$')");
    expect(one).toContain("'s3 ls'");
    const other = expressionsOf(
      (await render('--config', 'x.yaml', '--cluster', 'other')).stdout,
    );
    expect(other).toContain("['sts get-caller-identity']");
    expect(other).not.toContain('s3 ls');
    expect(
      (await render('--probe-image', 'registry.example.com/own')).stdout,
    ).toContain("== 'registry.example.com/own'");
  });

  it('are of one cluster', async () => {
    expect(await render('--config', 'x.yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Which cluster? x.yaml names one, other'),
    });
    expect(
      await render('--config', 'x.yaml', '-c', 'one', '--probe-image', 'x'),
    ).toMatchObject({ code: 2 });
    expect(await render('--cluster', 'one')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'eks-pod-identity: The settings of one are in an app-config: name it with --config.\n',
    });
  });

  it('are refused where a variable of their settings is not set', async () => {
    const FROM = `eksPodIdentity:
  portalId: \${PORTAL}
  clusters:
    - { name: one, region: eu-west-1, accountId: '111122223333', roles: { read: '\${READ_ROLE}' }, probe: { image: '\${REGISTRY}/cli' }, namespaces: { deny: ['\${DENIED}'] }, guardrails: { permissionsBoundaryArn: '\${BOUNDARY}', probe: { commands: { s3 ls: [] } } } }
    - { name: two, region: eu-west-1, accountId: '111122223333', probe: { image: '\${OTHER:-registry.example.com/two}' } }
    - { name: three, region: eu-west-1, accountId: '111122223333', probe: { image: '\${EMPTY:-}' } }
`;
    const from = (cluster: string, env: Record<string, string>) =>
      world.run(['admission-policies', '--config', 'x.yaml', '-c', cluster], {
        env,
        readFile: () => FROM,
      });
    expect(await from('one', {})).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'eks-pod-identity: x.yaml takes probe.image from REGISTRY and namespaces.deny.0 from DENIED, which the environment does not have: set it as the portal has it.\n',
    });
    const set = { REGISTRY: 'registry.example.com', DENIED: 'kube-system' };
    expect(expressionsOf((await from('one', set)).stdout)).toContain(
      "== 'registry.example.com/cli'",
    );
    // As Backstage leaves it out
    expect((await from('three', {})).stderr).toContain(
      'probe.image from EMPTY, which',
    );
    expect(expressionsOf((await from('two', {})).stdout)).toContain(
      "== 'registry.example.com/two'",
    );
  });
});

describe('the program itself', () => {
  it('has a version and a help with every exit code', async () => {
    expect(await world.run(['--version'])).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    for (const argv of [['--help'], ['verify', '--help']]) {
      const { code, stdout } = await world.run(argv);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^ {2}3 {4}no finding/m);
    }
  });

  it.each(['verify', 'inventory', 'doctor'])(
    'says in the help of %s in words what counts without an option',
    async command => {
      const { stdout } = await world.run([command, '--help']);
      expect(stdout).toContain(`Usage: eks-pod-identity ${command} `);
      expect(stdout).not.toContain('[])');
    },
  );
});
