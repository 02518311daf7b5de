import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { writeSettings } from 'eks-sandbox';
import { CliWorld } from './__testUtils__/CliWorld';
import { type ContextEntry, Kubeconfigs } from './__testUtils__/kubeconfigs';

const ARN = 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod';
const LOOK = ['--probe', 'none'];
/** A plugin that must not run. */
const plugin = (args: string[], env: Record<string, string> = {}) => ({
  exec: {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    command: '/does/not/exist',
    args,
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    interactiveMode: 'Never',
  },
});
const GET_TOKEN = ['eks', 'get-token', '--cluster-name', 'payments-prod'];

describe('the cluster of the kubeconfig', () => {
  let world: CliWorld;
  const kubeconfigs = new Kubeconfigs();
  beforeAll(async () => {
    world = await CliWorld.start();
  });
  afterAll(async () => {
    kubeconfigs.end();
    await world.stop();
  });

  /** In a shell whose kubeconfig has this current context, and no region. */
  async function inShellOf(entry: ContextEntry, argv: string[], name = 'here') {
    kubeconfigs.use(kubeconfigs.write({ [name]: entry }));
    const { AWS_REGION } = process.env;
    delete process.env.AWS_REGION;
    const ended = await world.run(argv);
    process.env.AWS_REGION = AWS_REGION;
    return ended;
  }

  it('is that of the file that "aws eks update-kubeconfig" writes', async () => {
    const { kubeconfig } = await writeSettings(
      kubeconfigs.folder,
      world.sandbox,
    );
    expect(readFileSync(kubeconfig, 'utf8')).toContain('get-token');
    kubeconfigs.use(kubeconfig);
    const verify = ['verify', 'payments/payments-ledger', ...LOOK];
    const { code, stdout, stderr } = await world.run(verify);
    expect(code).toBe(0);
    expect(stdout).toContain('payments-prod/payments/payments-ledger');
    expect(stderr.split('\n')[0]).toBe(
      `Cluster payments-prod in eu-west-1, from the current context "${ARN}" of the kubeconfig.`,
    );
    expect((await world.run([...verify, '--quiet'])).stderr).toBe('');
    const named = await world.run([...verify, '--cluster', 'payments-prod']);
    expect(named.stderr).not.toContain('kubeconfig');
  });

  it('is taken by the example of docs/command-line.md', async () => {
    const page = resolve(__dirname, '../../../docs/command-line.md');
    const [, example, said] =
      /^eks-pod-identity (verify .*)\n# (Cluster .* context )/m.exec(
        readFileSync(page, 'utf8'),
      )!;
    const entry = { cluster: ARN, namespace: 'payments' };
    const { code, stderr } = await inShellOf(entry, example.split(' '));
    expect(code).toBe(0);
    expect(stderr.startsWith(said)).toBe(true);
  });

  it.each<[string, ContextEntry]>([
    ['an ARN', { cluster: ARN }],
    [
      'aws eks get-token',
      {
        cluster: 'mine',
        user: plugin(['--region', 'eu-west-1', ...GET_TOKEN]),
      },
    ],
    [
      'aws eks get-token with a variable, behind another program',
      {
        cluster: 'mine',
        user: plugin(['exec', 'prod', '--', 'aws', ...GET_TOKEN], {
          AWS_REGION: 'eu-west-1',
        }),
      },
    ],
    [
      'aws-iam-authenticator, as eksctl writes it',
      {
        cluster: 'payments-prod.eu-west-1.eksctl.io',
        user: plugin(['token', '-i', 'payments-prod']),
      },
    ],
    [
      'the name that eksctl gives',
      { cluster: 'payments-prod.eu-west-1.eksctl.io' },
    ],
  ])('is read from %s, and the namespace with it', async (_, entry) => {
    const { code, stdout, stderr } = await inShellOf(
      { ...entry, namespace: 'payments' },
      ['verify', 'payments-ledger', ...LOOK],
    );
    expect(stderr.split('\n')[0]).toBe(
      'Cluster payments-prod in eu-west-1, from the current context "here" of the kubeconfig.',
    );
    expect(stdout).toContain('payments-prod/payments/payments-ledger');
    expect(code).toBe(0);
  });

  it('takes the region of the shell where the context tells none', async () => {
    const entry = {
      cluster: 'mine',
      user: plugin(['token', '--cluster-id=payments-prod']),
    };
    kubeconfigs.use(kubeconfigs.write({ here: entry }));
    const { code, stderr } = await world.run(['inventory', '--no-cloudtrail']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Cluster payments-prod, from the current context /);
  });

  it('is found by every command that reads one', async () => {
    const entry = { cluster: ARN, namespace: 'payments' };
    const run = (...argv: string[]) => inShellOf(entry, [...argv, '-q']);
    expect(await run('gate', 'payments-ledger')).toMatchObject({
      code: 0,
      stderr: '',
    });
    const { stdout } = await run('plan', '--move', 'payments-ledger');
    expect(stdout).toMatch(/^payments\/payments-ledger: Nothing to move\n/);
    expect((await run('doctor', '-n', 'payments')).stdout).toContain(
      'Nothing is missing: every answer is good.',
    );
  });

  it('has the namespace "default" where its context has none', async () => {
    const { stdout } = await inShellOf({ cluster: ARN }, [
      'verify',
      'api',
      ...LOOK,
    ]);
    expect(stdout).toContain('payments-prod/default/api');
  });

  it('is that of --context and --kubeconfig', async () => {
    kubeconfigs.use();
    const file = kubeconfigs.write({
      here: { cluster: 'kind-kind' },
      there: { cluster: ARN },
    });
    const { code, stderr } = await world.run([
      'verify',
      'payments/payments-ledger',
      ...LOOK,
      ...['--kubeconfig', file, '--context', 'there', '--kubernetes', 'none'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Cluster payments-prod in eu-west-1, from context "there" of the kubeconfig\.\n/,
    );
  });

  describe('and whose credentials are used', () => {
    /** Its server is none, so that each try to reach it shows. */
    const entry = { cluster: ARN, user: { token: 'of-the-kubeconfig' } };
    const verify = ['verify', 'payments/payments-ledger', ...LOOK];

    it.each<[string, string[], number]>([
      ['the AWS keys, without a flag', [], 0],
      ['the kubeconfig, where it is asked for', ['--context', 'here'], 3],
      ['the kubeconfig, by name', ['--kubernetes', 'kubeconfig'], 3],
      [
        'the AWS keys, where they are asked for',
        ['--kubernetes', 'eks', '--context', 'here'],
        0,
      ],
    ])('is %s', async (_, flags, code) => {
      const ended = await inShellOf(entry, [...verify, ...flags]);
      expect(ended.code).toBe(code);
      const tried = ended.stdout.includes('api.example.invalid');
      expect(tried).toBe(code === 3);
    });

    it.each<[string, object, string[], boolean]>([
      [
        'an option of its plugin, before the keys of the shell',
        plugin([...GET_TOKEN, '--profile', 'many']),
        [],
        true,
      ],
      [
        '--profile, before that',
        plugin([...GET_TOKEN, '--profile', 'many']),
        ['--profile', 'few'],
        false,
      ],
      [
        'no variable of its plugin, where the shell has keys',
        plugin(GET_TOKEN, { AWS_PROFILE: 'many' }),
        [],
        false,
      ],
    ])('is the AWS profile of %s', async (_, user, flags, may) => {
      const { admin, nobody } = world.sandbox.credentials;
      kubeconfigs.useProfiles({ many: admin, few: nobody });
      world.use(nobody);
      const warned = jest.spyOn(console, 'warn').mockReturnValue();
      const argv = [...verify, ...flags];
      const ended = await inShellOf({ cluster: ARN, user }, argv);
      world.use(admin);
      // The SDK does, of keys beside a profile
      expect(warned.mock.calls).toEqual([]);
      warned.mockRestore();
      expect(ended.code).toBe(may ? 0 : 3);
      expect(ended.stderr.includes(', with its AWS profile many.')).toBe(may);
    });

    it('is never keys of another account than the cluster', async () => {
      const cluster = ARN.replace('111122223333', '444455556666');
      const { code, stdout, stderr } = await inShellOf({ cluster }, verify);
      expect([code, stdout]).toEqual([4, '']);
      expect(stderr).toContain(
        'Context "here" of the kubeconfig is of a cluster in account 444455556666, but the AWS keys are of account 111122223333: use',
      );
    });
  });

  it.each<[string, ContextEntry, string[], string]>([
    [
      'a cluster elsewhere',
      { cluster: 'kind-kind' },
      [],
      'Which cluster? Context "here" of the kubeconfig does not tell an EKS cluster: its cluster "kind-kind" is no ARN, and its user does not run "aws eks get-token". Choose another context with --context. Or name the cluster with --cluster.',
    ],
    [
      'another region',
      { cluster: ARN },
      ['--region', 'eu-west-2'],
      '--region eu-west-2 contradicts context "here" of the kubeconfig, whose cluster payments-prod is in eu-west-1',
    ],
    [
      'a context that is not there',
      { cluster: ARN },
      ['--context', 'nope'],
      'Which cluster? The kubeconfig has no context "nope". It has here. Or name',
    ],
    [
      'the Kubernetes of a pod',
      { cluster: ARN },
      ['--kubernetes', 'in-cluster'],
      'Which cluster? With --kubernetes in-cluster, name it with --cluster.',
    ],
    [
      'a region that is none',
      { cluster: ARN.replace('eu-west-1', 'mars') },
      ['--quiet'],
      '"mars" is not an AWS region such as eu-west-1. Correct context "here" of the kubeconfig.',
    ],
  ])('is an error with %s', async (_, entry, flags, said) => {
    const { code, stdout, stderr } = await inShellOf(entry, [
      'verify',
      'payments/payments-ledger',
      ...flags,
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`eks-pod-identity: ${said}`);
  });

  describe('or a shell that does not fit', () => {
    const verify = ['verify', 'payments/payments-ledger', ...LOOK];
    const ON = ['--cluster', 'payments-prod'];
    const NONE =
      'There is no kubeconfig: KUBECONFIG is not set, and there is no ~/.kube/config. Write one with "aws eks update-kubeconfig", or name its file with --kubeconfig.';

    it.each<[string[], Record<string, string>, string]>([
      [[], {}, `Which cluster? ${NONE} Or name the cluster with --cluster.\n`],
      [[...ON, '--kubernetes', 'kubeconfig'], {}, `${NONE}\n`],
      [
        [...ON, '--kubeconfig', '/none'],
        {},
        'The kubeconfig /none cannot be read: ENOENT',
      ],
      [
        [...ON, '--kubernetes', 'kubeconfig'],
        { KUBECONFIG: '/none' },
        'The kubeconfig /none cannot be read: ENOENT',
      ],
      [
        [...ON, '--kubernetes', 'in-cluster'],
        {},
        '--kubernetes in-cluster is for a program that runs in a pod with a service account token: this is no pod, for KUBERNETES_SERVICE_HOST is not set.',
      ],
      [
        [...ON, '--kubernetes', 'in-cluster'],
        { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
        '/serviceaccount/token is missing; the pod may say automountServiceAccountToken: false.',
      ],
      [
        [...ON, '--region', 'mars'],
        {},
        '"mars" is not an AWS region such as eu-west-1. Correct --region.',
      ],
      [ON, { AWS_REGION: 'mars' }, 'Correct AWS_REGION.'],
    ])('has a sentence for %j with %j', async (flags, env, said) => {
      kubeconfigs.use();
      const { AWS_REGION } = process.env;
      Object.assign(process.env, env);
      const ended = await world.run([...verify, ...flags]);
      for (const name of Object.keys(env)) delete process.env[name];
      process.env.AWS_REGION = AWS_REGION;
      expect([ended.code, ended.stdout]).toEqual([2, '']);
      expect(ended.stderr).toContain(said);
    });

    it('has one for a context that is not there, before anything is asked', async () => {
      kubeconfigs.use(kubeconfigs.write({ here: { cluster: ARN } }));
      const { code, stderr } = await world.run([
        ...verify,
        ...ON,
        ...['--context', 'nope'],
      ]);
      expect([code, stderr]).toEqual([
        2,
        'eks-pod-identity: The kubeconfig has no context "nope". It has here.\n',
      ]);
    });
  });
});
