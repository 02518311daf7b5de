import { PodIdentityClient } from './client';
import { requestProblemOf } from './requestErrors';

async function problemOf(fetchImplementation: typeof fetch) {
  const client = new PodIdentityClient({
    discoveryApi: { getBaseUrl: async () => 'http://127.0.0.1:1' },
    fetchApi: { fetch: fetchImplementation },
  });
  return client.listClusters().then(
    () => 'no problem',
    error => requestProblemOf(error),
  );
}

const answer =
  (status: number, body: string | null, type = 'application/json') =>
  async () =>
    new Response(body, { status, headers: { 'content-type': type } });

const backstageError = (status: number, name: string, message: string) =>
  answer(
    status,
    JSON.stringify({
      error: { name, message },
      response: { statusCode: status },
    }),
  );

it.each([
  ['signed-out', backstageError(401, 'AuthenticationError', 'No token')],
  ['forbidden', backstageError(403, 'NotAllowedError', 'Not yours')],
  ['not-found', backstageError(404, 'NotFoundError', 'No report r1')],
  ['missing-backend', answer(404, null)],
  ['missing-backend', answer(404, '<h1>Not found</h1>', 'text/html')],
  ['missing-backend', backstageError(404, 'Error', 'Not found')],
  ['refused', backstageError(409, 'ConflictError', 'Another one runs')],
  ['gateway', answer(502, '<h1>Bad Gateway</h1>', 'text/html')],
  ['unreadable', answer(200, '<!doctype html>')],
  ['unreadable', answer(200, '{"items":"none"}')],
])('%s', async (problem, fetchImplementation) => {
  expect(await problemOf(fetchImplementation)).toBe(problem);
});

it('unreachable: the real fetch, and what browsers throw', async () => {
  expect(await problemOf((...args) => fetch(...args))).toBe('unreachable');
  for (const message of [
    'Failed to fetch',
    'NetworkError when attempting to fetch resource.',
    'Load failed',
  ]) {
    expect(requestProblemOf(new TypeError(message))).toBe('unreachable');
  }
});

it('other: a programming error is not taken for a bad connection', () => {
  expect(requestProblemOf(new TypeError('x is undefined'))).toBe('other');
  expect(requestProblemOf('odd')).toBe('other');
  const ofAnother = { name: 'ResponseError', cause: new Error('Inner') };
  expect(requestProblemOf(Object.assign(new Error('No'), ofAnother))).toBe(
    'other',
  );
});
