import { PATIENCE_MS, until } from 'eks-sandbox/patience';
import {
  json,
  ScriptedServer,
  type Handler,
} from './__testUtils__/scriptedServer';
import { ManualClock } from '../async/ManualClock';
import { givingUpApart, givingUpOnce } from './givingUp';

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
    const clock = new ManualClock();
    const { api } = server.client({ clock });
    server.handler = silent;
    await givingUpOnce(async () => {
      const first = reasonOf(api.listNodes());
      await until(() => server.seen.length === 1);
      await clock.advance(PATIENCE_MS / 2);
      // It has half of its own time left when the first one's is over, and ends with that one's reason.
      const second = reasonOf(api.namespaceNames());
      await until(() => server.seen.length === 2);
      await clock.advance(PATIENCE_MS / 2);
      const [earlier, later] = await Promise.all([first, second]);
      expect(later).toBe(earlier);
      // Watches and dry runs do not try again either.
      const watched = (async () => {
        for await (const _ of api.watchPod('shop', 'p'));
      })();
      expect(await reasonOf(watched)).toBe(earlier);
      expect(earlier).toMatchObject({ kind: 'timeout', givenUp: true });
      expect(server.seen).toHaveLength(2);
    });
    // Another operation asks again.
    server.handler = empty;
    expect(await givingUpOnce(() => api.listNodes())).toEqual([]);
    await api.close();
  });

  it('tells work that goes on beside another nothing, and learns nothing of it', async () => {
    const clock = new ManualClock();
    const { api } = server.client({ clock });
    await givingUpOnce(async () => {
      server.handler = silent;
      const apart = givingUpApart(() => reasonOf(api.listNodes()));
      await until(() => server.seen.length === 1);
      await clock.advance(PATIENCE_MS);
      expect(await apart).toMatchObject({ kind: 'timeout', givenUp: true });
      server.handler = empty;
      expect(await api.listNodes()).toEqual([]);
    });
    await api.close();
  });

  it('does not take one slow answer for a dead API', async () => {
    const clock = new ManualClock();
    const { api } = server.client({ clock });
    server.handler = (request, response) =>
      (request.path.endsWith('/pods') ? silent : empty)(request, response);
    await givingUpOnce(async () => {
      const pods = reasonOf(api.listPods({}));
      expect(await api.listNodes()).toEqual([]);
      await clock.advance(PATIENCE_MS);
      expect(await pods).toMatchObject({ kind: 'timeout', givenUp: false });
      expect(await api.namespaceNames()).toEqual([]);
    });
    await api.close();
  });

  it('bears with an API that has answered before, for a timeout', async () => {
    const clock = new ManualClock();
    // wall time: on a ManualClock
    const { api } = server.client({ clock, requestTimeoutMs: 300 });
    const told = async (work: Promise<unknown>) => {
      let answer: { is: unknown } | undefined;
      reasonOf(work).then(is => (answer = { is }));
      await until(() => clock.advance(20).then(() => answer));
      return answer?.is;
    };
    const cut: Handler = (_, response) => response.socket?.destroy();
    await givingUpOnce(async () => {
      server.handler = empty;
      await api.listNodes();
      let cuts = 3;
      server.handler = (request, response) =>
        cuts-- > 0 ? cut(request, response) : empty(request, response);
      expect(await told(api.listNodes())).toEqual([]);
      server.handler = cut;
      expect(await told(api.listNodes())).toMatchObject({
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
    const clock = new ManualClock();
    const { api } = server.client({ clock });
    server.handler = silent;
    const silence = reasonOf(api.listNodes());
    await until(() => server.seen.length === 1);
    await clock.advance(PATIENCE_MS);
    expect(await silence).toMatchObject({ kind: 'timeout' });
    server.handler = empty;
    expect(await api.listNodes()).toEqual([]);
    await api.close();
  });
});
