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

describe('allowsRoleChaining with what is known of the request', () => {
  const of = (document: object, context?: Map<string, string>) =>
    allowsRoleChaining(
      [{ document: parsePolicyDocument(document) }],
      TARGET,
      context && (() => context),
    );
  const tagged = (value: string) =>
    allow('sts:*', '*', { Condition: { StringEquals: { tag: value } } });

  it('evaluates conditions on it', () => {
    const context = new Map([['tag', 'a']]);
    const version = { Version: '2012-10-17' };
    expect(of({ Statement: tagged('a') }).answer).toBe('unknown');
    expect(of({ Statement: tagged('a') }, context).answer).toBe('yes');
    expect(of({ Statement: tagged('b') }, context).answer).toBe('no');
    // A variable is plain text in documents of the old version.
    expect(of({ Statement: tagged('${tag}') }, context).answer).toBe('no');
    expect(
      of({ ...version, Statement: tagged('${tag}') }, context).answer,
    ).toBe('yes');
  });

  it('does not fill in variables of resources', () => {
    const open = of({
      Statement: { ...allow('sts:*', ['arn:x', '${aws:y}']), Sid: 'Own' },
    });
    expect(open).toMatchObject({
      answer: 'unknown',
      reasons: ['statement "Own": its resource holds a policy variable'],
    });
    expect(of({ Statement: allow('sts:*', ['${aws:y}', TARGET]) }).answer).toBe(
      'yes',
    );
  });

  it('keeps the statements of two policies apart, and those of one', () => {
    const deny = (Action: string, Sid: string) => ({
      Sid,
      Effect: 'Deny',
      Action,
      Resource: '*',
    });
    const document = (name: string, ...Statement: object[]) => ({
      name,
      document: parsePolicyDocument({ Statement }),
    });
    const { denies } = allowsRoleChaining(
      [
        document('a', deny('*', 'All'), deny('sts:TagSession', 'Tags')),
        document('b', deny('sts:TagSession', 'Tags')),
      ],
      TARGET,
    );
    expect(denies.map(({ label, actions }) => [label, ...actions])).toEqual([
      ['statement "All" of policy "a"', 'sts:AssumeRole', 'sts:TagSession'],
      ['statement "Tags" of policy "a"', 'sts:TagSession'],
      ['statement "Tags" of policy "b"', 'sts:TagSession'],
    ]);
  });

  it('names the actions that nothing allows, and the statements that forbid them', () => {
    expect(of({ Statement: allow('sts:AssumeRole', TARGET) })).toMatchObject({
      lacks: ['sts:TagSession'],
      denies: [],
    });
    expect(
      of({
        Statement: [
          allow('sts:AssumeRole', TARGET),
          { Sid: 'Stay', Effect: 'Deny', Action: 'sts:*', Resource: '*' },
        ],
      }),
    ).toMatchObject({
      lacks: [],
      denies: [
        {
          label: 'statement "Stay"',
          index: 1,
          actions: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ],
    });
  });
});
