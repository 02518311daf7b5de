import { EventEmitter, once } from 'node:events';
import { request as httpRequest, IncomingMessage } from 'node:http';
import { createGunzip } from 'zlib';
import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import { until } from 'eks-sandbox/patience';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  follow,
  PausableClock,
  Replica,
  startReplica,
} from '../__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

/** Sleeps of exactly this length end when the test says so; all others are real. */
class SteppedClock extends PausableClock {
  readonly #length: number;
  #steps: (() => void)[] = [];

  constructor(length: number) {
    super();
    this.#length = length;
  }

  step() {
    for (const end of this.#steps.splice(0)) end();
  }

  async sleep(ms: number, signal?: AbortSignal) {
    if (ms !== this.#length) return super.sleep(ms, signal);
    return new Promise<void>((resolve, reject) => {
      this.#steps.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }
}

describe('the event stream over a socket', () => {
  let world: FakeWorld;
  let replica: Replica;
  const clock = new SteppedClock(15_000);
  const open: { close(): void }[] = [];

  beforeAll(async () => {
    world = new FakeWorld();
    replica = await startReplica({
      world,
      clock,
      knex: await databases.init('SQLITE_3'),
    });
  });

  afterEach(() => open.splice(0).forEach(one => one.close()));

  afterAll(() => replica.stop());

  /** A reader that sees the text as it comes. */
  async function read(path: string, headers: Record<string, string> = {}) {
    const url = new URL(`${replica.baseUrl}${path}`);
    let text = '';
    let ended = false;
    const news = new EventEmitter();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest(
        url,
        {
          agent: false,
          headers: {
            authorization: mockCredentials.user.header(ADA),
            ...headers,
          },
        },
        resolve,
      );
      open.push({ close: () => request.destroy() });
      request.on('error', reject);
      request.end();
    });
    const body =
      response.headers['content-encoding'] === 'gzip'
        ? response.pipe(createGunzip())
        : response;
    body.on('data', chunk => {
      text += chunk;
      news.emit('news');
    });
    body.on('error', () => {});
    body.on('end', () => {
      ended = true;
      news.emit('news');
    });
    const readUntil = async (what: string | 'end') => {
      while (what === 'end' ? !ended : !text.includes(what)) {
        await once(news, 'news');
      }
      return text;
    };
    return { response, until: readUntil };
  }

  async function held(serviceAccount: string) {
    const barrier = world.hold(
      `before association of prod/payments/${serviceAccount}`,
    );
    const { id } = await replica
      .as(ADA)
      .startOperation(associate(serviceAccount));
    await barrier.reached;
    return { id, barrier };
  }

  it('delivers each event when it happens, through compression, and ends with the operation', async () => {
    const { id, barrier } = await held('compressed');
    const stream = await read(`/v1/operations/${id}/events`, {
      'accept-encoding': 'gzip',
      accept: 'text/event-stream',
    });
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'private, no-cache, no-transform',
    });
    const soFar = await stream.until('"type":"plan"');
    expect(soFar).toMatch(/^: following\n\nid: 1\ndata: {"seq":1,/);
    expect(soFar).not.toContain('"type":"result"');
    barrier.open();
    const whole = await stream.until('end');
    expect(whole.match(/^id: .*$/gm)).toEqual([
      'id: 1',
      'id: 2',
      'id: 3',
      'id: 4',
      'id: 5',
    ]);
    expect(whole).toMatch(/"state":"succeeded"}}\n\n$/);
  });

  it('resumes after the last id, which wins over the address', async () => {
    const { id, barrier } = await held('resumed');
    barrier.open();
    await follow(replica.as(ADA), id);
    const ids = async (path: string, headers?: Record<string, string>) =>
      (await (await read(path, headers)).until('end')).match(/^id: .*$/gm);
    expect(await ids(`/v1/operations/${id}/events?after=3`)).toEqual([
      'id: 4',
      'id: 5',
    ]);
    expect(
      await ids(`/v1/operations/${id}/events?after=0`, {
        'last-event-id': '4',
      }),
    ).toEqual(['id: 5']);
    expect(await ids(`/v1/operations/${id}/events?after=99`)).toBeNull();
  });

  it('sends a comment every 15 s while nothing happens', async () => {
    const { id, barrier } = await held('quiet');
    const stream = await read(`/v1/operations/${id}/events`);
    await stream.until('"type":"plan"');
    clock.step();
    expect(await stream.until(': still here\n\n')).not.toContain('result');
    barrier.open();
    await stream.until('end');
  });

  it('refuses an id that no event can have', async () => {
    const { id, barrier } = await held('odd');
    for (const [path, headers] of [
      ['?after=-1', {}],
      ['?after=x', {}],
      ['', { 'last-event-id': 'abc' }],
    ] as const) {
      const { response } = await read(
        `/v1/operations/${id}/events${path}`,
        headers,
      );
      expect(response.statusCode).toBe(400);
    }
    barrier.open();
  });

  it('answers polls with the operation and what is new', async () => {
    const { id, barrier } = await held('polled');
    const poll = async (after: number) => {
      const response = await fetch(
        `${replica.baseUrl}/v1/operations/${id}/events?poll=true&after=${after}`,
        { headers: { authorization: mockCredentials.user.header(ADA) } },
      );
      expect(response.headers.get('cache-control')).toBe('private, no-store');
      return response.json();
    };
    expect(await poll(2)).toMatchObject({
      operation: { state: 'running', lastSeq: 3 },
      events: [{ seq: 3, type: 'plan' }],
    });
    barrier.open();
    const events = await follow(replica.as(ADA), id, { mode: 'poll' });
    expect(events.map(event => event.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(await poll(5)).toMatchObject({
      operation: { state: 'succeeded' },
      events: [],
    });
  });

  it('ends at shutdown, so that the reader resumes elsewhere', async () => {
    const knex = await databases.init('SQLITE_3');
    const other = await startReplica({ world, knex });
    const barrier = world.hold('before association of prod/payments/last');
    const { id } = await other.as(ADA).startOperation(associate('last'));
    await barrier.reached;
    const seen: number[] = [];
    const following = (async () => {
      try {
        for await (const event of other.as(ADA).followOperation(id, {
          intervalMs: 10,
          patienceMs: 50, // wall time: nobody comes in its place
        })) {
          seen.push(event.seq);
        }
      } catch (error) {
        return seen;
      }
      return seen;
    })();
    await until(() => seen.length === 3);
    await other.stop();
    expect(await following).toEqual([1, 2, 3]);
  });
});
