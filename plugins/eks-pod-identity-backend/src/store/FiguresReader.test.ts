import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import { FiguresReader } from './figures';

const UNFINISHED = [{ kind: 'associate', state: 'queued', count: 1, since: 5 }];
const MOVES = { queues: {}, moves: {} };

/** A database that answers when the test says so. */
function portal() {
  const clock = new ManualClock();
  const asked: { answer(): void; refuse(error: Error): void }[] = [];
  let counted = 0;
  const warned: [string, Error | undefined][] = [];
  const reader = new FiguresReader({
    clock,
    logger: {
      warn: (text: string, error?: Error) => warned.push([text, error]),
    } as any,
    store: {
      operations: {
        unfinished: () =>
          new Promise((resolve, reject) =>
            asked.push({ answer: () => resolve(UNFINISHED), refuse: reject }),
          ),
      },
      moveQueues: { unfinished: async () => MOVES },
      clusterStates: {
        all: async () =>
          new Map([
            ['prod', { sweptAt: 7 }],
            ['late', {}],
          ]),
      },
      fleet: {
        countsByCluster: async () => {
          counted += 1;
          return new Map([['prod', { verified: counted }]]);
        },
      },
    } as any,
  });
  return {
    clock,
    asked,
    warned,
    reader,
    counted: () => counted,
    async readNow() {
      const count = asked.length;
      const reading = reader.read();
      if (asked.length > count) asked.at(-1)!.answer();
      return reading;
    },
  };
}

it('answers with everything that metrics show of the database', async () => {
  const { readNow, warned, clock } = portal();
  expect(await readNow()).toEqual({
    unfinished: UNFINISHED,
    moves: MOVES,
    sweptAt: new Map([
      ['prod', 7],
      ['late', undefined],
    ]),
    identities: new Map([['prod', { verified: 1 }]]),
  });
  expect(warned).toEqual([]);
  expect(clock.waiting).toBe(0);
});

it('asks the database every 15 seconds at most, and counts identities once a minute', async () => {
  const { asked, clock, readNow, counted } = portal();
  await readNow();
  await clock.advance(14_999);
  await readNow();
  expect(asked).toHaveLength(1);
  for (const [ms, questions, counts] of [
    [1, 2, 1],
    [44_999, 3, 1],
    [15_000, 4, 2],
  ]) {
    await clock.advance(ms);
    await readNow();
    expect([asked.length, counted()]).toEqual([questions, counts]);
  }
});

it('counts identities again a minute after it has counted them', async () => {
  const { clock, readNow, counted } = portal();
  await readNow();
  for (let read = 1; read <= 4; read++) {
    expect(counted()).toBe(1);
    await clock.advance(15_000);
    await readNow();
  }
  expect(counted()).toBe(2);
});

it('asks once for all that read at the same time, and answers each', async () => {
  const { asked, reader } = portal();
  const readings = [reader.read(), reader.read()];
  expect(asked).toHaveLength(1);
  asked[0].answer();
  const [one, other] = await Promise.all(readings);
  expect(one).toBeDefined();
  expect(other).toBe(one);
});

it('keeps no reader waiting for more than 5 seconds, and asks no more than once a minute meanwhile', async () => {
  const { asked, clock, reader, warned } = portal();
  const reading = reader.read();
  await clock.advance(5_000);
  expect(await reading).toBeUndefined();
  expect(warned).toEqual([
    ["The portal's database does not answer what metrics ask", undefined],
  ]);
  await clock.advance(54_999);
  // It still waits for the first answer
  const late = reader.read();
  expect(asked).toHaveLength(1);
  asked[0].answer();
  expect(await late).toMatchObject({ unfinished: UNFINISHED });
});

it('asks again after a minute without an answer, and leaves out an answer that comes after that', async () => {
  const { asked, clock, reader } = portal();
  const first = reader.read();
  await clock.advance(60_000);
  expect(await first).toBeUndefined();
  const second = reader.read();
  expect(asked).toHaveLength(2);
  asked[0].refuse(new Error('connection ended'));
  await clock.advance(20_000);
  // The question of this minute is still open
  const third = reader.read();
  expect(asked).toHaveLength(2);
  expect(await second).toBeUndefined();
  asked[1].answer();
  // one by one: it had no answer before
  expect(await third).toBeDefined();
});

it('logs once that the database refuses, with what it said, and once again after it answered', async () => {
  const { asked, clock, reader, readNow, warned } = portal();
  const refuse = async (said: string) => {
    await clock.advance(15_000);
    const reading = reader.read();
    asked.at(-1)!.refuse(new Error(said));
    expect(await reading).toBeUndefined();
  };
  const said = () => warned.map(([, error]) => error?.message);
  await refuse('first');
  await refuse('second');
  expect(said()).toEqual(['first']);
  await clock.advance(15_000);
  expect(await readNow()).toBeDefined();
  await refuse('third');
  expect(said()).toEqual(['first', 'third']);
});

it('does not log an earlier refusal where the database hangs later', async () => {
  const { asked, clock, reader, readNow, warned } = portal();
  const refused = reader.read();
  asked[0].refuse(new Error('first'));
  await refused;
  await clock.advance(15_000);
  await readNow();
  await clock.advance(15_000);
  const hanging = reader.read();
  await clock.advance(5_000);
  expect(await hanging).toBeUndefined();
  expect(warned.map(([, error]) => error?.message)).toEqual([
    'first',
    undefined,
  ]);
});
