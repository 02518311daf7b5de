import {
  json,
  ScriptedServer,
  type Handler,
} from './__testUtils__/scriptedServer';
import { givingUpOnce } from './reach';

describe('givingUpOnce', () => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.seen.length = 0;
  });

  const silent: Handler = () => {};
  const empty: Handler = (_, response) => json(response, 200, { items: [] });
  const reasonOf = (work: Promise<unknown>) => work.catch(error => error);

  it('asks an API that never answered no more', async () => {
    const { api } = server.client({ requestTimeoutMs: 300 });
    server.handler = silent;
    await givingUpOnce(async () => {
      const first = reasonOf(api.listNodes());
      await new Promise(resolve => setTimeout(resolve, 150));
      // It has half of its own time left when the first one's is over, and ends with that one's reason.
      const second = reasonOf(api.listNamespaces());
      expect(await second).toBe(await first);
      // Watches and dry runs do not try again either.
      const watched = (async () => {
        for await (const _ of api.watchPod('shop', 'p'));
      })();
      expect(await reasonOf(watched)).toBe(await first);
      expect(await first).toMatchObject({ kind: 'timeout', givenUp: true });
      expect(server.seen).toHaveLength(2);
    });
    // Another operation asks again.
    server.handler = empty;
    expect(await givingUpOnce(() => api.listNodes())).toEqual([]);
    await api.close();
  });

  it('does not take one slow answer for a dead API', async () => {
    const { api } = server.client({ requestTimeoutMs: 300 });
    server.handler = (request, response) =>
      request.path.endsWith('/pods')
        ? silent(request, response)
        : setTimeout(() => empty(request, response), 50);
    await givingUpOnce(async () => {
      const [pods, nodes] = await Promise.all([
        reasonOf(api.listPods({})),
        api.listNodes(),
      ]);
      expect(pods).toMatchObject({ kind: 'timeout', givenUp: false });
      expect(nodes).toEqual([]);
      expect(await api.listNamespaces()).toEqual([]);
    });
    await api.close();
  });

  it('bears with an API that has answered before, for a timeout', async () => {
    const { api } = server.client({ requestTimeoutMs: 400 });
    const cut: Handler = (_, response) => response.socket?.destroy();
    await givingUpOnce(async () => {
      server.handler = empty;
      await api.listNodes();
      let cuts = 3;
      server.handler = (request, response) =>
        cuts-- > 0 ? cut(request, response) : empty(request, response);
      expect(await api.listNodes()).toEqual([]);
      server.handler = cut;
      expect(await reasonOf(api.listNodes())).toMatchObject({
        kind: 'unreachable',
        givenUp: true,
      });
    });
    await api.close();
  });

  it('asks an API that answered 429 for a minute no more than once for each call', async () => {
    const { api } = server.client();
    let busy = true;
    server.handler = (request, response) =>
      busy ? json(response, 429, {}) : empty(request, response);
    const now = jest.spyOn(Date, 'now');
    await givingUpOnce(async () => {
      const startedAt = Date.now();
      now.mockImplementation(() => startedAt + server.seen.length * 25_000);
      expect(await reasonOf(api.listNodes())).toMatchObject({
        kind: 'throttled',
        givenUp: true,
      });
      expect(server.seen).toHaveLength(3);
      expect(await reasonOf(api.listNodes())).toMatchObject({ givenUp: true });
      expect(server.seen).toHaveLength(4);
      busy = false;
      expect(await api.listNodes()).toEqual([]);
      busy = true;
      await reasonOf(api.listNodes());
      expect(server.seen).toHaveLength(8);
    }).finally(() => now.mockRestore());
    await api.close();
  });

  it('leaves calls outside of it alone', async () => {
    const { api } = server.client({ requestTimeoutMs: 100 });
    server.handler = silent;
    await reasonOf(api.listNodes());
    server.handler = empty;
    expect(await api.listNodes()).toEqual([]);
    await api.close();
  });
});
