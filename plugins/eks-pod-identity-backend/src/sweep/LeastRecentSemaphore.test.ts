import { LeastRecentSemaphore } from './LeastRecentSemaphore';

describe('turns', () => {
  const forever = new AbortController().signal;

  it('are so many at once, and end in whatever order', async () => {
    const turns = new LeastRecentSemaphore(2);
    const order: string[] = [];
    const run = async (id: string) => {
      const end = await turns.take(id, forever);
      order.push(id);
      return end;
    };
    const [endA, endB] = [await run('a'), await run('b')];
    const c = run('c');
    const d = run('d');
    await Promise.resolve();
    expect(order).toEqual(['a', 'b']);
    endB();
    // one by one: the second has its turn when the first ends it
    (await c)();
    // one by one: as above
    (await d)();
    endA();
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    expect(await run('e')).toEqual(expect.any(Function));
  });

  it('come round to everybody, though each round begins in the same order', async () => {
    const turns = new LeastRecentSemaphore(2);
    const served: Record<string, number> = {};
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (let round = 0; round < 6; round++) {
      const over = new AbortController();
      const begun: (() => void)[] = [];
      const asked = ids.map(id =>
        turns.take(id, over.signal).then(
          end => {
            served[id] = (served[id] ?? 0) + 1;
            begun.push(end);
          },
          () => undefined,
        ),
      );
      // Time for two more, once the first two are through
      for (let ended = 0; ended < 2; ended++) {
        await new Promise(resolve => {
          setImmediate(resolve);
        });
        begun.shift()!();
      }
      await new Promise(resolve => {
        setImmediate(resolve);
      });
      over.abort();
      await Promise.all(asked);
      begun.forEach(end => end());
    }
    for (const id of ids) expect(served[id]).toBeGreaterThanOrEqual(2);
  });

  it('are not given to a caller that has stopped waiting', async () => {
    const turns = new LeastRecentSemaphore(1);
    const end = await turns.take('a', forever);
    const impatient = new AbortController();
    const b = turns.take('b', impatient.signal);
    const c = turns.take('c', forever);
    impatient.abort(new Error('too late'));
    await expect(b).rejects.toThrow('too late');
    end();
    // one by one: its turn came with the end of the first
    (await c)();
    await expect(turns.take('d', impatient.signal)).rejects.toThrow('too late');
    (await turns.take('e', forever))();
  });
});
