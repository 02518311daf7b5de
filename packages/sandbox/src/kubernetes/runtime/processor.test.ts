import { createCore } from '../../core/core';
import { Processor } from './processor';

/** Milliseconds after which each of some starts is done, all begun at once. */
async function ends(limit: unknown, starts: number[]): Promise<number[]> {
  const { clock } = createCore({ clockRate: 0 });
  const processor = new Processor(clock, limit);
  const { signal } = new AbortController();
  const begun = clock.now();
  const done = Promise.all(
    starts.map(async ms => {
      await processor.work(ms, signal);
      return clock.now() - begun;
    }),
  );
  for (let step = 0; step < 100; step++) await clock.advance(50);
  return done;
}

it.each([
  ['nothing where it is off', '100m', [0], [0]],
  ['itself without a limit', undefined, [550, 550], [550, 550]],
  ['itself, where the limit is a processor', 1, [550], [550]],
  ['twice as long under half of one', '500m', [550], [1100]],
  [
    'longer beside another that has the same limit',
    '1',
    [550, 550],
    [550, 1100],
  ],
])('a start takes %s', async (_what, limit, starts, expected) => {
  expect(await ends(limit, starts)).toEqual(expected);
});
