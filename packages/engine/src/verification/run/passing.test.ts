import { systemClock } from '../../async/clock';
import { healthy } from '../__testUtils__/healthyFacts';
import {
  context,
  denied,
  HAVING,
  node,
  pod,
  run,
} from '../__testUtils__/judge';
import { lackOutcome } from '../access/lackOutcome';
import type { AnyCheck } from '../framework/check';
import { known, valueOf, type Fact } from '../framework/fact';
import { runChecks } from '../framework/runner';
import { AGENT_IPV4 } from '../framework/addresses';
import { networkPolicyFact } from '../workloads/networkPolicies';
import { checksFor } from './checks';

type Facts = Record<string, Fact<unknown>>;
/** Why these facts, separated by blanks, are not missed. */
type Exception = [why: string, facts: string];

const NAMED = checksFor({
  permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
  perNodeGroup: true,
});
const TARGET = 'arn:aws:iam::111122223333:role/target';
const value = (name: string) => valueOf(healthy[name]) as object;
const role = value('role');
const association = value('association');
const trust = (statement: object, of: object = role) => ({
  ...of,
  trustPolicy: {
    Statement: [
      {
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Principal: { Service: 'pods.eks.amazonaws.com' },
        ...statement,
      },
    ],
  },
});
const NODES = ['node-1', 'node-2', 'node-3'];
const BARRING = networkPolicyFact(
  { metadata: { name: 'deny' }, spec: { podSelector: {} } },
  AGENT_IPV4,
);
const WITHOUT_DNS = networkPolicyFact(
  {
    metadata: { name: 'no-dns' },
    spec: {
      podSelector: {},
      egress: [{ ports: [{ port: 80 }, { port: 443 }] }],
    },
  },
  AGENT_IPV4,
);
const [running] = valueOf(healthy.pods) as [ReturnType<typeof pod>];

const FURTHER: Facts = {
  mayTest: known(true),
  rulings: known([]),
  namesake: known(null),
  nodeReach: known([]),
  groupRuns: known([]),
};

/** Where all is well, in several ways: what decides nothing in one decides in another. */
const WORLDS: Facts[] = [
  {},
  {
    cluster: known({
      ...value('cluster'),
      endpointPublicAccess: false,
      vpcId: 'vpc-1',
      subnetIds: [],
    }),
    vpcEndpoints: known(
      ['eks-auth', 'sts'].map(service => ({
        id: `vpce-${service}`,
        service,
        type: 'Interface',
        state: 'available',
        privateDns: true,
        subnetIds: [],
        securityGroupIds: [],
      })),
    ),
    // More nodes than the one with the test pod; on the last one the application obtained it
    nodes: known(NODES.map(name => node(name, { nodegroup: 'a' }))),
    pods: known([
      { ...running, podEni: true },
      ...['node-2', 'node-3'].map(nodeName =>
        pod({ nodeName, uid: nodeName, containers: [HAVING] }),
      ),
    ]),
    evidence: known({
      ...value('evidence'),
      pods: [
        { uid: 'node-3', name: 'api', lastAt: '2026-01-01T11:59:30.000Z' },
      ],
      uses: [
        {
          service: 's3',
          operations: ['ListBuckets'],
          count: 1,
          lastAt: '2026-01-01T11:59:40.000Z',
        },
      ],
    }),
    // Something called AWS nevertheless, as recorded
    networkPolicies: known([WITHOUT_DNS]),
    agentPods: known(
      NODES.map(nodeName => ({
        name: `agent-${nodeName}`,
        nodeName,
        ready: true,
      })),
    ),
    cni: known({ podSecurityGroups: 'standard' }),
    groupRuns: known([
      { group: 'node group a', run: known(run({ nodeName: 'node-2' })) },
    ]),
    // A policy that lets in what has the tags of a session
    role: known(
      trust({
        Condition: {
          StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'payments' },
        },
      }),
    ),
  },
  {
    // The agent by another way than the add-on
    addon: known(null),
    agentDaemonSets: known([
      { namespace: 'a', name: 'agent', desired: 0, ready: 0 },
    ]),
    nodes: known([]),
    networkPolicies: known([BARRING]),
    association: known({ ...association, targetRoleArn: TARGET }),
    expected: known({ effectiveRoleArn: TARGET, settings: {} }),
    podRun: known(
      run({
        identity: {
          exitCode: 0,
          text: JSON.stringify({
            Arn: 'arn:aws:sts::111122223333:assumed-role/target/eks-a-b-c',
            UserId: 'AROATARGET:eks-a-b-c',
          }),
        },
      }),
    ),
    targetRole: known({
      arn: TARGET,
      role: known(
        trust(
          { Principal: { AWS: 'arn:aws:iam::111122223333:role/api' } },
          { arn: TARGET, name: 'target', roleId: 'AROATARGET' },
        ),
      ),
      documents: known([]),
      unread: [],
    }),
  },
  {
    addon: known(null),
    agentDaemonSets: known([]),
    agentPods: known([]),
    cluster: known({ ...value('cluster'), autoMode: true }),
    nodes: known([node('node-1', { computeType: 'auto' })]),
    podRun: denied,
    networkPolicies: known([BARRING]),
    gotThrough: known({
      policies: [BARRING.hash],
      at: '2025-12-24T10:00:00.000Z',
    }),
  },
];

const ON_THE_WAY: Exception = [
  'explain only why a pod got no credentials',
  'agentPods cluster egressPolicies nodeRoles rolePolicies targetRole vpcEndpoints',
];

/** By check, the facts without which what it says stays true, and why. */
const EXCEPTIONS: Record<string, Exception[]> = {
  'access.kubernetes': [
    ['says only why the endpoint does not answer', 'cluster'],
    [
      'are lacking only where the role is not admitted, or nothing was asked',
      'podRights',
    ],
  ],
  'cluster.eks-auth-path': [
    ['count only the pods on nodes whose role is not allowed', 'nodes pods'],
  ],
  'agent.installed': [
    ['say only whether the lack of an agent does harm', 'pods'],
  ],
  'agent.healthy': [
    [
      'say only why a pod is not ready; the DaemonSet has the count',
      'agentPods',
    ],
  ],
  'agent.on-node': [
    ['say only how an agent is brought back', 'addon agentDaemonSets'],
    ['adds only the node of a test pod, which has run or has not', 'podRun'],
  ],
  'role.exists': [
    ['name the role only where it does not exist', 'expected namesake'],
    ['tells its age, and it exists at any age', 'association'],
  ],
  'role.trust-policy': [
    ['decide only for a policy that asks for the name of the pod', 'pods'],
  ],
  'role.target': [
    ['decide only for a policy that asks for the name of the pod', 'pods'],
    ['say only how to change the role', 'role rolePolicies'],
  ],
  'association.exists': [
    ['are shown only where there is no association', 'nearby'],
  ],
  'service-account.exists': [
    ['is being deleted, maybe, and the account still exists', 'namespace'],
  ],
  'service-account.irsa': [
    [
      'may have what the annotation gave them; it speaks of the account',
      'dryRuns pods',
    ],
    ['decides only what an annotation means', 'association'],
  ],
  'service-account.own': [
    ['are named only where the account is default', 'pods'],
  ],
  'admission.injects': [
    [
      'say only why a new pod lacks the identity',
      'association namespace pods webhook',
    ],
  ],
  'admission.own-templates': [
    [
      'say only why a new pod lacks the identity',
      'admission namespace webhook',
    ],
    ['take only faults away, by the SDK of the pods', 'evidence pods'],
  ],
  'credentials.agent-answers': [ON_THE_WAY],
  'credentials.identity': [
    ['say only why STS gave no answer', 'egressPolicies vpcEndpoints'],
  ],
  'credentials.imds': [
    ['say only who would use the role of the node', 'evidence nodes pods'],
  ],
  'credentials.node-groups': [ON_THE_WAY],
  'permissions.s3': [
    [
      'say only why the command was denied, or not tried',
      'association expected mayTest role rolePolicies rulings targetRole',
    ],
  ],
  'permissions.observed': [
    ['take only older denials away', 'association role'],
    [
      'say only why a call was denied',
      'expected podRun rolePolicies targetRole',
    ],
  ],
  'workloads.service-account': [
    ['say only whether a pod under another account calls AWS', 'workloads'],
  ],
  'workloads.injected': [
    [
      'say only why pods lack the identity, and what they have instead',
      'admission namespace nodeReach nodes webhook workloads',
    ],
  ],
  'workloads.network': [
    ['say only what bars pods that do not run yet', 'workloads'],
  ],
  'workloads.templates': [
    ['takes only faults away, by the SDK of the pods', 'evidence'],
  ],
  'workloads.obtained': [
    ['say only what else acts as a node; the pods obtained the role', 'nodes'],
  ],
  'workloads.shadowed': [
    ['takes only findings away, by the SDK of the pods', 'evidence'],
    ['say only where a finding comes from', 'workloads'],
  ],
  'workloads.unsupported': [
    ['takes only findings away, by the SDK of the pods', 'evidence'],
  ],
};

async function judge(check: AnyCheck, facts: Facts) {
  const { results } = await runChecks({
    checks: [{ ...check, dependsOn: [] }],
    facts: { get: async name => facts[name] as any },
    context,
    clock: systemClock,
    onLack: lackOutcome,
    docsUrl: anchor => anchor,
    onResult: async () => {},
  });
  const [{ status, message }] = results;
  return { status, said: `${status}: ${message}` };
}

/**
 * What the check says where all is well, and the facts without which it says the same in every such world: a fact whose
 * lack changes the sentence in one of them counts as named, though in another it may be missed without a word.
 */
async function look(check: AnyCheck) {
  const passing: string[] = [];
  const same = new Set(check.uses);
  for (const over of WORLDS) {
    const facts: Facts = { ...healthy, ...FURTHER, ...over };
    const { status, said } = await judge(check, facts);
    if (status !== 'pass' && status !== 'note') continue;
    passing.push(said);
    for (const name of check.uses) {
      const without = await judge(check, { ...facts, [name]: denied });
      if (without.said !== said) same.delete(name);
    }
  }
  return { passing, same: [...same].sort() };
}

describe('a check that passes', () => {
  it('has exceptions for checks that there are', () => {
    expect(NAMED.map(({ id }) => id as string)).toEqual(
      expect.arrayContaining(Object.keys(EXCEPTIONS)),
    );
  });

  it.each(NAMED.map(check => [check.id, check] as const))(
    'says another thing where a fact of it is missing: %s',
    async (id, check) => {
      const { passing, same } = await look(check);
      const excepted = (EXCEPTIONS[id] ?? []).flatMap(([, facts]) =>
        facts.split(' '),
      );
      expect(passing).not.toEqual([]);
      // One that is not needed any more is to be taken out
      expect(same).toEqual(excepted.sort());
    },
  );
});
