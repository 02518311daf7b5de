import {
  agent,
  ask,
  daemonSet,
  denied,
  node,
  pod,
  run,
} from '../__testUtils__/judge';
import { known, lacking } from '../framework/fact';
import { agentOnNode } from './onNode';

describe('agent.on-node', () => {
  const facts = (over: object) => ({
    nodes: known([
      node('node-1'),
      node('auto-1', { computeType: 'auto' }),
      node('hybrid-1', { computeType: 'hybrid' }),
      node('rocket-1', { computeType: 'hybrid', bottlerocket: true }),
      node('win-1', { os: 'windows' }),
    ]),
    agentPods: known([agent('node-1'), agent('node-2', false)]),
    pods: known([pod()]),
    podRun: lacking({ kind: 'not-in-probe', sentence: '' }),
    addon: known({ status: 'ACTIVE', issues: [] }),
    agentDaemonSets: known([daemonSet()]),
    ...over,
  });
  it.each<[string, object, string, RegExp]>([
    ['covered', {}, 'pass', /A ready agent is on node node-1/],
    [
      'an Auto Mode node',
      { pods: known([pod({ nodeName: 'auto-1' })]) },
      'pass',
      /auto-1/,
    ],
    [
      'a hybrid node without its own',
      { pods: known([pod({ nodeName: 'hybrid-1' })]) },
      'fail',
      /No ready agent is on the node hybrid-1/,
    ],
    [
      'an agent that is not ready',
      { pods: known([pod({ nodeName: 'node-2' })]) },
      'fail',
      /node-2/,
    ],
    [
      'the node of the probe counts too',
      { podRun: known(run({ nodeName: 'node-2' })) },
      'fail',
      /node-2/,
    ],
    [
      'workloads.unsupported reports Windows nodes',
      { pods: known([pod({ nodeName: 'win-1' })]) },
      'skip',
      /where there is no agent at all/,
    ],
    ['no pod anywhere', { pods: known([]) }, 'skip', /no pod/],
    [
      'nodes that cannot be read',
      { nodes: denied, pods: known([pod({ nodeName: 'node-9' })]) },
      'unknown',
      /cannot be told/,
    ],
    [
      'agents that cannot be read',
      { agentPods: denied, pods: known([pod()]) },
      'unknown',
      /not allowed/,
    ],
  ])('%s', (_what, over, status, message) => {
    const outcome = ask(agentOnNode, facts(over));
    expect(outcome.status).toBe(status);
    expect(outcome.message).toMatch(message);
  });

  const on = (...names: (string | undefined)[]) =>
    known(names.map(nodeName => pod({ nodeName })));

  it.each<[string, object, string, string]>([
    [
      'every node with an agent, each counted once',
      { pods: on('node-1', 'auto-1', 'node-1') },
      'pass',
      "A ready agent is on all 2 nodes of this service account's pods.",
    ],
    [
      'no node yet',
      { pods: on(undefined) },
      'skip',
      'Not checked: no pod of this service account is on a node.',
    ],
    [
      'nothing but the node of the probe',
      { pods: denied, podRun: known(run({ nodeName: 'node-1' })) },
      'pass',
      "A ready agent is on node node-1 of the test pod; the nodes of the service account's pods were not looked at.",
    ],
    [
      'no pods, because it is not allowed to list them',
      { pods: denied },
      'unknown',
      'The portal is not allowed to list that.',
    ],
    [
      'neither nodes nor agents',
      { nodes: denied, agentPods: denied },
      'unknown',
      'The portal is not allowed to list that.',
    ],
    [
      'an agent on a node that it is not allowed to read',
      { nodes: denied },
      'pass',
      'A ready agent is on node node-1.',
    ],
    [
      'two nodes without an agent',
      { pods: on('node-1', 'node-2', 'node-3') },
      'warn',
      'No ready agent is on the nodes node-2, node-3, so pods there get no credentials.',
    ],
  ])('sees %s', (_what, over, status, message) => {
    expect(ask(agentOnNode, facts(over))).toMatchObject({ status, message });
  });

  it('is not outweighed by a probe on another node, but by one on the same', () => {
    const probed = (nodeName: string, exitCode = 0) =>
      ask(
        agentOnNode,
        facts({
          pods: on('node-1', 'node-2'),
          podRun: known(run({ nodeName, identity: { exitCode, text: '' } })),
        }),
      ).status;
    expect(probed('node-1')).toBe('warn');
    expect(probed('node-2')).toBe('fail');
    expect(probed('node-1', 1)).toBe('warn');
  });

  it('shows what the agents of the uncovered nodes say, and of no other node', () => {
    const observed = (...agents: ReturnType<typeof agent>[]) =>
      ask(
        agentOnNode,
        facts({
          pods: on('node-1', 'node-2', 'node-3', 'node-4'),
          agentPods: known([agent('node-1'), ...agents]),
        }),
      ).observed;
    expect(
      observed(
        agent('node-2', false, {
          waitingReason: 'ImagePullBackOff',
          message: 'hidden behind the reason',
        }),
        agent('node-3', false, {
          unscheduled: true,
          message: 'no free ports',
        }),
        agent('node-4', false),
        agent('node-5', false),
      ),
    ).toBe(
      'agent-node-2 cannot pull its image: ImagePullBackOff; agent-node-3 waits for a port of its node; agent-node-4 is not ready',
    );
    expect(observed()).toBe('none');
  });

  it('explains the separate DaemonSet of hybrid nodes where one of them lacks it', () => {
    const outcome = (...names: string[]) =>
      ask(agentOnNode, facts({ pods: on(...names) }));
    const hybrid = {
      cause: expect.stringMatching(/^Hybrid nodes have an agent DaemonSet/),
      actions: [expect.stringContaining('{"hybrid":{"create":true}}')],
      snippet: { text: expect.stringContaining('update-addon') },
    };
    expect(outcome('hybrid-1').fix).toMatchObject(hybrid);
    expect(outcome('hybrid-1', 'node-2').fix).toMatchObject(hybrid);
    expect(outcome('hybrid-1').explainedBy?.oneOf).toEqual([]);
    expect(outcome('node-2').explainedBy?.oneOf).toEqual([
      'agent.installed',
      'agent.healthy',
    ]);
    expect(outcome('rocket-1').fix).toMatchObject({
      cause: expect.stringMatching(/^Hybrid nodes with Bottlerocket have/),
      actions: [
        'Turn it on, with version v1.3.7-eksbuild.2 of the add-on or later: this command sets {"daemonsets":{"hybrid-bottlerocket":{"create":true}}} beside what is set.',
      ],
    });
  });
});
