import {
  ABSENT,
  type Answer,
  type ConditionContext,
  evaluateConditions,
  matchesPattern,
} from './conditions';

const CLUSTER = 'arn:aws:eks:eu-west-1:111122223333:cluster/team/payments';
const REQUEST: ConditionContext = new Map<string, string | typeof ABSENT>([
  ['aws:requesttag/namespace', 'shop'],
  ['aws:requesttag/cluster', CLUSTER],
  ['aws:requesttag/team', ABSENT],
]);
const NS = 'aws:RequestTag/namespace';
const ARN = 'aws:RequestTag/cluster';
const TEAM = 'aws:RequestTag/team';
const OTHER = 'aws:SourceIp';

const answer = (operator: string, key: string, value: unknown): Answer =>
  evaluateConditions({ [operator]: { [key]: value } }, REQUEST).answer;

describe('a condition on a text', () => {
  it.each<[string, unknown, Answer]>([
    ['StringEquals', 'shop', 'yes'],
    ['StringEquals', 'Shop', 'no'],
    ['StringEquals', 'sh*', 'no'],
    ['StringEquals', ['other', 'shop'], 'yes'],
    ['StringEquals', ['other', 'another'], 'no'],
    ['StringEquals', [], 'no'],
    ['StringEqualsIgnoreCase', 'SHOP', 'yes'],
    ['StringEqualsIgnoreCase', 'shops', 'no'],
    ['StringLike', 's?o*', 'yes'],
    ['StringLike', 'S*', 'no'],
    ['StringNotEquals', 'shop', 'no'],
    ['StringNotEquals', 'other', 'yes'],
    ['StringNotEquals', ['other', 'shop'], 'no'],
    ['StringNotEqualsIgnoreCase', 'SHOP', 'no'],
    ['StringNotLike', 's*', 'no'],
    ['StringNotLike', 'x*', 'yes'],
    ['stringequals', 'shop', 'yes'],
    ['StringEqualsIfExists', 'shop', 'yes'],
    ['StringEqualsIfExists', 'other', 'no'],
    ['StringNotLikeIfExists', 's*', 'no'],
  ])('%s %j: %s', (operator, value, expected) => {
    expect(answer(operator, NS, value)).toBe(expected);
  });

  it('does not depend on the case of its key', () => {
    expect(answer('StringEquals', NS.toUpperCase(), 'shop')).toBe('yes');
    expect(answer('Null', NS.toUpperCase(), 'false')).toBe('yes');
  });
});

describe('a condition on an ARN', () => {
  it.each<[string, string, Answer]>([
    ['ArnEquals', CLUSTER, 'yes'],
    ['ArnEquals', `${CLUSTER}-2`, 'no'],
    ['ArnEquals', 'arn:aws:eks:*:*:cluster/*', 'yes'],
    ['ArnLike', 'arn:aws:eks:*:111122223333:cluster/*', 'yes'],
    ['ArnLike', 'arn:aws:eks:*:111122223333:*ments', 'yes'],
    // A star of the first five parts does not reach over a colon.
    ['ArnLike', 'arn:aws:*:111122223333:cluster/*', 'no'],
    ['ArnLike', 'arn:*:cluster/team/payments', 'no'],
    ['ArnLike', 'arn:aws:eks:eu-west-2:111122223333:cluster/*', 'no'],
    ['ArnLike', '*', 'yes'],
    ['ArnLike', 'payments', 'no'],
    ['ArnNotLike', 'arn:aws:eks:*:111122223333:cluster/*', 'no'],
    ['ArnNotEquals', `${CLUSTER}-2`, 'yes'],
  ])('%s %s: %s', (operator, value, expected) => {
    expect(answer(operator, ARN, value)).toBe(expected);
  });

  it('is not met by what is no ARN, unless it takes everything', () => {
    expect(answer('ArnLike', NS, 'arn:*:*:*:*:*')).toBe('no');
    expect(answer('ArnLike', NS, '*')).toBe('yes');
  });

  it('may have colons in its sixth part', () => {
    const context = new Map([['k', 'arn:aws:logs:r:1:log-group:a:b']]);
    const finding = (pattern: string) =>
      evaluateConditions({ ArnLike: { k: pattern } }, context).answer;
    expect(finding('arn:aws:logs:r:1:log-group:*')).toBe('yes');
    expect(finding('arn:aws:logs:r:1:log-group:a:b')).toBe('yes');
    expect(finding('arn:aws:logs:r:1:log-group:a')).toBe('no');
  });
});

describe('a condition on a key that the request lacks', () => {
  it.each<[string, Answer]>([
    ['StringEquals', 'no'],
    ['StringLike', 'no'],
    ['ArnLike', 'no'],
    ['StringEqualsIfExists', 'yes'],
    ['ArnLikeIfExists', 'yes'],
    // AWS: a negated condition holds without the key.
    ['StringNotEquals', 'yes'],
    ['StringNotLikeIfExists', 'yes'],
    ['ArnNotLike', 'yes'],
  ])('%s: %s', (operator, expected) => {
    expect(answer(operator, TEAM, 'payments')).toBe(expected);
  });

  it.each<[string, unknown, Answer]>([
    [TEAM, 'true', 'yes'],
    [TEAM, true, 'yes'],
    [TEAM, 'True', 'yes'],
    [TEAM, 'false', 'no'],
    [NS, 'true', 'no'],
    [NS, 'false', 'yes'],
    [NS, ['true', 'false'], 'yes'],
    [OTHER, 'true', 'unknown'],
  ])('Null %s %j: %s', (key, value, expected) => {
    expect(answer('Null', key, value)).toBe(expected);
  });
});

describe('a condition that only AWS can judge', () => {
  it.each<[string, string, unknown]>([
    ['StringEquals', OTHER, 'x'],
    ['StringNotEquals', OTHER, 'x'],
    ['StringEqualsIfExists', OTHER, 'x'],
    ['IpAddress', NS, '10.0.0.0/8'],
    ['NumericNotEquals', NS, '1'],
    ['constructor', NS, 'shop'],
    ['StringEquals', NS, '${aws:PrincipalTag/namespace}'],
    ['StringNotEquals', NS, '${aws:PrincipalTag/namespace}'],
    ['StringEquals', NS, '${broken'],
    // AWS does not say whether the negation holds where a variable has no value.
    ['StringNotEquals', NS, '${aws:RequestTag/team}'],
    ['StringEquals', NS, ['other', '${aws:PrincipalTag/namespace}']],
  ])('%s %s %j', (operator, key, value) => {
    expect(answer(operator, key, value)).toBe('unknown');
  });

  it('is judged where another of its values fits', () => {
    const values = ['${aws:PrincipalTag/namespace}', 'shop'];
    expect(answer('StringEquals', NS, values)).toBe('yes');
    expect(answer('StringNotEquals', NS, values)).toBe('no');
  });

  it('includes an operator named like a property of every object', () => {
    const block = JSON.parse(`{"__proto__": {"${NS}": "shop"}}`);
    expect(evaluateConditions(block, REQUEST).answer).toBe('unknown');
  });
});

describe('a block of conditions', () => {
  const holds = { StringEquals: { [NS]: 'shop' } };
  const fails = { StringLike: { [NS]: 'x*' } };
  const open = { IpAddress: { [OTHER]: '10.0.0.0/8' } };

  it.each<[string, unknown, Answer]>([
    ['is not there', undefined, 'yes'],
    ['is null', null, 'yes'],
    ['is empty', {}, 'yes'],
    ['has an operator without keys', { StringEquals: null }, 'yes'],
    ['has two that hold', { ...holds, Null: { [NS]: 'false' } }, 'yes'],
    ['has one that fails', { ...holds, ...fails }, 'no'],
    [
      'has two keys of which one fails',
      { StringEquals: { [NS]: 'shop', [ARN]: 'x' } },
      'no',
    ],
    ['has one that cannot be judged', { ...holds, ...open }, 'unknown'],
    ['fails before what cannot be judged', { ...fails, ...open }, 'no'],
    ['fails after what cannot be judged', { ...open, ...fails }, 'no'],
    ['is text', 'x', 'unknown'],
    ['is a list', [], 'unknown'],
  ])('that %s', (_what, block, expected) => {
    expect(evaluateConditions(block, REQUEST).answer).toBe(expected);
  });

  it.each<[string, unknown, string[]]>([
    ['nothing where all hold', { ...holds, Null: { [NS]: 'false' } }, []],
    [
      'what the request has instead',
      { StringEquals: { [NS]: ['a', 'b'] } },
      [`StringEquals ${NS} = "a" or "b" fails: it is "shop"`],
    ],
    [
      'that the request lacks the key',
      { StringEquals: { [TEAM]: 'a' } },
      [`StringEquals ${TEAM} = "a" fails: the request has no ${TEAM}`],
    ],
    [
      'that a key has to be absent',
      { Null: { [NS]: 'true' } },
      [`Null ${NS} = "true" fails`],
    ],
    [
      'what cannot be judged, and why',
      {
        Null: { [OTHER]: 'true' },
        ...open,
        StringEquals: { [OTHER]: 'x', [NS]: '${aws:username}' },
      },
      [
        `Null ${OTHER} = "true" is not evaluated`,
        `IpAddress ${OTHER} = "10.0.0.0/8" is not evaluated`,
        `StringEquals ${OTHER} = "x" is not evaluated`,
        `StringEquals ${NS} = "\${aws:username}" holds a policy variable, which only AWS can fill in`,
      ],
    ],
    ['that it is none', 'x', ['the Condition is not an object']],
  ])('says %s', (_what, block, reasons) => {
    expect(evaluateConditions(block, REQUEST).reasons).toEqual(reasons);
  });
});

describe('matchesPattern', () => {
  it('reads "*" and "?" as IAM does, and nothing else', () => {
    expect(matchesPattern('sts:Assume*', 'sts:AssumeRole')).toBe(true);
    expect(matchesPattern('sts:Tag?ession', 'sts:TagSession')).toBe(true);
    expect(matchesPattern('sts.TagSession', 'sts:TagSession')).toBe(false);
  });
});

describe('numbers, times, truth and addresses', () => {
  const of = (actual: string, operator: string, expected: unknown) =>
    evaluateConditions(
      { [operator]: { k: expected } },
      new Map([['k', actual]]),
    ).answer;

  it.each<[string, string, unknown, Answer]>([
    ['7', 'NumericEquals', '7.0', 'yes'],
    ['7', 'NumericEquals', 8, 'no'],
    ['7', 'NumericNotEquals', '8', 'yes'],
    ['7', 'NumericLessThan', '7', 'no'],
    ['-7', 'NumericLessThan', '7', 'yes'],
    ['7', 'NumericLessThanEquals', '7', 'yes'],
    ['8', 'NumericLessThanEquals', '7', 'no'],
    ['7', 'NumericGreaterThan', '7', 'no'],
    ['8', 'NumericGreaterThan', '7', 'yes'],
    ['7', 'NumericGreaterThanEquals', '7', 'yes'],
    ['6', 'NumericGreaterThanEquals', '7', 'no'],
    ['seven', 'NumericEquals', '7', 'unknown'],
    ['7', 'NumericEquals', '', 'unknown'],
    ['2026-01-02T00:00:00Z', 'DateLessThan', '2026-01-02T00:00:01Z', 'yes'],
    ['2026-01-02T00:00:00Z', 'DateEquals', '1767312000', 'yes'],
    ['2026-01-02T00:00:00Z', 'DateGreaterThan', '2027-01-01', 'no'],
    ['2026-01-02T00:00:00Z', 'DateEquals', 'never', 'unknown'],
    ['true', 'Bool', 'True', 'yes'],
    ['true', 'Bool', false, 'no'],
    ['false', 'Bool', 'false', 'yes'],
    ['true', 'Bool', 'perhaps', 'unknown'],
    ['perhaps', 'Bool', 'perhaps', 'unknown'],
    ['10.1.2.3', 'IpAddress', '10.0.0.0/8', 'yes'],
    ['11.1.2.3', 'IpAddress', '10.0.0.0/8', 'no'],
    ['10.1.2.3', 'IpAddress', '10.1.2.3', 'yes'],
    ['10.1.2.4', 'IpAddress', '10.1.2.3', 'no'],
    ['10.1.2.3', 'NotIpAddress', '10.0.0.0/8', 'no'],
    ['10.1.2.3', 'IpAddress', '2001:db8::/32', 'no'],
    ['2001:db8::1', 'IpAddress', '2001:db8::/32', 'yes'],
    ['2001:db8::1', 'IpAddress', '2001:db8::1', 'yes'],
    ['2001:db8::2', 'IpAddress', '2001:db8::1/128', 'no'],
    ['10.1.2.3', 'IpAddress', '10.0.0.0/33', 'unknown'],
    ['10.1.2.3', 'IpAddress', '10.0.0.0/32', 'no'],
    ['10.1.2.3', 'IpAddress', '10.0.0.0/8/8', 'unknown'],
    ['10.1.2.3', 'IpAddress', '10.0.0.0/x', 'unknown'],
    ['10.1.2.3', 'IpAddress', 'everywhere', 'unknown'],
    ['10.1.2.3', 'NumericEquals', '${aws:x}', 'unknown'],
  ])('%s %s %j: %s', (actual, operator, expected, answered) => {
    expect(of(actual, operator, expected)).toBe(answered);
  });
});

describe('a key with several values', () => {
  const of = (values: string[], operator: string, expected: unknown) =>
    evaluateConditions(
      { [operator]: { k: expected } },
      new Map([['k', values]]),
    ).answer;
  const both = ['a', 'b'];

  it.each<[string, unknown, Answer]>([
    ['ForAllValues:StringEquals', ['a', 'b', 'c'], 'yes'],
    ['ForAllValues:StringEquals', 'a', 'no'],
    ['ForAllValues:StringNotEquals', 'c', 'yes'],
    ['ForAllValues:StringNotEquals', 'a', 'no'],
    ['ForAnyValue:StringEquals', 'a', 'yes'],
    ['ForAnyValue:StringEquals', 'c', 'no'],
    ['ForAnyValue:StringNotEquals', 'a', 'yes'],
    ['ForAnyValue:StringNotEquals', ['a', 'b'], 'no'],
    ['FORANYVALUE:stringlikeIFEXISTS', 'a*', 'yes'],
    ['StringEquals', 'a', 'unknown'],
    ['StringEquals', ['a', 'b'], 'yes'],
    ['StringEquals', 'c', 'no'],
    ['StringNotEquals', 'c', 'yes'],
  ])('%s %j: %s', (operator, expected, answered) => {
    expect(of(both, operator, expected)).toBe(answered);
  });

  it('may be missing', () => {
    const missing = (operator: string) => answer(operator, TEAM, 'a');
    expect(missing('ForAllValues:StringEquals')).toBe('yes');
    expect(missing('ForAnyValue:StringEquals')).toBe('no');
    expect(missing('ForAnyValue:StringNotEquals')).toBe('no');
    expect(missing('ForAnyValue:StringEqualsIfExists')).toBe('yes');
  });
});
