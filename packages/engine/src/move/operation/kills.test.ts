import { sample } from 'eks-sandbox/patience/sample';
import { printTable } from 'eks-sandbox/verdicts';
import { endingBefore } from '../__testUtils__/endingBefore';
import { MoveWorld } from '../__testUtils__/MoveWorld';

const HOUR = 3_600_000;

const counted: string[][] = [];

describe('a process that ends in the middle of a move', () => {
  let world: MoveWorld;
  beforeEach(async () => {
    world = await MoveWorld.start();
  });
  afterEach(() => world.stop());
  afterAll(() =>
    printTable(
      ['ended before', 'then', 'calls with keys of the role', 'refused'],
      counted,
    ),
  );

  const settle = () => world.world.sandbox.clock.advance(7 * HOUR);
  /** Counts, and makes sure that the count can be believed. */
  const end = async (before: string, then: string, roads: string[]) => {
    await settle();
    expect(await world.asking.roads()).toEqual(roads);
    const [asks, refused] = world.asking.counts(world.roleArn);
    counted.push([before, then, String(asks), String(refused)]);
    expect(world.asking.refusals()).toEqual([]);
    expect(refused).toBe(0);
    expect(world.rehearsals()).toEqual([]);
  };

  const FORWARD = 7;
  const BACK = 5;
  const each = (count: number) =>
    sample(
      Array.from({ length: count }, (_, index) => index),
      3,
    );

  it('has so many writes, there and back', async () => {
    const there = endingBefore(Infinity);
    await world.migrate({ until: 'moved' }, there);
    const back = endingBefore(Infinity);
    await world.rollback({}, back);
    expect([there.writes.length, back.writes.length]).toEqual([FORWARD, BACK]);
  });

  it.each(each(FORWARD))(
    'before write %i of the way there: another carries on, or takes it back',
    async nth => {
      const ending = endingBefore(nth);
      const ended = world.migrate({ until: 'moved' }, ending);
      await expect(ended).rejects.toThrow(/the process has ended/);
      const before = `${nth + 1} of ${FORWARD} there`;
      if (nth % 2 === 0) {
        await world.migrate({ until: 'moved' });
        await end(before, 'carried on', ['container', 'container']);
      } else {
        await world.rollback();
        // What is left of the rehearsal goes with the next one
        await world.migrate();
        await end(before, 'taken back', ['irsa', 'irsa']);
      }
    },
  );

  it.each(each(BACK))(
    'before write %i of the way back: another carries on, or moves it again',
    async nth => {
      await world.migrate({ until: 'moved' });
      const ending = endingBefore(nth);
      const ended = world.rollback({}, ending);
      await expect(ended).rejects.toThrow(/the process has ended/);
      const before = `${nth + 1} of ${BACK} back`;
      if (nth % 2 === 0) {
        await world.rollback();
        await end(before, 'carried on', ['irsa', 'irsa']);
      } else {
        await world.migrate({ until: 'moved' });
        await end(before, 'moved again', ['container', 'container']);
      }
    },
  );
});
