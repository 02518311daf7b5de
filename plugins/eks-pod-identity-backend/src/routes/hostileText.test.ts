import { createServiceFactory } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  type TestDatabaseId,
} from '@backstage/backend-test-utils';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import type { Knex } from 'knex';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  entities,
  type Replica,
  startReplica,
} from '../__testUtils__/testBackend';
import { leaseKeys } from '../operations/leaseKeys';
import { LeaseStore } from '../store/LeaseStore';

const databases = createTestDatabases();
const cursorOf = (text: string) => Buffer.from(text).toString('base64url');
const nested = (depth: number): unknown =>
  depth === 0 ? 'x' : { a: nested(depth - 1) };

describe.each(databases.eachSupportedId())('hostile text on %s', id => {
  let replica: Replica;
  let knex: Knex;
  beforeAll(async () => {
    knex = await databases.init(id as TestDatabaseId);
    replica = await startReplica({ world: new FakeWorld(), knex });
  });
  afterAll(() => replica?.stop());

  const ask = async (path: string, body?: unknown) => {
    const response = await fetch(`${replica.baseUrl}/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: mockCredentials.user.header(ADA),
        'content-type': 'application/json',
      },
      body: body ? JSON.stringify(body) : undefined,
    });
    const answer = await response.text();
    return {
      status: response.status,
      message: answer && JSON.parse(answer).error?.message,
    };
  };

  it.each([
    ['q', '/associations?q=a%00b'],
    ['a cluster', '/associations?cluster=%00'],
    ['a policy', '/policies?q=%00&cluster=prod'],
    ['an operation', '/operations/%00'],
    ['a report', '/reports/a%00'],
    ['a cluster of a path', '/clusters/%00/namespaces'],
    [
      'a cursor',
      `/associations?cursor=${cursorOf('["prod","a\\u0000","b","c"]')}`,
    ],
    [
      'a cursor of reports',
      `/service-accounts/prod/payments/api/reports?cursor=${cursorOf(
        '12/a\u0000',
      )}`,
    ],
    [
      'half a cursor of reports',
      `/service-accounts/prod/payments/api/reports?cursor=${cursorOf('12')}`,
    ],
    [
      'a huge number in a cursor',
      `/service-accounts/prod/payments/api/reports?cursor=${cursorOf(
        `${'9'.repeat(40)}/a`,
      )}`,
    ],
  ])('refuses %s', async (_, path) => {
    const { status, message } = await ask(path);
    expect(status).toBe(400);
    expect(message).not.toMatch(/select|insert|where|\$1|0x00/i);
  });

  it.each([
    ['a key', { ...associate(), idempotencyKey: 'a\u0000' }, /NUL/],
    ['a value', associate('api', { roleDescription: '\u0000' }), /NUL/],
    ['a name', associate('api', { tags: { 'a\u0000': 'b' } }), /NUL/],
    [
      'deep nesting',
      associate('api', { sessionPolicy: nested(200) }),
      /nested more than 32 levels deep/,
    ],
    ['an array of arrays', associate('api', { x: nested(40) }), /32 levels/],
  ])('refuses %s in an operation', async (_, body, why) => {
    const { status, message } = await ask('/operations', body);
    expect(status).toBe(400);
    expect(message).toMatch(why);
  });

  it.each([
    'component:default/..',
    'component:../payments-api',
    'component:default/payments-api%2f..',
    'component:default/payments-api\u0000',
    'component:default/payments_api-',
    'com ponent:default/payments-api',
    `component:default/${'a'.repeat(64)}`,
  ])('refuses the entity %j', async entityRef => {
    const { status, message } = await ask(
      '/operations',
      associate('api', { entityRef }),
    );
    expect(status).toBe(400);
    expect(message).toMatch(/entityRef|NUL/);
    const [kind, rest] = entityRef.split(':');
    const [namespace, name] = rest.split('/');
    const path = [kind, namespace, name].map(encodeURIComponent).join('/');
    // An address with ".." is another one before it is sent.
    expect([400, 404]).toContain((await ask(`/entities/${path}`)).status);
  });

  it('takes a lease on the longest ARN', async () => {
    const arn = (end: string) =>
      `arn:aws:iam::111122223333:role/${'p'.repeat(511)}/${'r'.repeat(
        60,
      )}${end}`;
    const keys = [arn('a'), arn('b')].map(leaseKeys.role);
    expect(new Set(keys).size).toBe(2);
    const leases = new LeaseStore(knex);
    for (const key of keys) {
      expect(
        await leases.acquire(
          key,
          { runId: 'run', instance: 'here' },
          { what: 'a test', ttlMs: PATIENCE_MS, inherit: false },
        ),
      ).toEqual({ acquired: true });
    }
  });

  it('tells nothing of a statement that the database refused', async () => {
    await knex.schema.renameTable('reports', 'elsewhere');
    try {
      const { status, message } = await ask('/reports/one');
      expect(status).toBe(500);
      expect(message).toMatch(/^The portal's database refused/);
      expect(message).not.toMatch(/select|reports/);
    } finally {
      await knex.schema.renameTable('elsewhere', 'reports');
    }
  });

  it('finds an entity in any case', async () => {
    expect((await ask('/entities/Component/Default/Payments-API')).status).toBe(
      200,
    );
  });
});

it('takes no other entity for the one that was asked for', async () => {
  const real = catalogServiceMock({ entities });
  const replica = await startReplica({
    world: new FakeWorld(),
    knex: await databases.init('SQLITE_3'),
    catalog: createServiceFactory({
      service: catalogServiceRef,
      deps: {},
      factory: () => ({
        ...real,
        getEntityByRef: async () => entities[0],
      }),
    }),
  });
  try {
    const response = await fetch(
      `${replica.baseUrl}/v1/entities/component/default/shop`,
      { headers: { authorization: mockCredentials.user.header(ADA) } },
    );
    expect(response.status).toBe(404);
  } finally {
    await replica.stop();
  }
});
