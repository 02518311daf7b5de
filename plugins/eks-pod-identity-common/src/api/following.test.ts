import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import { done, frame, log, operation } from './__testUtils__/operationSamples';
import { PodIdentityClient } from './client';
import { FollowOptions } from './requestOptions';

describe('following an operation over a bad connection', () => {
  let server: Server;
  let port: number;
  let answer: (req: IncomingMessage, res: ServerResponse) => void;
  const seen: string[] = [];

  const listen = (on: number) =>
    new Promise<void>(resolve => {
      server = createServer((req, res) => {
        seen.push(req.url!.includes('poll=true') ? 'poll' : 'stream');
        answer(req, res);
      });
      server.listen(on, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  const close = () =>
    new Promise<void>(resolve => {
      server.closeAllConnections();
      server.close(() => resolve());
    });

  beforeEach(async () => {
    seen.length = 0;
    await listen(0);
  });
  afterEach(close);

  async function collect(options: FollowOptions = {}) {
    const client = new PodIdentityClient({
      discoveryApi: { getBaseUrl: async () => `http://127.0.0.1:${port}` },
      fetchApi: { fetch },
    });
    const events: number[] = [];
    for await (const event of client.followOperation('op1', {
      intervalMs: 2,
      ...options,
    })) {
      events.push(event.seq);
    }
    return events;
  }

  const gateway = (res: ServerResponse, status = 502) => {
    res.writeHead(status, { 'content-type': 'text/html' });
    res.end('<h1>Bad Gateway</h1>');
  };
  const page = (res: ServerResponse) => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ operation: operation(2), events: [done(2)] }));
  };
  const firstThen = (
    rest: (req: IncomingMessage, res: ServerResponse) => void,
  ) => {
    answer = (req, res) => {
      if (seen.length > 1) {
        rest(req, res);
        return;
      }
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(frame(log(1)), () => res.destroy());
    };
  };

  it.each([502, 503, 504, 429])(
    'goes on where a gateway answers %s to streams and, for some time, to polls',
    async status => {
      let polls = 0;
      firstThen((req, res) => {
        if (!req.url!.includes('poll=true')) gateway(res, status);
        else if (++polls < 4) gateway(res, status);
        else page(res);
      });
      expect(await collect()).toEqual([1, 2]);
      expect(polls).toBe(4);
    },
  );

  it('goes on when the backend is away and comes back', async () => {
    firstThen(() => {});
    const following = collect();
    while (seen.length < 1) {
      await new Promise(resolve => {
        setTimeout(resolve, 2);
      });
    }
    await close();
    // Nothing listens: streams are given up, and polls fail
    await new Promise(resolve => {
      // wall time: how long it is away, at least
      setTimeout(resolve, 60);
    });
    answer = (req, res) =>
      req.url!.includes('poll=true') ? page(res) : gateway(res);
    await listen(port);
    expect(await following).toEqual([1, 2]);
    expect(seen.at(-1)).toBe('poll');
  });

  it('gives up with the last answer when that lasts too long', async () => {
    const now = jest.spyOn(Date, 'now');
    const startedAt = Date.now();
    // As if each answer had taken ten seconds
    now.mockImplementation(() => startedAt + seen.length * 10_000);
    answer = (_req, res) => gateway(res, 503);
    await expect(collect({ patienceMs: 25_000 })).rejects.toMatchObject({
      statusCode: 503,
    });
    now.mockRestore();
    expect(seen.filter(each => each === 'poll')).toHaveLength(4);
  });

  it('polls when a stream stays silent, held back by a proxy or dead', async () => {
    answer = (req, res) => {
      // Never a byte, not even headers
      if (req.url!.includes('poll=true')) page(res);
    };
    expect(await collect({ after: 1, silenceMs: 40 })).toEqual([2]);
    expect(seen).toEqual(['stream', 'poll']);
  });

  it('does not retry after an unreadable answer', async () => {
    answer = (_req, res) => {
      res.setHeader('content-type', 'application/json');
      res.end(
        JSON.stringify({ operation: operation(2), events: [{ seq: 'one' }] }),
      );
    };
    await expect(collect({ mode: 'poll' })).rejects.toThrow(
      'Invalid discriminator value',
    );
    expect(seen).toEqual(['poll']);
  });

  it('leaves nothing behind when it is aborted in the middle of anything', async () => {
    for (const mode of ['stream', 'poll'] as const) {
      seen.length = 0;
      const controller = new AbortController();
      answer = () => controller.abort(new Error('enough'));
      await expect(
        collect({ mode, signal: controller.signal }),
      ).rejects.toThrow('enough');
      await new Promise(resolve => {
        // wall time: another request would have come by then
        setTimeout(resolve, 20);
      });
      expect(seen).toEqual([mode]);
    }
  });
});
