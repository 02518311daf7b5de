import { trustSid } from './names';
import { targetTrustStatements, trustStatement } from './trust';
import { analyseTrustPolicy, TrustQuestion } from './trustAnalysis';
import { neededTrust, onlyDenies, trustEdit } from './trustEdit';
import { allow, CALLER, NS, policy, QUESTION } from './__testUtils__/trustRows';

const SID = trustSid(QUESTION);
const OURS = trustStatement('serviceAccount', QUESTION);
const OTHER = allow({ Principal: { Service: 'ec2.amazonaws.com' } });
const WRONG = { StringEquals: { [NS]: 'other' } };
const TARGET: TrustQuestion = { ...QUESTION, sourceRoleArn: CALLER };
const UNTAGGED: TrustQuestion = { ...TARGET, sessionTags: false };

const editOf = (document: unknown, question = QUESTION) =>
  trustEdit(document, analyseTrustPolicy(document, question), question);

describe('the statements that a ref needs', () => {
  it('are those of the portal for the first role', () => {
    expect(neededTrust(QUESTION)).toEqual({ statements: [OURS] });
  });

  it('cannot be closed without session tags', () => {
    expect(neededTrust({ ...QUESTION, sessionTags: false })).toEqual({
      statements: [trustStatement('account', QUESTION)],
      opens: expect.stringMatching(/every association of the account/),
    });
    const { statements, opens } = neededTrust(UNTAGGED);
    expect(opens).toContain(`every pod that holds ${CALLER}`);
    expect(statements).toHaveLength(2);
  });

  it('are closed by tags or by the external id for a target role', () => {
    expect(neededTrust(TARGET)).toEqual({
      statements: targetTrustStatements(QUESTION, {
        roleArn: CALLER,
        sessionTags: true,
      }).map(statement => ({ Sid: SID, ...statement })),
    });
    const named = neededTrust({ ...UNTAGGED, externalId: 'x' });
    expect(named.opens).toBeUndefined();
    expect(named.statements.map(({ Sid }) => Sid)).toEqual([SID, `${SID}Tags`]);
    expect(JSON.stringify(named)).toContain('"sts:ExternalId":"x"');
  });
});

describe('the edit of a trust policy', () => {
  it('adds a statement and keeps everything else', () => {
    const before = { Id: 'mine', ...policy(OTHER) };
    expect(editOf(before)).toEqual({
      document: { ...before, Statement: [OTHER, OURS] },
      replaced: [],
      removed: [],
      obstacles: [],
    });
  });

  it('replaces the Allow of its Sid in its place', () => {
    expect(editOf(policy({ ...OURS, Condition: WRONG }, OTHER))).toMatchObject({
      document: { Statement: [OURS, OTHER] },
      replaced: [SID],
    });
  });

  it('never replaces a Deny, which may keep others out', () => {
    const deny = { ...OURS, Effect: 'Deny', Condition: WRONG };
    expect(editOf(policy(deny))).toMatchObject({
      document: { Statement: [deny, { ...OURS, Sid: `${SID}Allow` }] },
    });
  });

  it('adds no Version, which would turn texts into variables', () => {
    const { document } = editOf({ Statement: OTHER });
    expect(document).toEqual({ Statement: [OTHER, OURS] });
  });

  it('leaves statements of others as they stand, in whatever form', () => {
    const theirs = [
      allow({ Principal: '*', Action: 'sts:SetSourceIdentity' }),
      allow({ Principal: { AWS: '444455556666' } }),
      allow({ Principal: { AWS: ['444455556666'], Service: 'x' } }),
      { Effect: 'Allow', NotPrincipal: { AWS: '1' }, Action: 's3:*' },
    ];
    const { document, removed } = editOf(policy(...theirs));
    expect(document?.Statement).toEqual([...theirs, OURS]);
    expect(removed).toEqual([]);
  });

  it('leaves deleted principals out, and the statements that have no other', () => {
    const dead = 'AIDAEXAMPLEEXAMPLE123';
    const edit = editOf(
      policy(
        allow({ Principal: { AWS: dead } }),
        allow({ Principal: { AWS: [dead, '111122223333'] } }),
        allow({ Principal: { AWS: [dead], Service: 'ec2.amazonaws.com' } }),
      ),
    );
    expect(edit.removed).toEqual([dead]);
    expect(edit.document?.Statement.map(({ Principal }) => Principal)).toEqual([
      { AWS: ['111122223333'] },
      { Service: 'ec2.amazonaws.com' },
      OURS.Principal,
    ]);
  });

  it('does not exist against a Deny, or where it would open the role', () => {
    const denied = editOf(
      policy({ Effect: 'Deny', Principal: '*', Action: '*' }),
    );
    expect(denied.document).toBeUndefined();
    expect(denied.obstacles).toEqual([
      'Statement 1 (Deny) forbids sts:AssumeRole and sts:TagSession',
    ]);
    const open = editOf(policy(OTHER), { ...QUESTION, sessionTags: false });
    expect(open).toEqual({
      replaced: [],
      removed: [],
      obstacles: [expect.stringContaining('Without session tags')],
    });
    expect(editOf('{').obstacles).toEqual(['The policy document is not JSON']);
  });

  it('says what may still keep the ref out', () => {
    const { document, obstacles } = editOf(
      policy({ Effect: 'Deny', Principal: { AWS: '*' }, Action: '*' }),
    );
    expect(document).toBeDefined();
    expect(obstacles).toEqual([expect.stringContaining('Statement 1: ')]);
  });

  it('does not exist where nothing but a Deny is in doubt', () => {
    const doubtful = { Effect: 'Deny', Principal: { AWS: '*' }, Action: '*' };
    expect(editOf(policy(allow(), doubtful))).toEqual({
      replaced: [],
      removed: [],
      obstacles: [expect.stringContaining('Statement 2: ')],
    });
  });

  it('keeps a condition on single pods, so that the role is not opened to all of them', () => {
    const pods = { 'aws:RequestTag/kubernetes-pod-name': ['api-*'] };
    const uid = { 'aws:RequestTag/kubernetes-pod-uid': 'u-1' };
    const { document, obstacles } = editOf(
      policy(
        allow({
          Condition: {
            StringLike: pods,
            StringEquals: { [NS]: 'other', ...uid },
            // Says nothing of a pod, and is not copied.
            IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
          },
        }),
      ),
    );
    const { StringEquals } = OURS.Condition as Record<string, object>;
    expect(document?.Statement[1]).toEqual({
      ...OURS,
      Condition: {
        StringEquals: { ...StringEquals, ...uid },
        StringLike: pods,
      },
    });
    expect(obstacles.join()).toContain('kubernetes-pod-name');
  });

  it('takes no condition from a Deny', () => {
    const name = { 'aws:RequestTag/kubernetes-pod-name': 'batch-*' };
    const { document } = editOf(
      policy(allow({ Condition: { StringEquals: { 'aws:SourceVpc': 'v' } } }), {
        Effect: 'Deny',
        Principal: '*',
        Action: '*',
        Condition: { StringLike: name },
      }),
    );
    expect(document?.Statement[2]).toEqual(OURS);
  });

  it('finds the condition on single pods in whichever statement has one', () => {
    const pods = {
      StringLike: { 'aws:RequestTag/kubernetes-pod-name': 'a-*' },
    };
    const { document } = editOf(
      policy(
        allow({ Condition: { StringEquals: { 'aws:SourceVpc': 'v' } } }),
        allow({ Condition: pods }),
      ),
    );
    expect(document?.Statement[2]).toEqual({
      ...OURS,
      Condition: { ...(OURS.Condition as object), ...pods },
    });
  });

  it('does not exist where it would have to open the role to other pods', () => {
    const pods = {
      StringLike: { 'aws:RequestTag/kubernetes-pod-name': 'a-*' },
    };
    const document = policy({ ...OURS, Condition: pods });
    expect(editOf(document, { ...QUESTION, pod: 'probe' })).toEqual({
      document: undefined,
      replaced: [],
      removed: [],
      obstacles: [expect.stringMatching(/kubernetes-pod-name = "a-\*" fails/)],
    });
  });
});

describe('whether nothing but a Deny is in doubt', () => {
  const VPC = { StringEquals: { 'aws:SourceVpc': 'vpc-1' } };
  const deny = { Effect: 'Deny', Principal: '*', Action: '*' };
  const doubtful = { ...deny, Condition: VPC };

  it.each<[string, unknown, boolean]>([
    ['a Deny in doubt', policy(allow(), doubtful), true],
    [
      'an Allow in doubt, too',
      policy(allow({ Condition: VPC }), doubtful),
      false,
    ],
    ['a Deny that surely applies', policy(allow(), deny), false],
    ['no Deny', policy(allow()), false],
    ['a policy that cannot be read', '{', false],
  ])('%s', (_, document, only) => {
    expect(onlyDenies(analyseTrustPolicy(document, QUESTION))).toBe(only);
  });
});
