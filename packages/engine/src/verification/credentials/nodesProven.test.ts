import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import {
  agentAnswersFacts,
  ask,
  context,
  denied,
  node,
  pod,
} from '../__testUtils__/judge';
import { known } from '../framework/fact';
import { credentialsAgentAnswers } from './agentAnswers';

const NODEGROUP = 'eks.amazonaws.com/nodegroup';
const labelled = (name: string, key: string, value: string) =>
  node(name, { labels: { [key]: value } });
const at = (nodeName: string | undefined, rest: object = {}) =>
  pod({ nodeName, uid: `of ${nodeName}`, ...rest });

/** What the check says after its first sentence, when the probe was on node-1. */
function said(over: object, perNodeGroup?: boolean) {
  const { status, message, lead, counts } = ask(
    credentialsAgentAnswers,
    agentAnswersFacts(over),
    { perNodeGroup },
  );
  expect([status, lead ?? message]).toEqual([
    'pass',
    'The agent on node node-1 gave the pod credentials.',
  ]);
  return { more: message.slice(lead?.length ?? message.length).trim(), counts };
}

describe('the nodes on which a pod proved the way', () => {
  const nodes = [
    labelled('node-1', NODEGROUP, 'default'),
    labelled('node-2', NODEGROUP, 'default'),
    labelled('node-3', NODEGROUP, 'gpu'),
    labelled('node-4', 'karpenter.sh/nodepool', 'spot'),
    labelled('node-5', 'alpha.eksctl.io/nodegroup-name', 'old'),
    node('node-6'),
    node('node-7', { computeType: 'auto' }),
    labelled('node-8', NODEGROUP, 'default'),
  ];

  it.each<
    [
      string,
      (string | undefined)[],
      string,
      [good: number, all: number, groups?: number] | undefined,
    ]
  >([
    ['the only one in use', ['node-1', 'node-1'], '', [1, 1]],
    [
      'one of two groups, where the probe was first',
      ['node-3', 'node-2', 'node-1'],
      'So this is proven on 1 of 3 nodes in use: 1 of 2 in node group default, 0 of 1 in node group gpu.',
      [1, 3, 1],
    ],
    [
      'one group',
      ['node-1', 'node-2'],
      'So this is proven on 1 of 2 nodes in use, both of which are in node group default.',
      [1, 2],
    ],
    [
      'one group of three',
      ['node-1', 'node-2', 'node-8'],
      'So this is proven on 1 of 3 nodes in use, all of which are in node group default.',
      [1, 3],
    ],
    [
      'what made them otherwise',
      ['node-1', 'node-4', 'node-5', 'node-6', 'fargate-ip-10-0-0-1'],
      'So this is proven on 1 of 5 nodes in use: 1 of 1 in node group default, 0 of 1 in node pool spot, 0 of 1 in node group old, 0 of 1 outside node groups, 0 of 1 on Fargate.',
      [1, 5, 2],
    ],
    [
      'of Auto Mode',
      ['node-1', 'node-7'],
      'So this is proven on 1 of 2 nodes in use: 1 of 1 in node group default, 0 of 1 in Auto Mode.',
      [1, 2],
    ],
    [
      'none in use',
      ['node-3'],
      'No running pod is on that node, so this is proven on 0 of 1 node in use, in node group gpu.',
      [0, 1, 1],
    ],
    ['none, where no pod runs', [undefined], '', undefined],
  ])('are %s', (_what, names, more, of) => {
    const [good, all, groups] = of ?? [];
    const counts = of && {
      what: 'nodes',
      good,
      all,
      ...(groups ? { groups } : {}),
    };
    const pods = known(names.map(name => at(name)));
    expect(said({ pods, nodes: known(nodes) })).toEqual({ more, counts });
  });

  it('are left to the check of the node groups, where a request asks for one', () => {
    const of = (...names: string[]) => known(names.map(name => at(name)));
    const two = { pods: of('node-1', 'node-3'), nodes: known(nodes) };
    expect(said(two, true)).toEqual({ more: '', counts: undefined });
    expect(said(two, false).counts).toEqual({
      what: 'nodes',
      good: 1,
      all: 2,
      groups: 1,
    });
    for (const facts of [
      { pods: of('node-1', 'node-2'), nodes: known(nodes) },
      { pods: of('node-1', 'node-3'), nodes: denied },
    ]) {
      expect(said(facts, true)).toEqual(said(facts));
    }
  });

  it('are those in use by pods that run', () => {
    const pods = known([
      at('node-1'),
      at('node-2', { phase: 'Pending', containers: [] }),
    ]);
    expect(said({ pods }).counts).toEqual({ what: 'nodes', good: 1, all: 1 });
  });

  it('are counted without their groups where nodes cannot be read', () => {
    const pods = known([at('node-1'), at('node-2')]);
    expect(said({ pods, nodes: denied }).more).toBe(
      'So this is proven on 1 of 2 nodes in use.',
    );
  });

  it('are not guessed where the pods cannot be read', () => {
    expect(said({ pods: denied })).toEqual({ more: '', counts: undefined });
  });

  it('are named by five groups at most', () => {
    const names = [1, 2, 3, 4, 5, 6, 7].map(number => `node-${number}`);
    const ofOwn = names.map(name => labelled(name, NODEGROUP, `of-${name}`));
    const pods = known(names.map(name => at(name)));
    expect(said({ pods, nodes: known(ofOwn) }).more).toMatch(
      /^So this is proven on 1 of 7 nodes in use: 1 of 1 in node group of-node-1,( 0 of 1 in node group of-node-\d,?){4} and 2 groups more\.$/,
    );
  });

  it('include those where the application obtained the role since it is as it is', () => {
    const at11 = '2026-01-01T11:00:00Z';
    const obtained = (uid: string, lastAt = at11) => ({
      uid,
      name: uid,
      firstAt: lastAt,
      lastAt,
      sessions: 1,
    });
    const evidence = known({
      ...noEvidence('unread'),
      state: 'read' as const,
      readFrom: '2025-12-30T00:00:00Z',
      readUntil: new Date(context.now).toISOString(),
      pods: [
        obtained('of node-1'),
        obtained('of node-2'),
        obtained('of node-3', '2025-12-31T11:00:00Z'),
      ],
    });
    const association = known({
      roleArn: 'arn:r',
      createdAt: Date.parse('2026-01-01T10:00:00Z'),
      tags: {},
    });
    const pods = known([at('node-1'), at('node-2'), at('node-3')]);
    const facts = { pods, nodes: known(nodes), evidence, association };
    expect(said(facts)).toEqual({
      more: 'So this is proven on 2 of 3 nodes in use (1 by the application itself): 2 of 2 in node group default, 0 of 1 in node group gpu.',
      counts: { what: 'nodes', good: 2, all: 3, groups: 1 },
    });
    expect(said({ ...facts, role: denied })).toEqual({
      more: 'So this is proven on 2 of 3 nodes in use (1 by the application itself; whether that was after the last change of the role was not looked at): 2 of 2 in node group default, 0 of 1 in node group gpu.',
      counts: { what: 'nodes', good: 2, all: 3, groups: 1 },
    });
    // Which role counts, only an association tells
    expect(said({ ...facts, association: denied }).counts).toMatchObject({
      good: 1,
    });
  });
});
