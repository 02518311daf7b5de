import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import { done, frame, log, operation } from './__testUtils__/operationSamples';
import { PodIdentityClient } from './client';
import { OperationEvent } from './operationEvents';

describe('PodIdentityClient', () => {
  let server: Server;
  let answer: (req: IncomingMessage, res: ServerResponse) => void;
  let seen: { url: string; authorization?: string; accept?: string }[];
  let client: PodIdentityClient;

  beforeEach(async () => {
    seen = [];
    server = createServer((req, res) => {
      seen.push({
        url: req.url!,
        authorization: req.headers.authorization,
        accept: req.headers.accept,
      });
      answer(req, res);
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    client = new PodIdentityClient({
      discoveryApi: { getBaseUrl: async () => `http://127.0.0.1:${port}` },
      fetchApi: { fetch },
    });
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise(resolve => {
      server.close(resolve);
    });
  });

  const collect = async (
    options: Parameters<PodIdentityClient['followOperation']>[1],
  ) => {
    const events: OperationEvent[] = [];
    for await (const event of client.followOperation('op1', options)) {
      events.push(event);
    }
    return events.map(event => event.seq);
  };

  it('reads a stream cut anywhere, with comments between', async () => {
    answer = (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const text = `: hello\n\n${frame(log(1))}: beat\n\n${frame(log(2))}`;
      res.write(text.slice(0, 30));
      setTimeout(() => res.end(text.slice(30) + frame(done(3))), 0);
    };
    expect(await collect({ token: 'secret' })).toEqual([1, 2, 3]);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      authorization: 'Bearer secret',
      accept: 'text/event-stream',
    });
  });

  it('resumes a dropped stream after the last event', async () => {
    answer = (req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      if (req.url!.endsWith('after=0')) {
        res.write(frame(log(1)), () => res.destroy());
      } else {
        res.end(frame(log(2)) + frame(done(3)));
      }
    };
    expect(await collect({ intervalMs: 1 })).toEqual([1, 2, 3]);
    expect(seen.map(request => request.url)).toEqual([
      '/v1/operations/op1/events?after=0',
      '/v1/operations/op1/events?after=1',
    ]);
  });

  it('falls back to polling where streams never get through', async () => {
    answer = (req, res) => {
      if (req.url!.includes('poll=true')) {
        res.setHeader('content-type', 'application/json');
        res.end(
          JSON.stringify({
            operation: operation(3),
            events: [log(1), log(2), done(3)],
          }),
        );
      } else {
        res.destroy();
      }
    };
    expect(await collect({ intervalMs: 1 })).toEqual([1, 2, 3]);
    expect(seen.filter(request => !request.url.includes('poll'))).toHaveLength(
      3,
    );
  });

  it('passes a refusal on instead of trying again', async () => {
    answer = (_req, res) => {
      res.writeHead(403, { 'content-type': 'application/json' });
      res.end(
        JSON.stringify({
          error: { name: 'NotAllowedError', message: 'not yours' },
          response: { statusCode: 403 },
        }),
      );
    };
    await expect(collect({ intervalMs: 1 })).rejects.toThrow('403');
    expect(seen).toHaveLength(1);
  });

  it('stops at once when aborted', async () => {
    answer = (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(frame(log(1)));
    };
    const controller = new AbortController();
    const events: number[] = [];
    await expect(
      (async () => {
        for await (const event of client.followOperation('op1', {
          signal: controller.signal,
        })) {
          events.push(event.seq);
          controller.abort(new Error('enough'));
        }
      })(),
    ).rejects.toThrow('enough');
    expect(events).toEqual([1]);
  });

  it('escapes ids and validates answers', async () => {
    answer = (_req, res) => {
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify({ ...operation(3), state: 'exploded' }));
    };
    await expect(client.getOperation('../x')).rejects.toThrow('state');
    expect(seen[0].url).toBe('/v1/operations/..%2Fx');
  });

  it('lists what forms offer, names escaped and empty questions left out', async () => {
    answer = (req, res) => {
      res.setHeader('content-type', 'application/json');
      res.end(
        JSON.stringify({
          items: req.url!.startsWith('/v1/policies')
            ? [
                {
                  arn: 'arn:aws:iam::aws:policy/AdministratorAccess',
                  name: 'AdministratorAccess',
                  description: 'Managed by AWS',
                  allowed: false,
                  reason: 'not allowed here',
                },
              ]
            : ['payments'],
        }),
      );
    };
    expect(await client.listNamespaces('a/b')).toEqual(['payments']);
    expect(
      await client.listServiceAccounts({ cluster: 'a/b', namespace: 'n/s' }),
    ).toEqual(['payments']);
    expect(await client.listPolicies({ q: '', cluster: 'a b' })).toEqual([
      expect.objectContaining({ allowed: false, reason: 'not allowed here' }),
    ]);
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/clusters/a%2Fb/namespaces',
      '/v1/clusters/a%2Fb/namespaces/n%2Fs/service-accounts',
      '/v1/policies?cluster=a+b',
    ]);
  });
});
