import { findPattern, matchesPattern, patternsMeet } from './patterns';

describe('matchesPattern', () => {
  it.each([
    ['*', 'anything/at:all', true],
    ['team-*', 'team-a', true],
    ['team-*', 'my-team-a', false],
    ['*-prod', 'payments-prod', true],
    ['a*c', 'ac', true],
    ['a.c', 'abc', false],
    ['arn:aws:iam::1:role/x', 'arn:aws:iam::1:role/x2', false],
    ['arn:aws:iam::*:role/p/*', 'arn:aws:iam::1:role/p/q/r', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*ab', 'aab', true],
    ['a**', 'a', true],
    ['a?c', 'abc', false],
    ['a?c', 'a?c', true],
    ['line*end', 'line\nend', true],
    ['', '', true],
    ['', 'a', false],
  ])('%s fits %s: %s', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });

  // Backtracking would never finish
  it('ends quickly for long text and many stars', () => {
    const text = `arn:aws:iam::111122223333:role/${'a/'.repeat(120_000)}x`;
    for (const pattern of ['arn:*:role/*/*/*/y', `${'*a'.repeat(40)}*y`]) {
      expect(matchesPattern(pattern, text)).toBe(false);
    }
  });

  it('prefers a literal', () => {
    expect(findPattern(['*', 'a'], 'a')).toBe('a');
    expect(findPattern(['b'], 'a')).toBeUndefined();
  });
});

describe('patternsMeet', () => {
  it.each([
    ['iam:*', 'iam:PassRole', true],
    ['IAM:passrole', 'iam:PassRole', true],
    ['iam:Pass?ole', 'iam:PassRole', true],
    ['iam:Pass??le', 'iam:PassRole', true],
    ['iam:Pass?le', 'iam:PassRole', false],
    ['*', 'iam:PassRole', true],
    ['i*:*ole', 'iam:PassRole', true],
    ['s3:*', 'iam:*', false],
    ['eks:Create*', 'eks:*Association*', true],
    ['eks:*Cluster', 'eks:*Association*', true],
    ['eks:DescribeCluster', 'eks:*Association*', false],
    ['eks:?', 'eks:*Association*', false],
    ['eks:??????????????????', 'eks:*Association*', true],
    ['', '', true],
    ['', '*', true],
    ['', 'a', false],
    ['a*b*c', 'a?*c', true],
    ['*a*', '*b*', true],
    ['a*', 'b*', false],
    ['*a', '*b', false],
  ])('%s and %s: %s', (left, right, expected) => {
    expect(patternsMeet(left, right)).toBe(expected);
    expect(patternsMeet(right, left)).toBe(expected);
  });
});
