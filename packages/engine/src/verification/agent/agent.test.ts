import {
  agent,
  ask,
  context,
  daemonSet,
  denied,
  node,
  pod,
  shown,
} from '../__testUtils__/judge';
import type { Outcome } from '../framework/check';
import { known } from '../framework/fact';
import { agentHealthy } from './healthy';
import { agentInstalled } from './installed';

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
      'an add-on that EKS could not make, without a look at the cluster',
      {
        cluster: { autoMode: false },
        addon: known({ status: 'CREATE_FAILED' }),
        agentDaemonSets: denied,
        nodes: denied,
      },
      'warn',
      /^EKS could not make the add-on .* cannot be told\. The portal is not allowed/,
    ],
    [
      'an add-on without its DaemonSet, where nodes cannot be seen',
      {
        cluster: { autoMode: false },
        addon: known({ status: 'ACTIVE' }),
        agentDaemonSets: known([]),
        nodes: denied,
      },
      'fail',
      /but its DaemonSet is not in the cluster/,
    ],
    [
      'the same with Auto Mode, which may need none',
      {
        cluster,
        addon: known({ status: 'ACTIVE' }),
        agentDaemonSets: known([]),
        nodes: denied,
      },
      'pass',
      /is installed/,
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
    shown(
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
      ) as Outcome,
    );

  it.each<[string, object, string, string]>([
    [
      'the add-on, whatever else can be seen',
      {
        addon: known({ version: 'v1.3.4-eksbuild.1' }),
        agentDaemonSets: denied,
        nodes: denied,
      },
      'pass',
      'The add-on eks-pod-identity-agent v1.3.4-eksbuild.1 is installed; its DaemonSet was not looked at.',
    ],
    [
      'an add-on whose version is not known',
      { addon: known({}), agentDaemonSets: denied },
      'pass',
      'The add-on eks-pod-identity-agent is installed; its DaemonSet was not looked at.',
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
      'no DaemonSet, but an add-on it is not allowed to look for',
      { addon: denied },
      'unknown',
      'The portal is not allowed to list that.',
    ],
    [
      'no add-on, but DaemonSets it is not allowed to look for',
      { agentDaemonSets: denied },
      'unknown',
      'There is no add-on eks-pod-identity-agent; whether the agent was installed another way cannot be told. The portal is not allowed to list that.',
    ],
  ])('sees %s', (_what, over, status, message) => {
    expect(judge(over)).toMatchObject({ status, message });
  });

  it('waits for EKS to make the DaemonSet', () => {
    for (const status of ['CREATING', 'UPDATING']) {
      expect(judge({ addon: known({ status }) }).fix).toEqual({
        cause: 'EKS is still making it.',
        actions: ['Wait a few minutes and verify again.'],
      });
    }
  });

  it('puts a lost DaemonSet back with one command', () => {
    expect(
      judge({ addon: known({ status: 'ACTIVE' }) }).fix?.snippet?.text,
    ).toBe(
      'aws eks update-addon --region eu-west-1 --cluster-name payments-prod --addon-name eks-pod-identity-agent --resolve-conflicts OVERWRITE',
    );
  });

  it('offers to install the agent only where the portal may', () => {
    const fix = (installAgent: boolean) =>
      judge({}, { cluster: { ...context.cluster, allow: { installAgent } } })
        .fix;
    const action = (installAgent: boolean) => fix(installAgent)?.actions;
    expect([fix(true)?.rerun, fix(false)?.rerun]).toEqual([
      'with-agent',
      undefined,
    ]);
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
  const sets = (ready: number) => known([daemonSet({ ready })]);
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
          unscheduled: true,
          message: "1 node(s) didn't have free ports for the requested pod",
        }),
        agent('c'),
      ]),
      nodes: denied,
    });
    expect(outcome).toMatchObject({
      status: 'warn',
      message:
        'The add-on is DEGRADED. It reports InsufficientNumberOfReplicas: bad.',
      observed: 'DEGRADED, 1 of 3 ready',
    });
    expect(outcome.fix?.actions.join(' ')).toMatch(/IPv6 disabled.*/);
    expect(outcome.fix?.actions.join(' ')).toMatch(/not reserve port 80/);
  });

  it('says so when DEGRADED is the only sign', () => {
    expect(
      ask(agentHealthy, {
        addon: { status: 'DEGRADED', issues: [] },
        agentDaemonSets: sets(3),
        agentPods: known([]),
        nodes: denied,
      }),
    ).toMatchObject({
      status: 'warn',
      message: 'The add-on is DEGRADED, although all its pods are ready.',
    });
  });

  it.each([
    ['CREATING', 'Wait a few minutes and verify again.'],
    ['UPDATING', 'Wait a few minutes and verify again.'],
    [
      'CREATE_FAILED',
      'Look at the add-on of payments-prod in the EKS console.',
    ],
  ])('says what to do while it is %s', (status, action) => {
    const { fix } = ask(agentHealthy, {
      addon: { status, issues: [] },
      agentDaemonSets: sets(1),
      agentPods: known([]),
      nodes: denied,
    });
    expect(fix?.actions).toContain(action);
  });

  it('counts the pods of a self-managed agent', () => {
    expect(
      ask(agentHealthy, {
        addon: null,
        agentDaemonSets: sets(2),
        agentPods: known([agent('a', false)]),
        nodes: denied,
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
      nodes: known([node('a')]),
      ...over,
    });
  it.each<[string, object, string, string]>([
    ['all', {}, 'pass', 'The add-on is ACTIVE and all 3 agent pods are ready.'],
    [
      'an add-on whose pods are not seen',
      { agentDaemonSets: denied },
      'pass',
      'The add-on is ACTIVE; its pods were not looked at.',
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
      '2 of 3 agent pods are not ready: agent-a (cannot pull its image: ImagePullBackOff), agent-c.',
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

  it('tells once what several pods have in common', () => {
    const pulling = { waitingReason: 'ImagePullBackOff' };
    expect(
      judge({
        agentDaemonSets: sets(0),
        agentPods: known([
          agent('a', false, pulling),
          agent('b', false),
          agent('c', false, pulling),
        ]),
      }).message,
    ).toBe(
      '3 of 3 agent pods are not ready: agent-a and 1 more (cannot pull its image: ImagePullBackOff), agent-b.',
    );
  });

  it('does not wait for what will not pass by itself', () => {
    const codes = ['InsufficientNumberOfReplicas', 'AccessDenied'];
    const { fix } = judge({
      addon: {
        status: 'DEGRADED',
        issues: codes.map(code => ({ code, message: 'x' })),
      },
    });
    expect(fix?.actions.at(-1)).toMatch(/in the EKS console\.$/);
    expect(fix?.snippet?.text).toMatch(/^kubectl get pods/);
    expect(
      judge({
        addon: {
          status: 'DEGRADED',
          issues: ['AccessDenied', 'ConfigurationConflict'].map(code => ({
            code,
            message: 'x',
          })),
        },
      }).fix?.snippet?.text,
    ).toMatch(/^aws eks update-addon/);
    expect(
      judge({ agentDaemonSets: sets(2), agentPods: denied }).fix?.actions,
    ).toEqual(['Look at the pods that are not ready.']);
  });

  it('waits where all pods are ready and EKS has not noticed yet', () => {
    const { fix } = judge({
      addon: {
        status: 'DEGRADED',
        issues: [{ code: 'InsufficientNumberOfReplicas', message: 'x' }],
      },
    });
    expect(fix?.actions.at(-1)).toBe('Wait a few minutes and verify again.');
    expect(fix?.snippet).toBeUndefined();
  });

  it('does not take a DaemonSet that runs nowhere for healthy', () => {
    const nowhere = known([
      daemonSet({
        desired: 0,
        ready: 0,
        placement: { nodeSelector: { agent: 'yes' }, toleratesAll: true },
      }),
    ]);
    expect(judge({ agentDaemonSets: nowhere })).toMatchObject({
      status: 'fail',
      message: 'The DaemonSet of the agent runs on no node.',
      fix: {
        cause: 'The nodeSelector of DaemonSet agent leaves out the node a.',
        snippet: { text: expect.stringContaining('update-addon') },
      },
    });
    const auto = known([node('a', { computeType: 'auto' })]);
    expect(judge({ agentDaemonSets: nowhere, nodes: auto }).status).toBe(
      'pass',
    );
  });

  it('is led by what the pods show, and has a command for what EKS reports', () => {
    const pods = {
      agentDaemonSets: sets(2),
      agentPods: known([
        agent('a', false, {
          ended: { container: 'agent', exitCode: 1, message: 'x' },
        }),
      ]),
    };
    const degraded = (code: string) => ({
      addon: { status: 'DEGRADED', issues: [{ code, message: 'x' }] },
    });
    expect(judge(pods)).toMatchObject({
      message:
        '1 of 3 agent pods are not ready: agent-a (crashes with exit code 1).',
      fix: {
        cause: 'Its last words: x',
        snippet: { text: expect.stringContaining('update-addon') },
      },
    });
    expect(
      judge({ ...pods, ...degraded('InsufficientNumberOfReplicas') }).fix,
    ).toMatchObject({ cause: expect.stringMatching(/^The agent pod agent-a/) });
    for (const code of ['ConfigurationConflict', 'K8sResourceNotFound']) {
      expect(judge(degraded(code)).fix?.snippet?.text).toContain('OVERWRITE');
    }
    expect(judge(degraded('AccessDenied')).fix?.snippet?.text).toMatch(
      /^kubectl get pods -A/,
    );
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
          agent('b', false),
        ]),
      }).fix?.actions,
    ).toEqual([expect.stringMatching(/^Verify again in a minute/)]);
  });
});
