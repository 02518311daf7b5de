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
    [
      'NotResource with the target role',
      [{ Effect: 'Allow', Action: 'sts:*', NotResource: TARGET }],
      'no',
    ],
    [
      'NotResource in upper case, which is another ARN',
      [{ Effect: 'Allow', Action: 'sts:*', NotResource: TARGET.toUpperCase() }],
      'yes',
    ],
    [
      'NotAction in upper case, which is the same action',
      [{ Effect: 'Allow', NotAction: 'STS:TAGSESSION', Resource: '*' }],
      'no',
    ],
    ['an action in upper case', [allow('STS:*', TARGET)], 'yes'],
    [
      'a role whose name differs in case',
      [allow('sts:*', TARGET.replace('reader', 'Reader'))],
      'no',
    ],
    ['nothing', [], 'no'],
    [
      'only a Deny with a condition',
      [
        {
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: { Bool: { 'aws:ViaAWSService': 'false' } },
        },
      ],
      'no',
    ],
    [
      'a statement with a condition beside one without',
      [
        allow('sts:*', '*', {
          Condition: { Bool: { 'aws:SecureTransport': 'true' } },
        }),
        allow('sts:*', TARGET),
      ],
      'yes',
    ],
    [
      'one action with a condition, the other without',
      [
        allow('sts:AssumeRole', TARGET),
        allow('sts:TagSession', TARGET, {
          Condition: { Bool: { 'aws:SecureTransport': 'true' } },
        }),
      ],
      'unknown',
    ],
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
      allowsRoleChaining(
        [{ name: 'go', document: parsePolicyDocument({ Statement }) }],
        TARGET,
      ).answer,
    ).toBe(answer);
  });

  it.each<[string, unknown[], string[]]>([
    [
      'the Deny',
      [allow('*', '*'), { Effect: 'Deny', Action: 'sts:*', Resource: '*' }],
      [
        'statement 2 of policy "go" (Deny) forbids sts:AssumeRole',
        'statement 2 of policy "go" (Deny) forbids sts:TagSession',
      ],
    ],
    [
      'the condition that cannot be evaluated, once',
      [allow('sts:*', '*', { Condition: { Bool: { 'aws:X': 'true' } } })],
      ['statement 1 of policy "go": Bool aws:X = "true" is not evaluated'],
    ],
    [
      'no condition of an action that is also allowed without it',
      [
        allow('sts:AssumeRole', TARGET),
        allow('sts:AssumeRole', '*', {
          Condition: { Bool: { 'aws:X': 'true' } },
        }),
      ],
      [],
    ],
  ])('gives as reason %s', (_, Statement, reasons) => {
    expect(
      allowsRoleChaining(
        [{ name: 'go', document: parsePolicyDocument({ Statement }) }],
        TARGET,
      ).reasons,
    ).toEqual(reasons);
  });
});
