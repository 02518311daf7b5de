import { ask, denied, OUR_TAGS, pod } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import { roleTarget } from './target';

const ARN = 'arn:aws:iam::111122223333:role/path/api';
const TARGET = 'arn:aws:iam::111122223333:role/reader';

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
  /** Trusts the account, which leaves the decision to the policies of the role. */
  const byAccount = known({
    arn: TARGET,
    name: 'reader',
    trustPolicy: {
      Statement: [
        { ...trusting.Statement[0], Principal: { AWS: '111122223333' } },
      ],
    },
  });
  const byName = (name: string) =>
    known({
      arn: TARGET,
      name: 'reader',
      trustPolicy: {
        Statement: [
          {
            ...trusting.Statement[0],
            Condition: {
              StringLike: { 'aws:RequestTag/kubernetes-pod-name': name },
            },
          },
        ],
      },
    });
  const ONLY_S3 = {
    Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
  };
  const NO_HOPS = {
    Statement: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Sid: 'Stay', Effect: 'Deny', Action: 'sts:*', Resource: '*' },
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
    unread: [],
    ...over,
  });
  const facts = (over: object = {}, more: object = {}) => ({
    association: { roleArn: ARN, disableSessionTags: false },
    targetRole: target(over),
    role: denied,
    rolePolicies: known({ attached: [], inline: ['go'] }),
    pods: known([pod({ name: 'api-1' })]),
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
      'a target that lets no principal in',
      facts({
        role: known({
          arn: TARGET,
          name: 'reader',
          trustPolicy: { Statement: [] },
        }),
      }),
      'fail',
      /The target role reader does not trust .*api:/,
    ],
    [
      'a role without a permission that its target trusts by name',
      facts({ documents: known([]) }),
      'pass',
      /trusts .*api by name, which is enough within one account\.$/,
    ],
    [
      'the same in another account',
      facts({
        documents: known([]),
        arn: TARGET.replace(/\d{12}/, '444455556666'),
      }),
      'fail',
      /^The role api is not allowed to assume /,
    ],
    [
      'a target that admits the running pods by their names',
      facts({ role: byName('api-*') }),
      'note',
      /^The trust policy of reader admits pods .* It lets the running pod api-1 in\.$/,
    ],
    [
      'a target that refuses the running pods by their names',
      facts({ role: byName('batch-*') }),
      'fail',
      /it refuses the running pod api-1: .* not "api-1"/,
    ],
    [
      'a Deny of the role',
      facts({
        documents: known([{ name: 'go', document: NO_HOPS }]),
      }),
      'fail',
      /statement "Stay" of policy "go" \(Deny\) forbids sts:AssumeRole/,
    ],
    [
      'a role that is surely not allowed to go on',
      facts({ documents: known([]), role: byAccount }),
      'fail',
      /^The role api is not allowed to assume .*reader: no policy of the role that could be read allows sts:AssumeRole and sts:TagSession\.$/,
    ],
    [
      'a boundary that does not let it go on',
      facts({ boundary: { name: 'only-s3', document: ONLY_S3 } }),
      'fail',
      /^The role api is not allowed to assume .*reader: its permissions boundary only-s3 does not allow sts:AssumeRole and sts:TagSession on it\.$/,
    ],
    [
      'a boundary that binds also where the target trusts by name',
      facts({
        documents: known([]),
        boundary: { name: 'only-s3', document: ONLY_S3 },
      }),
      'fail',
      /its permissions boundary only-s3 does not allow/,
    ],
    [
      'a boundary that forbids it',
      facts({
        boundary: {
          name: 'no-hops',
          document: NO_HOPS,
        },
      }),
      'fail',
      /statement "Stay" of policy "no-hops" \(Deny\) forbids sts:AssumeRole/,
    ],
    [
      'a boundary with a condition',
      facts({
        boundary: {
          name: 'office',
          document: {
            Statement: {
              Effect: 'Allow',
              Action: '*',
              Resource: '*',
              Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
            },
          },
        },
      }),
      'unknown',
      /statement 1 of policy "office"/,
    ],
    [
      'a boundary that lets it go on',
      facts({
        boundary: {
          name: 'all',
          document: {
            Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
          },
        },
      }),
      'pass',
      /may assume reader/,
    ],
    [
      'a role whose managed policies may allow it',
      facts({ documents: known([]), unread: ['arn:p'], role: byAccount }),
      'unknown',
      /the managed policy arn:p could not be read/,
    ],
    [
      'documents that cannot be read',
      facts({ documents: denied }),
      'unknown',
      /cannot be told from here: The portal is not allowed to list that/,
    ],
    [
      'a document that is none',
      facts({
        documents: known([{ name: 'x', document: 'not JSON' }]),
        role: byAccount,
      }),
      'unknown',
      /cannot be told from here: no policy of the role that could be read allows .*; the policy x could not be read/,
    ],
    [
      'a boundary that cannot be read',
      facts({ boundary: { name: 'limit' } }),
      'unknown',
      /cannot be told from here: its permissions boundary limit could not be read\.$/,
    ],
    [
      'a boundary that is no policy',
      facts({ boundary: { name: 'limit', document: 'not JSON' } }),
      'unknown',
      /its permissions boundary limit could not be read/,
    ],
    [
      'a boundary that cannot be read, where the target trusts by name',
      facts({ documents: known([]), boundary: { name: 'limit' } }),
      'unknown',
      /cannot be told from here: its permissions boundary limit could not be read\.$/,
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
      message: `Whether the hop to ${TARGET} works cannot be told from here: sts:TagSession is not allowed; with session tags off AWS might not ask for it.`,
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

  const fixOf = (given: object) => ask(roleTarget, given as any).fix!;
  const refusing = known({
    arn: TARGET,
    name: 'reader',
    trustPolicy: { Statement: [] },
  });
  const stay = known([
    {
      name: 'go',
      document: { Statement: { Effect: 'Deny', Action: '*', Resource: '*' } },
    },
  ]);

  it('prints the permission that the role lacks, under a name that is free', () => {
    const lacking = { documents: known([]), role: byAccount };
    expect(fixOf(facts(lacking))).toEqual({
      cause: `The role needs sts:AssumeRole and sts:TagSession on ${TARGET}: no policy of the role that could be read allows sts:AssumeRole and sts:TagSession.`,
      actions: [
        'Run the command below as the owner of the role api (account 111122223333): it adds an inline policy and leaves the others alone.',
      ],
      snippet: {
        language: 'bash',
        text: expect.stringMatching(
          /^aws iam put-role-policy --role-name api --policy-name Assume-reader --region eu-west-1 --policy-document '/,
        ),
      },
    });
    const inline = ['Assume-reader', 'Assume-reader-2'];
    expect(
      fixOf(facts(lacking, { rolePolicies: known({ attached: [], inline }) }))
        .snippet?.text,
    ).toContain('--policy-name Assume-reader-3 ');
  });

  it('prints one command for each half that is wrong', () => {
    const trust =
      /^aws iam update-assume-role-policy --role-name reader [^]*'$/;
    const [statement] = trusting.Statement;
    const one = fixOf(facts({ role: refusing })).snippet!.text;
    expect(one).toMatch(trust);
    expect(one).not.toContain('put-role-policy');
    const both = fixOf(facts({ role: refusing, documents: known([]) }));
    expect(both.snippet?.text).toMatch(/\n\naws iam put-role-policy /);
    const deny = { ...statement, Effect: 'Deny' };
    const none = fixOf(
      facts({
        documents: stay,
        role: known({
          arn: TARGET,
          name: 'reader',
          trustPolicy: { Statement: [deny] },
        }),
      }),
    );
    expect(none.snippet).toBeUndefined();
    expect(none.actions).toContain(
      'Ask the owner of the role reader (account 111122223333) to narrow statement 1 in its trust policy; no Allow outranks a Deny.',
    );
    expect(none.actions).toContain(
      'Ask the owner of the role api (account 111122223333) to narrow statement 1 of policy "go"; no Allow outranks a Deny.',
    );
    const role = known({ arn: ARN, name: 'api', tags: OUR_TAGS });
    const ours = fixOf(facts({ documents: stay }, { role }));
    expect(ours.actions).toEqual([
      expect.stringMatching(
        /^The portal did not write statement 1 of policy "go" of the role \S+, and never removes a Deny: /,
      ),
    ]);
  });

  it('is sure of a Deny, whatever other policies it could not read', () => {
    const outcome = ask(
      roleTarget,
      facts({ documents: stay, unread: ['arn:p'], role: byAccount }) as any,
    );
    expect(outcome.status).toBe('fail');
    expect(outcome.message).not.toContain('could not be read');
  });

  it('is sure of a permission that is missing, also where the target cannot be read', () => {
    const outcome = ask(
      roleTarget,
      facts({ documents: known([]), role: denied }) as any,
    );
    expect(outcome).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/^The role api is not allowed to assume /),
    });
  });
});
