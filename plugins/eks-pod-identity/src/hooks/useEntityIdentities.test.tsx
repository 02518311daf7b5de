import { TestApiProvider } from '@backstage/frontend-test-utils';
import { signalApiRef } from '@backstage/plugin-signals-react';
import { act, renderHook, waitFor } from '@testing-library/react';
import {
  EntityIdentities,
  PodIdentityClient,
} from 'backstage-plugin-eks-pod-identity-common';
import { createServer, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ReactNode } from 'react';
import { podIdentityApiRef } from '../api';
import { useEntityIdentities } from './useEntityIdentities';

const entity = {
  kind: 'component',
  namespace: 'default',
  name: 'payments-api',
};

const answer = (sentence: string, verifying = false): EntityIdentities => ({
  entityRef: 'component:default/payments-api',
  identities: [
    {
      ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
      clusterTitle: 'Production',
      clusterKnown: true,
      sources: ['annotation'],
      status: 'verified',
      headline: `Verified: ${sentence}`,
      sentence,
      path: [],
      can: { verify: true, remove: true, restart: false },
      ...(verifying ? { verifying: { operationId: 'op-1' } } : {}),
    },
  ],
  problems: [],
  hidden: 0,
  canCreate: false,
});

const error = (status: number, name: string, message: string) => ({
  error: { name, message },
  request: { method: 'GET', url: '/' },
  response: { statusCode: status },
});

describe('useEntityIdentities', () => {
  let server: Server;
  let requests: number;
  let waiting: ServerResponse[];
  /** Status and body of the next answers; undefined: they wait. */
  let next: { status: number; body: object } | undefined;

  const say = (res: ServerResponse, status: number, body: object) => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body));
  };

  beforeEach(async () => {
    requests = 0;
    waiting = [];
    next = { status: 200, body: answer('first') };
    server = createServer((_req, res) => {
      requests += 1;
      if (next) say(res, next.status, next.body);
      else waiting.push(res);
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    // Sockets keep the real time; only the page's own timers wait for the test
    jest.useFakeTimers({
      doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'],
      advanceTimers: true,
    });
  });

  afterEach(async () => {
    jest.useRealTimers();
    visibility('visible');
    server.closeAllConnections();
    await new Promise(resolve => {
      server.close(resolve);
    });
  });

  function visibility(state: 'visible' | 'hidden') {
    Object.defineProperty(document, 'visibilityState', {
      value: state,
      configurable: true,
    });
    document.dispatchEvent(new Event('visibilitychange'));
  }

  function show(signals = false) {
    const { port } = server.address() as AddressInfo;
    const client = new PodIdentityClient({
      discoveryApi: { getBaseUrl: async () => `http://127.0.0.1:${port}` },
      fetchApi: { fetch: (...args) => fetch(...args) },
    });
    const apis: any[] = [[podIdentityApiRef, client]];
    if (signals) {
      apis.push([signalApiRef, { subscribe: () => ({ unsubscribe() {} }) }]);
    }
    return renderHook(() => useEntityIdentities(entity), {
      wrapper: ({ children }: { children: ReactNode }) => (
        <TestApiProvider apis={apis}>{children}</TestApiProvider>
      ),
    });
  }

  const pass = (ms: number) => act(() => jest.advanceTimersByTimeAsync(ms));
  const sentence = (shown: {
    current: ReturnType<typeof useEntityIdentities>;
  }) => shown.current.data?.identities[0].sentence;

  it('notices changes by others within a minute without signals', async () => {
    const { result } = show();
    await waitFor(() => expect(sentence(result)).toBe('first'));
    next = { status: 200, body: answer('second') };
    await pass(50_000);
    expect(requests).toBe(1);
    await pass(11_000);
    await waitFor(() => expect(sentence(result)).toBe('second'));
    expect(requests).toBe(2);
  });

  it('polls rarely with signals, in case some were lost', async () => {
    const { result } = show(true);
    await waitFor(() => expect(sentence(result)).toBe('first'));
    next = { status: 200, body: answer('second') };
    await pass(200_000);
    expect(requests).toBe(1);
    await pass(110_000);
    await waitFor(() => expect(sentence(result)).toBe('second'));
  });

  it('sends no requests while the page is hidden, and one at once when it is visible again', async () => {
    const { result } = show();
    await waitFor(() => expect(sentence(result)).toBe('first'));
    act(() => visibility('hidden'));
    next = { status: 200, body: answer('second') };
    await pass(600_000);
    expect(requests).toBe(1);
    act(() => visibility('visible'));
    await waitFor(() => expect(sentence(result)).toBe('second'));
    // Hiding and showing it within moments is no reason
    act(() => visibility('hidden'));
    act(() => visibility('visible'));
    await pass(1_000);
    expect(requests).toBe(2);
    // It continues as before
    await pass(60_000);
    expect(requests).toBe(3);
  });

  it('polls faster during a verification, but waits for slow answers', async () => {
    next = { status: 200, body: answer('running', true) };
    const { result } = show();
    await waitFor(() => expect(sentence(result)).toBe('running'));
    next = undefined;
    await pass(3_100);
    await waitFor(() => expect(waiting).toHaveLength(1));
    // Long after the next poll was due; and signals arrive meanwhile
    await pass(10_000);
    act(() => {
      result.current.refresh();
      result.current.refresh();
    });
    expect(requests).toBe(2);
    say(waiting[0], 200, answer('late', true));
    await waitFor(() => expect(sentence(result)).toBe('late'));
    // Refreshes during the request lead to one request after it
    await waitFor(() => expect(waiting).toHaveLength(2));
    say(waiting[1], 200, answer('done'));
    await waitFor(() => expect(sentence(result)).toBe('done'));
    expect(requests).toBe(3);
  });

  it('keeps data beside an error; the next good answer replaces both', async () => {
    const { result } = show();
    await waitFor(() => expect(sentence(result)).toBe('first'));
    next = {
      status: 500,
      body: error(500, 'Error', 'The database does not answer.'),
    };
    act(() => result.current.refresh());
    await waitFor(() =>
      expect(result.current.problem).toEqual({
        kind: 'error',
        message: 'The database does not answer.',
      }),
    );
    expect(sentence(result)).toBe('first');
    expect(result.current.loading).toBe(false);
    next = { status: 200, body: answer('second') };
    await pass(61_000);
    await waitFor(() => expect(sentence(result)).toBe('second'));
    expect(result.current.problem).toBeUndefined();
  });

  it('keeps polling if it had data before, and hides a progress that may have stopped', async () => {
    next = { status: 200, body: answer('first', true) };
    const { result } = show();
    await waitFor(() => expect(sentence(result)).toBe('first'));
    expect(result.current.data?.identities[0].verifying).toBeDefined();
    next = { status: 401, body: error(401, 'AuthenticationError', 'Expired') };
    await pass(3_100);
    await waitFor(() =>
      expect(result.current.problem).toEqual({ kind: 'unauthorized' }),
    );
    expect(sentence(result)).toBe('first');
    expect(result.current.data?.identities[0].verifying).toBeUndefined();
    next = { status: 200, body: answer('second') };
    await pass(61_000);
    await waitFor(() => expect(sentence(result)).toBe('second'));
    expect(result.current.problem).toBeUndefined();
  });

  it('hides what the user may no longer see', async () => {
    const { result } = show();
    await waitFor(() => expect(sentence(result)).toBe('first'));
    next = { status: 403, body: error(403, 'NotAllowedError', 'Not yours') };
    act(() => result.current.refresh());
    await waitFor(() =>
      expect(result.current.problem).toEqual({ kind: 'forbidden' }),
    );
    expect(result.current.data).toBeUndefined();
    // Polling would not change that; returning to the page may
    await pass(600_000);
    expect(requests).toBe(2);
    next = { status: 200, body: answer('given back') };
    act(() => visibility('visible'));
    await waitFor(() => expect(sentence(result)).toBe('given back'));
  });

  it('gives up on an answer that never comes, and shows that it is loading when it retries', async () => {
    next = undefined;
    const { result } = show();
    await waitFor(() => expect(waiting).toHaveLength(1));
    expect(result.current.loading).toBe(true);
    await pass(61_000);
    await waitFor(() =>
      expect(result.current.problem).toEqual({
        kind: 'error',
        message: 'The backend did not answer within 60 seconds.',
      }),
    );
    expect(result.current.loading).toBe(false);
    act(() => result.current.refresh());
    expect(result.current.loading).toBe(true);
    expect(result.current.problem).toBeUndefined();
    await waitFor(() => expect(waiting).toHaveLength(2));
    say(waiting[1], 200, answer('here'));
    await waitFor(() => expect(sentence(result)).toBe('here'));
  });

  it('stops and aborts everything when it is unmounted', async () => {
    next = undefined;
    const { unmount } = show();
    await waitFor(() => expect(waiting).toHaveLength(1));
    const closed = new Promise(resolve => {
      waiting[0].on('close', resolve);
    });
    unmount();
    await closed;
    await pass(600_000);
    expect(requests).toBe(1);
  });
});
