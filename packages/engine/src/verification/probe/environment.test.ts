import type { V1Container, V1Pod } from '../../kubernetes/objects';
import {
  carriedBy,
  exceptionOf,
  exceptionSource,
  proxyOf,
  unseenBy,
} from './environment';

const literal = (settings: Record<string, string>) =>
  Object.entries(settings).map(([name, value]) => ({ name, value }));

const container = (rest: Partial<V1Container>): V1Container => ({
  name: 'app',
  ...rest,
});

const carried = (rest: Partial<V1Container>, volumes: unknown[] = []) =>
  carriedBy(container(rest), { spec: { volumes } } as unknown as V1Pod).map(
    ({ what, said, likely }) => ({ what, said, likely }),
  );
const kinds = (settings: Record<string, string>) =>
  carried({ env: literal(settings) }).map(
    ({ what, likely }) => `${what}${likely ? '' : '?'}`,
  );

describe('what a container carries beside Pod Identity', () => {
  it.each<[Record<string, string>, string[]]>([
    [{}, []],
    [{ AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S' }, ['keys']],
    [{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, []],
    [{ AWS_ACCESS_KEY_ID: 'A' }, ['key-without-secret']],
    [{ AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: '/x' }, ['irsa']],
    [{ AWS_ROLE_ARN: 'r' }, ['role-without-token']],
    [{ AWS_SHARED_CREDENTIALS_FILE: '/x' }, ['credentials-file?']],
    [{ AWS_CONFIG_FILE: '/x' }, ['config-file?']],
    [{ AWS_PROFILE: 'x' }, ['profile']],
    [{ AWS_PROFILE: 'x', AWS_CONFIG_FILE: '/x' }, ['config-file?', 'profile?']],
    [{ AWS_DEFAULT_PROFILE: 'x' }, ['default-profile']],
    [{ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/x' }, ['ecs-address']],
    [{ AWS_CONTAINER_AUTHORIZATION_TOKEN: 'x' }, []],
  ])('%j', (settings, expected) => {
    expect(kinds(settings)).toEqual(expected);
  });

  it.each([
    ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_KEY'],
    ['AWS_ACCESS_KEY', 'AWS_SECRET_ACCESS_KEY'],
    ['AWS_ACCESS_KEY', 'AWS_SECRET_KEY'],
  ])('names the variables of former keys: %s and %s', (key, secret) => {
    const [{ what, said }] = carried({
      env: literal({ [key]: 'A', [secret]: 'S' }),
    });
    expect(what).toBe('former-keys');
    expect(said).toMatch(new RegExp(`\\b${key}\\b.*\\b${secret}\\b`));
  });

  it('never holds a value', () => {
    expect(
      JSON.stringify(
        carried({
          env: literal({
            AWS_ACCESS_KEY_ID: 'HIDDEN',
            AWS_SECRET_ACCESS_KEY: 'HIDDEN',
            AWS_PROFILE: 'HIDDEN',
            AWS_SHARED_CREDENTIALS_FILE: '/HIDDEN',
          }),
        }),
      ),
    ).not.toContain('HIDDEN');
  });

  it('counts a variable whose value another object holds', () => {
    const valueFrom = { secretKeyRef: { name: 's', key: 'k' } };
    expect(
      carried({
        env: [
          { name: 'AWS_ACCESS_KEY_ID', valueFrom },
          { name: 'AWS_SECRET_ACCESS_KEY', valueFrom },
        ],
      }),
    ).toMatchObject([{ what: 'keys', likely: true }]);
  });

  it('takes a Secret named after AWS for keys, and tells of the others', () => {
    const from = (...envFrom: V1Container['envFrom'] & object) => [
      carried({ envFrom }).map(({ said }) => said),
      unseenBy(container({ envFrom })),
    ];
    expect(
      from(
        { secretRef: { name: 'app-aws-keys' } },
        { secretRef: { name: 'jaws' } },
        { secretRef: { name: 'keycloak-iam' } },
        { configMapRef: { name: 'aws' } },
      ),
    ).toEqual([
      ['take variables from Secret app-aws-keys, by its name keys of AWS'],
      ['Secret jaws', 'Secret keycloak-iam', 'ConfigMap aws'],
    ]);
    expect(from({ prefix: 'DB_', secretRef: { name: 'aws' } })).toEqual([
      [],
      [],
    ]);
    expect(from({ prefix: 'AWS_', secretRef: { name: 'db' } })).toEqual([
      [],
      ['Secret db'],
    ]);
  });

  it('sees keys of a Secret that the template sets to nothing', () => {
    const envFrom = [{ secretRef: { name: 'aws' } }];
    const [key, secret] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    const empty = literal({ [key]: '', [secret]: '' });
    expect(carried({ envFrom, env: empty })).toEqual([]);
    expect(unseenBy(container({ envFrom, env: empty }))).toEqual([
      'Secret aws',
    ]);
    expect(carried({ envFrom, env: empty.slice(1) })).toMatchObject([
      { what: 'keys' },
    ]);
    const elsewhere = [
      { name: key, valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ...literal({ [secret]: '' }),
    ];
    expect(carried({ envFrom, env: elsewhere })).not.toEqual([]);
  });

  it('knows variables of IRSA that the webhook set by its volume, which a template may have of its own', () => {
    const env = literal({
      AWS_ROLE_ARN: 'r',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/x',
    });
    const [own] = carriedBy(container({ env }), {} as V1Pod);
    const volumeMounts = [{ name: 'aws-iam-token', mountPath: '/x' }];
    const mounting = container({ env, volumeMounts });
    const [given] = carriedBy(mounting, { status: {} } as V1Pod);
    const template = carriedBy(mounting, {} as V1Pod);
    expect(template).toEqual([own]);
    expect(own).toMatchObject({
      remedy: 'AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE',
      unset: ['AWS_ROLE_ARN-', 'AWS_WEB_IDENTITY_TOKEN_FILE-'],
    });
    expect(given).toMatchObject({
      what: 'irsa',
      said: 'hold AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE from the webhook, by the IRSA annotation of the service account',
    });
    expect(given.remedy).toBeUndefined();
    expect(given.unset).toBeUndefined();
  });

  it.each<[string, object, boolean]>([
    ['a disk', { persistentVolumeClaim: { claimName: 'c' } }, true],
    ['the node', { hostPath: { paths: ['/home/app/.aws'] } }, true],
    ['a CSI driver', { csi: { driver: 'd' } }, true],
    ['scratch space', { emptyDir: {} }, false],
    ['tokens', { projected: { sources: [{ configMap: {} }] } }, false],
    [
      'a Secret among others',
      { projected: { sources: [{ secret: {} }] } },
      true,
    ],
  ])('takes ~/.aws on %s for keys, or not', (_what, volume, likely) => {
    const at = (mountPath: string) =>
      carried({ volumeMounts: [{ name: 'v', mountPath }] }, [
        { name: 'v', ...volume },
      ]);
    expect(at('/home/app/.aws')).toMatchObject([
      { what: 'home-files', likely },
    ]);
    expect(at('/root')).toEqual(at('/home/jovyan'));
    expect(at('/home/jovyan')).toEqual(
      likely
        ? [
            {
              what: 'home-files',
              said: 'mount a volume at the home directory, where ~/.aws may be',
              likely: false,
            },
          ]
        : [],
    );
    expect(at('/home/jovyan/work')).toEqual([]);
  });

  it('sees files at ~/.aws, and whether a Secret holds them', () => {
    const mounted = (mountPath: string, volume: object) =>
      carried({ volumeMounts: [{ name: 'v', mountPath }] }, [
        { name: 'v', ...volume },
      ]);
    const secret = { secret: { secretName: 's' } };
    const map = { configMap: { name: 'm' } };
    expect(mounted('/home/app/.aws', secret)).toMatchObject([
      { what: 'home-files', said: 'mount a volume at ~/.aws', likely: true },
    ]);
    expect(mounted('/home/app/.aws/credentials', map)).toMatchObject([
      { what: 'home-files', likely: false },
    ]);
    expect(mounted('/home/app/.aws/config', map)).toMatchObject([
      { what: 'config-file', likely: false },
    ]);
    expect(mounted('/home/app/laws', secret)).toEqual([]);
  });

  it('names the mount to take out, and its volume where nothing else uses it', () => {
    const spec = (mountPath: string) => ({
      name: 'c',
      volumeMounts: [{ name: 'v', mountPath }],
    });
    const beside = (others: object[], init: object[] = []) =>
      carriedBy(
        spec('/home/app/.aws') as never,
        {
          spec: {
            volumes: [{ name: 'v', secret: { secretName: 's' } }],
            containers: [spec('/home/app/.aws'), ...others],
            initContainers: init,
          },
        } as never,
      ).map(({ mount }) => mount);
    expect(beside([])).toEqual([{ paths: ['/home/app/.aws'], volume: 'v' }]);
    expect(beside([spec('/keys')])).toEqual([{ paths: ['/home/app/.aws'] }]);
    expect(beside([], [spec('/keys')])).toEqual([
      { paths: ['/home/app/.aws'] },
    ]);
  });

  const typed = (script: string, rest: Partial<V1Container> = {}) =>
    carriedBy(
      container({ command: ['sh', '-c', script], ...rest }),
      {} as V1Pod,
    );

  it.each<[string, string[]]>([
    [
      'export AWS_ACCESS_KEY_ID=HIDDEN AWS_SECRET_ACCESS_KEY="HIDDEN"; run',
      ['set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY on their command line'],
    ],
    [
      "AWS_ACCESS_KEY_ID='HIDDEN' AWS_SECRET_ACCESS_KEY=$(cat /k) run",
      ['set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY on their command line'],
    ],
    ['env AWS_PROFILE=HIDDEN run', ['set AWS_PROFILE on their command line']],
    [
      'docker run --env=AWS_PROFILE=HIDDEN x',
      ['set AWS_PROFILE on their command line'],
    ],
    [
      'run --aws-access-key-id HIDDEN',
      ['pass an access key of AWS as an option on their command line'],
    ],
    [
      'aws configure set aws_access_key_id HIDDEN',
      ['write aws_access_key_id into a file on their command line'],
    ],
    [
      'java -Daws.accessKeyId=HIDDEN -Daws.secretKey=HIDDEN -jar app.jar',
      ['hold keys of AWS as Java properties on their command line'],
    ],
    ['export AWS_ACCESS_KEY_ID= AWS_SECRET_ACCESS_KEY=""; run', []],
    [
      'export AWS_PROFILE="${AWS_PROFILE}" XAWS_PROFILE=x; unset AWS_ROLE_ARN',
      [],
    ],
    ['java -Daws.region=eu-west-1 -jar app.jar', []],
    ['echo $AWS_ACCESS_KEY_ID --aws-access-key-id', []],
  ])('reads the command line %s', (script, expected) => {
    const found = typed(script);
    expect(found.map(({ said }) => said)).toEqual(expected);
    expect(JSON.stringify(found)).not.toContain('HIDDEN');
    // No command of kubectl changes a command line.
    expect(found.flatMap(({ unset = [] }) => unset)).toEqual([]);
  });

  it('finds a key whose secret is in the environment, and names both', () => {
    const env = literal({ AWS_SECRET_ACCESS_KEY: 'HIDDEN' });
    expect(typed('AWS_ACCESS_KEY_ID=HIDDEN run', { env })).toMatchObject([
      { what: 'keys', remedy: expect.stringContaining('the command line') },
    ]);
  });

  it.each(['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS'])(
    'reads %s, and takes it out whole only where nothing else is in it',
    name => {
      const of = (value: string) =>
        carriedBy(container({ env: literal({ [name]: value }) }), {} as V1Pod);
      const keys = '-Daws.accessKeyId=HIDDEN -Daws.secretAccessKey=HIDDEN';
      expect(of(keys)).toMatchObject([
        {
          what: 'java-properties',
          said: `hold keys of AWS in ${name}`,
          unset: [`${name}-`],
          likely: true,
        },
      ]);
      const beside = of(`-Xmx1g ${keys}`);
      expect(beside).toHaveLength(1);
      expect(beside[0].unset).toBeUndefined();
      expect(JSON.stringify(beside)).not.toContain('HIDDEN');
      expect(of('-Xmx1g -Daws.region=x')).toEqual([]);
    },
  );

  it('names options of Java that another object holds', () => {
    const valueFrom = { secretKeyRef: { name: 'jvm', key: 'opts' } };
    const env = [{ name: 'JAVA_TOOL_OPTIONS', valueFrom }];
    expect(unseenBy(container({ env }))).toEqual(['key opts of Secret jvm']);
    const envFrom = [{ prefix: 'JAVA_', secretRef: { name: 'jvm' } }];
    expect(unseenBy(container({ envFrom }))).toEqual(['Secret jvm']);
  });

  it('sees files of a Secret that land in ~/.aws below another HOME', () => {
    const items = (path: string) => [{ key: 'k', path }];
    const at = (mountPath: string, volume: object, HOME = '/data') =>
      carriedBy(
        container({
          env: literal({ HOME }),
          volumeMounts: [{ name: 'v', mountPath }],
        }),
        { spec: { volumes: [{ name: 'v', ...volume }] } } as unknown as V1Pod,
      ).map(({ what, likely, mount }) => ({ what, likely, mount }));
    const secret = (path: string) => ({ secret: { items: items(path) } });
    const found = { what: 'home-files', likely: true, mount: undefined };
    expect(at('/data', secret('.aws/credentials'))).toEqual([found]);
    expect(at('/', secret('data/.aws/credentials'))).toEqual([found]);
    expect(at('/data', secret('settings'))).toMatchObject([{ likely: false }]);
    expect(at('/other', secret('settings'))).toEqual([]);
    const map = { configMap: { items: items('.aws/config') } };
    expect(at('/data/', map)).toEqual([
      { what: 'config-file', likely: false, mount: undefined },
    ]);
    const projected = {
      projected: {
        sources: [{ secret: { items: items('.aws/credentials') } }],
      },
    };
    expect(at('/data', projected)).toEqual([found]);
    const disk = { persistentVolumeClaim: { claimName: 'c' } };
    expect(at('/data/', disk)).toMatchObject([{ likely: false }]);
    expect(at('/data', disk, '/home/app')).toEqual([]);
  });

  it('takes a credentials file in a Secret for one with keys', () => {
    const file = (mountPath: string) =>
      carried(
        {
          env: literal({ AWS_SHARED_CREDENTIALS_FILE: '/secrets/aws/keys' }),
          volumeMounts: [{ name: 'v', mountPath }],
        },
        [{ name: 'v', csi: { driver: 'secrets-store.csi.k8s.io' } }],
      );
    expect(file('/secrets/aws')).toMatchObject([{ likely: true }]);
    expect(file('/other')).toMatchObject([{ likely: false }]);
  });
});

describe('a proxy before the agent', () => {
  const of = (settings: Record<string, string>, address = '169.254.170.23') =>
    proxyOf(container({ env: literal(settings) }), address);
  const HTTP_PROXY = 'http://proxy:3128';

  it.each([
    ['169.254.170.23', 'no'],
    ['localhost, 169.254.170.23', 'no'],
    ['169.254.170.23:80', 'no'],
    ['169.254.0.0/16', 'no'],
    ['169.254.170.23/32', 'no'],
    ['*', 'no'],
    ['', 'yes'],
    ['169.254.169.254', 'yes'],
    ['169.254.169.254/32', 'yes'],
    ['169.254.', 'yes'],
    ['169.254.170.23/', 'yes'],
    ['169.254.170.23/99', 'yes'],
    ['fd00:ec2::23', 'yes'],
    ['10.0.0.0/8,.svc', 'yes'],
  ])('with NO_PROXY=%s: %s', (NO_PROXY, expected) => {
    expect(of({ HTTP_PROXY, NO_PROXY })).toBe(expected);
    expect(of({ http_proxy: HTTP_PROXY, no_proxy: NO_PROXY })).toBe(expected);
  });

  it.each([
    ['fd00:ec2::23', 'no'],
    ['[fd00:ec2::23]', 'no'],
    ['fd00:ec2::/32', 'no'],
    ['169.254.170.23', 'yes'],
  ])('on IPv6 with NO_PROXY=%s: %s', (NO_PROXY, expected) => {
    expect(of({ HTTP_PROXY, NO_PROXY }, 'fd00:ec2::23')).toBe(expected);
  });

  it('does not mind one for HTTPS, nor an empty one', () => {
    expect(of({ HTTPS_PROXY: HTTP_PROXY })).toBe('no');
    expect(of({ HTTP_PROXY: '' })).toBe('no');
  });

  it('is unsure where another object may hold the exception', () => {
    const env = literal({ HTTP_PROXY });
    const configMapRef = { name: 'proxy' };
    expect(
      proxyOf(
        container({ env, envFrom: [{ configMapRef }] }),
        '169.254.170.23',
      ),
    ).toBe('unseen');
    const valueFrom = { configMapKeyRef: { name: 'proxy', key: 'no' } };
    expect(
      proxyOf(
        container({ env: [...env, { name: 'NO_PROXY', valueFrom }] }),
        '169.254.170.23',
      ),
    ).toBe('unseen');
  });
});

describe('where the exceptions of a proxy come from', () => {
  const from = (name: string, valueFrom: object) =>
    exceptionSource(container({ env: [{ name, valueFrom }] as never }));
  it('names the key and its object', () => {
    const key = { name: 'proxy', key: 'no' };
    expect(from('NO_PROXY', { configMapKeyRef: key })).toBe(
      'key no of ConfigMap proxy',
    );
    expect(from('no_proxy', { secretKeyRef: key })).toBe(
      'key no of Secret proxy',
    );
  });

  it('names objects that become variables as a whole, or nothing', () => {
    const envFrom = [{ configMapRef: { name: 'proxy' } }];
    expect(exceptionSource(container({ envFrom }))).toBe('ConfigMap proxy');
    expect(exceptionSource(container({}))).toBeUndefined();
  });
});

describe('the variable that has to name the agent', () => {
  it.each<[Record<string, string>, string]>([
    [{}, 'NO_PROXY'],
    [{ no_proxy: 'x' }, 'no_proxy'],
    [{ no_proxy: 'x', NO_PROXY: 'y' }, 'NO_PROXY'],
  ])('among %j is %s', (settings, expected) => {
    expect(exceptionOf(container({ env: literal(settings) }))).toBe(expected);
  });
});
