import { ask, denied, OUR_TAGS, pod } from '../__testUtils__/judge';
import { known } from '../framework/fact';
import { roleTarget } from './target';

const ARN = 'arn:aws:iam::111122223333:role/api';
const TARGET = 'arn:aws:iam::111122223333:role/reader';
const BOTH = ['sts:AssumeRole', 'sts:TagSession'];
const trusts = (AWS?: string) => ({
  Statement: AWS ? [{ Effect: 'Allow', Principal: { AWS }, Action: BOTH }] : [],
});
const reader = (AWS?: string, tags: object = {}) =>
  known({ arn: TARGET, name: 'reader', trustPolicy: trusts(AWS), tags });
const api = (tags: object) => known({ arn: ARN, name: 'api', tags });
const allowing = (name: string, Resource: string) => ({
  name,
  document: { Statement: [{ Effect: 'Allow', Action: '*', Resource }] },
});
/** It trusts the account, so that the policies of the first role decide. */
const BY_ACCOUNT = reader('111122223333');

const judge = (
  targetRole: object,
  {
    role = denied as unknown,
    association = {},
  }: { role?: unknown; association?: object } = {},
) =>
  ask(roleTarget, {
    association: {
      id: 'a-1',
      roleArn: ARN,
      targetRoleArn: TARGET,
      disableSessionTags: false,
      tags: {},
      ...association,
    },
    targetRole: {
      arn: TARGET,
      role: BY_ACCOUNT,
      documents: known([allowing('go', TARGET)]),
      unread: [],
      ...targetRole,
    },
    role,
    rolePolicies: known({ attached: [], inline: [] }),
    pods: known([pod()]),
  });

describe('a permissions boundary of the first role', () => {
  it('gets the statement that it lacks: a policy of the role would not help', () => {
    const { status, fix } = judge({ boundary: allowing('limit', 'arn:x') });
    expect(status).toBe('fail');
    expect(fix?.cause).toContain('a policy of the role alone does not help');
    expect(fix?.actions).toEqual([
      'Let the owner of the permissions boundary limit add this statement to it.',
    ]);
    expect(fix?.snippet?.language).toBe('json');
    expect(JSON.parse(fix!.snippet!.text)).toEqual([
      { Effect: 'Allow', Action: BOTH, Resource: TARGET },
    ]);
  });

  it('grants nothing by itself, and is not in the way where the target trusts by name', () => {
    const boundary = allowing('all', '*');
    const documents = known([]);
    expect(judge({ boundary, documents }).status).toBe('fail');
    expect(judge({ boundary, documents, role: reader(ARN) })).toMatchObject({
      status: 'pass',
      message: expect.stringContaining('by name, which is enough'),
    });
  });

  it('that cannot be read leaves no doubt about a permission that is missing', () => {
    const outcome = judge({
      boundary: { name: 'limit' },
      documents: known([]),
    });
    expect(outcome).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(
        /: no policy of the role that could be read allows sts:AssumeRole and sts:TagSession\.$/,
      ),
    });
    expect(outcome.fix?.snippet?.text).toContain('aws iam put-role-policy');
  });
});

it('only the policies that cannot be read are said to be unread', () => {
  const documents = known([
    allowing('other', 'arn:x'),
    { name: 'broken', document: 'no JSON' },
  ]);
  expect(judge({ documents }).message).toMatch(
    /; the policy broken could not be read\.$/,
  );
});

describe('the permission that the first role lacks', () => {
  const documents = known([]);

  it('is given by the portal only where role and association are its own', () => {
    const rerun = (role: unknown, association: object) =>
      judge({ documents }, { role, association }).fix?.rerun;
    expect(rerun(api(OUR_TAGS), { tags: OUR_TAGS })).toBe('as-before');
    expect(rerun(api(OUR_TAGS), {})).toBeUndefined();
    expect(rerun(api({}), { tags: OUR_TAGS })).toBeUndefined();
    expect(rerun(denied, { tags: OUR_TAGS })).toBeUndefined();
  });

  it('is undone by the stack that made the role, unless it is changed there', () => {
    const stack = { 'aws:cloudformation:stack-name': 'apis' };
    expect(judge({ documents }, { role: api(stack) }).fix?.actions).toEqual([
      expect.stringMatching(
        /^Run the command below as the owner of the role api/,
      ),
      expect.stringMatching(/^The CloudFormation stack apis made the role: /),
    ]);
    expect(judge({ documents }, { role: api({}) }).fix?.actions).toHaveLength(
      1,
    );
  });
});

describe('both halves that are wrong', () => {
  it.each([
    ['a target of the portal', OUR_TAGS, OUR_TAGS, 'as-before'],
    ['a target of another owner', {}, OUR_TAGS, undefined],
    ['a first role of another owner', OUR_TAGS, {}, undefined],
  ])(
    'are put right by the portal where both are its own: %s',
    (_, target, first, rerun) => {
      const { status, fix } = judge(
        { documents: known([]), role: reader(undefined, target) },
        { role: api(first), association: { tags: first } },
      );
      expect(status).toBe('fail');
      expect(fix?.rerun).toBe(rerun);
      expect(fix?.snippet?.text).toMatch(
        /update-assume-role-policy[^]*\n\naws iam put-role-policy/,
      );
    },
  );
});
