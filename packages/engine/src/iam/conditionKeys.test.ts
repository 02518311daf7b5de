import {
  ABSENT,
  type Answer,
  type ConditionOptions,
  evaluateConditions,
  type KeyValue,
} from './conditions';

describe('a key of which a part is known', () => {
  const of = (
    key: { prefix: string; fresh?: boolean; sameAs?: string },
    operator: string,
    expected: unknown,
    options?: ConditionOptions,
  ) =>
    evaluateConditions(
      { [operator]: { k: expected } },
      new Map([['k', key]]),
      options,
    );
  const named = { prefix: 'eks-' };

  it.each<[string, unknown, Answer]>([
    ['StringEquals', 'eks-1', 'unknown'],
    ['StringEquals', 'x-eks-', 'no'],
    ['StringNotEquals', 'x', 'yes'],
    ['StringEqualsIgnoreCase', 'EKS-1', 'unknown'],
    ['StringEqualsIgnoreCase', 'x', 'no'],
    ['StringLike', 'eks-*', 'yes'],
    ['StringLike', 'e*', 'yes'],
    ['StringLike', '*', 'yes'],
    ['StringLike', '*x', 'unknown'],
    ['StringLike', 'eks-x*', 'unknown'],
    ['StringLike', 'x*', 'no'],
    ['StringLike', 'e?s-*', 'unknown'],
    ['StringLike', '?x', 'unknown'],
    ['StringLike', 'x', 'no'],
    ['StringNotLike', 'eks-*', 'no'],
    ['StringLike', '${aws:none}', 'unknown'],
    ['ArnLike', 'arn:*', 'unknown'],
    ['Null', 'false', 'yes'],
    ['Null', 'true', 'no'],
    ['ForAllValues:StringLike', ['x*', 'eks-*'], 'yes'],
  ])('%s %j: %s', (operator, expected, answered) => {
    expect(of(named, operator, expected).answer).toBe(answered);
  });

  it('is spelled out by no policy where each request has another', () => {
    const fresh = { prefix: '', fresh: true };
    expect(of(fresh, 'StringEquals', 'x').answer).toBe('no');
    expect(of(fresh, 'StringLike', 'x').answer).toBe('no');
    expect(of(fresh, 'StringLike', 'x*').answer).toBe('unknown');
  });

  it('is the same as a variable', () => {
    const organization = { prefix: 'o-', sameAs: '${aws:resourceorgid}' };
    const own = '${aws:ResourceOrgId}';
    expect(of(organization, 'StringEquals', own).answer).toBe('yes');
    expect(of(organization, 'StringNotEquals', own).answer).toBe('no');
    expect(of(organization, 'StringEquals', '${aws:Other}').answer).toBe(
      'unknown',
    );
    // Plain text in documents of the old version.
    expect(
      of(organization, 'StringEquals', own, { variables: 'none' }).answer,
    ).toBe('no');
  });

  it('says what it begins with', () => {
    expect(of(named, 'StringEquals', 'x')).toMatchObject({
      reasons: ['StringEquals k = "x" fails: it begins with "eks-"'],
      failed: ['k'],
      undecided: [],
    });
  });
});

describe('a value that is only likely', () => {
  const of = (
    expected: string,
    lean?: 'yes' | 'no',
    operator = 'StringEquals',
  ) =>
    evaluateConditions(
      { [operator]: { K: expected } },
      new Map([['k', { likely: 'a' }]]),
      { lean },
    );

  it('carries the answer to which the statement leans', () => {
    expect(of('a', 'yes')).toMatchObject({ answer: 'yes', assumed: ['k'] });
    expect(of('b', 'no')).toMatchObject({ answer: 'no', assumed: ['k'] });
    expect(of('b', 'yes', 'StringNotEquals').answer).toBe('yes');
  });

  it('says whether there is one', () => {
    const isNull = (value: string, lean?: 'yes' | 'no') =>
      evaluateConditions(
        { Null: { K: value } },
        new Map([['k', { likely: 'a' }]]),
        { lean },
      );
    expect(isNull('false', 'yes')).toMatchObject({
      answer: 'yes',
      assumed: ['k'],
    });
    expect(isNull('true', 'no').answer).toBe('no');
    expect(isNull('true', 'yes').answer).toBe('unknown');
  });

  it('may be one of which a part is known', () => {
    const partly = (lean: 'yes' | 'no') =>
      evaluateConditions(
        { StringLike: { k: 'a*' } },
        new Map([['k', { prefix: 'a', likely: true }]]),
        { lean },
      ).answer;
    expect(partly('yes')).toBe('yes');
    expect(partly('no')).toBe('unknown');
  });

  it('carries no other', () => {
    for (const open of [of('b', 'yes'), of('a', 'no'), of('a'), of('b')]) {
      expect(open).toMatchObject({
        answer: 'unknown',
        assumed: [],
        undecided: ['k'],
        reasons: [
          expect.stringMatching(/because AWS does not document its value$/),
        ],
      });
    }
  });

  it('fills in no variable', () => {
    const context = new Map<string, KeyValue>([
      ['k', 'a'],
      ['v', { likely: 'a' }],
    ]);
    expect(
      evaluateConditions({ StringEquals: { k: '${v}' } }, context).answer,
    ).toBe('unknown');
  });
});

describe('a policy variable', () => {
  const context = new Map<string, KeyValue>([
    ['k', 'a*c'],
    ['star', '*'],
    ['one', 'a'],
    ['arn', 'arn:aws:eks:r:1:cluster/c'],
    ['region', 'r'],
    ['many', ['a', 'b']],
    ['none', ABSENT],
    ['part', { prefix: 'x' }],
  ]);
  const of = (
    operator: string,
    expected: unknown,
    options: ConditionOptions = {},
    key = 'k',
  ) =>
    evaluateConditions({ [operator]: { [key]: expected } }, context, options)
      .answer;

  it.each<[string, unknown, Answer]>([
    ['StringEquals', '${one}*c', 'yes'],
    ['StringEquals', '${ONE}*c', 'yes'],
    ['StringEquals', 'a${*}c', 'yes'],
    ['StringLike', 'a${*}c', 'yes'],
    ['StringLike', '${?}*c', 'no'],
    ['StringLike', 'a${star}c', 'yes'],
    ['StringLike', '${star}', 'no'],
    ['StringEquals', '${$}', 'no'],
    ['StringEquals', "${none, 'a'}*c", 'yes'],
    ['StringEquals', '${none}*c', 'no'],
    ['StringEquals', ['${none}', 'a*c'], 'yes'],
    ['StringNotEquals', '${none}', 'unknown'],
    ['StringNotEquals', '${one}', 'yes'],
    ['StringEquals', '${many}*c', 'unknown'],
    ['StringEquals', '${part}*c', 'unknown'],
    ['StringEquals', '${other}*c', 'unknown'],
    ['StringEquals', '${}', 'unknown'],
    ['StringEquals', '${one', 'unknown'],
  ])('in %s %j: %s', (operator, expected, answered) => {
    expect(of(operator, expected)).toBe(answered);
  });

  it.each<[string, Answer]>([
    ['arn:aws:eks:${region}:1:cluster/*', 'yes'],
    ['arn:aws:eks:${one}:1:cluster/*', 'no'],
    ['arn:aws:eks:${none}:1:cluster/*', 'no'],
    ['arn:aws:eks:${other}:1:cluster/*', 'unknown'],
    ['arn:aws:eks:${other}:2:cluster/*', 'no'],
    ['arn:aws:eks:${aws:none:x}:1:cluster/*', 'unknown'],
    ['arn:aws:eks:r:1', 'no'],
  ])('in ArnLike %s: %s', (pattern, answered) => {
    expect(of('ArnLike', pattern, {}, 'arn')).toBe(answered);
  });

  it('is plain text in documents of the old version', () => {
    const plain = { variables: 'none' } as const;
    expect(of('StringEquals', '${one}*c', plain)).toBe('no');
    expect(of('StringNotEquals', '${none}', plain)).toBe('yes');
  });
});
