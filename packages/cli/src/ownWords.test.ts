import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { CliWorld } from './__testUtils__/CliWorld';
import { Kubeconfigs } from './__testUtils__/kubeconfigs';

const ON = ['--cluster', 'payments-prod'];
const LEDGER = 'payments/payments-ledger';

let world: CliWorld;
beforeAll(async () => {
  world = await CliWorld.start();
});
afterEach(() => world.reset());
afterAll(() => world.stop());

const FILE = {
  eksPodIdentity: {
    evidence: { cloudTrail: true },
    clusters: [
      { name: 'payments-prod', region: 'eu-west-1', accountId: '111122223333' },
    ],
  },
};
const configOf = (more: object = {}) => ({
  readFile: () =>
    JSON.stringify({ eksPodIdentity: { ...FILE.eksPodIdentity, ...more } }),
});

/** What checks say, by id. That none of it is a setting, each run of a CliWorld asserts. */
async function saidBy(flags: string[], io = {}) {
  const { stdout, stderr } = await world.run(
    ['verify', LEDGER, '--probe', 'none', '-q', '-o', 'json', ...flags],
    io,
  );
  if (!stdout) throw new Error(stderr);
  const [{ checks }] = JSON.parse(stdout).reports;
  return Object.fromEntries(
    checks.map(({ id, message }: Record<string, string>) => [id, message]),
  );
}

describe('what CloudTrail has', () => {
  it.each<[string, string[], object, RegExp]>([
    ['not read', ON, {}, /^Not read: with --cloudtrail and the right cloudtr/],
    ['read with the flag', [...ON, '--cloudtrail'], {}, /15 minutes/],
    [
      'read where the file says it',
      ['--config', 'x'],
      configOf(),
      /15 minutes/,
    ],
    [
      'not read where the file does not say it',
      ['--config', 'x'],
      configOf({ evidence: {} }),
      /^Not read: with eksPodIdentity\.evidence\.cloudTrail and/,
    ],
  ])('is %s', async (_, flags, io, words) => {
    expect((await saidBy(flags, io))['workloads.obtained']).toMatch(words);
  });

  it('is missing where the keys do not allow it', async () => {
    const { admin, backstage, roles } = world.sandbox.credentials;
    world.use(backstage);
    const as = ['--assume-role', roles.verify];
    const said = await saidBy([...ON, '--cloudtrail', ...as]);
    world.use(admin);
    expect(said['workloads.obtained']).toMatch(
      /^This program is not allowed to call cloudtrail:LookupEvents/,
    );
  });
});

it('names the flag that leaves Kubernetes out, and the key where a file has it', async () => {
  const off = { kubernetes: { access: 'none' } };
  const clusters = [{ ...FILE.eksPodIdentity.clusters[0], ...off }];
  const said = await saidBy([...ON, '--kubernetes', 'none']);
  expect(said['access.kubernetes']).toMatch(/ \(--kubernetes none\)\.$/);
  const inFile = await saidBy(['--config', 'x'], configOf({ clusters }));
  expect(inFile['access.kubernetes']).toMatch(/ \(kubernetes\.access: none\)/);
  const { stderr } = await world.run([
    'verify',
    LEDGER,
    ...ON,
    '--kubernetes',
    'none',
  ]);
  expect(stderr).toContain('(--kubernetes none), so no pod is run');
});

it('names the flag of a role that cannot be assumed', async () => {
  const role = 'arn:aws:iam::111122223333:role/closed';
  const said = await saidBy([...ON, '--assume-role', role]);
  expect(said['access.aws']).toMatch(
    /This program could not assume \S+, which --assume-role names/,
  );
});

it('waits as long as --request-timeout says, and names it', async () => {
  const kubeconfigs = new Kubeconfigs();
  const sockets: Socket[] = [];
  const silent = createServer(socket => sockets.push(socket));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const file = kubeconfigs.write({
    here: { cluster: 'payments-prod', server: `https://127.0.0.1:${port}` },
  });
  try {
    const argv = ['verify', LEDGER, ...ON, '--probe', 'none', '-q'];
    const { code, stdout } = await world.run([
      ...argv,
      '--kubeconfig',
      file,
      '--request-timeout',
      '1',
    ]);
    expect(code).toBe(3);
    expect(stdout).toContain(' did not answer within 1000 ms.');
    expect(stdout).toContain(
      ' 2. If it is only slow, raise --request-timeout.',
    );
  } finally {
    sockets.forEach(socket => socket.destroy());
    silent.close();
    kubeconfigs.end();
  }
});

it.each([
  ['--kubernetes', 'none'],
  ['--request-timeout', '20'],
])('leaves %s %s to the file of --config', async (...flags) => {
  const argv = ['verify', LEDGER, '--config', 'x', ...flags];
  const { code, stderr } = await world.run(argv, configOf());
  expect(code).toBe(2);
  expect(stderr).toContain(' cannot be combined with --config: set it in the');
});

it('says below a refused plan which file has other guardrails', async () => {
  const { code, stderr } = await world.run(['plan', '-', ...ON], {
    readFile: () => `
clusterName: payments-prod
namespace: payments
serviceAccount: payments-new
managedPolicyArns: ['arn:aws:iam::111122223333:policy/own']
`,
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /guardrails\.permissionsBoundaryArn to be configured.*\nGuardrails are the default ones here; with --config, those in the app-config of a portal hold\.\n$/,
  );
});

it('names in a plan the flag, or the setting that only a file has', async () => {
  const planned = (...flags: string[]) =>
    world.run(['plan', '-', ...ON, ...flags], {
      readFile: () => `
clusterName: payments-prod
namespace: payments
serviceAccount: payments-new
managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess']
`,
    });
  expect(await planned('--kubernetes', 'none')).toMatchObject({
    stdout: expect.stringContaining('is configured with --kubernetes none;'),
    stderr: '',
  });
  const agent = 'eks-pod-identity-agent';
  world.sandbox.aws.eks.cluster('payments-prod').addons.delete(agent);
  const kube = world.sandbox.cluster('payments-prod');
  await kube.delete('daemonsets', 'kube-system', agent);
  expect(await planned()).toMatchObject({
    stdout: expect.stringContaining(
      ' is configured without allow.installAgent in the file of --config',
    ),
    stderr: '',
  });
});

it('keeps the words of the program in its bundle', async () => {
  const files = new Map<string, string>();
  const io = {
    readFile: (path: string) => files.get(path)!,
    writeFile: (path: string, text: string) => void files.set(path, text),
  };
  await world.run(
    ['verify', LEDGER, ...ON, '--probe', 'none', '--bundle', 'b', '-q'],
    io,
  );
  const { stdout } = await world.run(['judge', 'b', '-o', 'json'], io);
  expect(stdout).toContain('Not read: with --cloudtrail and');
});
