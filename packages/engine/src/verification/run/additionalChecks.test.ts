import {
  type PodIdentityCheck,
  type PodIdentityCheckFacts,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { countByOperation } from 'eks-sandbox';
import { readRoles, type RolesOfAccount } from '../../aws/account';
import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';
import type { FactProviders } from '../framework/request';
import type { FactBundle } from './bundle';
import { NarrowLists } from '../sweep/NarrowLists';
import { presetFacts } from '../sweep/presetFacts';
import { SweepLists } from '../sweep/SweepLists';

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
  const ROLE = 'arn:aws:iam::111122223333:role/payments-ledger';
  const everything = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow' as const, Action: '*', Resource: '*' }],
  };
  const additionalChecks: PodIdentityCheck[] = [];
  let world: VerifyWorld;

  beforeAll(async () => {
    world = await VerifyWorld.start({ verification: { additionalChecks } });
    await world.settled();
    const { eks, iam } = world.sandbox.aws;
    iam.updateRole(ROLE, {
      inline: { theirs: everything, ours: everything },
      tags: { 'aws:cloudformation:stack-name': 'eksctl-payments-ledger' },
    });
    const [{ associationId }] = eks
      .associations('payments-prod')
      .filter(({ serviceAccount }) => serviceAccount === ref.serviceAccount);
    eks.updateAssociation('payments-prod', associationId, {
      tags: { ManagedBy: 'Terraform' },
    });
    // A first run also asks whose keys it has.
    await world.verify({ ref });
  });
  afterAll(() => world.stop());

  /** The calls of one run, each as often as it was made. */
  async function countedRun(known?: FactProviders) {
    world.sandbox.calls.reset();
    let bundle: FactBundle | undefined;
    const sawFacts = (one: FactBundle) => {
      bundle = one;
    };
    const report = await world.verify({ ref }, { sawFacts }, known);
    const calls = world.sandbox.calls.calls().filter(call => !call.internal);
    return { report, bundle, calls: countByOperation(calls) };
  }

  async function callsWithout() {
    additionalChecks.splice(0);
    return (await countedRun()).calls;
  }

  const listed = async (...documentsOf: string[]) =>
    (await readRoles(
      world.clusters.session('payments-prod', 'read'),
      new AbortController().signal,
      new Set(documentsOf),
    ))!;

  /** What a look at the cluster knows. */
  const knownTo = (roles: RolesOfAccount) =>
    presetFacts({
      associations: new Map(),
      listed: new Set([stringifyServiceAccountRef(ref)]),
      roles,
      lists: new SweepLists([ref], new NarrowLists(world.clock)),
    }).known;

  async function lookWith(
    reads?: PodIdentityCheck['reads'],
    known?: FactProviders,
  ) {
    const seen: PodIdentityCheckFacts[] = [];
    additionalChecks.splice(0, 1, {
      ...base,
      id: 'role.looks',
      reads,
      evaluate: facts => {
        seen.push(facts);
        return { status: 'pass', message: 'Seen.' };
      },
    });
    const run = await countedRun(known);
    return { facts: seen[0], ...run };
  }

  it('is its pods, nodes and agent, and costs no call', async () => {
    const { facts, calls } = await lookWith();
    expect(calls).toEqual(await callsWithout());
    const { pods, nodes, agent, role, association } = facts;
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
    expect(role).toMatchObject({
      inlinePolicyNames: ['ours', 'theirs'],
      inlinePolicies: undefined,
      madeBy: { tool: 'eksctl', by: 'tag' },
    });
    expect(association!.madeBy).toEqual({ tool: 'Terraform', by: 'tag' });
  });

  it('are inline policies where it reads them, for a call each', async () => {
    const { facts, calls, bundle } = await lookWith(['inlinePolicies']);
    expect(bundle!.facts).toHaveProperty('rolePolicies');
    expect(bundle!.facts).not.toHaveProperty('inlinePolicies');
    expect(facts.role!.inlinePolicies).toEqual([
      { name: 'ours', document: everything },
      { name: 'theirs', document: everything },
    ]);
    expect(calls).toEqual({
      ...(await callsWithout()),
      'iam:GetRolePolicy': 2,
    });
  });

  it('are inline policies without a call, where a look has listed the roles of the account', async () => {
    const { facts, calls } = await lookWith(
      ['inlinePolicies'],
      knownTo(await listed(ROLE)),
    );
    expect(facts.role!.inlinePolicies).toEqual([
      { name: 'ours', document: everything },
      { name: 'theirs', document: everything },
    ]);
    expect(calls).not.toHaveProperty('iam:GetRolePolicy');
  });

  it('are inline policies read once for all identities of a role, where a look could not list the roles', async () => {
    const known = knownTo(undefined);
    const { calls } = await lookWith(['inlinePolicies'], known);
    expect(calls).toMatchObject({
      'iam:ListRolePolicies': 1,
      'iam:GetRolePolicy': 2,
    });
    const next = await lookWith(['inlinePolicies'], known);
    expect(next.facts.role!.inlinePolicies).toHaveLength(2);
    expect(Object.keys(next.calls).join()).not.toMatch(/Policy|Policies/);
  });

  it('keep in memory no documents of other roles', async () => {
    const roles = await listed();
    expect(roles.get(ROLE)!.policies.inline).toEqual(['ours', 'theirs']);
    expect([...roles.values()].flatMap(Object.keys)).not.toContain(
      'encodedPolicies',
    );
  });

  it('are not judged without the right to read the inline policies, and the report names it', async () => {
    world.forbid('iam:GetRolePolicy');
    const { facts, report } = await lookWith(['inlinePolicies']);
    expect(facts).toBeUndefined();
    for (const id of ['role.looks', 'access.aws']) {
      expect(checkOf(report, id)).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining(
          'not allowed to call iam:GetRolePolicy',
        ),
        fix: {
          snippet: { text: expect.stringContaining('iam:GetRolePolicy') },
        },
      });
    }
  });
});
