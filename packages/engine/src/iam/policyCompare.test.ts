import { samePolicy, sameStatement } from './policyCompare';

const BASE = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'A',
      Effect: 'Allow',
      Principal: { AWS: ['arn:aws:iam::111122223333:root', 'x'] },
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: 'arn:aws:s3:::b',
      Condition: { StringEquals: { 'aws:RequestTag/a': 'x', 'aws:y': ['1'] } },
    },
    { Sid: 'B', Effect: 'Deny', Principal: '*', Action: 'sts:*' },
  ],
};

const copy = (): any => JSON.parse(JSON.stringify(BASE));

describe('samePolicy', () => {
  it.each<[string, (doc: any) => unknown]>([
    ['text instead of object', doc => JSON.stringify(doc, null, 2)],
    ['percent-encoded text', doc => encodeURIComponent(JSON.stringify(doc))],
    [
      'statements in another order',
      doc => ({ ...doc, Statement: doc.Statement.reverse() }),
    ],
    [
      'keys in another order',
      doc => ({
        Statement: doc.Statement.map((s: object) =>
          Object.fromEntries(Object.entries(s).reverse()),
        ),
        Version: doc.Version,
      }),
    ],
    [
      'lists in another order and scalars for lists',
      doc => {
        doc.Statement[0].Action.reverse();
        doc.Statement[0].Resource = [doc.Statement[0].Resource];
        doc.Statement[0].Condition.StringEquals['aws:y'] = '1';
        return doc;
      },
    ],
    [
      'an account id for the root ARN, "*" as AWS principal',
      doc => {
        doc.Statement[0].Principal.AWS[0] = '111122223333';
        doc.Statement[1].Principal = { AWS: '*' };
        return doc;
      },
    ],
    [
      'actions and condition keys in another case',
      doc => {
        doc.Statement[0].Action[0] = 'S3:getobject';
        doc.Statement[0].Condition = {
          stringequals: { 'AWS:RequestTag/A': 'x', 'AWS:Y': '1' },
        };
        return doc;
      },
    ],
    [
      'an undefined member',
      doc => {
        doc.Statement[1].Condition = undefined;
        return doc;
      },
    ],
  ])('ignores %s', (_, change) => {
    expect(samePolicy(BASE, change(copy()))).toBe(true);
  });

  it.each<[string, (doc: any) => unknown]>([
    ['another action', doc => doc.Statement[0].Action.push('s3:PutObject')],
    ['another effect', doc => (doc.Statement[0].Effect = 'Deny')],
    ['another Sid', doc => (doc.Statement[0].Sid = 'C')],
    ['another resource', doc => (doc.Statement[0].Resource = 'arn:aws:s3:::B')],
    [
      'another condition value',
      doc => (doc.Statement[0].Condition.StringEquals['aws:y'] = ['2']),
    ],
    [
      'another principal',
      doc => (doc.Statement[1].Principal = { AWS: '111122223333' }),
    ],
    [
      'a service instead of an account',
      doc => {
        doc.Statement[0].Principal = {
          Service: doc.Statement[0].Principal.AWS,
        };
      },
    ],
    ['no condition', doc => delete doc.Statement[0].Condition],
    ['a missing statement', doc => doc.Statement.pop()],
    ['another version', doc => delete doc.Version],
  ])('sees %s', (_, change) => {
    const doc = copy();
    change(doc);
    expect(samePolicy(BASE, doc)).toBe(false);
  });

  it('treats an unreadable document as equal to none', () => {
    expect(samePolicy('{', '{')).toBe(false);
  });

  it('reads a missing version as the oldest one, as IAM does', () => {
    const { Version, ...without } = copy();
    expect(samePolicy(without, { ...without, Version: '2008-10-17' })).toBe(
      true,
    );
    expect(samePolicy(without, { ...without, Version })).toBe(false);
  });

  it.each(['Principal', 'Condition'])(
    'compares a %s that IAM would refuse exactly as it is written',
    key => {
      const policy = (value: unknown) => ({ Statement: { [key]: value } });
      expect(samePolicy(policy(null), policy(null))).toBe(true);
      expect(samePolicy(policy('a'), policy('a'))).toBe(true);
      expect(samePolicy(policy('a'), policy('b'))).toBe(false);
      expect(samePolicy(policy('a'), policy(null))).toBe(false);
    },
  );
});

describe('sameStatement', () => {
  const [statement, other] = BASE.Statement;

  it('applies the same rules to single statements', () => {
    expect(sameStatement(statement, copy().Statement[0])).toBe(true);
    expect(
      sameStatement(other, { ...other, Action: ['STS:*'], Principal: '*' }),
    ).toBe(true);
    expect(sameStatement(statement, other)).toBe(false);
    expect(sameStatement(other, { ...other, Effect: 'Allow' })).toBe(false);
  });
});
