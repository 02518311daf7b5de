import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { injectionOf } from './injection';

const volume = {
  name: 'eks-pod-identity-token',
  projected: {
    sources: [
      {
        serviceAccountToken: {
          audience: 'pods.eks.amazonaws.com',
          path: 'eks-pod-identity-token',
        },
      },
    ],
  },
};
const PATH = '/var/run/secrets/pods.eks.amazonaws.com/serviceaccount';
const env = [
  {
    name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    value: 'http://169.254.170.23/v1/credentials',
  },
  {
    name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
    value: `${PATH}/eks-pod-identity-token`,
  },
];
const mounts = [{ name: 'eks-pod-identity-token', mountPath: PATH }];

function only(container: Partial<V1Container>, volumes: unknown[] = [volume]) {
  return injectionOf({
    spec: { containers: [{ name: 'c', ...container }], volumes },
  } as unknown as V1Pod)[0];
}

describe('what the webhook did', () => {
  it('sees an injected container, on IPv6 too', () => {
    expect(only({ env, volumeMounts: mounts })).toMatchObject({
      injected: true,
      missing: [],
      carried: [],
    });
    expect(
      only({
        env: [
          { ...env[0], value: 'http://[fd00:ec2::23]/v1/credentials' },
          env[1],
        ],
        volumeMounts: mounts,
      }).injected,
    ).toBe(true);
  });

  it('sees a volume in the place of the token, and where the spec mounts it', () => {
    const [source] = volume.projected.sources;
    const other = (change: object) => ({
      ...volume,
      projected: {
        sources: [
          { serviceAccountToken: { ...source.serviceAccountToken, ...change } },
        ],
      },
    });
    const audience = 'sts.amazonaws.com';
    const carried = (volumes: unknown[], volumeMounts = mounts) =>
      only({ env, volumeMounts }, volumes).carried;
    expect(carried([volume])).toEqual([]);
    expect(carried([{ ...other({ audience }), name: 'mine' }])).toEqual([]);
    expect(carried([other({ audience })])).toMatchObject([
      { what: 'own-token', mount: { volume: volume.name, paths: [PATH] } },
    ]);
    const elsewhere = [{ ...mounts[0], mountPath: '/token' }];
    expect(carried([other({ path: 'token' })], elsewhere)).toMatchObject([
      { what: 'own-token', mount: { paths: ['/token'] } },
    ]);
  });

  const configMapKeyRef = { name: 'proxy', key: 'url' };
  const value = 'http://proxy:3128';

  it.each<[string, Partial<V1Container>]>([
    ['a variable', { env: [{ name: 'HTTPS_PROXY', value }] }],
    ['one in small letters', { env: [{ name: 'https_proxy', value }] }],
    ['one for every protocol', { env: [{ name: 'ALL_PROXY', value }] }],
    [
      'a variable whose value is out of sight',
      { env: [{ name: 'HTTP_PROXY', valueFrom: { configMapKeyRef } }] },
    ],
    ['variables out of sight', { envFrom: [{ secretRef: { name: 's' } }] }],
    [
      'some with a prefix that fits',
      { envFrom: [{ prefix: 'HTTPS_', configMapRef: { name: 'c' } }] },
    ],
    [
      'options of Java',
      { env: [{ name: 'JAVA_TOOL_OPTIONS', value: '-Dhttps.proxyHost=p' }] },
    ],
    [
      'options of Java out of sight',
      { env: [{ name: 'JAVA_TOOL_OPTIONS', valueFrom: { configMapKeyRef } }] },
    ],
    ['its command line', { args: ['-Dhttps.proxyHost=p', '-jar', 'a.jar'] }],
    ['its shell', { command: ['sh', '-c', 'https_proxy=http://p exec app'] }],
  ])('sees a proxy, or that there may be one, by %s', (_what, container) => {
    expect(only(container).proxy).toBe(true);
  });

  it.each<[string, Partial<V1Container>]>([
    ['nothing', {}],
    ['other variables', { env: [{ name: 'NO_PROXY', value: 'x' }] }],
    ['an empty one', { env: [{ name: 'HTTPS_PROXY', value: '' }] }],
    [
      'a prefix that fits none',
      { envFrom: [{ prefix: 'DB_', secretRef: { name: 's' } }] },
    ],
    [
      'other options of Java',
      { env: [{ name: 'JAVA_TOOL_OPTIONS', value: '-Xmx1g' }] },
    ],
  ])('sees no proxy by %s', (_what, container) => {
    expect(only(container)).not.toHaveProperty('proxy');
  });

  it.each<[string, any]>([
    ['everything', {}],
    ['the volume', { env }],
    ['a variable', { env: env.slice(0, 1), volumeMounts: mounts }],
  ])('sees that %s is missing', (_what, container) => {
    const fact = only(container);
    expect(fact.injected).toBe(false);
    expect(fact.missing.length).toBeGreaterThan(0);
  });

  it('does not mistake a volume for another audience for the token', () => {
    const other = {
      ...volume,
      projected: {
        sources: [{ serviceAccountToken: { audience: 'sts.amazonaws.com' } }],
      },
    };
    expect(only({ env, volumeMounts: mounts }, [other]).injected).toBe(false);
  });

  it('finds the container’s own credentials, as ECS-style sidecars provide them', () => {
    expect(
      only({
        env: [
          { name: env[0].name, value: 'http://127.0.0.1:9911/creds' },
          env[1],
        ],
        volumeMounts: mounts,
      }),
    ).toMatchObject({
      injected: false,
      foreignCredentialsUri: true,
    });
  });

  const held = (uri: string, file: string) =>
    only({
      env: [
        { ...env[0], value: uri },
        { ...env[1], value: file },
      ],
      volumeMounts: mounts,
    });
  const [URI, FILE] = env.map(one => one.value);

  it.each<[string, string, string, string[] | undefined]>([
    ['the webhook’s own', URI, FILE, undefined],
    [
      'another path of the agent',
      'http://169.254.170.23/v2/credentials',
      FILE,
      ['AWS_CONTAINER_CREDENTIALS_FULL_URI to another path of the agent'],
    ],
    [
      'a longer path, on IPv6',
      'http://[fd00:ec2::23]/v1/credentials/',
      FILE,
      ['AWS_CONTAINER_CREDENTIALS_FULL_URI to another path of the agent'],
    ],
    [
      'a wrong name in the folder of the token',
      URI,
      `${PATH}/token`,
      [
        'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE to another file in the folder of the token',
      ],
    ],
    [
      'a file elsewhere',
      URI,
      '/tmp/hidden',
      [
        'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE to a file that is not the mounted token',
      ],
    ],
  ])('compares the variables whole: %s', (_what, uri, file, wrong) => {
    const fact = held(uri, file);
    expect(fact.wrong).toEqual(wrong);
    expect(fact.injected).toBe(wrong === undefined);
    expect(JSON.stringify(fact)).not.toContain('hidden');
  });

  it('knows the token by its volume, wherever that is mounted', () => {
    const elsewhere = [{ ...mounts[0], mountPath: '/token/' }];
    const at = (file: string) =>
      only({
        env: [env[0], { ...env[1], value: file }],
        volumeMounts: elsewhere,
      }).injected;
    expect(at('/token/eks-pod-identity-token')).toBe(true);
    expect(at(FILE)).toBe(false);
  });

  const status = (name: string, state: object) => ({ name, state });

  it('goes over init containers, and says of each container whether it runs', () => {
    const facts = injectionOf({
      spec: {
        containers: [
          { name: 'app', env, volumeMounts: mounts },
          { name: 'done' },
          { name: 'slow' },
        ],
        initContainers: [
          { name: 'first' },
          { name: 'proxy', restartPolicy: 'Always' },
        ],
        volumes: [volume],
        restartPolicy: 'OnFailure',
      },
      status: {
        initContainerStatuses: [
          status('first', { terminated: { exitCode: 0 } }),
          status('proxy', { terminated: { exitCode: 0 } }),
        ],
        containerStatuses: [
          status('app', { running: {} }),
          status('done', { terminated: { exitCode: 0 } }),
          status('slow', { waiting: { reason: 'ContainerCreating' } }),
        ],
      },
    } as unknown as V1Pod);
    expect(
      facts.map(one => [one.name, one.kind, one.state, one.injected]),
    ).toEqual([
      ['app', 'container', 'running', true],
      ['done', 'container', 'ended', false],
      ['slow', 'container', 'waiting', false],
      ['first', 'init', 'ended', false],
      // The kubelet starts a sidecar again, however it ended.
      ['proxy', 'sidecar', 'crashing', false],
    ]);
  });

  it('names what says that a container without the identity calls AWS', () => {
    const sign = (container: Partial<V1Container>) => only(container).awsSign;
    expect(sign({})).toBeUndefined();
    expect(sign({ env: [{ name: 'AWS_REGION', value: 'x' }] })).toBe(
      'AWS_REGION',
    );
    expect(sign({ env: [{ name: 'AWS_PROFILE', value: '' }] })).toBeUndefined();
    expect(sign({ command: ['sh', '-c', 'aws s3 ls'] })).toBe(
      'the program aws',
    );
    expect(sign({ command: ['sh', '-c', 'cat /laws of'] })).toBeUndefined();
    expect(sign({ image: 'public.ecr.aws/aws-cli/aws-cli:2' })).toBe(
      'the image of the AWS CLI',
    );
    expect(sign({ envFrom: [{ secretRef: { name: 'aws-keys' } }] })).toContain(
      'Secret aws-keys',
    );
  });

  it('keeps the names of endpoints, and regions', () => {
    const fact = only({
      env: [
        { name: 'AWS_ENDPOINT_URL_S3', value: 'http://user:hidden@s3' },
        { name: 'AWS_REGION', value: 'us-east-1' },
        {
          name: 'AWS_DEFAULT_REGION',
          valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } },
        },
      ],
    });
    expect(fact).toMatchObject({
      endpoints: ['AWS_ENDPOINT_URL_S3'],
      regions: ['AWS_REGION us-east-1'],
    });
    expect(JSON.stringify(fact)).not.toContain('hidden');
    const odd = { name: 'AWS_REGION', value: 'HIDDENHIDDEN' };
    expect(only({ env: [odd] }).regions).toBeUndefined();
    const ignoring = {
      name: 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
      value: 'true',
    };
    const endpoint = { name: 'AWS_ENDPOINT_URL', value: 'http://x' };
    expect(only({ env: [endpoint, ignoring] }).endpoints).toBeUndefined();
  });
});
