import { TestApiProvider } from '@backstage/frontend-test-utils';
import { act, renderHook, waitFor } from '@testing-library/react';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { ReactNode, StrictMode } from 'react';
import { podIdentityApiRef } from '../api';
import { useVerification } from './useVerification';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };
const at = '2026-01-01T00:00:00.000Z';
const operation = (id: string, state = 'running') => ({
  id,
  kind: 'verify',
  ref,
  state,
  initiator: 'user:default/ada',
  createdAt: at,
  updatedAt: at,
  lastSeq: 9,
});
const log = (seq: number, message: string) => ({
  seq,
  at,
  type: 'log',
  data: { level: 'info', message },
});
const check = (seq: number, title: string) => ({
  seq,
  at,
  type: 'check',
  data: {
    id: 'role.exists',
    category: 'role',
    title,
    status: 'pass',
    message: 'It is there',
    docsUrl: 'https://docs',
    durationMs: 1,
    attempts: 1,
  },
});
const state = (seq: number, value: string, error?: object) => ({
  seq,
  at,
  type: 'state',
  data: { state: value, error },
});
const failure = (status: number, name: string, message: string) =>
  JSON.stringify({
    error: { name, message },
    request: { method: 'GET', url: '/' },
    response: { statusCode: status },
  });

/** The API as the backend speaks it, over real sockets that a test can cut. */
class Wire {
  readonly server: Server;
  readonly seen: string[] = [];
  /** Of streams and of waiting requests. */
  readonly open = new Set<ServerResponse>();
  events: object[] = [];
  /** Takes a request over; true when it answered it. */
  before: (req: IncomingMessage, res: ServerResponse) => boolean = () => false;

  constructor() {
    this.server = createServer((req, res) => {
      const url = new URL(req.url!, 'http://wire');
      const poll = url.searchParams.has('poll');
      this.seen.push(
        `${req.method} ${url.pathname}${poll ? ' poll' : ''}`.replace(
          '/v1',
          '',
        ),
      );
      this.open.add(res);
      res.on('close', () => this.open.delete(res));
      if (this.before(req, res)) return;
      const after = Number(url.searchParams.get('after') ?? 0);
      const events = this.events.filter(event => (event as any).seq > after);
      if (req.method === 'POST') {
        this.json(res, operation('op-1'), 202);
      } else if (req.method === 'DELETE') {
        this.json(res, operation('op-1'));
      } else if (poll) {
        const ended = this.events.some(
          event => (event as any).data.state === 'succeeded',
        );
        this.json(res, {
          operation: operation('op-1', ended ? 'succeeded' : 'running'),
          events,
        });
      } else {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write(': following\n\n');
        for (const event of events) this.write(res, event);
      }
    });
  }

  json(res: ServerResponse, body: object, status = 200) {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body));
  }

  write(res: ServerResponse, event: any) {
    res.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** Something that happened in the operation. */
  emit(...events: object[]) {
    this.events.push(...events);
    for (const res of this.open) {
      for (const event of events) this.write(res, event);
    }
  }

  count(what: string) {
    return this.seen.filter(each => each === what).length;
  }

  get url() {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }
}

describe('useVerification', () => {
  let wire: Wire;
  let finished: number;

  beforeEach(async () => {
    wire = new Wire();
    finished = 0;
    await new Promise<void>(resolve => {
      wire.server.listen(0, '127.0.0.1', resolve);
    });
  });

  afterEach(async () => {
    wire.server.closeAllConnections();
    await new Promise(resolve => {
      wire.server.close(resolve);
    });
  });

  type Running = Parameters<typeof useVerification>[0]['running'];

  function show(initial: { running?: Running } = {}, strict = false) {
    const client = new PodIdentityClient({
      discoveryApi: {
        getBaseUrl: async () => wire.url.replace(/\/v1$/, ''),
      },
      fetchApi: { fetch: (...args) => fetch(...args) },
    });
    // A second between tries is for people
    const follow = client.followOperation.bind(client);
    client.followOperation = (id, options) =>
      follow(id, { ...options, intervalMs: 5 });
    const wrapper = ({ children }: { children: ReactNode }) => {
      const provided = (
        <TestApiProvider apis={[[podIdentityApiRef, client]]}>
          {children}
        </TestApiProvider>
      );
      return strict ? <StrictMode>{provided}</StrictMode> : provided;
    };
    return renderHook(
      ({ running }: { running?: Running }) =>
        useVerification({
          ref,
          entityRef: 'component:default/payments-api',
          running,
          onFinished: () => {
            finished += 1;
          },
        }),
      { wrapper, initialProps: initial },
    );
  }

  const START = 'POST /operations';
  const STREAM = 'GET /operations/op-1/events';
  const POLL = 'GET /operations/op-1/events poll';

  it('shows the progress and the outcome', async () => {
    const { result } = show();
    act(() => {
      result.current.start();
    });
    await waitFor(() => expect(wire.count(STREAM)).toBe(1));
    act(() => wire.emit(log(1, 'Waiting for the probe pod to start')));
    await waitFor(() =>
      expect(result.current.progress).toMatchObject({
        running: true,
        canCancel: true,
        line: 'Waiting for the probe pod to start',
      }),
    );
    act(() => wire.emit(check(2, 'The role exists')));
    await waitFor(() => expect(result.current.progress.checks).toHaveLength(1));
    expect(finished).toBe(0);
    act(() => wire.emit(state(3, 'succeeded')));
    await waitFor(() => expect(result.current.progress.running).toBe(false));
    expect(result.current.progress.error).toBeUndefined();
    expect(finished).toBe(1);
  });

  it('starts one operation, however often it is clicked', async () => {
    const { result } = show();
    act(() => {
      result.current.start();
      result.current.start();
    });
    act(() => {
      result.current.start();
    });
    await waitFor(() => expect(wire.count(STREAM)).toBe(1));
    expect(wire.count(START)).toBe(1);
    act(() => wire.emit(state(1, 'succeeded')));
    await waitFor(() => expect(finished).toBe(1));
    expect(wire.seen).toEqual([START, STREAM]);
  });

  it('keeps following its operation when the card names another one of the same run', async () => {
    const { result, rerender } = show();
    act(() => {
      result.current.start();
    });
    await waitFor(() => expect(wire.count(STREAM)).toBe(1));
    rerender({ running: { operationId: 'op-of-bob', mine: false } });
    act(() => wire.emit(log(1, 'still mine')));
    await waitFor(() =>
      expect(result.current.progress.line).toBe('still mine'),
    );
    expect(result.current.progress.canCancel).toBe(true);
    expect(wire.seen).toEqual([START, STREAM]);
  });

  it('continues by polling when the stream breaks and a proxy answers 502', async () => {
    const { result } = show();
    act(() => {
      result.current.start();
    });
    await waitFor(() => expect(wire.count(STREAM)).toBe(1));
    act(() => wire.emit(check(1, 'The role exists')));
    await waitFor(() => expect(result.current.progress.checks).toHaveLength(1));
    let away = true;
    wire.before = (req, res) => {
      if (req.url!.includes('poll=true') && !away) return false;
      res.writeHead(502, { 'content-type': 'text/html' });
      res.end('<h1>Bad Gateway</h1>');
      return true;
    };
    for (const res of wire.open) res.destroy();
    // The streams that cannot be had are given up, and polls have failed too
    await waitFor(() => expect(wire.count(POLL)).toBeGreaterThan(2));
    expect(result.current.progress).toMatchObject({ running: true });
    expect(result.current.progress.checks).toHaveLength(1);
    away = false;
    act(() => wire.emit(check(2, 'It trusts EKS'), state(3, 'succeeded')));
    await waitFor(() =>
      expect(result.current.progress).toMatchObject({ running: false }),
    );
    expect(finished).toBe(1);
    expect(result.current.progress.error).toBeUndefined();
    expect(wire.count(START)).toBe(1);
  });

  it.each([
    [403, 'NotAllowedError', 'You are not allowed to verify it'],
    [429, 'TooManyRequestsError', 'Wait until one of them has finished'],
  ])(
    'ends with the sentence of a refusal (%s), and no spinner',
    async (status, name, sentence) => {
      wire.before = (req, res) => {
        if (req.method !== 'POST') return false;
        res.writeHead(status, { 'content-type': 'application/json' });
        res.end(failure(status, name, sentence));
        return true;
      };
      const { result } = show();
      act(() => {
        result.current.start();
      });
      await waitFor(() =>
        expect(result.current.progress).toMatchObject({
          running: false,
          error: sentence,
        }),
      );
      // Tried again, it is gone while that runs
      wire.before = () => false;
      act(() => {
        result.current.start();
      });
      await waitFor(() => expect(wire.count(STREAM)).toBe(1));
      expect(result.current.progress.error).toBeUndefined();
    },
  );

  it('distinguishes a run that cannot be followed from one that could not be run, until it has ended', async () => {
    wire.before = (req, res) => {
      if (req.method !== 'GET') return false;
      res.writeHead(401, { 'content-type': 'application/json' });
      res.end(failure(401, 'AuthenticationError', 'Session expired'));
      return true;
    };
    const running = { operationId: 'op-1', mine: false };
    const { result, rerender } = show({ running });
    await waitFor(() =>
      expect(result.current.progress).toMatchObject({
        running: false,
        error: 'Session expired',
        unfollowed: true,
      }),
    );
    rerender({ running: undefined });
    await waitFor(() => expect(result.current.progress.error).toBeUndefined());
  });

  it('says why an operation failed', async () => {
    wire.events = [
      state(1, 'failed', { name: 'Error', message: 'EKS did not answer' }),
    ];
    const { result } = show();
    act(() => {
      result.current.start();
    });
    await waitFor(() =>
      expect(result.current.progress.error).toBe('EKS did not answer'),
    );
  });

  it.each([false, true])(
    'follows a run of another user, once (strict mode: %s)',
    async strict => {
      const running = { operationId: 'op-1', mine: false };
      const { result, rerender } = show({ running }, strict);
      await waitFor(() => expect(result.current.progress.running).toBe(true));
      expect(result.current.progress.canCancel).toBe(false);
      rerender({ running: { ...running } });
      act(() => wire.emit(check(1, 'The role exists')));
      await waitFor(() =>
        expect(result.current.progress.checks).toHaveLength(1),
      );
      act(() => wire.emit(state(2, 'succeeded')));
      await waitFor(() => expect(finished).toBe(1));
      const streams = wire.count(STREAM);
      // The headline follows a moment later: until then the card still names it
      rerender({ running: { ...running } });
      await new Promise(resolve => {
        // wall time: another stream would have come by then
        setTimeout(resolve, 50);
      });
      expect(wire.count(STREAM)).toBe(streams);
      expect(finished).toBe(1);
      expect(wire.open.size).toBe(0);
    },
  );

  it('follows the run of the others after it cancelled its own operation', async () => {
    const { result, rerender } = show();
    act(() => {
      result.current.start();
    });
    await waitFor(() => expect(wire.count(STREAM)).toBe(1));
    await act(() => result.current.cancel());
    expect(result.current.progress.cancelling).toBe(true);
    expect(wire.count('DELETE /operations/op-1')).toBe(1);
    act(() =>
      wire.emit(
        state(1, 'cancelled', { name: 'CancelledError', message: 'By Ada' }),
      ),
    );
    await waitFor(() =>
      expect(result.current.progress).toMatchObject({
        running: false,
        cancelled: true,
      }),
    );
    // A cancellation is not an error
    expect(result.current.progress.error).toBeUndefined();
    wire.events = [];
    rerender({ running: { operationId: 'op-2', mine: false } });
    await waitFor(() =>
      expect(wire.count('GET /operations/op-2/events')).toBe(1),
    );
    expect(result.current.progress).toMatchObject({
      running: true,
      cancelled: false,
      canCancel: false,
    });
  });

  it('cancels a run that has no id yet', async () => {
    let release = () => {};
    wire.before = (req, res) => {
      if (req.method !== 'POST') return false;
      release = () => wire.json(res, operation('op-1'), 202);
      return true;
    };
    const { result } = show();
    act(() => {
      result.current.start();
    });
    await waitFor(() => expect(wire.count(START)).toBe(1));
    act(() => {
      result.current.cancel();
    });
    expect(wire.count('DELETE /operations/op-1')).toBe(0);
    act(() => release());
    await waitFor(() => expect(wire.count('DELETE /operations/op-1')).toBe(1));
  });

  it('says that it could not be cancelled, and continues', async () => {
    wire.before = (req, res) => {
      if (req.method !== 'DELETE') return false;
      res.writeHead(403, { 'content-type': 'application/json' });
      res.end(failure(403, 'NotAllowedError', 'It was started by Bob'));
      return true;
    };
    const { result } = show({ running: { operationId: 'op-1' } });
    await waitFor(() => expect(wire.count(STREAM)).toBe(1));
    await act(() => result.current.cancel());
    expect(result.current.progress).toMatchObject({
      running: true,
      cancelling: false,
      error: 'It was started by Bob',
    });
    act(() => wire.emit(state(1, 'succeeded')));
    await waitFor(() => expect(finished).toBe(1));
    expect(result.current.progress.error).toBeUndefined();
  });

  it.each(['the request', 'the stream'])(
    'leaves nothing running in the browser when it is unmounted during %s',
    async during => {
      if (during === 'the request') wire.before = () => true;
      const { result, unmount } = show();
      act(() => {
        result.current.start();
      });
      await waitFor(() =>
        expect(wire.count(during === 'the request' ? START : STREAM)).toBe(1),
      );
      unmount();
      await waitFor(() => expect(wire.open.size).toBe(0));
      const { length } = wire.seen;
      await new Promise(resolve => {
        // wall time: another request would have come by then
        setTimeout(resolve, 60);
      });
      expect(wire.seen).toHaveLength(length);
      expect(finished).toBe(0);
      // It must not be cancelled for other users
      expect(wire.seen.some(each => each.startsWith('DELETE'))).toBe(false);
    },
  );
});
