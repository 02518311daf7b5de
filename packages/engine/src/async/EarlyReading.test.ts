import { EarlyReading } from './EarlyReading';
import { ManualClock } from './ManualClock';

describe('EarlyReading', () => {
  const setUp = () => {
    const clock = new ManualClock();
    let times = 0;
    const reading = new EarlyReading(clock, async () => {
      times += 1;
      return `reading ${times}`;
    });
    return { clock, reading };
  };

  it('counts for a second', async () => {
    const { clock, reading } = setUp();
    reading.begin();
    reading.begin();
    await clock.advance(1_000);
    expect(await reading.get()).toBe('reading 1');
  });

  it('is repeated after that', async () => {
    const { clock, reading } = setUp();
    reading.begin();
    await clock.advance(1_001);
    expect(await reading.get()).toBe('reading 2');
  });

  it('need not begin early', async () => {
    const { reading } = setUp();
    expect(await reading.get()).toBe('reading 1');
  });

  it('fails when it is due', async () => {
    const clock = new ManualClock();
    const reading = new EarlyReading(clock, async () => {
      throw new Error('denied');
    });
    reading.begin();
    await clock.advance(10);
    await expect(reading.get()).rejects.toThrow('denied');
  });
});
