import {
  agentAnswersFacts,
  ask,
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
    const refused = run({
      nodeName: 'node-2',
      identity: {
        exitCode: 255,
        text: 'Error when retrieving credentials from container-role: Error retrieving metadata: Received error when attempting to retrieve container metadata: Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
      },
    });
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
