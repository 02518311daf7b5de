import type { EvidenceEvent } from 'backstage-plugin-eks-pod-identity-common';
import { known } from '../verification/framework/fact';
import type { AccessRequest } from './asking';
import type { AccessFacts, NodeInUse, PodsOfAccount } from './facts';
import { groupNodes } from './nodeGroups';
import { collectNodeUse, nodesToSearch, useOfNode } from './nodeUse';
import { noPods } from './specs';

const ID = 'i-0123456789abcdef0';
const ROLE = 'arn:aws:iam::111122223333:role/nodes';
const FROM = '2026-11-29T07:00:00.000Z';
const BOTO = 'Boto3/1.34.0 md/Botocore#1.34.0 m/0';

const event = (more: Partial<EvidenceEvent> = {}): EvidenceEvent => ({
  id: 'e',
  at: '2026-11-29T09:48:00.000Z',
  region: 'eu-west-1',
  accountId: '111122223333',
  service: 'sqs.amazonaws.com',
  name: 'ListQueues',
  by: { kind: 'node', instanceId: ID, arn: ROLE },
  userAgent: BOTO,
  sdk: { name: 'boto3', version: '1.34.0' },
  ...more,
});
const byComponent = (userAgent: string, name: string) =>
  event({ userAgent, sdk: { name, version: '1.32.0' } });

describe('calls as one node', () => {
  it.each<[string, EvidenceEvent]>([
    ['of the agent and kubelet', byComponent('aws-sdk-go-v2/1.32.0', 'Go v2')],
    ['of Bottlerocket', byComponent('aws-sdk-rust/1.3.0', 'Rust')],
    ['of the boot script', byComponent('aws-cli/2.15.0', 'AWS CLI v2')],
    ['of efs-utils', byComponent('Boto3/1.32.0 efs-utils/1.36', 'boto3')],
    ['without an SDK', event({ userAgent: 'curl/8', sdk: undefined })],
    [
      'of another node',
      event({ by: { kind: 'node', instanceId: 'i-00000001', arn: ROLE } }),
    ],
    ['of a session of a pod', event({ by: { kind: 'role', arn: ROLE } })],
  ])('are none of a program: %s', (_, one) => {
    expect(useOfNode(ID, [one], FROM).programs).toEqual([]);
  });

  it('are of a program that no component of a node is, with what it called and the role', () => {
    const other = 'arn:aws:iam::111122223333:role/ssm';
    const agent = byComponent('amazon-ssm-agent/3.3 aws-sdk-go/1.55', 'Go v1');
    const use = useOfNode(
      ID,
      [
        event(),
        event({ at: '2026-11-29T09:40:00.000Z', name: 'GetQueueUrl' }),
        event({ at: '2026-11-29T09:30:00.000Z' }),
        { ...agent, by: { kind: 'node', instanceId: ID, arn: other } },
      ],
      FROM,
    );
    expect(use).toEqual({
      programs: [
        {
          name: 'boto3',
          version: '1.34.0',
          lastAt: '2026-11-29T09:48:00.000Z',
          calls: ['sqs:ListQueues', 'sqs:GetQueueUrl'],
        },
      ],
      roles: [ROLE],
      since: FROM,
    });
  });
});

const nodeOf = (name: string, group?: string): NodeInUse => ({
  name,
  os: 'linux',
  instanceId: `i-${name}`,
  ...(group
    ? {
        group: {
          label: 'eks.amazonaws.com/nodegroup',
          value: group,
          words: '',
        },
      }
    : {}),
});
function factsOf(nodes: NodeInUse[], pods: Record<string, number> = {}) {
  const account: PodsOfAccount = noPods();
  account.roadless.set('Deployment api', {
    kind: 'Deployment',
    name: 'api',
    hostNetwork: false,
    nodes: new Map(Object.entries(pods)),
  });
  return {
    nodes: known(new Map(nodes.map(node => [node.name, node]))),
    pods: known({
      of: new Map([['shop/api', account]]),
      agents: new Set<string>(),
      policies: known(true as const),
    }),
  } satisfies Pick<AccessFacts, 'nodes' | 'pods'>;
}

describe('the nodes that are searched for', () => {
  const search = (...args: Parameters<typeof factsOf>) =>
    nodesToSearch(groupNodes(factsOf(...args)));

  it('are two of each group, those with the most pods that may act as them', () => {
    const nodes = ['a', 'b', 'c'].map(name => nodeOf(name, 'general'));
    expect(search(nodes, { c: 3, b: 1 })).toEqual(['i-c', 'i-b']);
  });

  it('are one of each group before a second one, and twenty', () => {
    const nodes = Array.from({ length: 36 }, (_, at) =>
      nodeOf(`${at}`, `g${Math.floor(at / 3)}`),
    );
    const found = search(nodes);
    expect(found).toHaveLength(20);
    const groups = found.map(id => Math.floor(Number(id.slice(2)) / 3));
    expect(new Set(groups.slice(0, 12)).size).toBe(12);
  });

  it('are none on Fargate, none of hybrid ones, and none without an instance', () => {
    const { instanceId: _, ...unnamed } = nodeOf('c');
    expect(
      search([
        { ...nodeOf('a'), computeType: 'hybrid' },
        nodeOf('fargate-ip-10-0-0-1'),
        unnamed,
        nodeOf('d'),
      ]),
    ).toEqual(['i-d']);
  });
});

describe('the search', () => {
  const NOW = Date.parse('2026-11-29T10:00:00.000Z');
  const request = {
    session: { cluster: {} },
    clock: { now: () => NOW },
    signal: new AbortController().signal,
  } as unknown as AccessRequest;
  const nodes = [nodeOf('0000000a', 'a'), nodeOf('0000000b', 'b')];

  it('takes one page of each node, of three hours', async () => {
    const asked: unknown[] = [];
    let pages = 0;
    const source = {
      id: 'test',
      async *read({ question, from, until }: any) {
        asked.push([question, until.getTime() - from.getTime()]);
        for (let page = 0; page < 3; page += 1) {
          pages += 1;
          yield [event()];
        }
      },
    };
    await collectNodeUse(request, source, factsOf(nodes));
    expect(asked).toEqual([
      [{ username: 'i-0000000a' }, 3 * 3_600_000],
      [{ username: 'i-0000000b' }, 3 * 3_600_000],
    ]);
    expect(pages).toBe(2);
  });

  it.each([
    [0, { known: false, lack: { kind: 'unreachable', sentence: 'Throttled' } }],
    [1, { known: true, value: { stopped: { sentence: 'Throttled' } } }],
  ])('keeps what it saw of %s nodes before it failed', async (good, kept) => {
    let read = 0;
    const source = {
      id: 'test',
      async *read() {
        read += 1;
        if (read > good) throw new Error('Throttled');
        yield [];
      },
    };
    const found = await collectNodeUse(request, source, factsOf(nodes));
    expect(found).toMatchObject(kept);
    expect(read).toBe(good + 1);
  });

  it('ends after a minute with what it has', async () => {
    let now = NOW;
    const source = {
      id: 'test',
      async *read() {
        now += 61_000;
        yield [];
      },
    };
    const slow = { ...request, clock: { ...request.clock, now: () => now } };
    const found = await collectNodeUse(slow, source, factsOf(nodes));
    expect(found).toMatchObject({
      known: true,
      value: { stopped: { sentence: expect.stringContaining('a minute') } },
    });
    expect(now).toBe(NOW + 61_000);
  });
});
