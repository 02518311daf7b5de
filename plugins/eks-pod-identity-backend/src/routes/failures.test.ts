import { mockServices } from '@backstage/backend-test-utils';
import { ResponseError } from '@backstage/errors';
import { eachCall } from '../store/eachCall';
import { noting } from '../store/ofStore';
import { failureHandler } from './failures';

const SECRET = 'connect ECONNREFUSED db.internal:5432';

/** What another plugin answered. */
const answered = (status: number) =>
  ResponseError.fromResponse(
    new Response(
      JSON.stringify({ error: { name: 'Error', message: SECRET } }),
      {
        status,
        headers: { 'content-type': 'application/json' },
      },
    ),
  );

/** What the handler passes on, and whether it logged something. */
function handled(error: unknown) {
  const logger = mockServices.logger.mock();
  const next = jest.fn();
  const request = { method: 'GET', path: '/v1/clusters' };
  failureHandler(logger)(error, request as any, {} as any, next);
  return { passed: next.mock.calls[0][0], warned: logger.warn.mock.calls };
}

describe('an error of a request', () => {
  it.each([
    ['could not reach it', () => answered(500)],
    [
      'could not be reached itself',
      async () => Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }),
    ],
  ])('names no host where another plugin %s', async (_, fail) => {
    const { passed, warned } = handled(await fail());
    expect(passed.name).toBe('ServiceUnavailableError');
    expect(JSON.stringify([passed.message, { ...passed }])).not.toContain(
      'db.',
    );
    expect(warned).toEqual([
      [
        expect.stringMatching(
          /^Could not answer GET \/v1\/clusters, because another/,
        ),
      ],
    ]);
  });

  it.each([
    async () => {
      throw Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' });
    },
    () => {
      throw new Error('Knex: Timeout acquiring a connection.');
    },
  ])('says that the database is away where the store threw it', async read => {
    const error = await Promise.resolve()
      .then(eachCall({ read }, noting).read)
      .catch(thrown => thrown);
    const { passed, warned } = handled(error);
    expect(passed.message).toMatch(/^The portal's database cannot be reached/);
    expect(warned).toHaveLength(1);
  });

  it('is passed on where another plugin refused, or the client broke off', async () => {
    const refused = await answered(403);
    const aborted = Object.assign(new Error('request aborted'), {
      code: 'ECONNABORTED',
      statusCode: 400,
    });
    for (const error of [refused, aborted]) {
      expect(handled(error)).toEqual({ passed: error, warned: [] });
    }
  });
});
