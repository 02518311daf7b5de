import {
  agent,
  ask,
  context,
  denied,
  node,
  pod,
  run,
} from '../__testUtils__/judge';
import type { Outcome } from '../check';
import { known, lacking } from '../facts/fact';
import { agentHealthy } from './agentHealthy';
import { agentInstalled } from './agentInstalled';
import { agentOnNode } from './agentOnNode';

describe('agent.installed', () => {
  const cluster = { autoMode: true };
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    [
      'a DaemonSet without the add-on',
      {
        cluster: { autoMode: false },
        addon: known(null),
        agentDaemonSets: known([
          { namespace: 'kube-system', name: 'agent', desired: 1, ready: 1 },
        ]),
        nodes: known([]),
      },
      'pass',
      /DaemonSet kube-system\/agent, without the EKS add-on/,
    ],
    [
      'Auto Mode nodes only',
      {
        cluster,
        addon: known(null),
        agentDaemonSets: known([]),
        nodes: known([node('a', { computeType: 'auto' })]),
      },
      'pass',
      /Auto Mode has the agent built/,
    ],
    [
      'a mixed cluster',
      {
        cluster,
        addon: known(null),
        agentDaemonSets: known([]),
        nodes: known([node('a', { computeType: 'auto' }), node('b')]),
      },
      'fail',
      /missing on the node that Auto Mode does not manage \(b\)\.$/,
    ],
    [
      'a mixed cluster whose other nodes the workload does not use',
      {
        cluster,
        addon: known(null),
        agentDaemonSets: known([]),
        nodes: known([node('a', { computeType: 'auto' }), node('b')]),
        pods: known([pod({ nodeName: 'a' })]),
      },
      'note',
      /does not manage \(b\); none of the running pods is there\.$/,
    ],
    [
      'a mixed cluster whose other nodes the workload uses too',
      {
        cluster,
        addon: known(null),
        agentDaemonSets: known([]),
        nodes: known([node('a', { computeType: 'auto' }), node('b')]),
        pods: known([pod({ nodeName: 'a' }), pod({ nodeName: 'b' })]),
      },
      'fail',
      /does not manage \(b\)\.$/,
    ],
    [
      'an add-on whose DaemonSet is gone',
      {
        cluster: { autoMode: false },
        addon: known({ status: 'ACTIVE' }),
        agentDaemonSets: known([]),
        nodes: known([node('a')]),
      },
      'fail',
      /^EKS has the add-on eks-pod-identity-agent \(ACTIVE\), but its DaemonSet is not in the cluster\.$/,
    ],
    [
      'an add-on that EKS could not make, which agent.healthy explains',
      {
        cluster: { autoMode: false },
        addon: known({ status: 'CREATE_FAILED' }),
        agentDaemonSets: known([]),
        nodes: known([node('a')]),
      },
      'warn',
      /\(CREATE_FAILED\)/,
    ],
    [
      'an add-on that EKS is making',
      {
        cluster: { autoMode: false },
        addon: known({ status: 'CREATING' }),
        agentDaemonSets: known([]),
        nodes: known([node('a')]),
      },
      'warn',
      /\(CREATING\)/,
    ],
    [
      'an add-on on Auto Mode nodes, which need no DaemonSet',
      {
        cluster,
        addon: known({ status: 'ACTIVE' }),
        agentDaemonSets: known([]),
        nodes: known([node('a', { computeType: 'auto' })]),
      },
      'pass',
      /is installed/,
    ],
    [
      'Auto Mode whose nodes cannot be seen',
      {
        cluster,
        addon: known(null),
        agentDaemonSets: known([]),
        nodes: denied,
      },
      'unknown',
      /not allowed/,
    ],
    [
      'an add-on that cannot be read beside a DaemonSet that can',
      {
        cluster,
        addon: denied,
        agentDaemonSets: known([
          { namespace: 'kube-system', name: 'agent', desired: 1, ready: 1 },
        ]),
        nodes: denied,
      },
      'pass',
      /DaemonSet/,
    ],
  ])('%s', (_what, facts, status, message) => {
    const outcome = ask(agentInstalled, { pods: known([]), ...facts });
    expect(outcome.status).toBe(status);
    expect(outcome.message).toMatch(message);
  });

  const judge = (over: object, more: object = {}) =>
    agentInstalled.evaluate(
      {
        cluster: { autoMode: false },
        addon: known(null),
        agentDaemonSets: known([]),
        nodes: known([node('a'), node('b')]),
        pods: known([]),
        ...over,
      },
      { ...context, ...more },
    ) as Outcome;

  it.each<[string, object, string, string]>([
    [
      'the add-on, whatever else can be seen',
      {
        addon: known({ version: 'v1.3.4-eksbuild.1' }),
        agentDaemonSets: denied,
        nodes: denied,
      },
      'pass',
      'The add-on eks-pod-identity-agent v1.3.4-eksbuild.1 is installed.',
    ],
    [
      'an add-on whose version is not known',
      { addon: known({}), agentDaemonSets: denied },
      'pass',
      'The add-on eks-pod-identity-agent is installed.',
    ],
    [
      'nothing on a cluster whose nodes need it',
      {},
      'fail',
      'The Pod Identity agent is not installed: neither as an add-on nor as a DaemonSet.',
    ],
    [
      'nothing, which is certain without a look at the nodes',
      { nodes: denied },
      'fail',
      'The Pod Identity agent is not installed: neither as an add-on nor as a DaemonSet.',
    ],
    [
      'nodes beside Auto Mode, of which it names three',
      {
        cluster: { autoMode: true },
        nodes: known([
          node('auto', { computeType: 'auto' }),
          node('a'),
          node('b'),
          node('f', { computeType: 'fargate' }),
          node('w', { os: 'windows' }),
          node('c'),
          node('d'),
        ]),
      },
      'fail',
      'The agent is missing on 4 nodes that Auto Mode does not manage (a, b, c).',
    ],
    [
      'no DaemonSet, but an add-on it may not look for',
      { addon: denied },
      'unknown',
      'The portal is not allowed to list that.',
    ],
    [
      'no add-on, but DaemonSets it may not look for',
      { agentDaemonSets: denied },
      'unknown',
      'There is no add-on eks-pod-identity-agent; whether the agent was installed another way cannot be told. The portal is not allowed to list that.',
    ],
  ])('sees %s', (_what, over, status, message) => {
    expect(judge(over)).toMatchObject({ status, message });
  });

  it('puts a lost DaemonSet back with one command', () => {
    expect(
      judge({ addon: known({ status: 'ACTIVE' }) }).fix?.snippet?.text,
    ).toBe(
      'aws eks update-addon --region eu-west-1 --cluster-name payments-prod --addon-name eks-pod-identity-agent --resolve-conflicts OVERWRITE',
    );
  });

  it('offers to install the agent only where the portal may', () => {
    const action = (installAgent: boolean) =>
      judge({}, { cluster: { ...context.cluster, allow: { installAgent } } })
        .fix?.actions;
    expect(action(true)).toEqual([
      expect.stringMatching(/^Run "Give a component an AWS identity" again/),
    ]);
    expect(action(false)).toEqual([
      "Let the cluster's owner install the add-on with this command.",
    ]);
    expect(judge({}).fix?.snippet?.text).toContain(
      '--addon-name eks-pod-identity-agent',
    );
  });
});

describe('agent.healthy', () => {
  const sets = (ready: number) =>
    known([{ namespace: 'kube-system', name: 'agent', desired: 3, ready }]);
  it('names the causes that the pods show', () => {
    const outcome = ask(agentHealthy, {
      addon: {
        status: 'DEGRADED',
        issues: [{ code: 'InsufficientNumberOfReplicas', message: 'bad.' }],
      },
      agentDaemonSets: sets(1),
      agentPods: known([
        agent('a', false, { waitingReason: 'CrashLoopBackOff' }),
        agent('b', false, {
          message: "1 node(s) didn't have free ports for the requested pod",
        }),
        agent('c'),
      ]),
    });
    expect(outcome).toMatchObject({
      status: 'warn',
      message:
        'The add-on is DEGRADED. It reports InsufficientNumberOfReplicas: bad.',
      observed: 'DEGRADED, 1 of 3 ready',
    });
    expect(outcome.fix?.actions.join(' ')).toMatch(/IPv6 disabled.*/);
    expect(outcome.fix?.actions.join(' ')).toMatch(/Port 80/);
  });

  it('says so when DEGRADED is the only sign', () => {
    expect(
      ask(agentHealthy, {
        addon: { status: 'DEGRADED', issues: [] },
        agentDaemonSets: sets(3),
        agentPods: known([]),
      }),
    ).toMatchObject({
      status: 'warn',
      message: 'The add-on is DEGRADED, although all its pods are ready.',
    });
  });

  it('counts the pods of a self-managed agent', () => {
    expect(
      ask(agentHealthy, {
        addon: null,
        agentDaemonSets: sets(2),
        agentPods: known([agent('a', false)]),
      }),
    ).toMatchObject({
      status: 'warn',
      message: '1 of 3 agent pods are not ready: agent-a.',
    });
  });

  const noSets = known([]);
  const judge = (over: object) =>
    ask(agentHealthy, {
      addon: { status: 'ACTIVE', issues: [] },
      agentDaemonSets: sets(3),
      agentPods: known([]),
      ...over,
    });
  it.each<[string, object, string, string]>([
    ['all', {}, 'pass', 'The add-on is ACTIVE and all 3 agent pods are ready.'],
    [
      'an add-on whose pods are not seen',
      { agentDaemonSets: denied },
      'pass',
      'The add-on is ACTIVE.',
    ],
    [
      'a self-managed agent',
      { addon: null },
      'pass',
      'All 3 agent pods are ready.',
    ],
    [
      'Auto Mode',
      { addon: null, agentDaemonSets: noSets },
      'pass',
      'Auto Mode runs the agent; its health is the node’s.',
    ],
    [
      'nothing that can be seen',
      { addon: null, agentDaemonSets: denied },
      'unknown',
      'The portal is not allowed to list that.',
    ],
    [
      'a missing pod whose name the API does not give',
      { agentDaemonSets: sets(2), agentPods: denied },
      'warn',
      '1 of 3 agent pods are not ready.',
    ],
    [
      'pods with reasons, among ready ones',
      {
        agentDaemonSets: sets(1),
        agentPods: known([
          agent('a', false, { waitingReason: 'ImagePullBackOff' }),
          agent('b'),
          agent('c', false),
        ]),
      },
      'warn',
      '2 of 3 agent pods are not ready: agent-a (ImagePullBackOff), agent-c.',
    ],
    [
      'an issue beside all that is well',
      {
        addon: {
          status: 'ACTIVE',
          issues: [{ code: 'AccessDenied', message: 'no.' }],
        },
      },
      'warn',
      'The add-on is ACTIVE but reports AccessDenied: no.',
    ],
    [
      'an add-on on its way',
      {
        addon: { status: 'UPDATING', issues: [] },
        agentDaemonSets: noSets,
      },
      'warn',
      'The add-on is UPDATING.',
    ],
  ])('sees %s', (_what, over, status, message) => {
    expect(judge(over)).toMatchObject({ status, message });
  });

  it('advises on the problem, and only on that', () => {
    const addon = (status: string, ...codes: string[]) => ({
      addon: { status, issues: codes.map(code => ({ code, message: 'x' })) },
    });
    const wait = ['Wait a few minutes and verify again.'];
    const look = ['Look at the add-on of payments-prod in the EKS console.'];
    expect(judge(addon('CREATING')).fix?.actions).toEqual(wait);
    expect(judge(addon('UPDATING')).fix?.actions).toEqual(wait);
    expect(judge(addon('DEGRADED', 'Odd')).fix).toMatchObject({
      cause: 'EKS reports an issue with the add-on.',
      actions: look,
    });
    expect(judge(addon('DEGRADED')).fix?.cause).toMatch(/changing state/);
    expect(judge(addon('ACTIVE', 'Odd', 'AccessDenied')).fix?.actions).toEqual([
      expect.stringContaining('RBAC'),
    ]);
    expect(
      judge({ ...addon('DEGRADED'), agentDaemonSets: noSets }).observed,
    ).toBe('DEGRADED');
    expect(
      judge({
        agentDaemonSets: sets(2),
        agentPods: known([
          agent('a', true, { waitingReason: 'CrashLoopBackOff' }),
          agent('b', false, { waitingReason: 'Pending' }),
        ]),
      }).fix?.actions,
    ).toEqual(['Look at the pods that are not ready.']);
  });
});

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
      /workloads\.unsupported/,
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
      "A ready agent is on all 2 nodes of this ServiceAccount's pods.",
    ],
    [
      'no node yet',
      { pods: on(undefined) },
      'skip',
      'Not checked: no pod of this ServiceAccount is on a node.',
    ],
    [
      'nothing but the node of the probe',
      { pods: denied, podRun: known(run({ nodeName: 'node-1' })) },
      'pass',
      'A ready agent is on node node-1.',
    ],
    [
      'no pods, because it may not list them',
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
      'an agent on a node that it may not read',
      { nodes: denied },
      'pass',
      'A ready agent is on node node-1.',
    ],
    [
      'two nodes without an agent',
      { pods: on('node-1', 'node-2', 'node-3') },
      'fail',
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
    expect(probed('node-1', 1)).toBe('fail');
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
        agent('node-3', false, { message: 'no free ports' }),
        agent('node-4', false),
        agent('node-5', false),
      ),
    ).toBe(
      'agent-node-2 ImagePullBackOff; agent-node-3 no free ports; agent-node-4 not ready',
    );
    expect(observed()).toBe('none');
  });

  it('explains the separate DaemonSet of hybrid nodes where one of them lacks it', () => {
    const outcome = (...names: string[]) =>
      ask(agentOnNode, facts({ pods: on(...names) }));
    const hybrid = {
      cause: expect.stringMatching(/^Hybrid nodes have an agent DaemonSet/),
      actions: [expect.stringContaining('{"hybrid":{"create":true}}')],
    };
    expect(outcome('hybrid-1').fix).toMatchObject(hybrid);
    expect(outcome('hybrid-1', 'node-2').fix).toMatchObject(hybrid);
    expect(outcome('rocket-1').fix).toMatchObject({
      cause: expect.stringMatching(/^Hybrid nodes with Bottlerocket have/),
      actions: [
        'Set {"daemonsets":{"hybrid-bottlerocket":{"create":true}}} in the configuration of the add-on, version v1.3.7-eksbuild.2 or later.',
      ],
    });
    expect(outcome('node-2')).toMatchObject({
      resource: { kind: 'node', name: 'node-2' },
      fix: {
        cause: expect.stringMatching(/^The DaemonSet has no ready pod there/),
        actions: [expect.stringContaining('the taints of the node')],
        snippet: {
          text: expect.stringContaining(
            '--field-selector spec.nodeName=node-2',
          ),
        },
      },
    });
  });
});
