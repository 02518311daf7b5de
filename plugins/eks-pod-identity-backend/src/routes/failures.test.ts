import { mockServices } from '@backstage/backend-test-utils';
import { ResponseError } from '@backstage/errors';
import createKnex from 'knex';
import { createStore, type Store } from '../store';
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

  it.each<[string, (store: Store) => unknown]>([
    ['a query', store => store.settings.get('key')],
    ['a transaction', store => store.transaction(async () => {})],
  ])(
    'says that the database is away where its store fails in %s',
    async (_, use) => {
      const connection = { host: '127.0.0.1', port: 1 };
      const knex = createKnex({ client: 'pg', connection });
      const error = await Promise.resolve(
        use(createStore(knex, Date.now)),
      ).catch(thrown => thrown);
      await knex.destroy();
      const { passed, warned } = handled(error);
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
      expect(passed.message).toMatch(
        /^The portal's database cannot be reached/,
      );
      expect(warned).toHaveLength(1);
    },
  );

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
