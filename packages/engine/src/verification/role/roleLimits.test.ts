import {
  ask,
  context,
  denied,
  HAVING,
  OUR_TAGS,
  pod,
} from '../__testUtils__/judge';
import { associationMatches } from '../association/matches';
import { known } from '../framework/fact';
import { workloadsInjected } from '../workloads/injected';
import { rolePolicies } from './policies';
import { REVOKES } from '../workloads/formerCredentials';
import { allowsNothing, comparedWith, limitsOf } from './roleLimits';
import { roleTrustPolicy } from './trustPolicy';

const HOUR = 3_600_000;
const ARN = 'arn:aws:iam::111122223333:role/api';
const TARGET = 'arn:aws:iam::111122223333:role/reader';
const { now } = context;

describe('documents', () => {
  it.each<[boolean, unknown]>([
    [true, { Statement: { Effect: 'Deny', Action: '*', Resource: '*' } }],
    [false, { Statement: [] }],
    [false, 'no document'],
    [false, { Statement: [{ Effect: 'Deny' }, { Effect: 'Allow' }] }],
  ])('allow nothing: %s, %j', (nothing, document) => {
    expect(allowsNothing(document)).toBe(nothing);
  });

  it('compare a key in whatever letters, with one value or several', () => {
    expect(
      comparedWith(
        {
          DateLessThan: { 'AWS:currenttime': 'a', 'aws:EpochTime': '1' },
          DateGreaterThan: { 'aws:CurrentTime': ['b', 'c'] },
        },
        'aws:currenttime',
      ),
    ).toEqual(['a', 'b', 'c']);
    expect(comparedWith(undefined, 'aws:currenttime')).toEqual([]);
  });
});

describe('role.policies', () => {
  const judge = (limits: object) =>
    ask(rolePolicies, {
      role: { name: 'api', arn: ARN },
      rolePolicies: { attached: [], inline: ['nothing'] },
      roleLimits: known(limits),
    });

  it('notes that none of them allows anything', () => {
    expect(judge({ allowsNothing: true })).toMatchObject({
      status: 'note',
      counted: true,
      message: 'api has one policy: nothing; none of them allows anything.',
    });
    expect(judge({}).status).toBe('pass');
  });
});

describe('association.matches', () => {
  const judge = (Effect: string) =>
    ask(associationMatches, {
      association: {
        id: 'a-1',
        roleArn: ARN,
        disableSessionTags: true,
        tags: OUR_TAGS,
        policy: JSON.stringify({
          Statement: [{ Effect, Action: 's3:*', Resource: '*' }],
        }),
      },
      expected: { settings: {} },
    });

  it('notes a session policy of Deny alone', () => {
    expect(judge('Deny')).toMatchObject({
      status: 'note',
      counted: true,
      message: expect.stringMatching(
        /^The session policy of the association has no Allow: AWS denies the pods what no policy of a resource gives the session itself\. The association names/,
      ),
    });
    expect(judge('Allow').status).toBe('pass');
  });
});

describe('role.trust-policy', () => {
  const judge = (Condition: object, at: number = now) =>
    ask(
      roleTrustPolicy,
      {
        role: {
          name: 'api',
          arn: ARN,
          trustPolicy: {
            Statement: [
              {
                Effect: 'Allow',
                Principal: { Service: 'pods.eks.amazonaws.com' },
                Action: ['sts:AssumeRole', 'sts:TagSession'],
                Condition,
              },
            ],
          },
        },
        association: known({ id: 'a-1', roleArn: ARN, tags: {} }),
        pods: known([]),
      },
      { now: at },
    );
  const inTwoHours = new Date(now + 2 * HOUR).toISOString();

  it.each([
    { DateLessThan: { 'aws:CurrentTime': inTwoHours } },
    { NumericLessThan: { 'aws:EpochTime': String((now + 2 * HOUR) / 1000) } },
  ])('notes when it ends: %j', Condition => {
    expect(judge(Condition)).toMatchObject({
      status: 'note',
      message: expect.stringContaining(`It refuses them after ${inTwoHours}`),
    });
  });

  it.each([
    { DateLessThan: { 'aws:CurrentTime': '2099-12-31T00:00:00Z' } },
    { NumericLessThan: { 'aws:EpochTime': '9999999999999' } },
    { NumericLessThan: { 'aws:EpochTime': '8640000000000' } },
  ])('says nothing of an end that is far away: %j', Condition => {
    expect(judge(Condition).status).toBe('pass');
  });

  it('says nothing of a day that is over, and fails once it has ended', () => {
    const since = { DateGreaterThan: { 'aws:CurrentTime': inTwoHours } };
    expect(judge(since, now + 3 * HOUR).status).toBe('pass');
    const until = { DateLessThan: { 'aws:CurrentTime': inTwoHours } };
    expect(judge(until, now + 3 * HOUR).status).toBe('fail');
  });
});

describe('workloads.injected', () => {
  const association = {
    id: 'a-1',
    roleArn: ARN,
    tags: {},
    disableSessionTags: false,
    createdAt: now - 10 * HOUR,
    modifiedAt: now - 10 * HOUR,
  };
  const judge = (facts: object, over: object = {}, startedAt = now - HOUR) =>
    ask(workloadsInjected, {
      pods: [pod({ containers: [HAVING], createdAt: startedAt })],
      association: known({ ...association, ...over }),
      role: known({ name: 'api', arn: ARN, createdAt: now - 20 * HOUR }),
      admission: known({ injected: 1, answered: 1, missing: [] }),
      webhook: known(null),
      namespace: known(null),
      ...facts,
    });
  const revoked = { roleLimits: known({ revokedAt: now - HOUR / 2 }) };
  const madeAgain = {
    targetRole: known({
      role: known({ name: 'reader', arn: TARGET, createdAt: now - HOUR / 2 }),
    }),
  };

  it('warns of pods from before the sessions of the role were revoked', () => {
    expect(judge(revoked)).toMatchObject({
      status: 'warn',
      message:
        '1 of 1 running pods started before the sessions of the role api were revoked: AWS denies their calls until the agent renews them, at most six hours.',
      lacking: [{ how: 'restart' }],
    });
    expect(judge(revoked, {}, now - HOUR / 4).status).toBe('pass');
    expect(judge(revoked, { targetRoleArn: TARGET }).status).toBe('pass');
  });

  it('says that it did not look at revoked sessions', () => {
    expect(judge({ roleLimits: denied }).message).toBe(
      'The running pod has the identity; whether its sessions were revoked was not looked at.',
    );
    expect(judge({ roleLimits: denied, role: denied }).message).toBe(
      'The running pod has the identity; whether it is older than the last change of the role was not looked at.',
    );
  });

  it('warns of pods from before the target role was made again', () => {
    const onward = { targetRoleArn: TARGET };
    expect(judge(madeAgain, onward)).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(
        'older than the role reader, which was deleted and recreated',
      ),
    });
    expect(judge(madeAgain, onward, now - HOUR / 4).status).toBe('pass');
  });
});

describe('the policy of revoked sessions', () => {
  const deny = (Condition: object, rest: object = {}) => ({
    Statement: [
      { Effect: 'Deny', Action: '*', Resource: ['*'], Condition, ...rest },
    ],
  });
  const before = (at: number) => ({
    DateLessThan: { 'aws:TokenIssueTime': new Date(at).toISOString() },
  });

  it.each<[string, unknown, object]>([
    ['all', deny(before(now)), { revokedAt: now }],
    ['of later', deny(before(now + HOUR)), {}],
    [
      'with another condition',
      deny({ ...before(now), StringEquals: { 'aws:userid': 'a' } }),
      {},
    ],
    [
      'with another key',
      deny({ DateLessThan: { ...before(now).DateLessThan, 'aws:a': 'b' } }),
      {},
    ],
    [
      'with another operator',
      deny({ ...before(now), Null: { 'aws:TokenIssueTime': 'true' } }),
      {},
    ],
    ['of another kind', deny({ Null: { 'aws:TokenIssueTime': 'a' } }), {}],
    ['for one service', deny(before(now), { Action: 's3:*' }), {}],
    ['for one bucket', deny(before(now), { Resource: 'arn:aws:s3:::a' }), {}],
  ])(
    'holds for all sessions before a time: %s',
    (_what, document, expected) => {
      const attached = ['arn:p'];
      const of = (name: string) =>
        limitsOf({ attached, inline: [name] }, [{ name, document }], now);
      expect(of(REVOKES)).toEqual(expected);
      expect(of('mine')).toEqual({});
    },
  );

  it('allow nothing only where each was read', () => {
    const document = { Statement: [{ Effect: 'Deny' }] };
    const of = (inline: string[], attached: string[] = []) =>
      limitsOf({ attached, inline }, [{ name: 'a', document }], now);
    expect(of(['a'])).toEqual({ allowsNothing: true });
    expect(of(['a', 'gone'])).toEqual({});
    expect(of(['a'], ['arn:p'])).toEqual({});
    const allows = { Statement: [{ Effect: 'Allow', Action: 's3:*' }] };
    const both = [
      { name: 'a', document },
      { name: 'b', document: allows },
    ];
    const inline = ['a', 'b'];
    expect(limitsOf({ attached: [], inline }, both, now)).toEqual({});
  });
});
