import type {
  IdentityStatus,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { CliWorld } from './__testUtils__/CliWorld';
import { Waiting } from './commands/Waiting';

const ON = ['--cluster', 'payments-prod', '--wait', '1m'];
const LEDGER = 'payments/payments-ledger';
const ROLE = 'arn:aws:iam::111122223333:role/payments-ledger';
const HOUR_MS = 3_600_000;

describe('verify --wait', () => {
  let world: CliWorld;
  beforeAll(async () => {
    world = await CliWorld.start();
  });
  afterEach(() => world.reset());
  afterAll(() => world.stop());

  /** Runs the program; `during` happens in its pauses, one after the other. */
  async function run(argv: string[], ...during: (() => Promise<unknown>)[]) {
    world.sandbox.calls.reset();
    let pauses = 0;
    const ended = await world.run(argv, {
      sleep: async () => {
        pauses += 1;
        await during[pauses - 1]?.();
      },
    });
    const pods = world.sandbox.calls
      .calls()
      .filter(({ operation, write }) => write && operation === 'create pods');
    return { ...ended, pauses, pods: pods.filter(one => !one.internal).length };
  }

  /** When the association of the ledger was changed last, by the clock of the program. */
  function changeAssociation(at: number) {
    const { eks } = world.sandbox.aws;
    const { associationId } = eks
      .associations('payments-prod')
      .find(one => one.serviceAccount === 'payments-ledger')!;
    eks.updateAssociation('payments-prod', associationId, {
      createdAt: at,
      modifiedAt: at,
    });
  }

  const breakTrust = () =>
    world.sandbox.aws.iam.updateRole(ROLE, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'pods.eks.amazonaws.com' },
            Action: ['sts:AssumeRole'],
          },
        ],
      },
    });

  it('goes on after a change, which AWS may still be spreading', async () => {
    changeAssociation(Date.now() + HOUR_MS);
    breakTrust();
    const { code, pauses, stderr } = await run(
      ['verify', LEDGER, ...ON, '--probe', 'none'],
      async () => {},
      () => world.reset(),
    );
    expect({ code, pauses }).toEqual({ code: 0, pauses: 2 });
    expect(stderr).toContain('Verifying again in 10 s.');
  });

  it('ends at once with what has been broken for longer', async () => {
    changeAssociation(Date.now() - HOUR_MS);
    breakTrust();
    expect(await run(['verify', LEDGER, ...ON])).toMatchObject({
      code: 1,
      pauses: 0,
      stdout: expect.stringMatching(/^✗ Broken: /),
    });
  });

  it('runs one pod, and then looks until the application has followed', async () => {
    world.sandbox.aws.eks.putAssociation('payments-prod', {
      namespace: 'payments',
      serviceAccount: 'payments-api',
      roleArn: ROLE,
    });
    const { code, pauses, pods, stdout } = await run(
      ['verify', 'payments/payments-api', ...ON],
      async () => {},
      () => restart('payments-api'),
    );
    expect({ code, pauses, pods }).toEqual({ code: 0, pauses: 2, pods: 1 });
    expect(stdout).toMatch(/^✓ Verified: a fresh pod of /);
    expect(stdout).toMatch(/^✓ credentials\.identity {2}AWS sees the pod as/m);
    expect(stdout).toContain('All 2 running pods have the identity.');
  });

  /** A new template for the ledger, with these fields in its spec. */
  const template = (change: (spec: any) => void) =>
    world.sandbox
      .cluster('payments-prod')
      .change('deployments', 'payments', 'payments-ledger', ({ spec }) =>
        change(spec.template.spec),
      );
  /** Waits until a pod of the ledger is like that. */
  const untilPod = (isSo: (pod: any) => boolean) =>
    world.sandbox
      .cluster('payments-prod')
      .waitFor('deployments', 'payments', 'payments-ledger', () =>
        world.sandbox
          .cluster('payments-prod')
          .list('pods', 'payments')
          .some(
            pod =>
              pod.spec.serviceAccountName === 'payments-ledger' && isSo(pod),
          ),
      );

  it('waits until a roll-out has ended', async () => {
    await template(spec => {
      spec.nodeSelector = { disk: 'none-has-it' };
    });
    await untilPod(({ status }) => status.phase === 'Pending');
    const { code, pauses, stderr } = await run(
      ['verify', LEDGER, ...ON, '--probe', 'none'],
      async () => {},
      async () => {
        await template(spec => {
          delete spec.nodeSelector;
        });
        await restart('payments-ledger');
      },
    );
    expect({ code, pauses }).toEqual({ code: 0, pauses: 2 });
    expect(stderr).toMatch(
      /Rolling out: a roll-out is under way: 0 of 2 new pods run\./,
    );
  });

  it('ends at a roll-out that is stuck, with what stands', async () => {
    world.sandbox.cluster('payments-prod').setImages(['aws-cli*']);
    await template(spec => {
      spec.containers[0].image = 'registry.example.com/no-such:1';
    });
    await untilPod(({ status }) =>
      /ImagePullBackOff/.test(JSON.stringify(status)),
    );
    const { code, pauses, stdout } = await run([
      'verify',
      LEDGER,
      ...ON,
      '--probe',
      'none',
    ]);
    expect({ code, pauses }).toEqual({ code: 0, pauses: 0 });
    expect(stdout).toMatch(/^i Looks right, 2 notes: /);
    expect(stdout).toContain(
      'The roll-out of Deployment payments-ledger does not go on: ',
    );
  });

  /** As `kubectl rollout restart`, until no old pod is left. */
  async function restart(name: string) {
    const cluster = world.sandbox.cluster('payments-prod');
    const own = () =>
      cluster
        .list('pods', 'payments')
        .filter(({ spec }) => spec.serviceAccountName === name);
    const old = new Set(own().map(({ metadata }) => metadata.uid));
    await cluster.change('deployments', 'payments', name, deployment => {
      deployment.spec.template.metadata.annotations = { restarted: 'now' };
    });
    await cluster.waitFor('deployments', 'payments', name, () =>
      own().every(
        ({ metadata, status }) =>
          !old.has(metadata.uid) && status.phase === 'Running',
      ),
    );
  }
});

describe('the looks of one wait', () => {
  const NOW = Date.parse('2026-11-29T12:00:00Z');
  const at = (ms = NOW) => new Waiting('pod', { now: () => ms });
  const report = (rest: Partial<VerificationReport>) =>
    ({
      checks: [],
      proof: 'none',
      fingerprint: 'f1',
      ...rest,
    } as unknown as VerificationReport);
  const proven = report({
    status: 'restart-needed',
    way: 'proven',
    proof: 'credentials',
  });

  it.each<[IdentityStatus, boolean]>([
    ['could-not-check', true],
    ['setting-up', true],
    ['rolling-out', true],
    ['restart-needed', true],
    ['partly-works', true],
    ['no-pod-has-it', true],
    ['broken', false],
    ['other-identity', false],
    ['pods-not-started', false],
    ['looks-right', false],
    ['no-workload', false],
    ['no-identity', false],
    ['uses-irsa', false],
  ])('after %s another one may help: %s', (status, expected) => {
    expect(at().mayHelp(report({ status }))).toBe(expected);
  });

  it.each([
    [4, true],
    [6, false],
  ])(
    'may help after Broken %d minutes after a change: %s',
    (minutes, expected) => {
      const waiting = at(NOW + minutes * 60_000);
      waiting.sawAssociation(null);
      waiting.sawAssociation({ createdAt: 0, modifiedAt: NOW } as any);
      expect(waiting.mayHelp(report({ status: 'broken' }))).toBe(expected);
    },
  );

  it('may help after Broken where the identity changed meanwhile', () => {
    const waiting = at();
    const broken = report({ status: 'broken', way: 'broken' });
    waiting.add(broken);
    expect(waiting.mayHelp(broken)).toBe(false);
    waiting.add({ ...broken, fingerprint: 'f2' });
    expect(waiting.mayHelp(broken)).toBe(true);
  });

  it('keeps what a pod has proven while it is the same identity', () => {
    const waiting = at();
    expect(waiting.probe).toBe('pod');
    waiting.add(proven);
    expect(waiting.probe).toBe('admission');
    expect(
      waiting.add(report({ status: 'looks-right', way: 'looks-right' })),
    ).toMatchObject({
      status: 'verified',
      way: 'proven',
      proof: 'credentials',
    });
    for (const other of [
      report({ status: 'looks-right', way: 'looks-right', fingerprint: 'f2' }),
      report({ status: 'broken', way: 'broken' }),
    ]) {
      waiting.add(proven);
      expect(waiting.add(other)).toBe(other);
      expect(waiting.probe).toBe('pod');
    }
  });
});
