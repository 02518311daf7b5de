/** @night `kills` ends at the writes of a move, `trustEdits` and `finish` edit the trust policy beside other writers */
import { printTable } from 'eks-sandbox/verdicts';
import { MoveWorld } from '../__testUtils__/MoveWorld';

const HOUR = 3_600_000;
const IN = /^let shop\/api into the trust policy/;
const NARROWED = /^take the service account of the rehearsal out/;
const OUT = /^take the statement of the move out/;
const IRSA_OUT = /^take .* out of IRSA/;
const IRSA_BACK = /^put .* back to IRSA/;

/** A process that ends right before a write, or right after it, and makes none from then on. */
function ending(when: 'before' | 'after', words: RegExp) {
  let hasEnded = false;
  let isNext = false;
  return {
    guard: {
      beforeWrite: async (what: string) => {
        hasEnded ||= isNext || (when === 'before' && words.test(what));
        if (hasEnded) throw new Error('the process has ended');
        isNext = words.test(what);
      },
      withLease: async <T>(_key: unknown, work: () => Promise<T>) => work(),
    },
  };
}

describe('a process that ends beside a write of a trust policy', () => {
  const printed: string[][] = [];
  let world: MoveWorld;
  let before: unknown[];
  beforeEach(async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    before = world.trust();
  });
  afterEach(() => world.stop());
  afterAll(() =>
    printTable(
      ['ended', 'then', 'calls with keys of the role', 'refused'],
      printed,
    ),
  );

  const ours = () => JSON.stringify(world.trust().slice(before.length));
  const isMoved = () => {
    expect(ours()).toMatch(/^\[\{"Sid":"BackstageEksMove/);
    expect(ours()).not.toContain('rehearsal');
    expect(world.trusts.all()).toHaveLength(1);
  };
  const isBack = () => {
    expect(world.trust()).toEqual(before);
    expect(world.trusts.all()).toEqual([]);
  };
  /** Counts, and makes sure that the other statements are as they were. */
  const end = async (ended: string, then: string) => {
    await world.world.sandbox.clock.advance(7 * HOUR);
    await world.asking.roads();
    const counts = world.asking.counts(world.roleArn);
    printed.push([ended, then, ...counts.map(String)]);
    expect(world.asking.refusals()).toEqual([]);
    expect(counts[1]).toBe(0);
    expect(world.trust().slice(0, before.length)).toEqual(before);
  };

  const WAYS = [
    ['before', 'it is added', IN, 0],
    ['after', 'it was added', IN, 1],
    ['before', 'the rehearsal is taken out', NARROWED, 1],
    ['after', 'the rehearsal was taken out', NARROWED, 1],
  ] as const;

  it.each(WAYS)(
    '%s %s: another carries on',
    async (when, what, words, recorded) => {
      const ended = world.migrate({ until: 'moved' }, ending(when, words));
      await expect(ended).rejects.toThrow(/the process has ended/);
      // What was written is recorded, whatever came of the process
      expect(world.trusts.all()).toHaveLength(recorded);
      const moved = await world.migrate({ until: 'moved' });
      expect(moved.state).toBe('moved');
      isMoved();
      await world.rollback();
      isBack();
      await end(`${when} ${what}`, 'carried on, and taken back');
    },
  );

  it.each(WAYS)('%s %s: another takes it back', async (when, what, words) => {
    const ended = world.migrate({ until: 'moved' }, ending(when, words));
    await expect(ended).rejects.toThrow(/the process has ended/);
    await world.rollback();
    isBack();
    await end(`${when} ${what}`, 'taken back');
  });

  it('before it is taken out on the way back: another takes it out', async () => {
    await world.migrate({ until: 'moved' });
    const ended = world.rollback({}, ending('before', OUT));
    await expect(ended).rejects.toThrow(/the process has ended/);
    isMoved();
    await world.rollback();
    isBack();
    await end('before it is taken out', 'carried on');
  });

  it('beside each write of the end of IRSA, and of the way back from it: another carries on', async () => {
    await world.migrate({ until: 'moved' });
    const finish = (more = {}) => {
      world.silent();
      return world.migrate({ until: 'finished' }, more);
    };
    const stopped = (ended: Promise<unknown>) =>
      expect(ended).rejects.toThrow(/the process has ended/);
    const taken = () => world.trusts.all().map(one => one.taken);
    // Pods that end hold the variables of IRSA until they have
    await world.world.sandbox.clock.advance(120_000);

    await stopped(finish(ending('before', IRSA_OUT)));
    expect(world.trust().slice(0, before.length)).toEqual(before);
    expect(taken()).toEqual([undefined]);
    // No write follows it
    world.trusts.audited = async (_ref, _what, write) => {
      await write();
      throw new Error('the process has ended');
    };
    await stopped(finish());
    world.trusts.audited = undefined;
    expect(world.trust()).toHaveLength(1);
    expect(taken()).toEqual([before]);
    expect((await finish()).state).toBe('finished');
    expect(taken()).toEqual([before]);
    await world.world.sandbox.clock.advance(7 * HOUR);

    await stopped(world.rollback({}, ending('before', IRSA_BACK)));
    expect(world.trust()).toHaveLength(1);
    await stopped(world.rollback({}, ending('after', IRSA_BACK)));
    expect(world.trust()).toHaveLength(2);
    expect(world.association()).toBeDefined();
    await world.rollback();
    isBack();
    await end('beside the end of IRSA', 'carried on, and taken back');
  });
});
