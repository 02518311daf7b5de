import { allowsSome } from './allowsSome';
import type { PolicyStatement } from './policyDocument';

const ROLES = 'arn:aws:iam::111122223333:role/backstage/*';
const all = { Effect: 'Allow', Action: '*', Resource: '*' };

it.each<[boolean, string, PolicyStatement[]]>([
  [false, 'nothing', []],
  [
    false,
    'other services',
    [{ Effect: 'Allow', Action: ['s3:*', 'sts:*'], Resource: '*' }],
  ],
  [true, 'everything', [all]],
  [
    true,
    'one action, in another case',
    [{ Effect: 'Allow', Action: 'IAM:GetRole', Resource: '*' }],
  ],
  [
    true,
    'wildcards within',
    [{ Effect: 'Allow', Action: 'i?m:*Role', Resource: '*' }],
  ],
  [
    true,
    'something else that is not denied',
    [{ Effect: 'Allow', NotAction: ['iam:Create*', 's3:*'], Resource: '*' }],
  ],
  [
    false,
    'all but these',
    [{ Effect: 'Allow', NotAction: ['IAM:*', 'eks:*'], Resource: '*' }],
  ],
  [
    true,
    'it under a condition',
    [{ ...all, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
  ],
  [
    true,
    'it below a path that holds these roles',
    [{ ...all, Resource: 'arn:aws:iam::*:role/back*' }],
  ],
  [
    true,
    'it on what a variable names',
    [{ ...all, Resource: 'arn:aws:iam::111122223333:role/${aws:username}/x' }],
  ],
  [
    false,
    'it elsewhere',
    [{ ...all, Resource: 'arn:aws:iam::*:role/workloads/*' }],
  ],
  [
    false,
    'it on all other resources',
    [{ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:iam::*:role/*' }],
  ],
  [
    true,
    'it on some other resources',
    [
      {
        Effect: 'Allow',
        Action: '*',
        NotResource: 'arn:aws:iam::*:role/backstage/${aws:username}*',
      },
    ],
  ],
  [false, 'and denies it', [all, { ...all, Effect: 'Deny', Action: 'iam:*' }]],
  [
    false,
    'and denies more',
    [all, { ...all, Effect: 'Deny', Action: ['s3:*', 'I*'] }],
  ],
  [
    false,
    'and denies all but another service',
    [all, { Effect: 'Deny', NotAction: 's3:*', Resource: '*' }],
  ],
  [
    true,
    'and denies all but one of it',
    [all, { Effect: 'Deny', NotAction: 'iam:GetRole', Resource: '*' }],
  ],
  [
    true,
    'and denies a part',
    [all, { ...all, Effect: 'Deny', Action: ['iam:Create*', 'iam:?'] }],
  ],
  [
    true,
    'and denies it elsewhere',
    [all, { ...all, Effect: 'Deny', Resource: `${ROLES}/x` }],
  ],
  [
    true,
    'and denies it under a condition',
    [all, { ...all, Effect: 'Deny', Condition: { Null: { x: 'true' } } }],
  ],
])('says %s of a policy that allows %s', (expected, _, Statement) => {
  expect(allowsSome({ Statement }, 'iam:*', ROLES)).toBe(expected);
});
