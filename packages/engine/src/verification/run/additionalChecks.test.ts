import type { PodIdentityCheck } from 'backstage-plugin-eks-pod-identity-common';
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
