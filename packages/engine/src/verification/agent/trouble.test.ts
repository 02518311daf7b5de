import { agent, context, daemonSet, node, shown } from '../__testUtils__/judge';
import type { AgentPodFact, DaemonSetFact } from '../framework/facts/agent';
import { withValues } from './addon';
import { printed } from '../framework/render';
import { nodeTrouble, podTrouble } from './trouble';

const ADDON = { status: 'ACTIVE', issues: [], tags: {} };
const APPLY =
  'aws eks update-addon --region eu-west-1 --cluster-name payments-prod --addon-name eks-pod-identity-agent --resolve-conflicts OVERWRITE';
const owner = (over: object = {}) => ({
  config: context.cluster,
  addon: ADDON,
  sets: [daemonSet()],
  ...over,
});
const trouble = (pod: Partial<AgentPodFact>, over: object = {}) =>
  shown(podTrouble(agent('node-1', false, pod) as AgentPodFact, owner(over)));
const ended = (message?: string, rest: object = {}) => ({
  waitingReason: 'CrashLoopBackOff',
  message: 'back-off 40s restarting failed container',
  ended: { container: 'agent', exitCode: 1, message, ...rest },
});
const fatal = (text: string) =>
  `{"level":"fatal","msg":"Unable to start server: listen tcp ${text}"}\n`;
const NO_IPV6 = fatal(
  '[fd00:ec2::23]:80: bind: cannot assign requested address',
);
const IN_USE = fatal('169.254.170.23:80: bind: address already in use');
const EDITED = { sets: [daemonSet({ editors: ['kubectl-edit'] })] };

describe('why an agent pod is not ready', () => {
  it.each<[string, Partial<AgentPodFact>, string, RegExp, string | undefined]>([
    [
      'a port that another pod reserved',
      {
        unscheduled: true,
        message: "0/3 nodes are available: 1 node(s) didn't have free ports",
      },
      'waits for a port of its node',
      /^Another pod has reserved a port that the agent uses: 0\/3 nodes/,
      `${APPLY} --configuration-values '{"agent":{"advertiseProxyPort":false}}'`,
    ],
    [
      'another reason of the scheduler',
      { unscheduled: true, message: '0/3 nodes: Insufficient cpu.' },
      'is not scheduled',
      /Insufficient cpu\.$/,
      APPLY,
    ],
    [
      'a node without IPv6',
      ended(NO_IPV6),
      'crashes, because its node has IPv6 disabled',
      /says: .*cannot assign requested address/,
      `${APPLY} --configuration-values '{"agent":{"additionalArgs":{"-b":"169.254.170.23"}}}'`,
    ],
    [
      'a program on port 80',
      ended(IN_USE),
      'crashes, because port 80 of its node is in use',
      /^Another program listens on port 80 of the node node-1\. The agent says: .*already in use/,
      `kubectl get pods -A --field-selector spec.nodeName=node-1 -o 'jsonpath={range .items[?(@.spec.hostNetwork==true)]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}'`,
    ],
    [
      'a crash with words of its own',
      ended('panic: no region'),
      'crashes with exit code 1',
      /^Its last words: panic: no region$/,
      APPLY,
    ],
    [
      'a crash without words',
      ended(),
      'crashes with exit code 1',
      /^Kubernetes kept no termination message/,
      APPLY,
    ],
    [
      'a crash of which only the back-off is left',
      { waitingReason: 'CrashLoopBackOff' },
      'crashes',
      /^Kubernetes kept no termination message/,
      APPLY,
    ],
    [
      'too little memory',
      ended(undefined, { reason: 'OOMKilled', exitCode: 137 }),
      'crashes with exit code 137',
      /^It ran out of memory\.$/,
      APPLY,
    ],
    [
      'an image that cannot be pulled',
      { waitingReason: 'ErrImagePull', message: 'x.invalid: not found' },
      'cannot pull its image: ErrImagePull',
      /^x\.invalid: not found$/,
      APPLY,
    ],
    [
      'a container that cannot be made',
      { waitingReason: 'CreateContainerConfigError', message: 'no such key' },
      'does not start: CreateContainerConfigError',
      /^no such key$/,
      APPLY,
    ],
    [
      'a start',
      { waitingReason: 'ContainerCreating' },
      'is not ready',
      /^It is starting/,
      'kubectl -n kube-system describe pod agent-node-1',
    ],
  ])('tells %s', (_what, pod, what, cause, command) => {
    const found = trouble(pod);
    expect(found.what).toBe(what);
    expect(found.fix.cause).toMatch(cause);
    expect(found.fix.snippet?.text).toBe(command);
  });

  it('does not blame port 80 where the agent reserves it no more', () => {
    const reserved = (configurationValues: string) =>
      trouble(
        { unscheduled: true, message: 'free ports' },
        { addon: { ...ADDON, configurationValues } },
      ).fix;
    const done = reserved('{ "agent": { "advertiseProxyPort": false } }');
    expect(done.actions[0]).toMatch(/so it is 2703 or 2705/);
    expect(done.snippet?.text).toMatch(/^kubectl get pods -A/);
    for (const values of ['{}', 'a: b', '{"agent":{}}']) {
      expect(reserved(values).actions[0]).toMatch(/not reserve port 80/);
    }
  });

  it('quotes the message of a structured log line only', () => {
    expect(
      trouble(ended('{"msg":"no\\nregion","level":"fatal"}\n')).fix.cause,
    ).toBe('Its last words: no region');
    for (const text of ['{"level":"fatal"}', '{"msg":5}', 'plain\ntext']) {
      expect(trouble(ended(text)).fix.cause).toBe(
        `Its last words: ${text.replace('\n', ' ')}`,
      );
    }
  });

  it('shows the log to read where Kubernetes has no last words', () => {
    expect(trouble(ended()).fix.actions[0]).toBe(
      'Read its log: kubectl -n kube-system logs agent-node-1 -c=agent --previous --tail=20',
    );
  });

  it('keeps the configuration that the add-on has', () => {
    const configured = (configurationValues: string) =>
      trouble(ended(NO_IPV6), { addon: { ...ADDON, configurationValues } }).fix;
    expect(
      configured('{"agent":{"additionalArgs":{"-v":"5"}},"tolerations":[]}')
        .snippet?.text,
    ).toContain(
      `'{"agent":{"additionalArgs":{"-v":"5","-b":"169.254.170.23"}},"tolerations":[]}'`,
    );
    const yaml = configured('agent:\n  priority: 1');
    expect(yaml.snippet).toBeUndefined();
    expect(yaml.actions).toEqual([
      'Let it listen on IPv4 only: set {"agent":{"additionalArgs":{"-b":"169.254.170.23"}}} in the configuration of the add-on.',
    ]);
    expect(withValues('[1]', {})).toBeUndefined();
    expect(withValues('{"a":[1]}', { a: { b: 1 } })).toBe('{"a":{"b":1}}');
  });

  it('undoes what was edited, and names the editor', () => {
    const found = trouble(ended(IN_USE), EDITED).fix;
    expect(found.cause).toMatch(
      /already in use.*\. Its pod template was changed by kubectl-edit after EKS had applied it\.$/,
    );
    expect(found.snippet?.text).toBe(APPLY);
    expect(found.actions).toHaveLength(2);
  });

  it('has no node to look at where Kubernetes names none', () => {
    for (const pod of [
      ended(IN_USE),
      { unscheduled: true, message: 'free ports' },
    ]) {
      const addon = {
        ...ADDON,
        configurationValues: '{"agent":{"advertiseProxyPort":false}}',
      };
      const { fix } = trouble({ ...pod, nodeName: undefined }, { addon });
      expect(fix.snippet).toBeUndefined();
      expect(fix.cause).not.toMatch(/undefined/);
    }
  });

  it('does not let EKS undo what another installer made', () => {
    const { fix } = trouble(ended(IN_USE), { ...EDITED, addon: null });
    expect(fix.snippet?.text).toMatch(/^kubectl get pods -A/);
    expect(fix.actions).toHaveLength(1);
  });

  it('reads the logs of all containers where none is known to have ended', () => {
    expect(trouble({ waitingReason: 'CrashLoopBackOff' }).fix.actions[0]).toBe(
      'Read its log: kubectl -n kube-system logs agent-node-1 --all-containers --previous --tail=20',
    );
  });

  it('has no command for an agent that EKS does not manage', () => {
    for (const addon of [null, undefined]) {
      for (const pod of [
        ended(NO_IPV6),
        ended('x'),
        { waitingReason: 'ErrImagePull' },
      ]) {
        const { fix } = trouble(pod, { addon });
        expect(fix.snippet).toBeUndefined();
        expect(fix.actions.join(' ')).toMatch(/Helm release/);
      }
    }
  });
});

describe('why a node has no agent', () => {
  const on = (set: Partial<DaemonSetFact>, rest: object = {}, over = {}) =>
    printed(
      nodeTrouble(
        'node-1',
        node('node-1', rest),
        [],
        owner({ sets: [daemonSet(set)], ...over }),
      ),
    );
  const placement = (rest: object) => ({
    placement: { nodeSelector: {}, toleratesAll: true, ...rest },
  });
  const requirement = (operator: string, ...values: string[]) => ({
    matchExpressions: [{ key: 'kubernetes.io/arch', operator, values }],
  });

  it.each<[string, Partial<DaemonSetFact>, object, RegExp]>([
    [
      'a node selector',
      placement({ nodeSelector: { agent: 'yes' } }),
      {},
      /^The nodeSelector of DaemonSet agent leaves out the node node-1\.$/,
    ],
    [
      'a node affinity of which no term fits',
      placement({ terms: [requirement('Exists'), requirement('In', 'arm64')] }),
      {},
      /^The node affinity of DaemonSet agent leaves out/,
    ],
    [
      'a taint',
      placement({ toleratesAll: false }),
      { tainted: true },
      /has a taint, and DaemonSet agent does not tolerate all taints/,
    ],
  ])('tells %s, and lets EKS apply its own', (_what, set, rest, cause) => {
    expect(on({ ...set, editors: ['helm'] }, rest)).toMatchObject({
      cause: expect.stringMatching(new RegExp(cause.source.replace(/\$$/, ''))),
      snippet: { text: APPLY },
    });
    expect(on(set, rest).cause).toMatch(cause);
    expect(on({ ...set, editors: ['helm'] }, rest).cause).toMatch(
      /changed by helm after EKS had applied it\.$/,
    );
  });

  it('does not accuse what lets the agent in', () => {
    const labels = { agent: 'yes', 'kubernetes.io/arch': 'arm64' };
    const fitting: [Partial<DaemonSetFact>, object][] = [
      [placement({ nodeSelector: { agent: 'yes' } }), { labels }],
      [placement({ terms: [requirement('In', 'arm64')] }), { labels }],
      [placement({}), { tainted: true }],
      [placement({ toleratesAll: false }), {}],
    ];
    for (const [set, rest] of fitting) {
      const { cause, snippet } = on(set, rest);
      expect(cause).toMatch(/although nothing keeps it from the node/);
      expect(snippet?.text).toMatch(/^kubectl get events -A/);
    }
  });

  it('does not accuse one DaemonSet where another takes the node', () => {
    const off = daemonSet(placement({ nodeSelector: { agent: 'yes' } }));
    const either = placement({
      terms: [requirement('In', 'arm64'), requirement('In', 'amd64')],
    });
    const labels = { 'kubernetes.io/arch': 'amd64' };
    expect(on({}, {}, { sets: [off, daemonSet()] }).cause).toMatch(
      /although nothing keeps it/,
    );
    expect(on(either, { labels }).cause).toMatch(/although nothing keeps it/);
  });

  it('tells a DaemonSet that is gone by who installed it', () => {
    const gone = (addon: object | null | undefined) =>
      on({}, {}, { sets: [], addon });
    expect(gone(ADDON)).toMatchObject({
      cause: 'The DaemonSet of the agent is not in the cluster.',
      snippet: { text: APPLY },
    });
    expect(gone(null).snippet?.text).toMatch(/^aws eks create-addon /);
    expect(gone(undefined).snippet).toBeUndefined();
    expect(on({}, {}, { sets: undefined }).cause).toMatch(
      /^The DaemonSet of the agent has no pod there: it has only begun/,
    );
  });

  it('explains the pod that is there for the node', () => {
    const pods = [
      agent('node-2', false, ended(IN_USE)),
      agent('node-1', false, ended(NO_IPV6)),
    ] as AgentPodFact[];
    expect(nodeTrouble('node-1', node('node-1'), pods, owner()).cause).toMatch(
      /^The agent pod agent-node-1 crashes, because its node has IPv6 disabled\. The agent listens/,
    );
  });
});
