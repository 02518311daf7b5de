import {
  isSessionName,
  ofOneSession,
  sessionOfPrincipal,
  sessionStatements,
  takesAway,
  userIdsOf,
} from './sessionNames';

const BY_POD_IDENTITY =
  'AROA1:eks-prod-api-5c9d-c1857ccc-86be-4bd6-9c6d-0b90748341b4';

describe('statements about some sessions of a role', () => {
  it.each<[string, 'Allow' | 'Deny', object, boolean]>([
    [
      'lets only it in',
      'Allow',
      { StringLike: { 'aws:userid': '*:night*' } },
      true,
    ],
    [
      'lets only others in',
      'Allow',
      { StringLike: { 'aws:userid': '*:day*' } },
      false,
    ],
    [
      'lets all but it in',
      'Allow',
      { StringNotLike: { 'aws:userid': '*:night*' } },
      false,
    ],
    [
      'keeps all but it out',
      'Deny',
      { StringNotLike: { 'AWS:UserId': '*:night*' } },
      true,
    ],
    [
      'keeps only it out',
      'Deny',
      { StringLike: { 'aws:userid': '*:night*' } },
      false,
    ],
    [
      'lets every session in',
      'Allow',
      { StringLike: { 'aws:userid': 'AROA1:*' } },
      false,
    ],
    [
      'is prepared for Pod Identity',
      'Allow',
      { StringLike: { 'aws:userid': ['*:nightly', '*:eks-*'] } },
      false,
    ],
    [
      'is prepared for another cluster',
      'Allow',
      { StringLike: { 'aws:userid': ['*:nightly', '*:eks-dev-*'] } },
      true,
    ],
    [
      'names the session of another role',
      'Allow',
      { StringEquals: { 'aws:userid': 'AROA2:nightly' } },
      false,
    ],
    [
      'asks for more beside',
      'Allow',
      {
        StringEquals: {
          'aws:userid': 'AROA1:nightly',
          'aws:PrincipalTag/a': 'b',
        },
      },
      true,
    ],
    [
      'has a variable',
      'Allow',
      { StringLike: { 'aws:userid': '*:${aws:PrincipalTag/team}' } },
      false,
    ],
  ])('one that %s', (_, Effect, Condition, taken) => {
    const [statement] = sessionStatements([{ Effect, Condition }]);
    expect(takesAway(statement, 'AROA1:nightly', BY_POD_IDENTITY)).toBe(taken);
  });

  it('leaves out those that are about none', () => {
    expect(
      sessionStatements([
        { Effect: 'Allow' },
        { Condition: { StringEquals: { 'aws:PrincipalTag/a': 'b' } } },
      ]),
    ).toEqual([]);
  });

  it('reads a session as a principal, and no other', () => {
    const sts = 'arn:aws:sts::111122223333:assumed-role/batch/nightly';
    const roleArn = 'arn:aws:iam::111122223333:role/batch';
    expect(sessionOfPrincipal(sts)).toEqual({ roleArn, name: 'nightly' });
    expect(sessionOfPrincipal(roleArn)).toBeUndefined();
    const one = ofOneSession('Allow', 'AROA1:nightly');
    expect(userIdsOf(one)).toEqual(['AROA1:nightly']);
    expect(takesAway(one, 'AROA1:nightly', BY_POD_IDENTITY)).toBe(true);
  });

  it('knows what is no name, such as a text with variables of Kubernetes', () => {
    expect(['nightly@1', '$(POD_NAME)', 'a', 'a b'].map(isSessionName)).toEqual(
      [true, false, false, false],
    );
  });
});
