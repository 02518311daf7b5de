import { globMatches } from './glob';

describe('globMatches', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['a', '', false],
    ['abc', 'abc', true],
    ['abc', 'ab', false],
    ['ab', 'abc', false],
    ['abc', 'abd', false],
    ['*', '', true],
    ['*', 'a/b:c', true],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['a***', 'a', true],
    ['a*b', 'a*b', true],
    ['a*b', 'axxb', true],
    ['a*b', 'axxc', false],
    ['a*bc', 'abbc', true],
    ['a*bc*d', 'abxbcxd', true],
    ['a*b*c', 'acb', false],
    ['A', 'a', false],
  ])('%j fits %j: %s', (pattern, text, fits) => {
    expect(globMatches(pattern, text)).toBe(fits);
    expect(globMatches(pattern, text, { single: true })).toBe(fits);
  });

  it.each([
    ['a?c', 'abc', true, false],
    ['a?c', 'a?c', true, true],
    ['a?c', 'ac', false, false],
    ['a?', 'a', false, false],
    ['?', 'ab', false, false],
    ['*?b', 'aab', true, false],
    ['*?b', 'b', false, false],
  ])(
    'where "?" stands for one character, %j fits %j: %s, otherwise %s',
    (pattern, text, single, plain) => {
      expect(globMatches(pattern, text, { single: true })).toBe(single);
      expect(globMatches(pattern, text)).toBe(plain);
    },
  );
});
