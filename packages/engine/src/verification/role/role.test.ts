import { ask, denied, OUR_TAGS } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import { roleExists } from './exists';
import { rolePolicies } from './policies';

const ARN = 'arn:aws:iam::111122223333:role/path/api';
const TARGET = 'arn:aws:iam::111122223333:role/reader';

describe('role.exists', () => {
  const facts = (over: object = {}) => ({
    role: { arn: ARN, name: 'api', createdAt: 5 },
    association: known({
      roleArn: ARN,
      createdAt: 10,
      modifiedAt: 20,
      tags: {},
    }),
    expected: known({ settings: {} }),
    namesake: known(null),
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

  it('does not send to the portal who asks for the association of another owner', () => {
    const fix = (association: object) =>
      ask(
        roleExists,
        facts({
          role: null,
          association: known({
            roleArn: ARN,
            tags: {},
            disableSessionTags: false,
            ...association,
          }),
        }),
      ).fix!;
    const foreign = fix({});
    expect(foreign.cause).toContain('belongs to another owner');
    expect(foreign.actions.join()).not.toContain('Give a component');
    expect(foreign.snippet?.text).toMatch(
      /^aws iam create-role --role-name api --path \/path\/ --region eu-west-1 --assume-role-policy-document '.*kubernetes-service-account/,
    );
    expect(fix({ ownerArn: 'arn:addon' }).actions[0]).toMatch(/EKS add-on/);
    // No condition on the service account is possible: no command opens the role to the whole account.
    const untagged = fix({ disableSessionTags: true });
    expect(untagged.snippet).toBeUndefined();
    expect(untagged.actions[0]).toContain('every association of the account');
  });
});

describe('role.exists, where the role was made again at another path', () => {
  const OTHER = 'arn:aws:iam::111122223333:role/other/api';
  const of = (association: object | null) =>
    ask(roleExists, {
      role: null,
      association: known(
        association && { id: 'a-1', roleArn: ARN, tags: {}, ...association },
      ),
      expected: known({ settings: { roleArn: ARN } }),
      namesake: known(OTHER),
    });

  it('names it, since IAM takes a name only once', () => {
    expect(of({})).toMatchObject({
      status: 'fail',
      message: `The role ${ARN} does not exist. The account has a role of that name at another path: ${OTHER}.`,
      expected: ARN,
      observed: OTHER,
      fix: {
        actions: [
          `If ${OTHER} is the role that is meant, set it on the association with the command below.`,
          'Else let its owner rename or delete it, and create the role of the association again.',
          'Then restart the pods that use it.',
        ],
        snippet: {
          text: `aws eks update-pod-identity-association --cluster-name payments-prod --association-id a-1 --region eu-west-1 --role-arn ${OTHER}`,
        },
      },
    });
  });

  it('changes an association of the portal with other settings, and by no command', () => {
    const { actions, snippet, rerun } = of({ tags: OUR_TAGS }).fix!;
    expect(snippet).toBeUndefined();
    expect(rerun).toBe('with-changes');
    expect(actions[0]).toBe(
      `If ${OTHER} is the role that is meant: Run "Give a component an AWS identity" again, with that role.`,
    );
    expect(of({}).fix?.rerun).toBeUndefined();
  });

  it('says what undoes the command, where there is one', () => {
    const stack = { 'aws:cloudformation:stack-name': 'api' };
    expect(of({ tags: stack }).fix?.actions.at(-1)).toMatch(
      /^The CloudFormation stack api made the association/,
    );
    const addon = of({ tags: stack, ownerArn: 'arn:addon' }).fix!;
    expect(addon.snippet).toBeUndefined();
    expect(addon.actions).toEqual([
      `If ${OTHER} is the role that is meant: Change it through the EKS add-on that owns it, with that role.`,
      expect.any(String),
      'Then restart the pods that use it.',
    ]);
  });

  it('leaves it to the portal where there is no association', () => {
    expect(of(null)).toMatchObject({
      observed: OTHER,
      fix: { cause: 'No role of this name exists.', rerun: 'as-before' },
    });
  });
});

describe('role.exists, where it is gone', () => {
  it('says what IAM answered, and why an association of the portal can be left so', () => {
    const gone = ask(roleExists, {
      role: null,
      association: known({ id: 'a-1', roleArn: ARN, tags: OUR_TAGS }),
      expected: known({ settings: {} }),
      namesake: known(null),
    });
    expect(gone).toMatchObject({
      observed: 'NoSuchEntity',
      fix: {
        cause:
          'The role was deleted after the association was made, which EKS does not prevent.',
        rerun: 'as-before',
      },
    });
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
    expect(of([], ['a'], api)).toMatchObject({
      observed: '1 policy',
      counts: { what: 'policies', all: 1 },
    });
    expect(of([], ['a', 'b'], api)).toMatchObject({
      observed: '2 policies',
      counts: { what: 'policies', all: 2, names: ['a', 'b'] },
    });
    expect(of([], [], api).counts).toEqual({ what: 'policies', all: 0 });
    expect(of([], ['a'], api).counted).toBeUndefined();
    expect(of([], ['a'], null).message).toBe('the role has one policy: a.');
    expect(
      of([], ['a'], { ...api, permissionsBoundaryArn: 'arn:b' }).observed,
    ).toBe('1 policy, limited by the permissions boundary arn:b');
  });

  it('says that it was not looked at whether they allow anything', () => {
    const unread = ask(rolePolicies, {
      role: api,
      rolePolicies: { attached: [], inline: ['a'] },
      roleLimits: denied,
    });
    expect(unread).toMatchObject({
      status: 'pass',
      message:
        'api has one policy: a; whether they allow anything was not looked at.',
    });
  });
});
