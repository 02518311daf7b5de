import type { PolicyStatement } from './policyDocument';
import {
  isSessionName,
  sessionNamesIn,
  sessionOfPrincipal,
} from './sessionNames';

const when = (Condition: object, more: PolicyStatement = {}) => [
  { Effect: 'Allow', Action: 's3:*', Resource: '*', ...more, Condition },
];

describe('the names of sessions that a policy depends on', () => {
  it.each<[string, PolicyStatement[], string[]]>([
    [
      'nothing of it',
      when({ StringEquals: { 'aws:PrincipalTag/a': 'b' } }),
      [],
    ],
    [
      'one name',
      when({ StringEquals: { 'aws:userid': 'AROAX:batch' } }),
      ['batch'],
    ],
    [
      'several, in a key of any case and a negated operator',
      when({ StringNotLike: { 'AWS:UserId': ['*:batch', '*:night*'] } }),
      ['batch', 'night*'],
    ],
    [
      'every session of a role',
      when({ StringLike: { 'aws:userid': 'AROAX:*' } }),
      [],
    ],
    ['a user', when({ StringEquals: { 'aws:userid': 'AIDAX' } }), []],
    [
      'a name that no session has',
      when({ StringLike: { 'aws:userid': '*:a b' } }),
      [],
    ],
    [
      'a variable in the name',
      when({ StringLike: { 'aws:userid': '*:${aws:PrincipalTag/team}' } }),
      ['*'],
    ],
    [
      'the name as a variable',
      when({}, { Resource: 'arn:aws:s3:::data/${aws:userid}/*' }),
      ['*'],
    ],
  ])('%s', (_, statements, names) => {
    expect(sessionNamesIn(statements)).toEqual(names);
  });

  it('reads a session as a principal, and no other', () => {
    const sts = 'arn:aws:sts::111122223333:assumed-role/batch/nightly';
    expect(sessionOfPrincipal(sts)).toEqual({ role: 'batch', name: 'nightly' });
    const role = 'arn:aws:iam::111122223333:role/batch';
    expect(sessionOfPrincipal(role)).toBeUndefined();
  });

  it('knows what is no name, such as a text with variables of Kubernetes', () => {
    expect(['nightly@1', '$(POD_NAME)', 'a', 'a b'].map(isSessionName)).toEqual(
      [true, false, false, false],
    );
  });
});
