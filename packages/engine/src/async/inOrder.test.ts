import { inOrder } from './inOrder';

describe('inOrder', () => {
  it('returns all results', async () => {
    const answer: [number, string] = await inOrder([
      Promise.resolve(1),
      Promise.resolve('two'),
    ]);
    expect(answer).toEqual([1, 'two']);
  });

  it('throws the first failure in the given order, although a later one came sooner', async () => {
    await expect(
      inOrder([
        Promise.resolve(1),
        new Promise((_, reject) => {
          setImmediate(() => reject(new Error('the slow one')));
        }),
        Promise.reject(new Error('the quick one')),
      ]),
    ).rejects.toThrow('the slow one');
  });

  it('does not wait for the rest after a failure', async () => {
    await expect(
      inOrder([
        Promise.reject(new Error('at once')),
        new Promise(() => undefined),
      ]),
    ).rejects.toThrow('at once');
  });
});
