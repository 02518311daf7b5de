import { turns } from './turns';

const TURN_MS = 4;

const afterThis = (order: string[]) =>
  new Promise<void>(resolve => {
    setImmediate(() => {
      order.push('other');
      resolve();
    });
  });

describe('turns', () => {
  afterEach(() => jest.restoreAllMocks());

  it('let others work once a turn is over, and not before', async () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const order: string[] = [];
    const work = async (name: string, takes: number) => {
      const turn = turns();
      for (let part = 0; part < 4; part += 1) {
        order.push(`${name}${part}`);
        now += takes;
        await turn();
      }
    };
    await Promise.all([afterThis(order), work('long', TURN_MS)]);
    expect(order.slice(0, 3)).toEqual(['long0', 'other', 'long1']);
    order.length = 0;
    await Promise.all([afterThis(order), work('short', TURN_MS / 8)]);
    expect(order).toEqual(['short0', 'short1', 'short2', 'short3', 'other']);
  });
});
