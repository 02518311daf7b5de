import { ask, context, denied } from '../__testUtils__/judge';
import { known } from '../facts/fact';
import { trustStatement } from '../../identity/trust';
import { roleExists } from './roleExists';
import { rolePolicies } from './rolePolicies';
import { roleTarget } from './roleTarget';
import { roleTrustPolicy } from './roleTrustPolicy';

const ARN = 'arn:aws:iam::111122223333:role/path/api';
const TARGET = 'arn:aws:iam::111122223333:role/reader';

describe('role.exists', () => {
  const facts = (over: object = {}) => ({
    role: { arn: ARN, name: 'api', createdAt: 5 },
    association: known({ roleArn: ARN, createdAt: 10, modifiedAt: 20 }),
    expected: known({ settings: {} }),
    ...over,
  });
  const linked = (times: object) =>
    facts({
      role: { arn: ARN, name: 'api', createdAt: 15 },
      association: known({ roleArn: ARN, ...times }),
    });

  it.each<[string, object, string, string]>([
    ['one that is there', facts(), 'pass', 'The role api exists.'],
    [
      'one that is gone',
      facts({ role: null }),
      'fail',
      `The role ${ARN} does not exist.`,
    ],
    [
      'one younger than the association',
      linked({ createdAt: 10, modifiedAt: 14 }),
      'note',
      'The role api is younger than the association: it was deleted and recreated with the same name.',
    ],
    [
      'one that the association was changed to',
      linked({ createdAt: 10, modifiedAt: 15 }),
      'pass',
      'The role api exists.',
    ],
    [
      'an association without a time',
      linked({ modifiedAt: 1 }),
      'pass',
      'The role api exists.',
    ],
    [
      'an association without a change',
      linked({ createdAt: 1 }),
      'pass',
      'The role api exists.',
    ],
    [
      'a role without a time',
      facts({ role: { arn: ARN, name: 'api' } }),
      'pass',
      'The role api exists.',
    ],
    [
      'one beside an association that cannot be read',
      facts({ association: denied }),
      'pass',
      'The role api exists.',
    ],
    [
      'nothing that names one',
      facts({ role: null, association: denied, expected: denied }),
      'skip',
      'Not checked: nothing names a role.',
    ],
    [
      'only an expectation',
      facts({
        role: null,
        association: known(null),
        expected: known({ settings: {}, effectiveRoleArn: TARGET }),
      }),
      'fail',
      `The role ${TARGET} does not exist.`,
    ],
    [
      'the role that was asked for, before the one behind it',
      facts({
        role: null,
        association: known(null),
        expected: known({
          settings: { roleArn: ARN },
          effectiveRoleArn: TARGET,
        }),
      }),
      'fail',
      `The role ${ARN} does not exist.`,
    ],
  ])('%s', (_what, given, status, message) => {
    expect(ask(roleExists, given as any)).toMatchObject({ status, message });
  });

  it('knows that EKS keeps an association whose role is deleted', () => {
    const cause = (over: object) =>
      ask(roleExists, facts({ role: null, ...over })).fix?.cause;
    expect(cause({})).toMatch(/deleted after the association/);
    expect(
      cause({
        association: denied,
        expected: known({ settings: { roleArn: ARN } }),
      }),
    ).toBe('No role of this name exists.');
  });
});

describe('role.policies', () => {
  const of = (attached: string[], inline: string[], role: object | null) =>
    ask(rolePolicies, { role, rolePolicies: { attached, inline } });
  const api = { name: 'api' };
  it.each<[string[], string[], string, string]>([
    [
      [],
      [],
      'note',
      'No policy is attached to api: it can do only what the policies of buckets, keys or queues allow it.',
    ],
    [['arn:aws:iam::aws:policy/One'], [], 'pass', 'api has one policy: One.'],
    [['arn:x/A'], ['b', 'c'], 'pass', 'api has 3 policies: A, b, c.'],
    [
      ['arn:x/A', 'arn:x/B'],
      ['c', 'd', 'e'],
      'pass',
      'api has 5 policies: A, B, c and 2 more.',
    ],
  ])('%j and %j', (attached, inline, status, message) => {
    expect(of(attached, inline, api)).toMatchObject({ status, message });
  });

  it('shows the boundary', () => {
    expect(of([], ['a'], api).observed).toBeUndefined();
    expect(of([], ['a'], null).message).toBe('the role has one policy: a.');
    expect(
      of([], ['a'], { ...api, permissionsBoundaryArn: 'arn:b' }).observed,
    ).toBe('limited by the permissions boundary arn:b');
  });
});

describe('role.trust-policy', () => {
  const ours = {
    Version: '2012-10-17',
    Statement: [
      trustStatement('serviceAccount', {
        clusterArn: context.cluster.arn,
        namespace: 'payments',
        serviceAccount: 'api',
      }),
    ],
  };
  const of = (trustPolicy: unknown, association: unknown = known({})) =>
    ask(roleTrustPolicy, {
      role: { arn: ARN, name: 'api', trustPolicy },
      association,
    });

  it('lets exactly this service account in', () => {
    expect(of(ours)).toMatchObject({
      status: 'pass',
      message: 'The trust policy of api lets payments/api in.',
    });
    expect(of(ours, denied).status).toBe('pass');
  });

  it('needs no session tags if the association turns them off', () => {
    expect(of(ours, known({ disableSessionTags: true })).status).not.toBe(
      'pass',
    );
  });

  it('shows the statement that is missing, and no statement against a Deny', () => {
    const nothing = of({ Statement: [] });
    expect(nothing).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('does not let payments/api in'),
    });
    expect(nothing.fix?.cause).toBe(
      'No statement lets the service pods.eks.amazonaws.com in.',
    );
    expect(nothing.fix?.snippet?.text).toContain('sts:TagSession');
    const deny = { Effect: 'Deny', Principal: '*', Action: '*' };
    const refused = of({ Statement: [...ours.Statement, deny] });
    expect(refused.status).toBe('fail');
    expect(refused.fix?.snippet).toBeUndefined();
    expect(refused.fix?.actions).toEqual([
      'Remove or narrow the Deny statement of api; no Allow outranks it.',
    ]);
  });

  it('cannot judge a role that is not there', () => {
    expect(() =>
      ask(roleTrustPolicy, { role: null, association: known(null) }),
    ).toThrow('There is no role');
  });

  it('is unknown where only AWS can decide', () => {
    const [statement] = ours.Statement;
    expect(
      of({
        Statement: [
          {
            ...statement,
            Condition: {
              StringEquals: { 'aws:RequestTag/kubernetes-pod-name': 'x' },
            },
          },
        ],
      }),
    ).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('cannot be told from here'),
    });
  });
});

describe('role.target', () => {
  const trusting = {
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: ARN },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      },
    ],
  };
  const assuming = known([
    {
      name: 'go',
      document: {
        Statement: [{ Effect: 'Allow', Action: 'sts:*', Resource: TARGET }],
      },
    },
  ]);
  const target = (over: object = {}) => ({
    arn: TARGET,
    role: known({ arn: TARGET, name: 'reader', trustPolicy: trusting }),
    documents: assuming,
    ...over,
  });
  const facts = (over: object = {}, more: object = {}) => ({
    association: { roleArn: ARN, disableSessionTags: false },
    targetRole: target(over),
    rolePolicies: known({ attached: [], inline: ['go'] }),
    ...more,
  });
  it.each<[string, object, string, RegExp]>([
    ['both hops', facts(), 'pass', /may assume reader, and that role trusts/],
    [
      'no target',
      facts({}, { targetRole: null }),
      'skip',
      /has no target role/,
    ],
    [
      'no association',
      facts({}, { association: null }),
      'skip',
      /has no target role/,
    ],
    [
      'a target that is gone',
      facts({ role: known(null) }),
      'fail',
      /not exist/,
    ],
    [
      'a target that lets nobody in',
      facts({
        role: known({
          arn: TARGET,
          name: 'reader',
          trustPolicy: { Statement: [] },
        }),
      }),
      'fail',
      /The target role reader does not let .*api in/,
    ],
    [
      'a role that surely may not go on',
      facts({ documents: known([]) }),
      'fail',
      /allows it to assume .*reader\.$/,
    ],
    [
      'a role whose managed policies may allow it',
      facts(
        { documents: known([]) },
        { rolePolicies: known({ attached: ['arn:p'], inline: [] }) },
      ),
      'unknown',
      /whether a managed one does was not read/,
    ],
    [
      'policies that cannot be listed',
      facts({ documents: known([]) }, { rolePolicies: denied }),
      'unknown',
      /whether a managed one does was not read/,
    ],
    [
      'documents that cannot be read',
      facts({ documents: denied }),
      'unknown',
      /cannot be told from here: The portal is not allowed to list that/,
    ],
    [
      'a document that is none',
      facts({ documents: known([{ name: 'x', document: 'not JSON' }]) }),
      'fail',
      /No inline policy/,
    ],
    [
      'a target that cannot be read',
      facts({ role: denied }),
      'unknown',
      /The second hop cannot be checked\. The portal is not allowed/,
    ],
  ])('%s', (_what, given, status, message) => {
    const outcome = ask(roleTarget, given as any);
    expect(outcome.status).toBe(status);
    expect(outcome.message).toMatch(message);
  });

  it('needs sts:TagSession of the target only for a session with tags', () => {
    const [statement] = trusting.Statement;
    const status = (disableSessionTags: boolean) =>
      ask(
        roleTarget,
        facts(
          {
            role: known({
              arn: TARGET,
              name: 'reader',
              trustPolicy: {
                Statement: [{ ...statement, Action: 'sts:AssumeRole' }],
              },
            }),
          },
          { association: { roleArn: ARN, disableSessionTags } },
        ),
      );
    expect(status(false)).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(
        `No statement allows sts:TagSession to ${ARN}`,
      ),
    });
    expect(status(true)).toMatchObject({
      status: 'unknown',
      message: `Whether the hop to ${TARGET} works cannot be told from here: sts:TagSession is not allowed; with session tags off AWS may not ask for it.`,
    });
  });

  it('shows the policies for both owners, with the session tags', () => {
    const snippet = (disableSessionTags: boolean) =>
      ask(
        roleTarget,
        facts(
          { role: denied, externalId: 'ext' },
          { association: { roleArn: ARN, disableSessionTags } },
        ),
      ).fix!.snippet!.text;
    expect(snippet(false)).toContain('aws:RequestTag/kubernetes-namespace');
    expect(snippet(true)).toContain('sts:ExternalId');
    expect(snippet(true)).toContain(`// Permissions of ${ARN}`);
  });
});
