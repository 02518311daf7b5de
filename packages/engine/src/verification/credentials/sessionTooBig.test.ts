import { context, OUR_TAGS, shown } from '../__testUtils__/judge';
import type { Role } from '../../aws/role';
import { type BigSession, explainSessionTooBig } from './sessionTooBig';

const TEXT = 'PackedPolicyTooLarge';

const role = (name: string, Condition?: object): Role => ({
  arn: `arn:aws:iam::111122223333:role/${name}`,
  name,
  path: '/',
  roleId: 'AROAEXAMPLE',
  description: '',
  tags: {},
  trustPolicy: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal:
          name === 'reports'
            ? { AWS: 'arn:aws:iam::111122223333:role/api' }
            : { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        ...(Condition && { Condition }),
      },
    ],
  },
});

const BY_TAG = {
  StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'payments' },
};

const association = {
  id: 'a-1',
  arn: 'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/payments-prod/a-1',
  roleArn: 'arn:aws:iam::111122223333:role/api',
  disableSessionTags: false,
  tags: OUR_TAGS as Record<string, string>,
};

const explain = (session: Partial<BigSession>) =>
  shown(
    explainSessionTooBig(
      {
        text: TEXT,
        association,
        role: role('api'),
        target: undefined,
        ...session,
      },
      context,
    ),
  );

const OFF = ', with session tags off.';
const UNMATCHED =
  'Conditions on aws:PrincipalTag in policies of the role do not match without the tags.';

describe('explainSessionTooBig', () => {
  it('turns the tags off where no trust policy needs them', () => {
    const { fix, observed, message } = explain({});
    expect(message).toBe(`The session is too large for AWS: ${TEXT}`);
    expect(observed).toBe(TEXT);
    expect(fix!.actions).toEqual([
      `Run "Give a component an AWS identity" again${OFF}`,
      UNMATCHED,
    ]);
  });

  it('shows the status where the agent gave one', () => {
    expect(explain({ status: 400 }).observed).toBe(`status 400: ${TEXT}`);
  });

  it('names every role that needs the tags, and leaves them on', () => {
    const { fix } = explain({
      association: {
        ...association,
        targetRoleArn: 'arn:aws:iam::111122223333:role/reports',
      },
      role: role('api', BY_TAG),
      target: role('reports', BY_TAG),
    });
    expect(fix!.cause).toContain('the trust policy of api and reports lets');
    expect(fix!.snippet).toBeUndefined();
    expect(fix!.actions.join()).not.toContain(UNMATCHED);
  });

  it('names the target alone where only its trust policy needs them', () => {
    const { fix } = explain({ target: role('reports', BY_TAG) });
    expect(fix!.cause).toContain('the trust policy of reports lets');
  });

  it('gives the command for what another tool made, and says what undoes it', () => {
    const { fix } = explain({
      association: { ...association, tags: { terraform: 'true' } },
    });
    expect(fix!.snippet!.text).toContain('update-pod-identity-association');
    expect(fix!.actions).toHaveLength(3);
    expect(fix!.actions[2]).toContain('undoes the command');
  });

  it('advises to associate again where the association could not be read', () => {
    const { fix } = explain({ association: undefined });
    expect(fix!.actions).toEqual([`Associate again${OFF}`, UNMATCHED]);
    expect(fix!.snippet).toBeUndefined();
  });

  it('leaves the tags on where a role needs them, though the association could not be read', () => {
    const { fix } = explain({
      association: undefined,
      role: role('api', BY_TAG),
    });
    expect(fix!.cause).toContain('the trust policy of api lets');
    expect(fix!.actions.join()).not.toContain(OFF);
  });

  it.each([
    ['{"Version":1}', 'has 13 characters'],
    [undefined, 'so what fills the session is the session policy.'],
  ])('blames the session policy %s where tags are off', (policy, words) => {
    const { fix } = explain({
      association: { ...association, disableSessionTags: true, policy },
      role: role('api', BY_TAG),
    });
    expect(fix!.cause).toContain(words);
    expect(fix!.actions[0]).toMatch(/^Run "Give .*, with a shorter session/);
  });
});
