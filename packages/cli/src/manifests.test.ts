import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { CliWorld } from './__testUtils__/CliWorld';
import { CliError } from './exitCodes';

const VERIFY = [
  'verify',
  'payments/payments-ledger',
  '--cluster=payments-prod',
  '--probe=none',
];

const manifest = (more: {
  labels?: string;
  account?: string;
  container?: string;
}) => `apiVersion: v1
kind: ServiceAccount
metadata:
  name: payments-ledger
  namespace: payments
---
apiVersion: apps/v1
kind: Deployment
metadata:
  namespace: payments
  name: payments-ledger
spec:
  replicas: 2
  selector: { matchLabels: { app.kubernetes.io/name: payments-ledger } }
  template:
    metadata:
      labels:
        app.kubernetes.io/name: payments-ledger
${more.labels ?? ''}
    spec:
      serviceAccountName: ${more.account ?? 'payments-ledger'}
      containers:
        - name: app
          image: registry.acme.example/payments/payments-ledger:1.4.3
          command: [sleep, infinity]
${more.container ?? ''}
`;

const ENV = (name: string) =>
  `          env:\n            - { name: LANG, value: C }\n            - { name: ${name}, value: A }`;

describe('verify with manifests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-manifests-'));
  const file = join(folder, 'ledger.yaml');
  let world: CliWorld;
  beforeAll(async () => {
    world = await CliWorld.start();
  });
  afterAll(async () => {
    await world.stop();
    rmSync(folder, { recursive: true });
  });

  async function deploy(text: string): Promise<void> {
    writeFileSync(file, text);
    await world.sandbox.cluster('payments-prod').apply(text);
    await rolledOut();
  }

  async function rolledOut(): Promise<void> {
    const kube = world.sandbox.cluster('payments-prod');
    await kube.waitFor(
      'deployments',
      'payments',
      'payments-ledger',
      one =>
        one?.status?.observedGeneration === one?.metadata.generation &&
        one?.status?.updatedReplicas === 2 &&
        one?.status?.readyReplicas === 2 &&
        one?.status?.replicas === 2 &&
        kube
          .list('pods', 'payments')
          .every(pod => !pod.metadata.deletionTimestamp),
      AbortSignal.timeout(PATIENCE_MS),
    );
  }

  /** The line that the program names, as it stands in the file. */
  async function lineFound() {
    const { code, stdout, stderr } = await world.run(
      [...VERIFY, '-q', '-o', 'code-quality', '--manifests', folder],
      { env: { ...process.env, CI_PROJECT_DIR: folder } },
    );
    expect(stderr).toBe('');
    const [{ check_name, location }] = JSON.parse(stdout);
    expect(location.path).toBe('ledger.yaml');
    return { code, check: check_name, line: location.lines.begin };
  }

  it.each([
    [
      { container: ENV('AWS_ACCESS_KEY_ID') },
      'workloads.shadowed',
      'name: AWS_ACCESS_KEY_ID',
    ],
    [
      { container: ENV('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI') },
      'workloads.shadowed',
      'name: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    ],
    [
      {
        labels: '        eks.amazonaws.com/skip-pod-identity-webhook: "true"',
      },
      'workloads.injected',
      'skip-pod-identity-webhook',
    ],
    [{ account: 'default' }, 'workloads.service-account', 'Name: default'],
  ])('finds the cause of %j', async (more, check, words) => {
    const text = manifest(more);
    await deploy(text);
    const { line, ...found } = await lineFound();
    expect(found).toEqual({ code: 1, check });
    expect(text.split('\n')[line - 1]).toContain(words);
  });

  it('shows what AWS lacks at the service account', async () => {
    await deploy(manifest({}));
    const { iam } = world.sandbox.aws;
    iam.deleteRole('arn:aws:iam::111122223333:role/payments-ledger');
    const { line, ...found } = await lineFound();
    expect(found).toEqual({ code: 1, check: 'role.exists' });
    expect(line).toBe(4);
    await world.reset();
    // Else the next verdict may be of the roll-out
    await rolledOut();
  });

  it('writes several reports of one run, and what it could not read', async () => {
    writeFileSync(join(folder, 'chart.yaml'), 'a: {{ .Values.a }}\n{{ end }}');
    const written: Record<string, string> = {};
    const { stdout, stderr } = await world.run(
      [
        ...VERIFY,
        ...['--manifests', folder, '--report', 'github=a b=c.txt'],
        ...['--report=headline=line.txt', '--report=junit=report.xml'],
        ...['--report', 'text=report.txt'],
      ],
      { writeFile: (path, text) => (written[path] = text) },
    );
    expect(Object.keys(written)).toEqual([
      'a b=c.txt',
      'line.txt',
      'report.xml',
      'report.txt',
    ]);
    expect(written['line.txt']).toMatch(/^Looks right: .*\n$/);
    expect(written['report.txt']).toBe(stdout);
    const said = `${folder}/chart.yaml is a template (it has "{{")`;
    expect(stderr).toContain(said);
    // Where it is the only stream, in the log
    expect(written['a b=c.txt']).toContain(said);
    rmSync(join(folder, 'chart.yaml'));
  });

  it.each([
    ['nothing is wrong', [], 'i', 2],
    ['an answer is missing', ['--require-proof'], 'i', 2],
    [
      'there is a finding',
      ['--expect-role=arn:aws:iam::111122223333:role/other'],
      '✗',
      1,
    ],
  ])(
    'keeps the verdict where files cannot be written and %s',
    async (_, flags, mark, ends) => {
      let printed = '';
      const written: string[] = [];
      const printedBefore: string[] = [];
      const { code, stderr } = await world.run(
        [
          ...[...VERIFY, '-q', ...flags, '--bundle=none/facts.json'],
          ...['--report=junit=none/report.xml', '--report=headline=line.txt'],
        ],
        {
          stdout: { write: text => (printed += text) },
          writeFile: (path, text) => {
            printedBefore.push(printed);
            if (path.includes('/')) throw new CliError(`No ${path}.`);
            written.push(text);
          },
        },
      );
      const missing = 'No none/facts.json. No none/report.xml.';
      expect(stderr).toBe(`eks-pod-identity: ${missing}\n`);
      expect(code).toBe(ends);
      const [line] = printed.split('\n');
      expect(written).toEqual([expect.stringContaining(line.slice(2))]);
      expect(line.startsWith(`${mark} `)).toBe(true);
      expect(printedBefore).toEqual([printed, printed, printed]);
    },
  );

  it('has no progress beside workflow commands', async () => {
    const { stdout, stderr } = await world.run([...VERIFY, '-o', 'github']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^::stop-commands::(\S+)\n[^]*\n::\1::\n$/);
  });

  it.each([
    [
      ['-o', 'code-quality'],
      'code-quality needs --manifests: GitLab shows a finding on the line of a file.',
    ],
    [
      ['--report', 'code-quality=a.json'],
      'code-quality needs --manifests: GitLab shows a finding on the line of a file.',
    ],
    [
      ['--manifests', '.'],
      '--manifests goes with --output github or code-quality, or with such a --report.',
    ],
    [
      ['-o', 'github', '--manifests', 'no/such'],
      '--manifests no/such cannot be read: ENOENT',
    ],
    [['--report', 'pdf=a.pdf'], 'Write it as FORMAT=FILE'],
    [['--report', 'junit'], 'Write it as FORMAT=FILE'],
    [['--report', 'junit='], 'Write it as FORMAT=FILE'],
  ])('%j ends with 2', async (flags, said) => {
    const { code, stdout, stderr } = await world.run([...VERIFY, ...flags]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(said);
  });
});
