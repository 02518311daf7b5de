import { ask, denied, HAVING, node, pod } from '../__testUtils__/judge';
import { known } from '../facts/fact';
import type { CarriedFact, PodFact } from '../facts/types';
import { workloadsShadowed } from './workloadsShadowed';
import { workloadsUnsupported } from './workloadsUnsupported';

describe('workloads.shadowed', () => {
  const carrying = (...carried: CarriedFact[]) =>
    ask(workloadsShadowed, {
      pods: [pod(), pod({ containers: [{ ...HAVING, carried }] })],
    });
  const setting = (
    what: CarriedFact['what'],
    name: string,
    likely = true,
  ): CarriedFact => ({ what, said: `set ${name}`, remedy: name, likely });

  it('says which SDKs are affected, and what to take out', () => {
    expect(carrying(setting('keys', 'AWS_ACCESS_KEY_ID'))).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods set AWS_ACCESS_KEY_ID, which every SDK uses before Pod Identity.',
      observed: 'container app of Deployment api',
      fix: {
        cause: expect.stringContaining('keys, profile, web identity'),
        actions: [
          'Take AWS_ACCESS_KEY_ID out of the pod template and roll it out.',
        ],
      },
    });
    const said = (what: CarriedFact['what']) =>
      carrying(setting(what, 'X')).message;
    expect(said('irsa')).toBe(
      '1 of 2 running pods set X, which every SDK but JavaScript v2 and Java v1 uses before Pod Identity.',
    );
    expect(said('profile')).toBe(
      '1 of 2 running pods set X, with which the SDKs for Python and Go v2 get no credentials if there is no such profile.',
    );
    expect(said('default-profile')).toBe(
      '1 of 2 running pods set X, with which the SDK for Python gets no credentials if there is no such profile.',
    );
    expect(said('ecs-address')).toBe(
      '1 of 2 running pods set X, with which every SDK but Go v1 gets no credentials.',
    );
  });

  it('takes variables out with a command, and leaves the other variables of a Secret', () => {
    const fix = carrying(
      { ...setting('keys', 'X'), unset: ['AWS_ACCESS_KEY_ID='] },
      { ...setting('profile', 'AWS_PROFILE'), unset: ['AWS_PROFILE-'] },
      { ...setting('config-file', 'Y', false), unset: ['Y-'] },
    ).fix;
    expect(fix?.snippet?.text).toBe(
      "kubectl -n payments set env deployment/api -c app AWS_ACCESS_KEY_ID='' AWS_PROFILE-",
    );
    expect(fix?.actions[1]).toMatch(/SDKs take an empty key for none/);
  });

  const FILES: CarriedFact = {
    what: 'home-files',
    said: 'mount a volume at ~/.aws',
    remedy: 'the volume at ~/.aws',
    mount: { path: '/root/.aws', volume: 'files' },
    likely: true,
  };

  it('takes mounts out with a command, and volumes that nothing uses then', () => {
    const text = (...carried: CarriedFact[]) =>
      carrying(...carried).fix?.snippet?.text;
    expect(text(FILES)).toBe(
      `kubectl -n payments patch deployment api --type strategic --patch '${JSON.stringify(
        {
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    name: 'app',
                    volumeMounts: [
                      { $patch: 'delete', mountPath: '/root/.aws' },
                    ],
                  },
                ],
                volumes: [{ $patch: 'delete', name: 'files' }],
              },
            },
          },
        },
      )}'`,
    );
    expect(text({ ...FILES, mount: { path: '/root/.aws' } })).not.toContain(
      '"volumes"',
    );
    expect(text({ ...FILES, likely: false })).toBeUndefined();
    expect(
      text(FILES, { ...setting('profile', 'X'), unset: ['AWS_PROFILE-'] }),
    ).toMatch(/^kubectl .* AWS_PROFILE-\nkubectl .* patch /);
  });

  it('says where to change what no command changes', () => {
    const of = (kind: string) =>
      ask(workloadsShadowed, {
        pods: [
          pod({
            owner: { kind, name: 'nightly' },
            containers: [{ ...HAVING, carried: [FILES] }],
          }),
        ],
      }).fix!;
    expect(of('Job').snippet).toBeUndefined();
    expect(of('Job').actions).toContain(
      'Kubernetes does not change the template of the Job nightly: change it in its CronJob, or where the Job is made.',
    );
    expect(of('Pod').actions).toContain(
      'The pod nightly has no template: change it where it is made.',
    );
    expect(of('Rollout').actions).toContain(
      'Change the template of the Rollout nightly itself: its pods come from there.',
    );
    expect(of('StatefulSet').actions).toHaveLength(1);
  });

  it('names each source, whatever else the pods hold', () => {
    const irsa = { ...setting('irsa', 'X'), remedy: undefined };
    const outcome = ask(workloadsShadowed, {
      pods: [
        pod({ containers: [HAVING, { ...HAVING, unseen: ['Secret db'] }] }),
        pod({
          containers: [
            HAVING,
            {
              ...HAVING,
              name: 'job',
              carried: [
                irsa,
                { ...setting('profile', 'Y'), unset: ['AWS_PROFILE-'] },
              ],
            },
          ],
        }),
      ],
    });
    expect(outcome.message).toMatch(/1 of 2 running pods take variables from/);
    expect(outcome.fix?.actions).toHaveLength(2);
    expect(outcome.fix?.snippet?.text).toBe(
      'kubectl -n payments set env deployment/api -c job AWS_PROFILE-',
    );
  });

  it('does not send a reader to the template for what the webhook set', () => {
    expect(
      carrying({ ...setting('irsa', 'X'), remedy: undefined }).fix?.actions,
    ).toEqual([
      'The webhook set the variables of IRSA, not the pod template: see service-account.irsa.',
    ]);
  });

  it('only notes what is mostly harmless, after what is not', () => {
    const config = setting('config-file', 'AWS_CONFIG_FILE', false);
    const alone = carrying(config);
    expect(alone).toMatchObject({
      status: 'note',
      message:
        '1 of 2 running pods set AWS_CONFIG_FILE, which every SDK but JavaScript v2, Go v1 and Java v1 uses before Pod Identity if the file names a credential_process.',
    });
    expect(alone.fix).toBeUndefined();
    const both = carrying(config, setting('keys', 'AWS_ACCESS_KEY_ID'));
    expect(both.status).toBe('warn');
    expect(both.message).toMatch(/set AWS_ACCESS_KEY_ID.*; .*AWS_CONFIG_FILE/);
    expect(both.fix?.actions[0]).not.toContain('AWS_CONFIG_FILE');
  });

  it('says what it cannot see', () => {
    expect(
      ask(workloadsShadowed, {
        pods: [
          pod({ containers: [{ ...HAVING, unseen: ['Secret db'] }] }),
          pod(),
        ],
      }),
    ).toMatchObject({
      status: 'note',
      message:
        '1 of 2 running pods take variables from Secret db, which the portal does not read: keys there would come before Pod Identity, and a proxy there would keep the SDKs for Go v2, Go v1 and Rust from the agent.',
    });
  });

  it('counts an address for credentials that the pod sets itself', () => {
    expect(
      ask(workloadsShadowed, {
        pods: [
          pod({
            containers: [
              HAVING,
              {
                ...HAVING,
                name: 'legacy',
                foreignCredentialsUri: 'http://127.0.0.1:9911/creds',
              },
            ],
          }),
        ],
      }),
    ).toMatchObject({
      status: 'warn',
      message:
        '1 of 1 running pods set AWS_CONTAINER_CREDENTIALS_FULL_URI to an address of their own, which every SDK uses before Pod Identity.',
      observed: 'container legacy of Deployment api',
      fix: {
        actions: [
          expect.any(String),
          expect.stringMatching(/^The webhook leaves an address alone/),
        ],
        snippet: {
          text: 'kubectl -n payments set env deployment/api -c legacy AWS_CONTAINER_CREDENTIALS_FULL_URI- AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE-',
        },
      },
    });
  });

  it('finds nothing in pods that carry nothing, and does not judge without pods', () => {
    expect(ask(workloadsShadowed, { pods: [pod()] })).toEqual({
      status: 'pass',
      message: 'Nothing in the running pods comes before Pod Identity.',
    });
    expect(ask(workloadsShadowed, { pods: [] })).toEqual({
      status: 'skip',
      message: 'Not applicable: no pod runs under this ServiceAccount.',
      suspects: ['workloads.service-account'],
    });
  });
});

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
      /unless a NO_PROXY that the portal does not read names 169\.254\.170\.23/,
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

  it('reports what it can where nodes cannot be read', () => {
    expect(
      ask(workloadsUnsupported, {
        pods: [pod()],
        nodes: denied,
        cni: denied,
      }).status,
    ).toBe('pass');
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
