import { between, containsInOrder, trimEnd } from './search';

describe('containsInOrder', () => {
  it('finds words in their order, in any letter case', () => {
    expect(
      containsInOrder(
        'Failed quota: q: MUST specify',
        'failed quota: ',
        'must',
      ),
    ).toBe(true);
    expect(containsInOrder('must, failed', 'failed', 'must')).toBe(false);
    // Not the same word twice
    expect(containsInOrder('usage', 'usage', 'usage')).toBe(false);
  });
});

describe('between', () => {
  it('is what stands between the first of each', () => {
    expect(between('a {b} {c}', '{', '}')).toBe('b');
    expect(between('a {} b', '{', '}')).toBe('');
    expect(between('} a {', '{', '}')).toBeUndefined();
    expect(between('a', '{', '}')).toBeUndefined();
  });
});

describe('trimEnd', () => {
  it('takes away what is named', () => {
    expect(trimEnd('a/b//', '/')).toBe('a/b');
    expect(trimEnd('a.-.', '-.')).toBe('a');
    expect(trimEnd('--', '-')).toBe('');
  });
});
