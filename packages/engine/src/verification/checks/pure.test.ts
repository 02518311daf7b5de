import { anchorOf, type AnyCheck, type Outcome } from '../check';
import { known, lacking, type Fact } from '../facts/fact';
import type {
  AdmissionFact,
  ContainerFact,
  PodFact,
  PodRunFact,
} from '../facts/types';
import { admissionInjects } from './admissionInjects';
import { agentHealthy } from './agentHealthy';
import { agentInstalled } from './agentInstalled';
import { agentOnNode } from './agentOnNode';
import { credentialsAgentAnswers } from './credentialsAgentAnswers';
import { credentialsIdentity } from './credentialsIdentity';
import { credentialsImds } from './credentialsImds';
import { permissionCheckFor } from './permissions';
import { serviceAccountIrsa } from './serviceAccountIrsa';
import { workloadsInjected } from './workloadsInjected';
import { workloadsShadowed } from './workloadsShadowed';
import { workloadsUnsupported } from './workloadsUnsupported';

/** Rare combinations of facts, judged without a wire; the common ones are in the tests against the sandbox. */
const context = {
  ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
  cluster: {
    id: 'prod',
    name: 'payments-prod',
    region: 'eu-west-1',
    accountId: '111122223333',
    partition: 'aws',
    arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
    roles: {},
    allow: { installAgent: false },
    probe: { checkImds: true },
    kubernetes: { access: 'eks' },
  },
  probe: 'pod',
  now: Date.parse('2026-01-01T12:00:00Z'),
} as any;

const ask = (check: AnyCheck, facts: Record<string, unknown>): Outcome =>
  check.evaluate(facts as any, context) as Outcome;
const denied: Fact<never> = lacking({
  kind: 'denied',
  sentence: 'The portal is not allowed to list that.',
});

const HAVING: ContainerFact = {
  name: 'app',
  injected: true,
  missing: [],
  shadowing: [],
  proxied: false,
};
const LACKING: ContainerFact = {
  ...HAVING,
  injected: false,
  missing: ['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
};
let count = 0;
const pod = (rest: Partial<PodFact> = {}): PodFact => {
  count += 1;
  return {
    name: `pod-${count}`,
    owner: { kind: 'Deployment', name: 'api' },
    nodeName: 'node-1',
    phase: 'Running',
    createdAt: context.now - 60_000,
    hostNetwork: false,
    skipContainers: [],
    skipped: false,
    podEni: false,
    containers: [HAVING],
    placement: {},
    ...rest,
  };
};
const node = (name: string, rest: object = {}) => ({
  name,
  os: 'linux',
  ready: true,
  ...rest,
});
const agent = (nodeName: string, ready = true, rest: object = {}) => ({
  name: `agent-${nodeName}`,
  nodeName,
  ready,
  ...rest,
});

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
      /missing on the node that Auto Mode does not manage \(b\)/,
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
    const outcome = ask(agentInstalled, facts);
    expect(outcome.status).toBe(status);
    expect(outcome.message).toMatch(message);
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

  it('says so when DEGRADED is all there is', () => {
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
});

describe('agent.on-node', () => {
  const facts = (over: object) => ({
    nodes: known([
      node('node-1'),
      node('auto-1', { computeType: 'auto' }),
      node('hybrid-1', { computeType: 'hybrid' }),
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
      { podRun: known({ nodeName: 'node-2' }) },
      'fail',
      /node-2/,
    ],
    [
      'windows is told elsewhere',
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
});

describe('service-account.irsa', () => {
  const irsa = 'arn:aws:iam::111122223333:role/irsa';
  it('warns when a running pod carries IRSA instead', () => {
    expect(
      ask(serviceAccountIrsa, {
        serviceAccount: { irsaRoleArn: irsa },
        dryRuns: lacking({ kind: 'not-in-probe', sentence: '' }),
        pods: known([
          pod(),
          pod({ containers: [{ ...LACKING, irsaRoleArn: irsa }] }),
        ]),
      }),
    ).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods use the IRSA role instead of the Pod Identity.',
    });
  });
});

describe('admission.injects', () => {
  const admission = (over: Partial<AdmissionFact>): AdmissionFact => ({
    answered: 5,
    injected: 0,
    addresses: 2,
    missing: ['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
    irsaInstead: false,
    fargate: false,
    attempts: 5,
    fromCreatedPod: false,
    ...over,
  });
  const hook = (over: object = {}) =>
    known({
      webhooks: [
        {
          name: 'iam-for-pods.amazonaws.com',
          url: 'https://127.0.0.1:23443/mutate',
          createsPods: true,
          ...over,
        },
      ],
    });
  const namespace = known({ name: 'payments', labels: { team: 'a' } });
  it.each<[string, Fact<unknown>, RegExp]>([
    ['gone', known(null), /is gone/],
    [
      'without its webhook',
      known({ webhooks: [] }),
      /no longer has its webhook/,
    ],
    ['never called', hook({ createsPods: false }), /no longer called/],
    ['elsewhere', hook({ url: 'https://evil.example.com' }), /pointed at/],
    [
      'narrowed',
      hook({ namespaceSelector: { matchLabels: { team: 'b' } } }),
      /leaves out namespace payments/,
    ],
    ['untouched', hook(), /API servers do not know the association/],
    ['not readable', denied, /API servers do not know the association/],
  ])('names a registration that is %s', (_what, webhook, cause) => {
    const outcome = ask(admissionInjects, {
      admission: admission({}),
      webhook,
      namespace,
    });
    expect(outcome.status).toBe('fail');
    expect(outcome.fix?.cause).toMatch(cause);
  });

  it('warns of flapping and counts it', () => {
    expect(
      ask(admissionInjects, {
        admission: admission({ injected: 3 }),
        webhook: hook(),
        namespace,
      }),
    ).toMatchObject({
      status: 'warn',
      observed: '3 of 5 dry runs over 2 addresses',
    });
  });
});

const run = (over: Partial<PodRunFact>): PodRunFact => ({
  podName: 'probe',
  nodeName: 'node-1',
  pods: 1,
  identity: { exitCode: 0, text: '{}' },
  permissions: {},
  attempts: 1,
  injected: true,
  irsaInstead: false,
  ...over,
});

describe('credentials.agent-answers', () => {
  const facts = (over: object) => ({
    podRun: known(run({})),
    egressPolicies: known({ names: [] }),
    association: known({ roleArn: 'arn:r', disableSessionTags: false }),
    role: known(null),
    agentPods: known([]),
    nodes: known([node('node-1')]),
    cluster: known({ endpointPublicAccess: true }),
    ...over,
  });
  const timeout = run({
    identity: {
      exitCode: 255,
      text: 'Error when retrieving credentials from container-role: Error retrieving metadata: Received error when attempting to retrieve container metadata: Connect timeout on endpoint URL: "http://169.254.170.23/v1/credentials"',
    },
  });

  it('blames an agent that is not there', () => {
    const outcome = ask(
      credentialsAgentAnswers,
      facts({ podRun: known(timeout) }),
    );
    expect(outcome).toMatchObject({
      status: 'fail',
      message:
        'The agent on node node-1 does not take connections from the probe (timeout).',
      fix: { cause: 'No agent pod is ready on that node.' },
    });
  });

  it('does not tell while a NetworkPolicy selects the probe', () => {
    expect(
      ask(
        credentialsAgentAnswers,
        facts({
          podRun: known(timeout),
          egressPolicies: known({ names: ['default-deny'] }),
        }),
      ),
    ).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('the NetworkPolicy default-deny limits'),
    });
  });

  it('names both hops where there is a target role', () => {
    expect(
      ask(
        credentialsAgentAnswers,
        facts({
          podRun: known(
            run({
              identity: {
                exitCode: 255,
                text: 'Error retrieving metadata: Received non 200 response 400 from container metadata: [r]: (AccessDeniedException): Unauthorized Exception! EKS does not have permissions to assume the associated role., fault: client',
              },
            }),
          ),
          association: known({
            roleArn: 'arn:first',
            targetRoleArn: 'arn:second',
            disableSessionTags: false,
          }),
        }),
      ),
    ).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/arn:first.*arn:second/),
      fix: { cause: 'The role does not exist any more.' },
    });
  });

  it('counts the tries', () => {
    expect(
      ask(
        credentialsAgentAnswers,
        facts({ podRun: known(run({ attempts: 3 })) }),
      ).message,
    ).toBe('The agent on node node-1 gave the pod credentials at the 3rd try.');
  });
});

describe('credentials.identity', () => {
  const wanted = 'arn:aws:iam::111122223333:role/path/payments-api';
  const facts = (arn: string, over: object = {}) => ({
    podRun: run({
      identity: {
        exitCode: 0,
        text: JSON.stringify({ Arn: arn, UserId: 'AROA1:x', Account: '1' }),
      },
    }),
    expected: { effectiveRoleArn: wanted, source: 'input', settings: {} },
    association: known({ roleArn: wanted }),
    role: known({ arn: wanted, roleId: 'AROA1' }),
    targetRole: known(null),
    ...over,
  });
  const session = (name: string, id = 'eks-a-b-c') =>
    `arn:aws:sts::111122223333:assumed-role/${name}/${id}`;

  it.each<[string, string, object, string, RegExp]>([
    ['the role', session('payments-api'), {}, 'pass', /AWS sees the pod as/],
    [
      'a former role of that name',
      session('payments-api'),
      { role: known({ arn: wanted, roleId: 'AROA2' }) },
      'fail',
      /former role of the name payments-api/,
    ],
    [
      'the node',
      session('nodes', 'i-0b64a233926c6200c'),
      {},
      'fail',
      /the role of its node \(nodes\)/,
    ],
    [
      'IRSA',
      session('irsa', 'botocore-session-1'),
      {},
      'fail',
      /given through IRSA \(irsa\)/,
    ],
    [
      'keys',
      'arn:aws:iam::111122223333:user/deployer',
      {},
      'fail',
      /static keys/,
    ],
    [
      'another role',
      session('payments-apis'),
      {},
      'fail',
      /another role through Pod Identity \(payments-apis/,
    ],
    [
      'a role nobody expects',
      session('payments-api'),
      { expected: { settings: {} } },
      'unknown',
      /which role it should be is not known/,
    ],
    [
      'the target role, by its own id',
      session('payments-api'),
      {
        association: known({ roleArn: 'arn:first', targetRoleArn: wanted }),
        targetRole: known({ role: known({ roleId: 'AROA1' }) }),
      },
      'pass',
      /AWS sees/,
    ],
    [
      'a target role that cannot be read, by name',
      session('payments-api'),
      {
        association: known({ roleArn: 'arn:first', targetRoleArn: wanted }),
        targetRole: known({ role: denied }),
      },
      'pass',
      /AWS sees/,
    ],
  ])('%s', (_what, arn, over, status, message) => {
    const outcome = ask(credentialsIdentity, facts(arn, over));
    expect(outcome.status).toBe(status);
    expect(outcome.message).toMatch(message);
  });

  it('is unknown when STS cannot be reached, and decided when STS names the caller in its refusal', () => {
    const failing = (text: string) => ({
      ...facts(''),
      podRun: run({ identity: { exitCode: 255, text } }),
    });
    expect(
      ask(
        credentialsIdentity,
        failing(
          'Connect timeout on endpoint URL: "https://sts.eu-west-1.amazonaws.com/"',
        ),
      ),
    ).toMatchObject({ status: 'unknown' });
    expect(
      ask(
        credentialsIdentity,
        failing(
          `An error occurred (AccessDenied) when calling the GetCallerIdentity operation: User: ${session(
            'payments-api',
          )} is not authorized to perform: sts:GetCallerIdentity with an explicit deny in a VPC endpoint policy`,
        ),
      ),
    ).toMatchObject({ status: 'pass' });
  });
});

describe('credentials.imds', () => {
  it.each([
    [
      {
        exitCode: 0,
        text: 'arn:aws:sts::111122223333:assumed-role/nodes/i-0abc',
      },
      'note',
    ],
    [{ exitCode: 253, text: 'Unable to locate credentials.' }, 'pass'],
    [undefined, 'skip'],
  ])('%#', (imds, status) => {
    expect(ask(credentialsImds, { podRun: run({ imds }) }).status).toBe(status);
  });
});

describe('permissions.*', () => {
  const check = permissionCheckFor({ name: 's3', command: ['s3', 'ls'] });
  const answer = (exitCode: number, text: string) =>
    ask(check, { podRun: run({ permissions: { s3: { exitCode, text } } }) });

  it('points to the one section of the documentation', () => {
    expect(check).toMatchObject({
      id: 'permissions.s3',
      anchor: anchorOf('permissions.*'),
      title: 'The pod may run aws s3 ls',
    });
  });

  it('shows the statement only where it would help', () => {
    const text = (why: string) =>
      `An error occurred (AccessDenied) when calling the ListBuckets operation: User: arn:aws:sts::111122223333:assumed-role/r/eks-a is not authorized to perform: s3:ListAllMyBuckets ${why}`;
    const plain = answer(
      254,
      text(
        'because no identity-based policy allows the s3:ListAllMyBuckets action',
      ),
    );
    expect(plain).toMatchObject({
      status: 'fail',
      message: '"aws s3 ls" was denied: no identity policy allows it.',
    });
    expect(plain.fix?.snippet?.text).toContain('s3:ListAllMyBuckets');
    const scp = answer(
      254,
      text('with an explicit deny in a service control policy'),
    );
    expect(scp).toMatchObject({
      message:
        '"aws s3 ls" was denied: an explicit deny in the service control policy.',
    });
    expect(scp.fix?.snippet).toBeUndefined();
  });

  it('does not know what was not tried', () => {
    expect(ask(check, { podRun: run({}) }).status).toBe('unknown');
  });
});

describe('workloads.injected', () => {
  const facts = (pods: PodFact[], association: object = {}) => ({
    pods,
    association: known({ createdAt: 1, modifiedAt: 1, ...association }),
  });

  it('groups by owner and gives one command each', () => {
    const lacking2 = { containers: [LACKING] };
    const outcome = ask(
      workloadsInjected,
      facts([
        pod(),
        pod(lacking2),
        pod(lacking2),
        pod({ ...lacking2, owner: { kind: 'StatefulSet', name: 'db' } }),
        pod({ ...lacking2, owner: { kind: 'Pod', name: 'lone' } }),
      ]),
    );
    expect(outcome).toMatchObject({
      status: 'warn',
      message:
        '4 of 5 running pods run without the identity: 2 of Deployment api, 1 of StatefulSet db, pod lone.',
      observed: '1 of 5 running pods',
    });
    expect(outcome.fix?.snippet?.text.split('\n')).toEqual([
      'kubectl -n payments rollout restart deployment/api',
      'kubectl -n payments rollout restart statefulset/db',
      'kubectl -n payments delete pod lone   # and create it again',
    ]);
  });

  it('does not ask to restart what opted out', () => {
    expect(
      ask(
        workloadsInjected,
        facts([
          pod({ containers: [LACKING], skipped: true }),
          pod({ containers: [LACKING], skipContainers: ['app'] }),
        ]),
      ),
    ).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('2 of 2 running pods opted out'),
    });
  });

  it('is content with one container that has it: others may have opted out', () => {
    expect(
      ask(
        workloadsInjected,
        facts([pod({ containers: [HAVING, { ...LACKING, name: 'proxy' }] })]),
      ).status,
    ).toBe('pass');
  });

  it('never judges by age, except after a change while the agent may still keep old credentials', () => {
    const HOUR = 3_600_000;
    const old = pod({ createdAt: context.now - 40 * HOUR });
    expect(ask(workloadsInjected, facts([old])).status).toBe('pass');
    const changed = (ago: number, target?: string) =>
      ask(
        workloadsInjected,
        facts([old], {
          createdAt: context.now - 50 * HOUR,
          modifiedAt: context.now - ago,
          targetRoleArn: target,
        }),
      ).status;
    expect(changed(2 * HOUR)).toBe('note');
    expect(changed(7 * HOUR)).toBe('pass');
    expect(changed(2 * HOUR, 'arn:t')).toBe('pass');
    expect(changed(HOUR / 2, 'arn:t')).toBe('note');
  });
});

describe('workloads.shadowed', () => {
  it('names the variables, never their values', () => {
    expect(
      ask(workloadsShadowed, {
        pods: [
          pod(),
          pod({
            containers: [{ ...HAVING, shadowing: ['AWS_ACCESS_KEY_ID'] }],
          }),
        ],
      }),
    ).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods set AWS_ACCESS_KEY_ID, which every SDK reads before Pod Identity.',
      observed: 'container app of Deployment api',
    });
  });
});

describe('workloads.unsupported', () => {
  it.each<[string, Partial<PodFact>, object, RegExp]>([
    [
      'Fargate',
      { nodeName: 'f' },
      node('f', { computeType: 'fargate' }),
      /Fargate/,
    ],
    ['Fargate by name', { nodeName: 'fargate-ip-10' }, node('x'), /Fargate/],
    ['Windows', { nodeName: 'w' }, node('w', { os: 'windows' }), /Windows/],
    ['host network', { hostNetwork: true }, node('node-1'), /network of their/],
    ['security groups', { podEni: true }, node('node-1'), /security groups/],
    [
      'a proxy',
      { containers: [{ ...HAVING, proxied: true }] },
      node('node-1'),
      /through a proxy/,
    ],
  ])('%s', (_what, rest, one, message) => {
    const outcome = ask(workloadsUnsupported, {
      pods: [pod(rest)],
      nodes: known([one]),
    });
    expect(outcome.status).toBe('warn');
    expect(outcome.message).toMatch(message);
  });

  it('sees what it can where nodes cannot be read', () => {
    expect(
      ask(workloadsUnsupported, { pods: [pod()], nodes: denied }).status,
    ).toBe('pass');
  });
});
