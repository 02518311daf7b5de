import type {
  PodIdentityCheck,
  PodIdentityCheckFacts,
} from 'backstage-plugin-eks-pod-identity-common';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};
const base = {
  category: 'role' as const,
  title: 'The role is tagged with its team',
  docsUrl: 'https://handbook.example.com/aws-tags',
};

/** Checks of adopters together with ours in one run. */
describe('additional checks', () => {
  let world: VerifyWorld;
  let seen: Parameters<PodIdentityCheck['evaluate']>[0] | undefined;
  const checks: PodIdentityCheck[] = [
    {
      ...base,
      id: 'role.team-tag',
      neededBy: ['none', 'pod'],
      dependsOn: ['role.exists'],
      evaluate: async facts => {
        seen = facts;
        return facts.role?.tags.team
          ? { status: 'pass', message: `Team ${facts.role.tags.team}.` }
          : { status: 'warn', message: 'No team tag.' };
      },
    },
    {
      ...base,
      id: 'role.broken',
      evaluate: () => {
        throw new Error('no such module');
      },
    },
    {
      ...base,
      id: 'role.slow',
      evaluate: () => new Promise(() => {}),
    },
  ];

  beforeAll(async () => {
    world = await VerifyWorld.start({
      portalClusters: [
        { name: 'payments-prod', kubernetes: { access: 'none' } },
      ],
      verification: {
        additionalChecks: checks,
        docsBaseUrl: 'https://portal.example.com/checks',
      },
    });
  });
  afterAll(() => world.stop());

  it('see the same facts, are reported like ours, and cannot break or delay a run', async () => {
    const running = world.verify({
      ref,
      entityRef: 'component:default/ledger',
      timeoutSeconds: 30,
    });
    while (!seen) await new Promise(resolve => setTimeout(resolve, 5));
    world.sandbox.clock.setRate(100);
    const report = await running;
    expect(checkOf(report, 'role.team-tag')).toMatchObject({
      status: 'pass',
      message: 'Team payments.',
      docsUrl: 'https://handbook.example.com/aws-tags',
      category: 'role',
    });
    expect(checkOf(report, 'role.exists').docsUrl).toBe(
      'https://portal.example.com/checks#roleexists',
    );
    expect(checkOf(report, 'role.broken')).toMatchObject({
      status: 'unknown',
      advisory: true,
      message: 'The check itself failed: no such module',
    });
    expect(checkOf(report, 'role.slow')).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('The deadline of 30 s has passed'),
    });
    expect(report.status).toBe('looks-right');
    expect(seen).toMatchObject({
      ref,
      entityRef: 'component:default/ledger',
      cluster: { id: 'payments-prod', accountId: '111122223333' },
      association: { roleArn: expect.any(String), tags: { team: 'payments' } },
      role: {
        name: 'payments-ledger',
        path: '/',
        attachedPolicyArns: [
          'arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess',
        ],
      },
      serviceAccount: undefined,
    });
  });
});

describe('what additional checks see of a cluster', () => {
  const facts: PodIdentityCheckFacts[] = [];
  const check: PodIdentityCheck = {
    ...base,
    id: 'role.looks',
    evaluate: seen => {
      facts.push(seen);
      return { status: 'pass', message: 'Seen.' };
    },
  };

  /** The calls of one run, each as often as it was made. */
  async function callsOf(additionalChecks: PodIdentityCheck[]) {
    const world = await VerifyWorld.start({
      verification: { additionalChecks },
    });
    try {
      await world.sandbox.cluster('payments-prod').agentReady();
      world.sandbox.calls.reset();
      await world.verify({ ref });
      return world.sandbox.calls
        .calls()
        .filter(({ internal }) => !internal)
        .map(({ operation }) => operation)
        .sort();
    } finally {
      await world.stop();
    }
  }

  it('is its pods, nodes and agent, and costs no call', async () => {
    expect(await callsOf([check])).toEqual(await callsOf([]));
    const [{ pods, nodes, agent, role }] = facts;
    expect(pods).toHaveLength(2);
    expect(pods![0]).toEqual({
      name: expect.stringMatching(/^payments-ledger-/),
      labels: expect.objectContaining({
        'app.kubernetes.io/name': 'payments-ledger',
      }),
      phase: 'Running',
      nodeName: expect.any(String),
      owner: { kind: 'Deployment', name: 'payments-ledger' },
      containers: [
        {
          name: expect.any(String),
          kind: 'container',
          injected: true,
          regions: ['AWS_REGION eu-west-1'],
        },
      ],
    });
    expect(nodes!.map(({ name }) => name)).toContain(pods![0].nodeName);
    expect(nodes![0]).toMatchObject({ ready: true, os: 'linux' });
    expect(agent!.addon).toMatchObject({ status: 'ACTIVE' });
    expect(agent!.pods!.every(({ ready }) => ready)).toBe(true);
    expect(role!.inlinePolicyNames).toEqual([]);
  });
});
