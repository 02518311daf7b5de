import { ResponseError } from '@backstage/errors';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { sentenceOf, toProblem } from './problems';

async function problemOf(fetchImplementation: typeof fetch) {
  const client = new PodIdentityClient({
    discoveryApi: { getBaseUrl: async () => 'http://127.0.0.1:1' },
    fetchApi: { fetch: fetchImplementation },
  });
  return client
    .getEntityIdentities({ kind: 'component', namespace: 'a', name: 'b' })
    .then(
      () => undefined,
      error => toProblem(error),
    );
}

const answers =
  (status: number, body: string, type = 'application/json') =>
  async () =>
    new Response(body, {
      status,
      statusText: 'Bad Gateway',
      headers: { 'content-type': type },
    });

describe('what went wrong, in a sentence', () => {
  it('when the backend cannot be reached', async () => {
    expect(await problemOf((...args) => fetch(...args))).toEqual({
      kind: 'error',
      message:
        'The backend could not be reached. Check your connection, or try again in a moment.',
    });
  });

  it('when a gateway in front of the backend answers with an HTML page', async () => {
    expect(
      await problemOf(answers(502, '<html>nginx</html>', 'text/html')),
    ).toEqual({
      kind: 'error',
      message:
        'The backend, or something in front of it, answered 502 Bad Gateway. Try again in a moment.',
    });
  });

  it.each([
    ['is no JSON', '<!doctype html><title>Sign in</title>'],
    ['has other fields', '{"identities":"none"}'],
  ])('when an answer %s', async (_, body) => {
    expect(await problemOf(answers(200, body))).toEqual({
      kind: 'error',
      message:
        'The answer of the backend could not be read. Its version might not fit this page: ask the platform team.',
    });
  });

  it('in the words of the backend if it gave a sentence', async () => {
    const response = await answers(
      500,
      JSON.stringify({
        error: { name: 'Error', message: 'The database does not answer.' },
        response: { statusCode: 500 },
      }),
    )();
    expect(sentenceOf(await ResponseError.fromResponse(response))).toBe(
      'The database does not answer.',
    );
  });

  it('in the words of any other error', () => {
    expect(sentenceOf(new TypeError('x is undefined'))).toBe('x is undefined');
    expect(sentenceOf('odd')).toBe('odd');
  });
});
