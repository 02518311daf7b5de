import type { AccessNodeProgram } from 'backstage-plugin-eks-pod-identity-common';
import { known, lacking } from '../verification/framework/fact';
import type { AccessFacts, NodeInUse, UseOfNode } from './facts';
import { judgeNodeGroups } from './nodeGroups';
import { noPods } from './specs';

const SINCE = '2026-11-29T07:00:00.000Z';
const ROLE = 'arn:aws:iam::111122223333:role/nodes';
const boto: AccessNodeProgram = {
  name: 'boto3',
  version: '1.34.0',
  lastAt: '2026-11-29T09:48:00.000Z',
  calls: ['sqs:ListQueues'],
};
const silent: UseOfNode = { programs: [], roles: [ROLE], since: SINCE };
const calling: UseOfNode = { ...silent, programs: [boto] };

type Pods = [account: string, workload: string, nodes: Record<string, number>];

interface World {
  nodes: NodeInUse[];
  use?: Record<string, UseOfNode>;
  pods?: Pods[] | 'unread';
  isStopped?: boolean;
}

const KARPENTER = 'karpenter.sh/nodepool';
const node = (
  name: string,
  value?: string,
  more: Partial<NodeInUse> & { label?: string } = {},
): NodeInUse => {
  const { label = 'eks.amazonaws.com/nodegroup', ...rest } = more;
  return {
    name,
    os: 'linux',
    instanceId: `i-${name}`,
    ...(value ? { group: { label, value, words: '' } } : {}),
    ...rest,
  };
};

function judged({ nodes, use = {}, pods = [], isStopped }: World) {
  const of = new Map<string, ReturnType<typeof noPods>>();
  for (const [account, workload, places] of pods === 'unread' ? [] : pods) {
    const [kind, name] = workload.split(' ');
    const found = of.get(account) ?? noPods();
    of.set(account, found);
    found.roadless.set(workload, {
      kind,
      name,
      hostNetwork: name.startsWith('host'),
      nodes: new Map(Object.entries(places)),
    });
  }
  const lack = { kind: 'unreachable', sentence: 'Throttled.' } as const;
  return judgeNodeGroups({
    nodes: known(new Map(nodes.map(one => [one.name, one]))),
    pods:
      pods === 'unread'
        ? lacking(lack)
        : known({ of, agents: new Set(), policies: known(true) }),
    nodeUse: known({
      of: new Map(Object.entries(use)),
      ...(isStopped ? { stopped: lack } : {}),
    }),
  } as unknown as AccessFacts);
}

const three = ['a', 'b', 'c'].map(name => node(name, 'general'));

it.each<[string, World, string]>([
  [
    'a program was seen',
    {
      nodes: three,
      use: { 'i-a': calling, 'i-b': silent },
      pods: [
        ['shop/api', 'Deployment api', { a: 1, c: 1 }],
        ['shop/web', 'Deployment web', { b: 1 }],
      ],
    },
    'Programs on one node of it call AWS as the node, last boto3 1.34.0 at 2026-11-29 09:48 UTC. CloudTrail does not record which pod it was; one workload has pods without an identity of their own on that node; 2 of 3 nodes were looked at.',
  ],
  [
    'a program was seen, and the pods were not',
    { nodes: [three[0]], use: { 'i-a': calling }, pods: 'unread' },
    'Programs on one node of it call AWS as the node, last boto3 1.34.0 at 2026-11-29 09:48 UTC. CloudTrail does not record which pod it was; the pods were not read; its only node was looked at.',
  ],
  [
    'none was seen on some',
    { nodes: three, use: { 'i-a': silent } },
    'CloudTrail shows no call as the node since 2026-11-29 07:00 UTC, except by SDKs that its own components use; 1 of 3 nodes was looked at.',
  ],
  [
    'none was seen on any, as far back as the shorter page goes',
    {
      nodes: three.slice(1),
      use: {
        'i-b': { ...silent, since: '2026-11-29T09:00:00.000Z' },
        'i-c': silent,
      },
    },
    'CloudTrail shows no call as the node since 2026-11-29 09:00 UTC, except by SDKs that its own components use; all 2 nodes were looked at.',
  ],
  [
    'none was looked at',
    { nodes: three },
    'Whether a program acts as the node is not known: none of its 3 nodes was looked at, because one look searches for 20 nodes at most.',
  ],
  [
    'the search ended before',
    { nodes: three, isStopped: true },
    'Whether a program acts as the node is not known: none of its 3 nodes was looked at, because the search in CloudTrail failed before.',
  ],
  [
    'the nodes are no instances',
    { nodes: [{ name: 'edge', os: 'linux' }] },
    'Whether a program acts as the node is not known: its only node was not looked at, because the cluster names no EC2 instance of it.',
  ],
])('says where %s', (_, world, sentence) => {
  expect(judged(world).map(group => group.sentence)).toEqual([sentence]);
});

it('groups nodes by what made them', () => {
  const groups = judged({
    nodes: [
      node('a', 'general'),
      node('b', 'general', { label: 'alpha.eksctl.io/nodegroup-name' }),
      node('c', 'general', { label: KARPENTER }),
      node('d', 'general', { label: KARPENTER, computeType: 'auto' }),
      node('e'),
      node('f', 'windows', { os: 'windows' }),
      node('fargate-1', undefined, { computeType: 'fargate' }),
      node('g', undefined, { computeType: 'hybrid' }),
    ],
  });
  expect(
    groups.map(({ kind, name, nodes, compute }) => [
      kind,
      name,
      nodes,
      ...compute,
    ]),
  ).toEqual([
    ['auto-mode', 'general', 1, 'Auto Mode'],
    ['node-group', 'general', 2, 'EC2'],
    ['node-group', 'windows', 1, 'Windows'],
    ['node-pool', 'general', 1, 'EC2'],
    ['other', undefined, 1, 'EC2'],
  ]);
});

it('names workloads that may be meant on the nodes that acted, those with the most pods first, and leaves out what belongs to the node', () => {
  const many = Array.from(
    { length: 12 },
    (_, at): Pods => [`many/w${at}`, `Deployment w${at}`, { a: 1 }],
  );
  const [general, other] = judged({
    nodes: [...three, node('z')],
    // `c` and `z` were searched and are silent; `gone` is no node any more
    use: {
      'i-a': calling,
      'i-b': calling,
      'i-c': silent,
      'i-z': silent,
      'i-gone': calling,
    },
    pods: [
      ['kube-system/aws-node', 'DaemonSet aws-node', { a: 1, z: 1 }],
      ['kube-system/default', 'Node ip-10', { a: 1 }],
      ['kube-system/coredns', 'Deployment coredns', { a: 1, b: 1, z: 1 }],
      ['ops/agent', 'DaemonSet host-agent', { a: 2, b: 1, c: 1, gone: 1 }],
      ['ops/elsewhere', 'Deployment elsewhere', { c: 9, z: 9, gone: 9 }],
      ...many,
    ],
  });
  expect(general.candidates!.slice(0, 3)).toEqual([
    {
      namespace: 'ops',
      serviceAccount: 'agent',
      workload: 'DaemonSet host-agent',
      pods: 3,
      hostNetwork: true,
    },
    {
      namespace: 'kube-system',
      serviceAccount: 'coredns',
      workload: 'Deployment coredns',
      pods: 2,
    },
    expect.objectContaining({ namespace: 'many', pods: 1 }),
  ]);
  expect(general.candidates).toHaveLength(14);
  expect(general).toMatchObject({ candidateCount: 14, leftOut: 2 });
  // Of what is silent, nothing may be meant
  expect(other).not.toHaveProperty('candidates');
});

it('adds up what one program did on several nodes, and names its role alone', () => {
  const later = {
    ...boto,
    lastAt: '2026-11-29T09:50:00.000Z',
    calls: ['sts:X'],
  };
  const java = { ...boto, name: 'Java v2', version: '2.20.0' };
  const [group] = judged({
    nodes: three,
    use: {
      'i-a': calling,
      'i-b': { ...silent, programs: [later, java] },
      'i-c': { ...silent, roles: ['arn:aws:iam::111122223333:role/ssm'] },
    },
  });
  expect(group.programs).toEqual([
    { ...later, calls: ['sqs:ListQueues', 'sts:X'] },
    java,
  ]);
  expect(group.roles).toEqual([ROLE]);
});
