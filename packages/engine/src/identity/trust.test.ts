import {
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
