import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliWorld } from './__testUtils__/CliWorld';
import { Kubeconfigs } from './__testUtils__/kubeconfigs';

const ON = ['--cluster', 'payments-prod'];
const LOOK = [...ON, '--probe', 'none', '-o', 'json'];
const ARN = 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod';

describe('verify as kubectl would', () => {
  let world: CliWorld;
  beforeAll(async () => {
    world = await CliWorld.start();
    const metadata = (name: string) => ({ name, namespace: 'shop' });
    const template = (app: string, serviceAccountName?: string) => ({
      metadata: { labels: { app } },
      spec: {
        serviceAccountName,
        containers: [{ name: 'app', image: 'registry.example.com/app' }],
      },
    });
    const selected = (app: string) => ({
      replicas: 1,
      selector: { matchLabels: { app } },
      template: template(app, app),
    });
    /** Of a Job. */
    const once = (app: string, account: string) => {
      const { spec, ...rest } = template(app, account);
      return { ...rest, spec: { ...spec, restartPolicy: 'Never' } };
    };
    await world.sandbox.cluster('payments-prod').apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: metadata('hermit'),
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: metadata('web'),
        spec: { ...selected('web'), template: template('web') },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: metadata('carts'),
        spec: { ...selected('carts'), serviceName: 'carts' },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: metadata('logs'),
        spec: selected('logs'),
      },
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: metadata('import'),
        spec: { template: once('import', 'importer') },
      },
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: metadata('report'),
        spec: {
          schedule: '0 5 * * *',
          jobTemplate: { spec: { template: once('report', 'reporter') } },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: metadata('alone'),
        spec: template('alone', 'hermit').spec,
      },
    ] as any);
  });
  afterAll(() => world.stop());

  /** The service accounts of the reports. */
  const accountsOf = (stdout: string): string[] =>
    JSON.parse(stdout).reports.map(
      ({ ref }: any) => `${ref.namespace}/${ref.serviceAccount}`,
    );

  it.each([
    [['payments-ledger', '-n', 'payments'], ['payments/payments-ledger']],
    [
      ['payments/payments-ledger', '-n', 'payments'],
      ['payments/payments-ledger'],
    ],
    [['-n', 'payments'], ['payments/payments-ledger']],
    [['--all', '-n', 'payments'], ['payments/payments-ledger']],
    [['-n', 'shop'], []],
  ])('%j', async (argv, accounts) => {
    const { code, stdout } = await world.run(['verify', ...argv, ...LOOK]);
    expect(code).toBe(0);
    expect(accountsOf(stdout)).toEqual(accounts);
  });

  it('takes -A for --all', async () => {
    const all = await world.run(['verify', '--all', ...LOOK]);
    const { stdout } = await world.run(['verify', '-A', ...LOOK]);
    expect(accountsOf(stdout)).toHaveLength(2);
    expect(accountsOf(stdout)).toEqual(accountsOf(all.stdout));
  });

  describe('of several, by labels or owner', () => {
    beforeAll(async () => {
      const { eks } = world.sandbox.aws;
      const { associationId, modifiedAt } = eks
        .associations('payments-prod')
        .find(one => one.serviceAccount === 'payments-ledger')!;
      eks.updateAssociation('payments-prod', associationId, {
        modifiedAt,
        tags: {
          'backstage.io/owner-ref': 'user:default/ada group:default/payments',
        },
      });
      await world.sandbox.cluster('payments-prod').apply(
        ['payments-ledger', 'payments-api'].map(name => ({
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: {
            name,
            namespace: 'payments',
            labels: { tier: name, team: 'payments' },
          },
        })),
      );
    });

    it.each([
      ['-l', 'tier=payments-ledger'],
      ['--selector', 'tier in (payments-ledger, payments-api)'],
      ['--owner', 'group:default/payments'],
      ['--owner', 'Payments'],
      ['--owner', 'user:default/ada'],
    ])('%s %s', async (...flags) => {
      for (const where of [['-A'], ['-n', 'payments']]) {
        const argv = ['verify', ...where, ...flags, ...LOOK];
        const { code, stdout } = await world.run(argv);
        expect(code).toBe(0);
        expect(accountsOf(stdout)).toEqual(['payments/payments-ledger']);
      }
    });

    it.each<[string[], number, string]>([
      [
        ['-l', 'tier=other'],
        3,
        'No association of payments-prod is of service accounts with tier=other.',
      ],
      [
        ['-l', 'tier', '--owner', 'ada'],
        3,
        'is of service accounts with tier and components of ada.',
      ],
      [['-l', '=='], 2, '"==" is no label selector: '],
      [['-l', 'a=b', '--kubernetes', 'none'], 2, '--selector asks Kubernetes'],
    ])('%j ends with %d', async (flags, code, said) => {
      const ended = await world.run(['verify', '-A', ...flags, ...LOOK]);
      expect([ended.code, ended.stdout]).toEqual([code, '']);
      expect(ended.stderr).toContain(said);
    });

    it('goes with several alone', async () => {
      const argv = ['verify', 'payments/payments-ledger', '-l', 'a', ...LOOK];
      const { code, stderr } = await world.run(argv);
      expect(code).toBe(2);
      expect(stderr).toContain('--selector goes with --namespace NAME');
    });
  });

  it.each([
    ['statefulset/carts', 'carts', 'StatefulSet'],
    ['sts/carts', 'carts', 'StatefulSet'],
    ['daemonset/logs', 'logs', 'DaemonSet'],
    ['ds/logs', 'logs', 'DaemonSet'],
    ['job/import', 'importer', 'Job'],
    ['cronjob/report', 'reporter', 'CronJob'],
    ['cj/report', 'reporter', 'CronJob'],
    ['pod/alone', 'hermit', 'Pod'],
    ['po/alone', 'hermit', 'Pod'],
  ])('finds the service account of %s', async (text, account, kind) => {
    const { stdout, stderr } = await world.run([
      'verify',
      text,
      ...['-n', 'shop'],
      ...LOOK,
    ]);
    expect(accountsOf(stdout)).toEqual([`shop/${account}`]);
    expect(stderr).toMatch(
      new RegExp(`^${kind} shop/\\w+ runs as service account ${account}\\.\\n`),
    );
  });

  it.each(['deployment', 'deploy', 'deployment.apps', 'Deployment'])(
    'proves that of %s/payments-ledger',
    async kind => {
      const { code, stdout } = await world.run([
        'verify',
        `${kind}/payments-ledger`,
        ...['-n', 'payments', '-q'],
        ...LOOK,
      ]);
      expect(code).toBe(0);
      expect(accountsOf(stdout)).toEqual(['payments/payments-ledger']);
    },
  );

  it('says that a template without one means "default"', async () => {
    const { stdout, stderr } = await world.run([
      'verify',
      'deploy/web',
      ...['-n', 'shop'],
      ...LOOK,
    ]);
    expect(accountsOf(stdout)).toEqual(['shop/default']);
    expect(stderr).toMatch(
      /^Deployment shop\/web names no service account, so its pods run as "default"\.\n/,
    );
  });

  it('looks in the namespace of the kubeconfig', async () => {
    const kubeconfigs = new Kubeconfigs();
    const here = { cluster: ARN, namespace: 'payments' };
    kubeconfigs.use(kubeconfigs.write({ here }));
    const verify = ['verify', 'deploy/payments-ledger', ...LOOK.slice(2)];
    const { code } = await world.run(verify);
    const elsewhere = await world.run([...verify, '-n', 'shop']);
    kubeconfigs.end();
    expect(code).toBe(0);
    expect(elsewhere.code).toBe(4);
  });

  it('has --namespace for "plan --move" and gate', async () => {
    const of = ['payments-ledger', '-n', 'payments', ...ON, '-q'];
    expect((await world.run(['gate', ...of])).code).toBe(0);
    expect((await world.run(['plan', '--move', ...of])).stdout).toMatch(
      /^payments\/payments-ledger: Nothing to move\n/,
    );
  });

  it.each<[string[], number, string]>([
    [
      ['deploy/none', '-n', 'shop'],
      4,
      'There is no Deployment none in namespace shop of cluster payments-prod: check its name and the namespace.',
    ],
    [
      ['deploy/web'],
      2,
      'deploy/web of which namespace? Name it with --namespace.',
    ],
    [
      ['deploy/web', '-n', 'No_name'],
      2,
      '"No_name/default" is not a service account',
    ],
    [
      ['deploy/web', '-n', 'shop', '--kubernetes', 'none'],
      2,
      'deploy/web is read from Kubernetes: with --kubernetes none, name its service account.',
    ],
    [['web'], 2, '"web" is not a service account: write NAMESPACE/NAME'],
  ])('%j ends with %d', async (argv, code, said) => {
    const ended = await world.run(['verify', ...argv, ...LOOK]);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toContain(said);
  });

  it.each(
    readFileSync(
      resolve(__dirname, '../../../docs/command-line.md'),
      'utf8',
    ).match(/^eks-pod-identity verify .*(?= #)/gm)!,
  )('runs the example %s', async example => {
    const [, ...argv] = example.trim().split(/\s+/);
    const { code } = await world.run([...argv, '--quiet']);
    expect(code).toBe(0);
  });

  it('names the right that is missing', async () => {
    world.use(world.sandbox.credentials.nobody);
    const argv = ['verify', 'deploy/web', '-n', 'shop', ...LOOK];
    const { code, stderr } = await world.run(argv);
    world.use(world.sandbox.credentials.admin);
    expect(code).toBe(4);
    expect(stderr).toContain('Could not read Deployment shop/web');
  });
});
