import { conditionsMatch } from './conditions';
import { ConditionElement } from './document';
import { RequestContext } from './match';

const context = new RequestContext({
  'aws:username': 'ana',
  'aws:SourceIp': '203.0.113.7',
  'aws:CurrentTime': '2026-11-24T12:00:00Z',
  'aws:EpochTime': '1795521600',
  'aws:SecureTransport': 'true',
  'aws:TagKeys': ['team', 'cost-center'],
  'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/app/web',
  'aws:PrincipalTag/kubernetes-namespace': 'payments',
  's3:prefix': 'payments/2026',
  's3:max-keys': '50',
  'literal:star': 'a*c',
});

const holds = (condition: ConditionElement) =>
  conditionsMatch(condition, context, context);

describe('conditions that are met', () => {
  it.each<[string, ConditionElement]>([
    ['StringEquals', { StringEquals: { 'aws:username': 'ana' } }],
    [
      'one of several values',
      { StringEquals: { 'aws:username': ['bo', 'ana'] } },
    ],
    ['a key in another case', { StringEquals: { 'AWS:UserName': 'ana' } }],
    ['StringNotEquals', { StringNotEquals: { 'aws:username': ['bo', 'cy'] } }],
    [
      'StringNotEquals on an absent key',
      { StringNotEquals: { 'aws:none': 'x' } },
    ],
    [
      'StringEqualsIgnoreCase',
      { StringEqualsIgnoreCase: { 'aws:username': 'ANA' } },
    ],
    ['StringLike', { StringLike: { 's3:prefix': 'payments/*' } }],
    ['StringLike with ?', { StringLike: { 'aws:username': 'an?' } }],
    ['StringNotLike', { StringNotLike: { 's3:prefix': 'orders/*' } }],
    [
      'IfExists on an absent key',
      { StringEqualsIfExists: { 'aws:none': 'x' } },
    ],
    [
      'a policy variable',
      {
        StringLike: {
          's3:prefix': '${aws:PrincipalTag/kubernetes-namespace}/*',
        },
      },
    ],
    [
      'the default of an absent variable',
      { StringEquals: { 'aws:username': "${aws:none, 'ana'}" } },
    ],
    [
      'a literal star from a variable',
      { StringLike: { 'literal:star': '${literal:star}' } },
    ],
    ['an escaped star', { StringEquals: { 'literal:star': 'a${*}c' } }],
    [
      'ArnLike',
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/app/*' } },
    ],
    [
      'ArnEquals with a wildcard',
      { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } },
    ],
    [
      'ArnNotLike',
      { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/db/*' } },
    ],
    ['Bool', { Bool: { 'aws:SecureTransport': true } }],
    ['Bool as text', { Bool: { 'aws:SecureTransport': 'true' } }],
    ['Null false on a present key', { Null: { 'aws:username': false } }],
    ['Null true on an absent key', { Null: { 'aws:none': 'true' } }],
    [
      'NumericLessThanEquals',
      { NumericLessThanEquals: { 's3:max-keys': '50' } },
    ],
    ['NumericEquals', { NumericEquals: { 's3:max-keys': 50 } }],
    [
      'DateGreaterThan',
      { DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } },
    ],
    [
      'DateLessThan in seconds',
      { DateLessThan: { 'aws:EpochTime': '1795521601' } },
    ],
    ['IpAddress', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }],
    [
      'IpAddress without a prefix',
      { IpAddress: { 'aws:SourceIp': '203.0.113.7' } },
    ],
    ['NotIpAddress', { NotIpAddress: { 'aws:SourceIp': '198.51.100.0/24' } }],
    [
      'ForAnyValue',
      { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['team'] } },
    ],
    [
      'ForAllValues',
      {
        'ForAllValues:StringEquals': {
          'aws:TagKeys': ['team', 'cost-center', 'x'],
        },
      },
    ],
    [
      'ForAllValues on an absent key',
      { 'ForAllValues:StringEquals': { 'aws:none': ['x'] } },
    ],
    [
      'ForAllValues:StringNotEquals',
      { 'ForAllValues:StringNotEquals': { 'aws:TagKeys': ['owner'] } },
    ],
    [
      'two operators',
      {
        StringEquals: { 'aws:username': 'ana' },
        Bool: { 'aws:SecureTransport': 'true' },
      },
    ],
    [
      'operators in another letter case',
      {
        stringequals: { 'aws:username': 'ana' },
        'FORANYVALUE:stringLikeIFEXISTS': { 'aws:TagKeys': 'te*' },
        NULL: { 'aws:none': 'True' },
        arnnotlike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/db/*' },
      },
    ],
    ['nothing', {}],
  ])('%s', (_name, condition) => {
    expect(holds(condition)).toBe(true);
  });
});

describe('conditions that are not met', () => {
  it.each<[string, ConditionElement]>([
    [
      'StringEquals in another case',
      { StringEquals: { 'aws:username': 'Ana' } },
    ],
    ['StringEquals on an absent key', { StringEquals: { 'aws:none': 'x' } }],
    ['a wildcard in StringEquals', { StringEquals: { 'aws:username': 'an*' } }],
    [
      'StringNotEquals with the value among others',
      { StringNotEquals: { 'aws:username': ['bo', 'ana'] } },
    ],
    [
      'IfExists on another value',
      { StringEqualsIfExists: { 'aws:username': 'bo' } },
    ],
    [
      'a variable without a value',
      { StringEquals: { 'aws:username': '${aws:none}' } },
    ],
    [
      'a variable with two values',
      { StringLike: { 'aws:username': '${aws:TagKeys}' } },
    ],
    [
      'a star from a variable used as a wildcard',
      { StringLike: { 'aws:username': '${literal:star}' } },
    ],
    [
      'an ARN wildcard that would have to cross a colon',
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:*:role/app/web' } },
    ],
    ['Bool', { Bool: { 'aws:SecureTransport': 'false' } }],
    ['Bool on an absent key', { Bool: { 'aws:none': 'true' } }],
    ['Null true on a present key', { Null: { 'aws:username': true } }],
    ['an invalid number', { NumericLessThan: { 'aws:username': '50' } }],
    ['an invalid date', { DateLessThan: { 'aws:username': '2027-01-01' } }],
    [
      'an address of the other IP family',
      { IpAddress: { 'aws:SourceIp': '2001:db8::/32' } },
    ],
    [
      'ForAnyValue on an absent key',
      { 'ForAnyValue:StringEquals': { 'aws:none': ['x'] } },
    ],
    [
      'ForAnyValue:StringNotEquals on an absent key',
      { 'ForAnyValue:StringNotEquals': { 'aws:none': ['x'] } },
    ],
    [
      'ForAllValues with one value outside',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } },
    ],
    ['an unknown operator', { StringSounds: { 'aws:username': 'ana' } }],
    [
      'the second of two operators',
      {
        StringEquals: { 'aws:username': 'ana' },
        Bool: { 'aws:SecureTransport': 'false' },
      },
    ],
    [
      'the second of two keys',
      { StringEquals: { 'aws:username': 'ana', 's3:max-keys': '51' } },
    ],
  ])('%s', (_name, condition) => {
    expect(holds(condition)).toBe(false);
  });

  it('leaves variables alone in documents of the old policy version', () => {
    const condition = { StringEquals: { 'aws:username': '${aws:username}' } };
    expect(conditionsMatch(condition, context, context)).toBe(true);
    expect(conditionsMatch(condition, context, undefined)).toBe(false);
  });
});
