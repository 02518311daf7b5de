import { allowsRoleChaining } from './roleChaining';
import { targetAssumePolicy } from './snippets';
import { parsePolicyDocument } from '../iam/policyDocument';

const TARGET = 'arn:aws:iam::444455556666:role/reader';

const allow = (Action: unknown, Resource: unknown, extra: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...extra,
});

describe('allowsRoleChaining', () => {
  it.each<[string, unknown[], 'yes' | 'no' | 'unknown']>([
    ['our own policy', targetAssumePolicy(TARGET).Statement, 'yes'],
    ['a wildcard', [allow('*', '*')], 'yes'],
    [
      'two statements',
      [allow('sts:AssumeRole', TARGET), allow(['sts:TagSession'], '*')],
      'yes',
    ],
    ['no TagSession', [allow('sts:AssumeRole', TARGET)], 'no'],
    ['another role', [allow('sts:*', `${TARGET}-2`)], 'no'],
    [
      'NotResource elsewhere',
      [{ Effect: 'Allow', Action: 'sts:*', NotResource: 'arn:x' }],
      'yes',
    ],
    [
      'NotAction',
      [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
      'yes',
    ],
    ['nothing', [], 'no'],
    [
      'a Deny',
      [
        allow('*', '*'),
        { Effect: 'Deny', Action: 'sts:TagSession', Resource: '*' },
      ],
      'no',
    ],
    [
      'a condition',
      [
        allow('sts:*', '*', {
          Condition: { Bool: { 'aws:SecureTransport': 'true' } },
        }),
      ],
      'unknown',
    ],
    [
      'a Deny with a condition',
      [
        allow('*', '*'),
        {
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: { Bool: { 'aws:ViaAWSService': 'false' } },
        },
      ],
      'unknown',
    ],
  ])('judges %s', (_, Statement, answer) => {
    expect(
      allowsRoleChaining([parsePolicyDocument({ Statement })], TARGET).answer,
    ).toBe(answer);
  });
});
