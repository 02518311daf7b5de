import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { awsSignOf, carriedBy, unseenBy } from './environment';
import { aliasesOf, otherKeysOf } from './otherCalls';

const URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const TOKEN_FILE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE';
const AGENT = 'http://169.254.170.23/v1/credentials';
const KEY = 'AKIAIOSFODNN7EXAMPLE';

/** With the variables that the webhook sets. */
const container = (rest: Partial<V1Container>): V1Container => ({
  name: 'app',
  env: [{ name: URI, value: AGENT }],
  ...rest,
});
const shell = (script: string) =>
  container({ command: ['sh', '-c'], args: [script] });
const carried = (one: V1Container, ...others: V1Container[]) =>
  carriedBy(one, { spec: { containers: [...others, one] } } as V1Pod).map(
    ({ what, likely }) => `${what}${likely ? '' : '?'}`,
  );

describe('what a command line does', () => {
  it.each<[string, V1Container, string[]]>([
    [
      'empties the environment',
      container({ command: ['env', '-i', 'app'] }),
      ['cleared'],
    ],
    [
      'empties it behind exec',
      shell('exec /usr/bin/env - PATH=/bin app'),
      ['cleared'],
    ],
    [
      'may empty it before its program',
      shell('env -i date; exec app'),
      ['cleared?'],
    ],
    [
      'empties it for a shell, which may read it elsewhere',
      container({ command: ['env', '-i', 'sh', '/start.sh'] }),
      ['cleared?'],
    ],
    [
      'empties it in a login shell, whose files may change env',
      container({ command: ['bash', '-lc', 'env -i app'] }),
      ['cleared?'],
    ],
    [
      'empties it if the image runs its arguments',
      container({ args: ['env', '-i', 'app'] }),
      ['cleared?'],
    ],
    [
      'empties it and hands the identity on',
      shell(`exec env -i ${URI}=$${URI} app`),
      [],
    ],
    [
      'empties it and hands on what another program picks',
      shell('exec env -i $(env | grep -E "^(AWS_|PATH=)") app'),
      [],
    ],
    ['runs env for something else', container({ command: ['env', 'app'] }), []],
    ['unsets the address', shell(`unset LD ${URI}; app`), ['cleared?']],
    ['unsets something else', shell('unset LD_PRELOAD; app'), []],
    [
      'unsets something else before it prints the address',
      shell(`unset HISTFILE\nprintenv ${URI}\nexec app`),
      [],
    ],
    [
      'says in a comment what it leaves alone',
      shell(`# never unset ${URI} here\nexec app`),
      [],
    ],
    [
      'takes the token away',
      container({ command: ['env', '-u', TOKEN_FILE, 'app'] }),
      ['cleared'],
    ],
    [
      'takes the address from a program before its own',
      shell(`env -u ${URI} migrate; exec app`),
      ['cleared?'],
    ],
    ['empties the address', shell(`${URI}= app`), ['cleared']],
    [
      'empties it for a program before its own',
      shell(`${URI}= migrate; exec app`),
      ['cleared?'],
    ],
    ['looks for the address', shell(`env | grep -q ${URI}= && exec app`), []],
    [
      'looks for its value',
      shell(`grep -q "${URI}=http://169" /proc/1/environ; exec app`),
      [],
    ],
    [
      'has an address of its own',
      container({ command: ['env', `${URI}=http://127.0.0.1:9911/`, 'app'] }),
      ['own-address'],
    ],
    [
      'may have one',
      shell(`export ${URI}=http://127.0.0.1:9911/; app`),
      ['own-address?'],
    ],
    ['has that of the agent', shell(`export ${URI}=${AGENT}; app`), []],
    [
      'names a profile',
      container({ command: ['aws', 's3', 'ls', '--profile', 'x'] }),
      ['profile'],
    ],
    [
      'names a profile for one of its programs',
      shell('aws s3 ls --profile x; exec app'),
      ['profile?'],
    ],
    [
      'names a profile to another program than aws',
      shell('aws s3 cp s3://b/c /c\nexec java -jar app.jar --profile prod'),
      [],
    ],
    [
      'makes the profile that it names',
      shell('aws configure set region x --profile x; aws s3 ls --profile x'),
      [],
    ],
    [
      'writes the profile that it names',
      shell('printf "[profile x]" > ~/.aws/config; aws s3 ls --profile x'),
      [],
    ],
    [
      'has a proxy',
      container({ command: ['env', 'HTTP_PROXY=http://p', 'app'] }),
      ['proxy'],
    ],
    [
      'has a proxy and an exception',
      container({
        command: ['env', 'HTTP_PROXY=http://p', 'app'],
        env: [{ name: 'no_proxy', value: 'localhost' }],
      }),
      ['proxy?'],
    ],
    [
      'has a proxy and what is not read',
      container({
        command: ['env', 'HTTP_PROXY=http://p', 'app'],
        envFrom: [{ configMapRef: { name: 'settings' } }],
      }),
      ['proxy?'],
    ],
    [
      'has a proxy and an exception for the agent',
      container({
        command: ['env', 'HTTP_PROXY=http://p', 'app'],
        env: [{ name: 'NO_PROXY', value: 'localhost,169.254.170.23' }],
      }),
      [],
    ],
    ['may have a proxy', shell('export HTTP_PROXY=http://p; app'), ['proxy?']],
    [
      'may have one behind another variable',
      shell('export A=b http_proxy=http://p && app'),
      ['proxy?'],
    ],
    [
      'has a proxy until it unsets it',
      shell('export HTTP_PROXY=http://p; apk add curl; unset HTTP_PROXY; app'),
      ['proxy?'],
    ],
    [
      'has a proxy that spares the agent',
      shell(
        'export HTTP_PROXY=http://p NO_PROXY=$NO_PROXY,169.254.170.23; app',
      ),
      [],
    ],
    [
      'has a proxy for a program before its own',
      shell('export A=b\nHTTP_PROXY=http://p apk add curl\nexec app'),
      [],
    ],
    ['has no proxy', shell('export HTTP_PROXY=; app'), []],
    ['may have none', shell('export http_proxy=${PROXY:-}; app'), []],
    ['has one for TLS', shell('export HTTPS_PROXY=http://p; app'), []],
    [
      'has IRSA for a Java machine',
      container({
        command: ['java', '-Daws.roleArn=a', '-Daws.webIdentityTokenFile=/t'],
      }),
      ['java-irsa'],
    ],
    [
      'has the role of IRSA without its token',
      container({ command: ['java', '-Daws.roleArn=a'] }),
      [],
    ],
  ])('%s', (_what, one, expected) => {
    expect(carried(one)).toEqual(expected);
  });

  const image = 'public.ecr.aws/aws-cli/aws-cli:2';
  it.each<[string, Partial<V1Container>, string]>([
    ['is harm', { command: ['env', '-i', 'aws', 's3', 'sync'] }, 'cleared'],
    [
      'is harm with a path',
      { command: ['env', '-i', 'PATH=/bin', '/bin/aws', 's3', 'ls'] },
      'cleared',
    ],
    [
      'is harm by its image',
      { image, command: ['env', '-i', '/a'] },
      'cleared',
    ],
    [
      'is none for what is not signed',
      { command: ['env', '-i', 'aws', 's3', 'ls', '--no-sign-request'] },
      'cleared?',
    ],
    [
      'is none for a program that is given the word',
      { command: ['env', '-i', 'log', 'aws', 's3'] },
      'cleared?',
    ],
    [
      'is none by a profile',
      { command: ['aws', 's3', '--profile', 'x'] },
      'profile?',
    ],
    [
      'is none by an address',
      { image, command: ['env', `${URI}=http://127.0.0.1/`, 'aws', 's3'] },
      'own-address?',
    ],
    [
      'is none by a proxy',
      { image, command: ['env', 'HTTP_PROXY=http://p', 'aws', 's3'] },
      'proxy?',
    ],
  ])('beside the main container, the AWS CLI %s', (_, sync, expected) => {
    const one = { name: 'sync', ...sync };
    expect(carried(one, container({}))).toEqual([expected]);
  });

  it('is no harm beside the main container, nor a sign of AWS', () => {
    const web = { name: 'web', command: ['env', '-i', 'nginx'] };
    expect(carried(web, container({}))).toEqual(['cleared?']);
    const proxied = { name: 'web', command: ['env', 'http_proxy=p', 'nginx'] };
    for (const one of [web, proxied]) {
      const found = carriedBy(one, { spec: { containers: [one] } } as V1Pod);
      expect(awsSignOf(one, found)).toBeUndefined();
    }
  });

  it.each([
    ['env -i app', 'take', 'env -i'],
    [`env -u ${URI} app`, 'take', 'env -u'],
    [`${URI}= app`, 'take', 'NAME='],
    [`unset ${URI}; app`, 'may take', 'unset'],
  ])('says how: %s', (script, verb, how) => {
    const one = shell(script);
    const [found] = carriedBy(one, { spec: { containers: [one] } } as V1Pod);
    expect(found.said).toBe(
      `${verb} the variables of Pod Identity from their program on the command line (${how})`,
    );
  });

  it('reads files of volumes as variables, and those of its image out of sight', () => {
    const one = {
      ...shell(
        '. /vault/secrets/aws && source /etc/profile; cp -r . /vault/secrets/app; app',
      ),
      volumeMounts: [{ name: 'vault', mountPath: '/vault/secrets/' }],
    };
    expect(unseenBy(one)).toEqual(['the file /vault/secrets/aws']);
  });
});

describe('variables', () => {
  const of = (env: Record<string, string>) =>
    container({
      env: Object.entries(env).map(([name, value]) => ({ name, value })),
    });

  it.each<[Record<string, string>, string[]]>([
    [{ AWS_ACCESS_KEY: 'A', AWS_SECRET_KEY: 'S' }, ['former-keys']],
    [
      { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_KEY: 'S' },
      ['former-keys', 'key-without-secret'],
    ],
    [{ AWS_ACCESS_KEY: '', AWS_SECRET_KEY: '' }, []],
    [{ AWS_ACCESS_KEY: 'A' }, []],
  ])('hold keys by their former names: %j', (env, expected) => {
    expect(carried(of(env))).toEqual(expected);
  });

  it('hold keys that no SDK takes', () => {
    expect(
      otherKeysOf(of({ S3_KEY: KEY, AWS_ACCESS_KEY_ID: KEY, OTHER: 'AKIA' })),
    ).toEqual(['S3_KEY']);
    expect(otherKeysOf(shell(`app --access-key=${KEY}`))).toEqual([
      'its command line',
    ]);
    expect(otherKeysOf(shell(`export AWS_ACCESS_KEY_ID=${KEY}; app`))).toEqual(
      [],
    );
  });
});

it('resolves names of services of AWS by hostAliases, not those of a database or load balancer', () => {
  const hostnames = [
    'sts.eu-west-1.amazonaws.com',
    'db.abc.eu-west-1.rds.amazonaws.com',
    'web.eu-west-1.elb.amazonaws.com',
    'web.elb.eu-west-1.amazonaws.com',
    'abc.0001.euw1.cache.amazonaws.com',
    'db.internal.example',
  ];
  const pod = { spec: { hostAliases: [{ ip: '10.0.0.1', hostnames }] } };
  expect(aliasesOf(pod as V1Pod)).toEqual(['sts.eu-west-1.amazonaws.com']);
});
