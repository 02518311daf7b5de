import type { V1Container, V1Pod } from '../../kubernetes/objects';
import { carriedBy, proxyOf, unseenBy } from './environment';
import { endpointsOf, otherKeysOf } from './otherCalls';

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
const carried = (one: V1Container) =>
  carriedBy(one, { spec: {} } as V1Pod).map(
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
      'empties it for a program before its own',
      shell('env -i date; exec app'),
      [],
    ],
    [
      'empties it and hands the identity on',
      shell(`exec env -i ${URI}=$${URI} app`),
      [],
    ],
    ['runs env for something else', container({ command: ['env', 'app'] }), []],
    ['unsets the address', shell(`unset LD ${URI}; app`), ['cleared']],
    ['unsets something else', shell('unset LD_PRELOAD; app'), []],
    [
      'takes the token away',
      container({ command: ['env', '-u', TOKEN_FILE, 'app'] }),
      ['cleared'],
    ],
    ['empties the address', shell(`${URI}= app`), ['cleared']],
    [
      'has an address of its own',
      shell(`export ${URI}=http://127.0.0.1:9911/; app`),
      ['own-address'],
    ],
    ['has that of the agent', shell(`export ${URI}=${AGENT}; app`), []],
    [
      'names a profile',
      container({ command: ['aws', 's3', 'ls', '--profile', 'x'] }),
      ['profile'],
    ],
    [
      'makes the profile that it names',
      shell('aws configure set region x --profile x; aws s3 ls --profile x'),
      [],
    ],
    ['names a profile to another program', shell('tool --profile x'), []],
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

  it.each<[string, string]>([
    ['export HTTP_PROXY=http://p; app', 'yes'],
    ['export A=b http_proxy=http://p && app', 'yes'],
    ['export HTTP_PROXY=http://p NO_PROXY=169.254.170.23; app', 'no'],
    ['HTTP_PROXY=http://p fetch; app', 'no'],
    ['export HTTPS_PROXY=http://p; app', 'no'],
  ])('sends requests to the agent through a proxy: %s, %s', (script, is) => {
    expect(proxyOf(shell(script), '169.254.170.23')).toBe(is);
  });

  it('reads files of volumes as variables, and those of its image out of sight', () => {
    const one = {
      ...shell('. /vault/secrets/aws && source /etc/profile; app'),
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
    [{ AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_KEY: 'S' }, ['former-keys']],
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
  });
});

it('sends calls elsewhere by hostAliases of services of AWS alone', () => {
  const hostnames = ['sts.eu-west-1.amazonaws.com', 'db.internal.example'];
  const pod = { spec: { hostAliases: [{ ip: '10.0.0.1', hostnames }] } };
  expect(endpointsOf(container({}), pod as V1Pod)).toEqual([
    'hostAliases of sts.eu-west-1.amazonaws.com',
  ]);
});
