import { PATIENCE_MS, until } from 'eks-sandbox/patience';
import net, { type AddressInfo } from 'node:net';
import { createCallRecorder } from '../async/CallRecorder';
import { type Clock, systemClock } from '../async/clock';
import { HurriedClock } from '../async/__testUtils__/HurriedClock';
import { ManualClock } from '../async/ManualClock';
import { createKubernetesApi } from './api';
import { json, ScriptedServer } from './__testUtils__/scriptedServer';

const POD = {
  metadata: { name: 'p', namespace: 'shop' },
  spec: { containers: [{ name: 'a', image: 'b' }] },
};

describe('KubernetesTransport', () => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.seen.length = 0;
  });

  it('signs again after a 401, once', async () => {
    const { api, forgotten, outcomes } = server.client({
      tokens: ['old', 'new'],
    });
    server.handler = ({ authorization }, response) =>
      authorization === 'Bearer new'
        ? json(response, 200, { items: [] })
        : json(response, 401, { reason: 'Unauthorized', message: 'no' });
    expect(await api.listNodes()).toEqual([]);
    expect(forgotten).toEqual(['old']);
    expect(outcomes).toEqual(['list nodes: unauthorized', 'list nodes: ok']);

    server.handler = (_, response) =>
      json(response, 401, { reason: 'Unauthorized', message: 'Unauthorized' });
    server.seen.length = 0;
    await expect(api.listNodes()).rejects.toMatchObject({
      kind: 'unauthorized',
      status: 401,
      verb: 'list',
      resource: 'nodes',
    });
    expect(server.seen).toHaveLength(2);
    await api.close();
  });

  it('records requests by verb and kind, and streams to their end', async () => {
    const recorder = createCallRecorder({ clock: systemClock });
    const { api } = server.client();
    server.handler = ({ path, query }, response) => {
      if (path === '/api/v1/nodes') {
        json(response, 403, { reason: 'Forbidden', message: 'no' });
      } else if (query.get('watch')) {
        response.writeHead(200, { 'content-type': 'application/json' });
        // wall time: how long the stream lasts, at least
        setTimeout(() => {
          const object = { metadata: { name: 'p', uid: '1' } };
          response.end(JSON.stringify({ type: 'DELETED', object }));
        }, 60);
      } else {
        json(response, 200, {
          metadata: { resourceVersion: '1' },
          items: [{ metadata: { name: 'p', uid: '1', resourceVersion: '1' } }],
        });
      }
    };
    await recorder.during(async () => {
      await api.listNodes().catch(() => undefined);
      for await (const _ of api.watchPod('shop', 'p'));
    });
    const { entries } = recorder.timeline();
    expect(entries).toMatchObject([
      {
        service: 'kubernetes',
        operation: 'list nodes',
        outcome: 'forbidden',
      },
      { operation: 'list pods', waitMs: 0, outcome: 'ok' },
      { operation: 'watch pods', waitMs: 0, outcome: 'ok' },
    ]);
    expect(entries[2].durationMs).toBeGreaterThanOrEqual(55);
    await api.close();
  });

  it('dry-runs on a separate connection, to the given address', async () => {
    server.handler = ({ body }, response) =>
      json(response, 201, JSON.parse(body));
    // The name does not resolve, so only the given address can have been used.
    const { api } = server.client({ host: 'localhost' });
    await api.dryRunPod('shop', POD, { address: '127.0.0.1' });
    await api.dryRunPod('shop', POD, { address: '127.0.0.1' });
    await api.dryRunPod('shop', POD);
    expect(new Set(server.seen.map(({ connection }) => connection)).size).toBe(
      3,
    );
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/api/v1/namespaces/shop/pods',
      contentType: 'application/json',
    });
    expect([...server.seen[0].query]).toEqual([
      ['dryRun', 'All'],
      ['fieldManager', 'backstage-eks-pod-identity'],
    ]);
    await api.close();
  });

  it('checks the name of the endpoint although the address is chosen', async () => {
    server.handler = (_, response) => json(response, 201, {});
    const { api } = server.client({ host: 'cluster.invalid' });
    // Without the address the name does not resolve; with it the certificate does not match.
    await expect(
      api.dryRunPod('shop', POD, { address: '127.0.0.1' }),
    ).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(api.listNodes()).rejects.toMatchObject({
      kind: 'unreachable',
      reason: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    });
    await expect(api.addresses()).rejects.toMatchObject({
      kind: 'unreachable',
      message: 'the name cluster.invalid could not be resolved',
    });
    expect(server.seen).toEqual([]);
    await api.close();
  });

  it('trusts no other CA', async () => {
    const other = await ScriptedServer.start();
    const { api } = server.client({ ca: other.ca });
    await expect(api.listNodes()).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    await api.close();
    await other.stop();
  });

  it('gives up on a server that never answers', async () => {
    server.handler = () => {};
    const clock = new ManualClock();
    // wall time: on a ManualClock
    const { api, outcomes } = server.client({ clock, requestTimeoutMs: 80 });
    const listed = api.listNodes().catch(error => error);
    await until(() => server.seen.length === 1);
    await clock.advance(80);
    expect(await listed).toMatchObject({
      kind: 'timeout',
      message: `127.0.0.1:${server.port} did not answer within 80 ms`,
    });
    expect(outcomes).toEqual(['list nodes: timeout']);
    await api.close();
  });

  it('gives up on an answer that never ends', async () => {
    server.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"items":[');
    };
    const clock = new ManualClock();
    const { api } = server.client({ clock });
    const listed = api.listNodes().catch(error => error);
    await until(() => server.seen.length === 1);
    await clock.advance(PATIENCE_MS);
    expect(await listed).toMatchObject({ kind: 'timeout' });
    await api.close();
  });

  it('reports a cut-off answer as a server error', async () => {
    server.handler = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"items":[');
    };
    const { api } = server.client();
    await expect(api.listNodes()).rejects.toMatchObject({
      kind: 'server',
      message: 'the answer to list nodes is not whole JSON',
    });
    server.handler = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"items":[');
      setImmediate(() => response.destroy());
    };
    await expect(api.listNodes()).rejects.toMatchObject({
      kind: 'unreachable',
    });
    await api.close();
  });

  it('ends at once when the caller aborts', async () => {
    server.handler = () => {};
    // On this clock no deadline passes
    const { api } = server.client({ clock: new ManualClock() });
    const abort = new AbortController();
    const listed = api
      .listNodes({ signal: abort.signal })
      .catch(error => error);
    await until(() => server.seen.length === 1);
    abort.abort(new Error('the user left'));
    expect(await listed).toMatchObject({ kind: 'aborted' });
    await expect(api.listNodes({ signal: abort.signal })).rejects.toMatchObject(
      { kind: 'aborted' },
    );
    await api.close();
  });

  it('reads lists page by page, and restarts when they expire', async () => {
    const { api } = server.client();
    let outdated = true;
    server.handler = ({ query }, response) => {
      if (!query.get('continue')) {
        json(response, 200, {
          metadata: { continue: 'more' },
          items: [{ metadata: { name: 'a' } }],
        });
      } else if (outdated) {
        outdated = false;
        json(response, 410, { reason: 'Expired', message: 'too old' });
      } else {
        json(response, 200, {
          metadata: {},
          items: [{ metadata: { name: 'b' } }],
        });
      }
    };
    const nodes = await api.listNodes();
    expect(nodes.map(({ metadata }) => metadata?.name)).toEqual(['a', 'b']);
    expect(server.seen).toHaveLength(4);
    expect(server.seen[0].query.get('limit')).toBe('500');
    await api.close();
  });

  it('sends preconditions with a delete, and treats 404 as deleted', async () => {
    const { api } = server.client();
    server.handler = (_, response) => json(response, 200, { kind: 'Status' });
    await api.deleteServiceAccount('shop', 'api', {
      uid: 'u-1',
      resourceVersion: '7',
    });
    expect(JSON.parse(server.seen[0].body)).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u-1', resourceVersion: '7' },
    });
    server.handler = (_, response) =>
      json(response, 404, { reason: 'NotFound', message: 'gone' });
    await api.deleteServiceAccount('shop', 'api', {});
    await api.deletePod('shop', 'p', { gracePeriodSeconds: 0 });
    expect(server.seen[2].query.get('gracePeriodSeconds')).toBe('0');
    server.handler = (_, response) =>
      json(response, 409, { reason: 'Conflict', message: 'uid differs' });
    await expect(
      api.deleteServiceAccount('shop', 'api', { uid: 'x' }),
    ).rejects.toMatchObject({ kind: 'conflict' });
    await api.close();
  });

  it('returns objects as the API server sends them, times as text', async () => {
    const { api } = server.client();
    server.handler = (_, response) =>
      json(response, 200, {
        metadata: { name: 'p', creationTimestamp: '2026-01-02T03:04:05Z' },
      });
    const pod = await api.readPod('shop', 'p');
    expect(pod?.metadata?.creationTimestamp).toBe('2026-01-02T03:04:05Z');
    await api.close();
  });
});

describe('A port without an API server', () => {
  const client = (port: number, clock: Clock) =>
    createKubernetesApi({
      endpoint: `https://127.0.0.1:${port}`,
      ca: '',
      clock,
      token: { get: async () => 't', forget: () => {} },
      requestTimeoutMs: PATIENCE_MS,
      connectTimeoutMs: 2 * PATIENCE_MS,
      retryPauseMs: 10,
    });

  it('closed: unreachable; silent: timeout', async () => {
    const sockets: net.Socket[] = [];
    const silent = net.createServer(socket => sockets.push(socket));
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const clock = new ManualClock();
    const api = client(port, clock);
    const end = async (work: Promise<unknown>, how: () => unknown) => {
      const reason = work.catch(error => error);
      await until(() => clock.waiting > 0);
      await how();
      return reason;
    };
    // A single connection would time out later
    const pass = () => clock.advance(PATIENCE_MS);
    expect(await end(api.listNodes(), pass)).toMatchObject({ kind: 'timeout' });
    const abort = new AbortController();
    expect(
      await end(api.listNodes({ signal: abort.signal }), () => abort.abort()),
    ).toMatchObject({ kind: 'aborted' });
    expect(
      await end(api.dryRunPod('shop', POD, { address: '127.0.0.1' }), pass),
    ).toMatchObject({ kind: 'timeout' });
    for (const socket of sockets) socket.destroy();
    await new Promise<void>(resolve => silent.close(() => resolve()));
    const closed = client(port, new HurriedClock());
    await expect(closed.listNodes()).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'ECONNREFUSED',
      message: expect.stringMatching(
        new RegExp(`^no connection to 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`),
      ),
    });
    await Promise.all([api.close(), closed.close()]);
  });
});
