import { isOurSid } from './names';
import { analyseTrustPolicy } from './trustAnalysis';
import {
  moveStatement,
  readTrust,
  scopeOfStatement,
  trustPolicy,
  trustStatement,
  withoutStatement,
  withStatement,
} from './trust';

const target = {
  clusterArn: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments',
  namespace: 'shop',
  serviceAccount: 'api',
};
const neighbour = { ...target, serviceAccount: 'api-2' };
const own = trustStatement('serviceAccount', target);
const sibling = trustStatement('serviceAccount', neighbour);
const foreign = { Sid: 'Theirs', Effect: 'Allow', Action: 'sts:AssumeRole' };
const unnamed = { Effect: 'Deny', Action: '*' };
const whole = {
  Version: '2012-10-17',
  Statement: [foreign, own, sibling, unnamed],
};

describe('a trust policy', () => {
  it('is sorted by whose its statements are', () => {
    expect(readTrust(JSON.stringify(whole), target)).toEqual({
      document: whole,
      own,
      siblings: [sibling],
      foreign: [foreign, unnamed],
    });
    expect(readTrust(trustPolicy(foreign), target).own).toBeUndefined();
  });

  it('gains our statement, or has it put in its former place', () => {
    expect(withStatement(trustPolicy(foreign), own)).toEqual({
      Version: '2012-10-17',
      Statement: [foreign, own],
    });
    const wider = trustStatement('account', target);
    expect(withStatement(whole, wider)).toEqual({
      Version: '2012-10-17',
      Statement: [foreign, wider, sibling, unnamed],
    });
  });

  it('loses our statement and nothing else', () => {
    expect(withoutStatement(whole, target)).toEqual({
      Version: '2012-10-17',
      Statement: [foreign, sibling, unnamed],
    });
  });

  it.each(['serviceAccount', 'namespace', 'cluster', 'account'] as const)(
    'shows the scope %s of our statement',
    scope => {
      const statement = trustStatement(scope, target);
      expect(scopeOfStatement(statement, target)).toBe(scope);
      expect(
        scopeOfStatement({ ...statement, Action: 'sts:*' }, target),
      ).toBeUndefined();
    },
  );

  it('has no condition where it lets the whole account in', () => {
    expect(trustStatement('account', target)).not.toHaveProperty('Condition');
  });
});

describe('the statement of a move', () => {
  const lets = (names: string[], serviceAccount: string, more: object = {}) =>
    analyseTrustPolicy(trustPolicy(moveStatement(target, names)), {
      ...target,
      clusterName: 'payments',
      sessionTags: true,
      serviceAccount,
      ...more,
    }).verdict;

  it.each([[['api']], [['api', 'worker']]])(
    'lets %j in and no other',
    names => {
      for (const name of names) expect(lets(names, name)).toBe('allows');
      expect(lets(names, 'api-2')).toBe('denies');
      expect(lets(names, 'api', { namespace: 'other' })).toBe('denies');
      const clusterArn = `${target.clusterArn}-2`;
      expect(lets(names, 'api', { clusterArn })).toBe('denies');
    },
  );

  it('has a single name as text, as IAM shows it', () => {
    const namesIn = (names: string[]) =>
      (moveStatement(target, names).Condition as any).StringEquals[
        'aws:RequestTag/kubernetes-service-account'
      ];
    expect(namesIn(['api'])).toBe('api');
    expect(namesIn(['api', 'worker'])).toEqual(['api', 'worker']);
  });

  it('is no statement of the portal, which would take it for one of a service account', () => {
    const statement = moveStatement(target, ['api']);
    expect(isOurSid(statement.Sid)).toBe(false);
    expect(readTrust(trustPolicy(statement), target)).toMatchObject({
      siblings: [],
      foreign: [statement],
    });
  });
});
