import { until } from 'eks-sandbox/patience';
import type { V1Pod } from './objects';
import type { ServerResponse } from 'node:http';
import type { PodEvent } from './types';
import {
  json,
  ScriptedServer,
  type SeenRequest,
} from './__testUtils__/scriptedServer';

const pod = (version: number, phase = 'Running', uid = 'u-1') => ({
  metadata: { name: 'p', uid, resourceVersion: String(version) },
  status: { phase },
});

const told = (event: PodEvent) =>
  `${event.type} ${event.pod.metadata?.resourceVersion} ${event.pod.status?.phase}`;

describe('watchPod', () => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.seen.length = 0;
  });

  /** Answers lists from `lists` in order (repeating the last one) and watches from `watches` in order. */
  function script(
    lists: unknown[][],
    watches: Array<
      (
        send: (type: string, object: unknown) => void,
        response: ServerResponse,
      ) => void
    >,
  ) {
    let listed = 0;
    let watched = 0;
    server.handler = (request: SeenRequest, response) => {
      if (!request.query.get('watch')) {
        const items = lists[Math.min(listed++, lists.length - 1)];
        json(response, 200, {
          metadata: { resourceVersion: `${listed}00` },
          items,
        });
        return;
      }
      const answer = watches[watched++];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      answer?.(
        (type, object) =>
          response.write(`${JSON.stringify({ type, object })}\n`),
        response,
      );
    };
  }

  async function collect(
    options: { signal?: AbortSignal; from?: V1Pod } = {},
  ): Promise<string[]> {
    const { api } = server.client();
    const events: string[] = [];
    try {
      for await (const event of api.watchPod('shop', 'p', options)) {
        events.push(told(event));
      }
    } finally {
      await api.close();
    }
    return events;
  }

  const watchesSeen = () =>
    server.seen.filter(({ query }) => query.get('watch'));

  it('reports the pod, every change, and its deletion', async () => {
    script(
      [[pod(5, 'Pending')]],
      [
        send => {
          send('MODIFIED', pod(6, 'Running'));
          send('MODIFIED', pod(7, 'Succeeded'));
          send('DELETED', pod(8, 'Succeeded'));
        },
      ],
    );
    expect(await collect()).toEqual([
      'ADDED 5 Pending',
      'MODIFIED 6 Running',
      'MODIFIED 7 Succeeded',
      'DELETED 8 Succeeded',
    ]);
    const [watch] = watchesSeen();
    expect(watch.query.get('fieldSelector')).toBe('metadata.name=p');
    expect(watch.query.get('resourceVersion')).toBe('100');
    expect(Number(watch.query.get('timeoutSeconds'))).toBeGreaterThan(0);
  });

  it('begins with a pod that is known, without a list', async () => {
    script(
      [],
      [
        (send, response) => {
          send('MODIFIED', pod(6));
          response.end();
        },
        send => send('DELETED', pod(7)),
      ],
    );
    expect(await collect({ from: pod(5, 'Pending') })).toEqual([
      'ADDED 5 Pending',
      'MODIFIED 6 Running',
      'DELETED 7 Running',
    ]);
    expect(
      server.seen.map(({ query }) => query.get('resourceVersion')),
    ).toEqual(['5', '6']);
  });

  it('lists when the version of a known pod is too old', async () => {
    script(
      [[pod(7)]],
      [
        (send, response) => {
          send('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
          response.end();
        },
        send => send('DELETED', pod(8)),
      ],
    );
    expect(await collect({ from: pod(5, 'Pending') })).toEqual([
      'ADDED 5 Pending',
      'MODIFIED 7 Running',
      'DELETED 8 Running',
    ]);
  });

  it('resumes at its last version when the server closes the watch', async () => {
    script(
      [[pod(5)]],
      [
        (send, response) => {
          send('MODIFIED', pod(6));
          send('BOOKMARK', { metadata: { resourceVersion: '60' } });
          response.end();
        },
        send => send('DELETED', pod(70)),
      ],
    );
    expect(await collect()).toEqual([
      'ADDED 5 Running',
      'MODIFIED 6 Running',
      'DELETED 70 Running',
    ]);
    expect(
      watchesSeen().map(({ query }) => query.get('resourceVersion')),
    ).toEqual(['100', '60']);
    expect(server.seen).toHaveLength(3);
  });

  it('lists again when its version is too old, and repeats nothing', async () => {
    script(
      [[pod(5)], [pod(5)], [pod(9)]],
      [
        (send, response) => {
          send('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
          response.end();
        },
        (send, response) => {
          send('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
          response.end();
        },
        send => send('DELETED', pod(10)),
      ],
    );
    expect(await collect()).toEqual([
      'ADDED 5 Running',
      'MODIFIED 9 Running',
      'DELETED 10 Running',
    ]);
  });

  it('survives a connection that breaks in the middle of an event', async () => {
    script(
      [[pod(5)], [pod(6)]],
      [
        (_, response) => {
          response.write('{"type":"MODIFIED","obj');
          setImmediate(() => response.destroy());
        },
        send => send('DELETED', pod(7)),
      ],
    );
    expect(await collect()).toEqual([
      'ADDED 5 Running',
      'MODIFIED 6 Running',
      'DELETED 7 Running',
    ]);
  });

  it('treats a new pod of the same name as another pod', async () => {
    script(
      [[pod(5, 'Running', 'u-1')]],
      [send => send('MODIFIED', pod(6, 'Pending', 'u-2'))],
    );
    expect(await collect()).toEqual(['ADDED 5 Running', 'DELETED 5 Running']);
  });

  it('ends when the pod never existed, or was deleted between two watches', async () => {
    script([[]], []);
    expect(await collect()).toEqual([]);
    script(
      [[pod(5)], []],
      [
        (send, response) => {
          send('ERROR', { code: 410 });
          response.end();
        },
      ],
    );
    expect(await collect()).toEqual(['ADDED 5 Running', 'DELETED 5 Running']);
  });

  it('ends quietly when cancelled', async () => {
    script([[pod(5)]], []);
    const abort = new AbortController();
    const collected = collect({ signal: abort.signal });
    // The list and the watch
    await until(() => server.seen.length === 2);
    abort.abort();
    expect(await collected).toEqual(['ADDED 5 Running']);
  });

  it('gives up when the cluster denies the call', async () => {
    server.handler = (_, response) =>
      json(response, 403, { reason: 'Forbidden', message: 'no list' });
    await expect(collect()).rejects.toMatchObject({
      kind: 'forbidden',
      verb: 'list',
    });
    let listed = false;
    server.handler = ({ query }, response) => {
      if (query.get('watch')) {
        json(response, 403, { reason: 'Forbidden', message: 'no watch' });
      } else {
        listed = true;
        json(response, 200, { metadata: {}, items: [pod(5)] });
      }
    };
    await expect(collect()).rejects.toMatchObject({
      kind: 'forbidden',
      verb: 'watch',
    });
    expect(listed).toBe(true);
  });

  it('gives up when the cluster keeps failing', async () => {
    server.handler = (_, response) => json(response, 503, { message: 'down' });
    await expect(collect()).rejects.toMatchObject({ kind: 'server' });
    expect(server.seen).toHaveLength(8);
  });
});
