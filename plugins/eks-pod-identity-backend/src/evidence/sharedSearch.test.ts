import type {
  EvidenceEvent,
  PodIdentityEvidenceRequest,
} from 'backstage-plugin-eks-pod-identity-common';
import { sharedSearch } from './sharedSearch';

const page = (at: string) => [{ at } as EvidenceEvent];
const PAGES = [page('3'), page('2'), page('1')];

describe('a search for all clusters of a place', () => {
  let now = 0;
  let searches: string[];
  let failure: Error | undefined;
  /** Lets the source go on after its first page. */
  let goOn: Promise<void>;

  const make = () =>
    sharedSearch(
      {
        id: 'test',
        async *read({ cluster }) {
          searches.push(cluster.name);
          yield PAGES[0];
          await goOn;
          if (failure) throw failure;
          yield* PAGES.slice(1);
        },
      },
      { now: () => now, sleep: async () => {} },
    );

  beforeEach(() => {
    searches = [];
    failure = undefined;
    goOn = Promise.resolve();
  });

  const read = async (
    source: ReturnType<typeof make>,
    name: string,
    {
      most = Infinity,
      region = 'eu-west-1',
      elsewhere,
      signal,
      username,
    }: {
      most?: number;
      region?: string;
      elsewhere?: string;
      signal?: AbortSignal;
      username?: string;
    } = {},
  ) => {
    const found: EvidenceEvent[][] = [];
    const request: PodIdentityEvidenceRequest = {
      cluster: {
        id: name,
        name,
        title: name,
        region,
        accountId: '111122223333',
        partition: 'aws',
        arn: `arn:aws:eks:${region}:111122223333:cluster/${name}`,
      },
      region: elsewhere,
      question: username ? { username } : { eventName: 'Asked' },
      from: new Date(0),
      until: new Date(1),
      signal: signal ?? new AbortController().signal,
    };
    for await (const one of source.read(request)) {
      found.push(one);
      if (found.length >= most) break;
    }
    return found;
  };

  it('serves them all, also those that ask meanwhile, until it is old', async () => {
    const source = make();
    const all = await Promise.all(
      ['a', 'b', 'c'].map(name => read(source, name)),
    );
    expect(all).toEqual([PAGES, PAGES, PAGES]);
    expect(searches).toEqual(['a']);
    now += 10 * 60_000;
    expect(await read(source, 'd')).toEqual(PAGES);
    expect(searches).toEqual(['a', 'd']);
  });

  it('is another one for another place, or another question', async () => {
    const source = make();
    await read(source, 'a');
    await read(source, 'b', { region: 'us-east-1' });
    await read(source, 'c', { username: 'i-1' });
    expect(searches).toEqual(['a', 'b', 'c']);
  });

  it('is one of a region that clusters of several ask for', async () => {
    const source = make();
    const elsewhere = 'us-east-1';
    await read(source, 'a');
    await read(source, 'b', { elsewhere });
    await read(source, 'c', { region: 'eu-central-1', elsewhere });
    await read(source, 'd', { region: elsewhere });
    expect(searches).toEqual(['a', 'b']);
  });

  it('is not kept for a node, which no other cluster has', async () => {
    const source = make();
    for (const name of ['a', 'b']) {
      const found = await read(source, name, { username: 'i-1', most: 1 });
      expect(found).toEqual(PAGES.slice(0, 1));
    }
    expect(searches).toEqual(['a', 'b']);
  });

  it('has for the next one what a reader saw that had enough', async () => {
    const source = make();
    expect(await read(source, 'a', { most: 2 })).toEqual(PAGES.slice(0, 2));
    expect(await read(source, 'b', { most: 2 })).toEqual(PAGES.slice(0, 2));
    expect(searches).toEqual(['a']);
  });

  it('is made again where it failed, which only its reader hears', async () => {
    const source = make();
    failure = new Error('Throttled');
    await expect(read(source, 'a')).rejects.toThrow('Throttled');
    failure = undefined;
    expect(await read(source, 'b')).toEqual(PAGES);
    expect(searches).toEqual(['a', 'b']);
  });

  it('is not waited for by a reader that is to stop', async () => {
    const source = make();
    let finish = () => {};
    goOn = new Promise(resolve => {
      finish = resolve;
    });
    const first = read(source, 'a');
    const stopping = new AbortController();
    const second = read(source, 'b', { signal: stopping.signal });
    stopping.abort(new Error('Stopped'));
    await expect(second).rejects.toThrow('Stopped');
    finish();
    const both = await Promise.all([first, read(source, 'c')]);
    expect(both).toEqual([PAGES, PAGES]);
    expect(await read(source, 'd')).toEqual(PAGES);
    expect(searches).toEqual(['a']);
  });
});
