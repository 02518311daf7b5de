import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import {
  agentAnswersFacts,
  ask,
  context,
  denied,
  node,
  pod,
  run,
} from '../__testUtils__/judge';
import type { Collecting } from '../framework/collecting';
import { known, lacking } from '../framework/fact';
import { collectGroupRuns } from './groupRuns';
import { credentialsNodeGroups } from './nodeGroups';

const LABEL = 'karpenter.sh/nodepool';
const refused = run({
  nodeName: 'node-2',
  identity: {
    exitCode: 255,
    text: 'Error when retrieving credentials from container-role: Error retrieving metadata: Received error when attempting to retrieve container metadata: Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
  },
});
const spot = node('node-2', { labels: { [LABEL]: 'spot' } });

describe('credentials.node-groups', () => {
  const answer = (...groupRuns: object[]) =>
    ask(credentialsNodeGroups, agentAnswersFacts({ groupRuns }));
  const silent = (sentence: string) =>
    lacking({ kind: 'blocked', blocker: 'unschedulable', sentence });

  it('does not apply where the pods run in one group', () => {
    expect(answer()).toEqual({
      status: 'skip',
      message: 'Not applicable: the pods run in no other node group.',
    });
  });

  it('names each group that gave credentials', () => {
    expect(
      answer(
        { group: 'node group gpu', run: known(run({})) },
        { group: 'node pool spot', run: known(run({})) },
      ).message,
    ).toBe('Pods in node group gpu and node pool spot got credentials too.');
  });

  it('tells a failure first, and of the groups from which nothing is known', () => {
    expect(
      answer(
        { group: 'node group gpu', run: silent('No node took it.') },
        { group: 'node pool spot', run: known(refused) },
      ),
    ).toMatchObject({
      status: 'fail',
      lead: 'A pod in node pool spot got no credentials.',
      message:
        'A pod in node pool spot got no credentials. The agent on node node-2 does not take connections from the probe (timeout). No probe answered from node group gpu. No node took it.',
      resource: { name: 'node-2' },
    });
  });
});

describe('the fixes of several node groups', () => {
  const without = run({
    nodeName: 'node-3',
    identity: {
      exitCode: 255,
      text: 'Error retrieving metadata: Received non 200 response 500 from container metadata: no EC2 IMDS role found',
    },
  });
  const fixOf = (...groupRuns: object[]) =>
    ask(credentialsNodeGroups, agentAnswersFacts({ groupRuns })).fix!;
  const spotRun = { group: 'node pool spot', run: known(refused) };

  it('are all kept, and each says of which group it is', () => {
    const alone = fixOf(spotRun);
    const gpu = { group: 'node group gpu', run: known(without) };
    const other = fixOf(gpu);
    const right = lacking({
      kind: 'denied',
      sentence: 'The portal is not allowed to create pods.',
      fix: { cause: 'It has no right.', actions: ['Allow it.'] },
    });
    const fix = fixOf(spotRun, { group: 'node group old', run: right }, gpu);
    expect(fix).toEqual({
      cause: `In node pool spot: ${alone.cause} In node group gpu: ${other.cause} In node group old: It has no right.`,
      actions: [
        ...alone.actions.map(action => `In node pool spot: ${action}`),
        ...other.actions.map(action => `In node group gpu: ${action}`),
        'In node group old: Allow it.',
      ],
      snippet: {
        language: 'bash',
        text: `${alone.snippet!.text}\n${other.snippet!.text}`,
      },
    });
  });

  it('are said once where they are the same, with the command of each node', () => {
    const alone = fixOf(spotRun);
    const gpu = known({ ...refused, nodeName: 'node-3' });
    const fix = fixOf(spotRun, { group: 'node group gpu', run: gpu });
    const { text } = alone.snippet!;
    expect(fix).toEqual({
      ...alone,
      snippet: {
        language: 'bash',
        text: `${text}\n${text.replace('node-2', 'node-3')}`,
      },
    });
  });
});

describe('the nodes that credentials.node-groups counts', () => {
  const nodes = known([
    node('node-1', { labels: { [LABEL]: 'web' } }),
    spot,
    { ...spot, name: 'node-3' },
    { ...spot, name: 'node-4' },
  ]);
  const on = (...names: string[]) =>
    known(names.map(nodeName => pod({ nodeName, uid: `of ${nodeName}` })));
  const counted = (nodeRun: object, over: object) => {
    const { message, counts } = ask(
      credentialsNodeGroups,
      agentAnswersFacts({
        groupRuns: [{ group: 'node pool spot', run: known(nodeRun) }],
        nodes,
        ...over,
      }),
    );
    return { message, counts };
  };

  it('are those on which a probe of this run got credentials', () => {
    const pods = on('node-1', 'node-2', 'node-3');
    expect(counted(run({ nodeName: 'node-3' }), { pods })).toEqual({
      message:
        'Pods in node pool spot got credentials too. Agents gave pods credentials on 2 of 3 nodes in use: 1 of 2 in node pool spot, 1 of 1 in node pool web.',
      counts: { what: 'nodes', good: 2, all: 3 },
    });
  });

  it('do not hide that a probe was on a node which runs no pod', () => {
    const pods = on('node-1', 'node-2');
    expect(counted(run({ nodeName: 'node-4' }), { pods }).message).toBe(
      'Pods in node pool spot got credentials too. No running pod is on node node-4; agents gave pods credentials on 1 of 2 nodes in use: 1 of 1 in node pool web, 0 of 1 in node pool spot.',
    );
    expect(
      counted(run({ nodeName: 'node-4' }), { pods: on('node-2') }).message,
    ).toMatch(
      / No running pod is on nodes node-1 and node-4; agents gave pods credentials on 0 of 1 node in use, in node pool spot\.$/,
    );
  });

  it('leave out one whose agent just gave a probe none, whatever the application obtained there before', () => {
    const lastAt = '2026-01-01T11:00:00Z';
    const evidence = known({
      ...noEvidence('unread'),
      state: 'read' as const,
      readFrom: '2025-12-30T00:00:00Z',
      readUntil: new Date(context.now).toISOString(),
      pods: ['of node-2', 'of node-3'].map(uid => ({
        uid,
        name: uid,
        firstAt: lastAt,
        lastAt,
        sessions: 1,
      })),
    });
    const association = known({
      roleArn: 'arn:r',
      createdAt: Date.parse('2026-01-01T10:00:00Z'),
      tags: {},
    });
    const pods = on('node-1', 'node-2', 'node-3');
    const { message, counts } = counted(refused, {
      pods,
      evidence,
      association,
    });
    expect(message).toMatch(
      /^A pod in node pool spot got no credentials\. .* Agents gave pods credentials on 2 of 3 nodes in use \(1 by the application itself\): 1 of 2 in node pool spot, 1 of 1 in node pool web\.$/,
    );
    expect(counts).toEqual({ what: 'nodes', good: 2, all: 3 });
  });
});

describe('the probes of node groups', () => {
  const collecting = (over: object) => {
    const facts: Record<string, unknown> = {
      podRun: known(run({ nodeName: 'node-1' })),
      pods: known([pod({ nodeName: 'node-1' }), pod({ nodeName: 'node-2' })]),
      nodes: known([node('node-1'), spot]),
      association: known(null),
      ...over,
    };
    return {
      request: { ref: {} },
      operation: { clock: { now: () => 0 }, config: { timings: {} } },
      get: async (name: string) => facts[name],
      tell: async () => {},
      withProbeSlot: <T>(work: () => Promise<T>) => work(),
      remainingMs: () => 19_999,
    } as unknown as Collecting;
  };

  it('are not started when too little time is left', async () => {
    expect(await collectGroupRuns(collecting({}))).toMatchObject({
      known: true,
      value: [
        {
          group: 'node pool spot',
          run: {
            known: false,
            lack: {
              sentence:
                'The time of this verification was over before its turn came.',
            },
          },
        },
      ],
    });
  });

  it.each<[string, object]>([
    [
      'the group of the first one',
      { nodes: known([{ ...spot, name: 'node-1' }, spot]) },
    ],
    ['nodes of no group', { nodes: known([node('node-1'), node('node-2')]) }],
    ['Windows', { nodes: known([node('node-1'), { ...spot, os: 'windows' }]) }],
    [
      'pods that do not run',
      {
        pods: known([
          pod({ nodeName: 'node-2', phase: 'Pending', containers: [] }),
        ]),
      },
    ],
  ])('leave out %s', async (_what, over) => {
    expect(await collectGroupRuns(collecting(over))).toEqual(known([]));
  });

  it('need the first one', async () => {
    const lack = lacking({ kind: 'blocked', sentence: 'No room.' });
    expect(await collectGroupRuns(collecting({ podRun: lack }))).toBe(lack);
  });

  it.each(['pods', 'nodes'])('need the %s', async name => {
    expect(await collectGroupRuns(collecting({ [name]: denied }))).toEqual(
      denied,
    );
  });
});
