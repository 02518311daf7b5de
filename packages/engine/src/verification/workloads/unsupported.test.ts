import { ask, denied, HAVING, node, pod } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type { PodFact } from '../framework/facts/workloads';
import { workloadsUnsupported } from './unsupported';

describe('workloads.unsupported', () => {
  it.each([
    [
      'Fargate',
      { nodeName: 'f' },
      node('f', { computeType: 'fargate' }),
      /Fargate/,
    ],
    ['Fargate by name', { nodeName: 'fargate-ip-10' }, node('x'), /Fargate/],
    ['Windows', { nodeName: 'w' }, node('w', { os: 'windows' }), /Windows/],
  ])(
    'fails where no pod can have an agent: %s',
    (_what, rest, one, message) => {
      const outcome = ask(workloadsUnsupported, {
        pods: [pod(rest), pod(rest)],
        nodes: known([one]),
        cni: known(null),
      });
      expect(outcome.status).toBe('fail');
      expect(outcome.message).toMatch(message);
    },
  );

  it.each<[string, Partial<PodFact>, object, RegExp, PodFact[]?]>([
    [
      'Windows beside other nodes',
      { nodeName: 'w' },
      node('w', { os: 'windows' }),
      /^1 of 2 running pods run on Windows/,
      [pod()],
    ],
    [
      'security groups',
      { podEni: true },
      node('node-1'),
      /security groups of their own, and the VPC CNI is in strict mode/,
    ],
    [
      'a proxy',
      { containers: [{ ...HAVING, proxied: 'yes' }] },
      node('node-1'),
      /through a proxy, with which the SDKs for Go v2, Go v1 and Rust get no credentials/,
    ],
    [
      'a proxy of one container among others',
      { containers: [HAVING, { ...HAVING, proxied: 'yes' }, HAVING] },
      node('node-1'),
      /^1 of 1 running pods send requests to the agent through a proxy/,
    ],
  ])('%s', (_what, rest, one, message, others = []) => {
    const outcome = ask(workloadsUnsupported, {
      pods: [pod(rest), ...others],
      nodes: known([one]),
      cni: known({ podSecurityGroups: 'strict' }),
    });
    expect(outcome.status).toBe('warn');
    expect(outcome.message).toMatch(message);
  });

  it('names the Fargate profile', () => {
    const [action] = ask(workloadsUnsupported, {
      pods: [
        pod({
          nodeName: 'fargate-1',
          labels: { 'eks.amazonaws.com/fargate-profile': 'all' },
        }),
      ],
      nodes: known([]),
      cni: known(null),
    }).fix!.actions;
    expect(action).toContain('The Fargate profile all takes these pods');
  });

  it('counts the pods of each problem, and is skipped where there are none', () => {
    expect(
      ask(workloadsUnsupported, {
        pods: [],
        nodes: known([]),
        cni: known(null),
      }).status,
    ).toBe('skip');
    const outcome = ask(workloadsUnsupported, {
      pods: [
        pod({ name: 'a', hostNetwork: true }),
        pod({ name: 'b', hostNetwork: true, podEni: true }),
        pod({ nodeName: undefined }),
      ],
      nodes: known([node('node-1')]),
      cni: known({ podSecurityGroups: 'strict' }),
    });
    expect(outcome).toMatchObject({
      status: 'warn',
      observed: 'b',
      message: expect.stringMatching(
        /^1 of 3 running pods have security.*; 2 of 3 .* network of their node/,
      ),
    });
    expect(outcome.fix?.actions).toHaveLength(2);
  });

  it.each<[string, Partial<PodFact>, RegExp]>([
    ['the host network', { hostNetwork: true }, /network of their node/],
    [
      'a proxy whose exceptions are out of sight',
      { containers: [{ ...HAVING, proxied: 'unseen' }] },
      /unless a NO_PROXY that is not read here names 169\.254\.170\.23/,
    ],
  ])('only notes %s', (_what, rest, message) => {
    const outcome = ask(workloadsUnsupported, {
      pods: [pod(rest)],
      nodes: known([node('node-1')]),
      cni: known({ podSecurityGroups: 'strict' }),
    });
    expect(outcome.status).toBe('note');
    expect(outcome.message).toMatch(message);
  });

  it('fails only where every pod that has a node is without an agent', () => {
    const status = (...pods: PodFact[]) =>
      ask(workloadsUnsupported, {
        pods,
        nodes: known([node('w', { os: 'windows' })]),
        cni: known(null),
      }).status;
    const waiting = pod({ nodeName: undefined, hostNetwork: true });
    expect(status(waiting)).toBe('note');
    expect(status(pod({ nodeName: 'w' }), waiting)).toBe('fail');
    expect(status(pod({ nodeName: 'w' }), pod())).toBe('warn');
  });

  it('opens the way to the agent by a command that keeps what is there', () => {
    const text = (rest: Partial<PodFact>, mode = 'strict') =>
      ask(workloadsUnsupported, {
        pods: [pod(rest)],
        nodes: known([]),
        cni: known({ podSecurityGroups: mode }),
      }).fix?.snippet?.text;
    const proxied = { ...HAVING, proxied: 'yes' as const };
    expect(
      text({
        containers: [HAVING, { ...proxied, proxyException: 'no_proxy' }],
      }),
    ).toBe(
      `now="$(kubectl -n payments get deployment/api -o 'jsonpath={.spec.template.spec.containers[?(@.name=="app")].env[?(@.name=="no_proxy")].value}')"\n` +
        `kubectl -n payments set env deployment/api -c app "no_proxy=\${now:+$now,}169.254.170.23,[fd00:ec2::23]"`,
    );
    expect(text({ podEni: true, containers: [proxied] })).toMatch(
      /NO_PROXY=.*\nkubectl -n kube-system set env daemonset\/aws-node -c aws-node POD_SECURITY_GROUP_ENFORCING_MODE=standard\nkubectl -n kube-system rollout status daemonset\/aws-node\nkubectl -n payments rollout restart deployment\/api$/s,
    );
    for (const kind of ['init', 'sidecar'] as const) {
      expect(text({ containers: [{ ...proxied, kind }] })).toContain(
        '.spec.initContainers[?(@.name=="app")]',
      );
    }
    // What may do no harm is not changed.
    expect(text({ podEni: true }, 'unseen')).toBeUndefined();
  });

  it('says which object holds the exceptions of a proxy', () => {
    const action = (proxyExceptionIn?: string) =>
      ask(workloadsUnsupported, {
        pods: [
          pod({
            containers: [{ ...HAVING, proxied: 'unseen', proxyExceptionIn }],
          }),
        ],
        nodes: known([]),
        cni: known(null),
      }).fix?.actions[0];
    expect(action('key NO_PROXY of ConfigMap proxy')).toBe(
      'See to it that NO_PROXY holds 169.254.170.23 and [fd00:ec2::23]; it comes from key NO_PROXY of ConfigMap proxy.',
    );
    expect(action()).toMatch(/\[fd00:ec2::23\]\.$/);
  });

  it('says where the proxy of a Job is changed', () => {
    const outcome = ask(workloadsUnsupported, {
      pods: [
        pod({
          owner: { kind: 'Job', name: 'nightly' },
          containers: [{ ...HAVING, proxied: 'yes' }],
        }),
      ],
      nodes: known([]),
      cni: known(null),
    });
    expect(outcome.fix?.snippet).toBeUndefined();
    expect(outcome.fix?.actions[1]).toMatch(/of the Job nightly: change it in/);
  });

  it('claims nothing of nodes that cannot be read', () => {
    expect(
      ask(workloadsUnsupported, {
        pods: [pod()],
        nodes: denied,
        cni: denied,
      }),
    ).toMatchObject({
      status: 'pass',
      message:
        'Nothing in the specs of the running pods keeps Pod Identity from them; their nodes were not looked at.',
    });
  });

  it.each([
    [known({ podSecurityGroups: 'standard' }), 'pass'],
    [known({ podSecurityGroups: 'strict' }), 'warn'],
    [known({ podSecurityGroups: 'unseen' }), 'note'],
    [known(null), 'note'],
    [denied, 'note'],
  ])('judges security groups by the mode of the VPC CNI %#', (cni, status) => {
    expect(
      ask(workloadsUnsupported, {
        pods: [pod({ podEni: true })],
        nodes: known([node('node-1')]),
        cni,
      }).status,
    ).toBe(status);
  });
});
