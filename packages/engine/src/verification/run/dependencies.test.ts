import { healthy } from '../__testUtils__/healthyFacts';
import { context, denied } from '../__testUtils__/judge';
import { systemClock } from '../../async/clock';
import { known, type Fact } from '../framework/fact';
import { runChecks } from '../framework/runner';
import { CHECK_IDS } from '../framework/checkIds';
import { CHECKS, checksFor } from './checks';
import { lackOutcome } from '../access/lackOutcome';

/** The ids of the checks by status; of skipped ones also the check that is the reason. */
async function verify(over: Record<string, Fact<unknown>> = {}) {
  const { results } = await runChecks({
    checks: checksFor({
      permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
    }),
    facts: { get: async name => ({ ...healthy, ...over }[name] as any) },
    context,
    clock: systemClock,
    onLack: lackOutcome,
    docsUrl: anchor => anchor,
    onResult: async () => {},
  });
  const ids = (status: string) =>
    results.filter(one => one.status === status).map(({ id }) => id);
  return {
    order: results.map(({ id }) => id),
    pass: ids('pass'),
    fail: ids('fail'),
    unknown: ids('unknown'),
    skipped: results
      .filter(one => one.becauseOf)
      .map(({ id, becauseOf }) => `${id} < ${becauseOf}`),
  };
}

it('names each check once in the type of their ids, in their order', () => {
  expect(CHECKS.map(({ id }) => id)).toEqual(CHECK_IDS);
});

describe('what one check means for the others', () => {
  it('is nothing where all is well', async () => {
    const report = await verify();
    expect(report.pass).toEqual(
      report.order.filter(id => id !== 'role.target'),
    );
    expect(report.order).toContain('permissions.s3');
    expect(report.order.indexOf('permissions.s3')).toBeLessThan(
      report.order.indexOf('workloads.injected'),
    );
  });

  // A portal with few rights still answers all that it can see by itself.
  it.each<[string, string[], string[], string[]]>([
    [
      'the cluster',
      ['cluster'],
      [
        'access.aws',
        'cluster.active',
        'cluster.supported',
        'cluster.eks-auth-path',
        'agent.installed',
      ],
      [],
    ],
    [
      'the agent',
      ['addon', 'agentDaemonSets', 'agentPods'],
      [
        'access.aws',
        'access.kubernetes',
        'agent.installed',
        'agent.healthy',
        'agent.on-node',
        'workloads.start-up',
      ],
      [],
    ],
    [
      'the association',
      ['association'],
      ['access.aws', 'role.target', 'association.exists'],
      ['association.matches < association.exists'],
    ],
    [
      'the role',
      ['role'],
      ['access.aws', 'role.exists'],
      [
        'role.trust-policy < role.exists',
        'role.policies < role.exists',
        'role.target < role.exists',
      ],
    ],
    [
      'the service account',
      ['serviceAccount'],
      ['access.kubernetes', 'service-account.exists'],
      ['service-account.irsa < service-account.exists'],
    ],
    [
      'the admission of pods',
      ['dryRuns', 'admission'],
      ['admission.injects'],
      [],
    ],
    [
      'the pod',
      ['podRun'],
      ['credentials.agent-answers', 'credentials.imds'],
      [
        'credentials.identity < credentials.agent-answers',
        'permissions.s3 < credentials.agent-answers',
      ],
    ],
  ])(
    'is little where the portal cannot see %s',
    async (_what, unseen, unknown, skipped) => {
      const report = await verify(
        Object.fromEntries(unseen.map(name => [name, denied])),
      );
      expect(report).toMatchObject({ unknown, skipped, fail: [] });
    },
  );

  const CREDENTIALS = [
    'admission.injects',
    'admission.own-templates',
    'credentials.agent-answers',
    'credentials.identity',
    'credentials.imds',
    'permissions.s3',
  ];
  it.each<[string, string, string, string[]]>([
    [
      'the cluster',
      'cluster',
      'cluster.active',
      [
        'cluster.supported',
        'cluster.eks-auth-path',
        'agent.installed',
        'agent.healthy',
        'agent.on-node',
        ...CREDENTIALS,
      ],
    ],
    [
      'the association',
      'association',
      'association.exists',
      [
        'role.shared',
        'association.matches',
        'service-account.own',
        ...CREDENTIALS,
        'permissions.observed',
        'workloads.injected',
        'workloads.obtained',
      ],
    ],
    [
      'the service account',
      'serviceAccount',
      'service-account.exists',
      [
        'service-account.irsa',
        ...CREDENTIALS,
        'workloads.service-account',
        'workloads.templates',
      ],
    ],
  ])(
    'is one reason for all that follows where %s is missing',
    async (_what, fact, broken, following) => {
      expect(await verify({ [fact]: known(null) })).toMatchObject({
        fail: [broken],
        unknown: [],
        skipped: following.map(id => `${id} < ${broken}`),
      });
    },
  );
});
