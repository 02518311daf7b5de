import { PolicyDocument, Statement } from './document';
import { AccessQuestion, Asker, PolicyLayers, decide } from './evaluate';
import { RequestContext } from './match';
import { denialReason, denialSentence } from './denials';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/app/web`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/web/eks-1`;
const USER = `arn:aws:iam::${ACCOUNT}:user/ana`;

const session: Asker = {
  kind: 'aws',
  accountId: ACCOUNT,
  arn: SESSION,
  principalArn: ROLE,
  uniqueId: 'AROAWEB',
};
const user: Asker = {
  kind: 'aws',
  accountId: ACCOUNT,
  arn: USER,
  principalArn: USER,
  uniqueId: 'AIDAANA',
};

const policy = (...statements: Partial<Statement>[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements.map(statement => ({
    Effect: 'Allow',
    Action: 's3:ListBucket',
    Resource: '*',
    ...statement,
  })),
});
const allow = policy({});
const other = policy({ Action: 's3:PutObject' });
const deny = policy({ Effect: 'Deny' });
const nothing = policy({ Action: 'ec2:RunInstances' });

const question = (asker: Asker = session): AccessQuestion => ({
  action: 's3:ListBucket',
  resource: 'arn:aws:s3:::receipts',
  context: new RequestContext({ 'aws:PrincipalTag/team': 'receipts' }),
  asker,
});

const bucketPolicy = (
  principal: Statement['Principal'],
  accountId = ACCOUNT,
): PolicyLayers['resource'] => ({
  accountId,
  document: policy({ Principal: principal }),
});

describe('decide', () => {
  it.each<[string, PolicyLayers, Asker, string]>([
    ['an identity policy', { identity: [allow] }, session, 'allowed'],
    ['no policy', { identity: [] }, session, 'identity-based policy'],
    [
      'a policy for something else',
      { identity: [other] },
      session,
      'identity-based policy',
    ],
    [
      'an explicit deny beside an allow',
      { identity: [allow, deny] },
      session,
      'deny identity-based policy',
    ],
    [
      'a boundary that allows',
      { identity: [allow], boundary: [allow] },
      session,
      'allowed',
    ],
    [
      'a boundary that does not',
      { identity: [allow], boundary: [nothing] },
      session,
      'permissions boundary',
    ],
    [
      'a boundary whose policy was deleted',
      { identity: [allow], boundary: [] },
      session,
      'permissions boundary',
    ],
    [
      'a boundary that denies',
      { identity: [allow], boundary: [allow, deny] },
      session,
      'deny permissions boundary',
    ],
    [
      'only a boundary',
      { identity: [], boundary: [allow] },
      session,
      'identity-based policy',
    ],
    [
      'a session policy that does not',
      { identity: [allow], session: [nothing] },
      session,
      'session policy',
    ],
    [
      'a session policy that denies',
      { identity: [allow], session: [deny] },
      session,
      'deny session policy',
    ],
    [
      'a service control policy that does not',
      { identity: [allow], serviceControl: [nothing] },
      session,
      'service control policy',
    ],
    [
      'a service control policy that denies',
      { identity: [allow], serviceControl: [allow, deny] },
      session,
      'deny service control policy',
    ],
    [
      'a bucket policy that names the user',
      { identity: [], resource: bucketPolicy({ AWS: USER }) },
      user,
      'allowed',
    ],
    [
      'a bucket policy that names the role',
      { identity: [], resource: bucketPolicy({ AWS: ROLE }) },
      session,
      'allowed',
    ],
    [
      'a bucket policy that names the role, within a boundary',
      {
        identity: [],
        boundary: [nothing],
        resource: bucketPolicy({ AWS: ROLE }),
      },
      session,
      'permissions boundary',
    ],
    [
      'a bucket policy that names the session, beside a boundary',
      {
        identity: [],
        boundary: [nothing],
        resource: bucketPolicy({ AWS: SESSION }),
      },
      session,
      'allowed',
    ],
    [
      'a bucket policy that names the account only',
      {
        identity: [],
        resource: bucketPolicy({ AWS: `arn:aws:iam::${ACCOUNT}:root` }),
      },
      session,
      'identity-based policy',
    ],
    [
      'a bucket policy that names another role',
      { identity: [], resource: bucketPolicy({ AWS: `${ROLE}-2` }) },
      session,
      'identity-based policy',
    ],
    [
      'a bucket policy of another account',
      { identity: [], resource: bucketPolicy({ AWS: ROLE }, OTHER) },
      session,
      'identity-based policy',
    ],
    [
      'an identity policy alone for a bucket in another account',
      { identity: [allow], resource: { accountId: OTHER, document: nothing } },
      session,
      'resource-based policy',
    ],
    [
      'an allow on both sides across accounts',
      { identity: [allow], resource: bucketPolicy({ AWS: ACCOUNT }, OTHER) },
      session,
      'allowed',
    ],
    [
      'a bucket policy that denies everyone',
      {
        identity: [allow],
        resource: {
          accountId: ACCOUNT,
          document: policy({ Effect: 'Deny', Principal: '*' }),
        },
      },
      session,
      'deny resource-based policy',
    ],
  ])('%s', (_name, layers, asker, expected) => {
    const decision = decide(layers, question(asker));
    const shown = decision.allowed
      ? 'allowed'
      : `${decision.explicit ? 'deny ' : ''}${decision.layer}`;
    expect(shown).toBe(expected);
  });

  it.each<[string, Partial<Statement>, boolean]>([
    ['a wildcard action', { Action: 's3:List*' }, true],
    ['an action in another case', { Action: 'S3:listbucket' }, true],
    ['everything', { Action: '*' }, true],
    [
      'NotAction that lists it',
      { Action: undefined, NotAction: ['s3:List*'] },
      false,
    ],
    [
      'NotAction of something else',
      { Action: undefined, NotAction: 'iam:*' },
      true,
    ],
    ['the exact resource', { Resource: 'arn:aws:s3:::receipts' }, true],
    [
      'a resource in another case',
      { Resource: 'arn:aws:s3:::Receipts' },
      false,
    ],
    ['a wildcard resource', { Resource: ['arn:aws:s3:::re?eipts'] }, true],
    [
      'NotResource',
      { Resource: undefined, NotResource: 'arn:aws:s3:::receipts' },
      false,
    ],
    [
      'a resource from a tag of the caller',
      { Resource: 'arn:aws:s3:::${aws:PrincipalTag/team}' },
      true,
    ],
    [
      'a resource from a tag the caller lacks',
      { Resource: 'arn:aws:s3:::${aws:PrincipalTag/none}' },
      false,
    ],
    [
      'a condition that fails',
      { Condition: { Bool: { 'aws:none': 'true' } } },
      false,
    ],
  ])('statement: %s', (_name, statement, expected) => {
    const decision = decide({ identity: [policy(statement)] }, question());
    expect(decision.allowed).toBe(expected);
  });

  it('treats a recreated principal as a different one', () => {
    const resource = {
      ...bucketPolicy({ AWS: ROLE })!,
      boundIds: { [ROLE]: 'AROAOLD' },
    };
    expect(decide({ identity: [], resource }, question()).allowed).toBe(false);
    resource.boundIds = { [ROLE]: 'AROAWEB' };
    expect(decide({ identity: [], resource }, question()).allowed).toBe(true);
  });

  it('lets NotPrincipal deny all principals except the one it names', () => {
    const resource = {
      accountId: ACCOUNT,
      document: policy({ Effect: 'Deny', NotPrincipal: { AWS: ROLE } }),
    };
    const layers = { identity: [allow], resource };
    expect(decide(layers, question(session)).allowed).toBe(true);
    expect(decide(layers, question(user)).allowed).toBe(false);
  });

  it('allows a service only if the trust policy names it', () => {
    const asker: Asker = { kind: 'service', service: 'pods.eks.amazonaws.com' };
    const trust = (service: string): PolicyLayers => ({
      identity: [],
      resourceMustAllow: true,
      resource: {
        accountId: ACCOUNT,
        document: policy({
          Resource: undefined,
          Action: 'sts:AssumeRole',
          Principal: { Service: service },
        }),
      },
    });
    const asked = {
      ...question(asker),
      action: 'sts:AssumeRole',
      resource: ROLE,
    };
    expect(decide(trust('pods.eks.amazonaws.com'), asked).allowed).toBe(true);
    expect(decide(trust('ec2.amazonaws.com'), asked).allowed).toBe(false);
  });
});

describe('the message of a denial', () => {
  it.each([
    [
      false,
      'identity-based policy',
      'because no identity-based policy allows the s3:ListBucket action',
    ],
    [
      false,
      'permissions boundary',
      'because no permissions boundary allows the s3:ListBucket action',
    ],
    [
      false,
      'session policy',
      'because no session policy allows the s3:ListBucket action',
    ],
    [
      true,
      'identity-based policy',
      'with an explicit deny in an identity-based policy',
    ],
    [
      true,
      'service control policy',
      'with an explicit deny in a service control policy',
    ],
  ] as const)('explicit %p in %s', (explicit, layer, expected) => {
    const decision = { allowed: false as const, explicit, layer };
    expect(denialReason(decision, 's3:ListBucket')).toBe(expected);
  });

  it('omits what a service does not report', () => {
    expect(
      denialSentence({ callerArn: SESSION, action: 's3:ListAllMyBuckets' }),
    ).toBe(
      `User: ${SESSION} is not authorized to perform: s3:ListAllMyBuckets`,
    );
  });
});
