import { ask, HAVING, LACKING, pod } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type { CarriedFact, ContainerFact } from '../framework/facts/workloads';
import { workloadsShadowed } from './shadowed';

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
    mount: { paths: ['/home/app/.aws'], volume: 'files' },
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
                      { $patch: 'delete', mountPath: '/home/app/.aws' },
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
    expect(
      text({ ...FILES, mount: { paths: ['/home/app/.aws'] } }),
    ).not.toContain('"volumes"');
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
      'The webhook set the variables of IRSA, not the pod template: its annotation is on the service account.',
    ]);
  });

  it('only notes what is mostly harmless, after what is not', () => {
    const config = setting('config-file', 'AWS_CONFIG_FILE', false);
    const alone = carrying(config);
    expect(alone).toMatchObject({
      status: 'note',
      counted: true,
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
    const outcome = ask(workloadsShadowed, {
      pods: [
        pod({ containers: [{ ...HAVING, unseen: ['Secret db'] }] }),
        pod(),
      ],
    });
    expect(outcome).not.toHaveProperty('counted');
    expect(outcome).toMatchObject({
      status: 'note',
      message:
        '1 of 2 running pods take variables from Secret db, which is not read here: keys there would come before Pod Identity, and a proxy there would keep the SDKs for Go v2, Go v1 and Rust from the agent.',
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
        '1 of 1 running pods set AWS_CONTAINER_CREDENTIALS_FULL_URI to an address of their own (in container legacy), which every SDK uses before Pod Identity.',
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

  it('changes no template that does not have it: a webhook adds it, or the pods are of an older one', () => {
    const judge = (workload: object, template: object = LACKING) =>
      ask(workloadsShadowed, {
        pods: [
          pod({
            containers: [
              { ...HAVING, foreignCredentialsUri: 'http://127.0.0.1:9911' },
            ],
          }),
        ],
        workloads: known({
          found: [
            {
              kind: 'Deployment',
              name: 'api',
              rolledOut: true,
              template: { containers: [template] },
              ...workload,
            },
          ],
          unseen: [],
        }),
      });
    const NAME = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
    const added = judge({});
    expect(added).toMatchObject({
      status: 'warn',
      explainedBy: { oneOf: ['admission.injects', 'admission.own-templates'] },
      fix: {
        actions: [
          `The template of Deployment api does not have ${NAME}: an admission webhook adds it. Let that webhook, or the policy behind it, leave these pods alone; a change of the template does not help.`,
        ],
      },
    });
    expect(added.fix?.snippet).toBeUndefined();
    const { fix } = judge({ older: 1 });
    expect(fix?.actions).toEqual([
      expect.stringContaining('the pods are of an older one'),
    ]);
    expect(fix?.snippet).toBeUndefined();
    const own = judge(
      {},
      { ...LACKING, foreignCredentialsUri: 'http://127.0.0.1:9911' },
    );
    expect(own.fix?.snippet?.text).toContain(`${NAME}-`);
  });

  it('finds nothing in pods that carry nothing, and does not judge without pods', () => {
    expect(ask(workloadsShadowed, { pods: [pod()] })).toEqual({
      status: 'pass',
      message:
        'Nothing in the specs of the running pods comes before Pod Identity; what their images hold and their programs set themselves is not seen here.',
    });
    expect(ask(workloadsShadowed, { pods: [] })).toEqual({
      status: 'skip',
      message: 'Not applicable: no pod runs under this service account.',
      explainedBy: { oneOf: ['workloads.service-account'] },
    });
  });

  const SIDECAR = { ...HAVING, name: 'proxy', kind: 'sidecar' as const };
  const KEYS = { ...setting('keys', 'KEYS'), unset: ['KEYS-'] };

  it('names the container where others beside it carry nothing', () => {
    const outcome = ask(workloadsShadowed, {
      pods: [pod({ containers: [HAVING, { ...SIDECAR, carried: [KEYS] }] })],
    });
    expect(outcome).toMatchObject({
      status: 'warn',
      message:
        '1 of 1 running pods set KEYS (in sidecar proxy), which every SDK uses before Pod Identity.',
      observed: 'sidecar proxy of Deployment api',
      fix: {
        snippet: {
          text: 'kubectl -n payments set env deployment/api -c proxy KEYS-',
        },
      },
    });
  });

  it('takes out all mounts of a volume that the template has, and none of the webhook', () => {
    const folder = '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount';
    const bringing = (...paths: string[]): ContainerFact => ({
      ...HAVING,
      carried: [
        {
          what: 'own-token',
          said: 'bring it',
          remedy: 'it',
          mount: { paths, volume: 'token' },
          likely: true,
        },
      ],
    });
    const taken = (paths: string[], template?: ContainerFact) => {
      const { text } = ask(workloadsShadowed, {
        pods: [pod({ containers: [bringing(...paths)] })],
        workloads: known({
          found: template
            ? [
                {
                  kind: 'Deployment',
                  name: 'api',
                  rolledOut: true,
                  template: { containers: [template] },
                },
              ]
            : [],
          unseen: [],
        }),
      }).fix!.snippet!;
      expect(text).toContain('{"$patch":"delete","name":"token"}');
      return [...text.matchAll(/"mountPath":"([^"]+)"/g)].map(
        ([, path]) => path,
      );
    };
    const all = ['/a', '/b', folder];
    expect(taken(all)).toEqual(['/a', '/b']);
    expect(taken(all, bringing('/a', '/b'))).toEqual(['/a', '/b']);
    expect(taken(all, bringing(...all))).toEqual(all);
    expect(taken([folder], bringing())).toEqual([]);
  });

  it('takes a mount out of a sidecar, which the template has among its init containers', () => {
    const text = ask(workloadsShadowed, {
      pods: [
        pod({
          containers: [
            { ...HAVING, carried: [FILES] },
            { ...SIDECAR, carried: [FILES] },
          ],
        }),
      ],
    }).fix!.snippet!.text;
    expect(text).toContain('"containers":[{"name":"app"');
    expect(text).toContain('"initContainers":[{"name":"proxy"');
  });

  it('notes what an init container carried that has ended', () => {
    const ended = (state: 'ended' | 'running') =>
      ask(workloadsShadowed, {
        pods: [
          pod({
            containers: [
              HAVING,
              {
                ...HAVING,
                name: 'prepare',
                kind: 'init',
                state,
                carried: [KEYS],
              },
            ],
          }),
        ],
      });
    expect(ended('ended')).toMatchObject({
      status: 'note',
      message:
        '1 of 1 running pods set KEYS (in init container prepare, which has ended), which every SDK uses before Pod Identity.',
    });
    expect(ended('running').status).toBe('warn');
  });

  it('notes endpoints and regions, by name', () => {
    const of = (rest: object) =>
      ask(workloadsShadowed, {
        pods: [pod({ containers: [{ ...HAVING, ...rest }] }), pod()],
      });
    expect(
      of({ endpoints: ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'] }),
    ).toMatchObject({
      status: 'note',
      counted: true,
      message:
        '1 of 2 running pods send calls elsewhere than to AWS by AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_S3, which is often right.',
    });
    expect(of({ regions: ['AWS_REGION us-east-1'] })).toMatchObject({
      status: 'note',
      message:
        '1 of 2 running pods name another region than eu-west-1, that of the cluster, by AWS_REGION us-east-1, which is often right.',
    });
    expect(of({ regions: ['AWS_REGION eu-west-1'] }).status).toBe('pass');
  });

  it('hands on which identity wins, and of which pods', () => {
    const carry = (name: string, ...carried: CarriedFact[]) =>
      pod({ name, containers: [{ ...HAVING, carried }] });
    const irsaByWebhook = { ...setting('irsa', 'X'), remedy: undefined };
    expect(
      ask(workloadsShadowed, {
        pods: [
          carry('a', setting('keys', 'X')),
          carry('b', setting('java-properties', 'X')),
          carry('c', setting('irsa', 'X'), setting('profile', 'Y')),
          carry('d', setting('home-files', 'X'), setting('keys', 'Z', false)),
          carry('e', setting('config-file', 'X', false)),
          pod({
            name: 'f',
            containers: [
              { ...HAVING, injected: false, carried: [irsaByWebhook] },
            ],
          }),
        ],
      }).lacking,
    ).toEqual([
      { how: 'other', which: 'static keys', pods: ['a', 'b'] },
      { how: 'other', which: 'IRSA', pods: ['c'] },
      { how: 'identity', pods: ['c'] },
      { how: 'other', which: 'a credentials file', pods: ['d'] },
    ]);
  });

  it('looks at pods that run', () => {
    const stuck = pod({
      phase: 'Pending',
      notStarted: 'the image is gone',
      containers: [{ ...HAVING, carried: [KEYS] }],
    });
    expect(ask(workloadsShadowed, { pods: [stuck, pod()] }).status).toBe(
      'pass',
    );
    expect(ask(workloadsShadowed, { pods: [stuck] })).toEqual({
      status: 'skip',
      message: 'Not applicable: no pod of this service account runs.',
      explainedBy: { oneOf: ['workloads.start-up'] },
    });
  });
});
