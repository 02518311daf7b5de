import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  BOB,
  entities,
  follow,
  Replica,
  startReplica,
  verify,
} from '../__testUtils__/testBackend';
import { EntityNames } from './entityNames';

jest.setTimeout(30_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const NAME = 'component:default/payments-api';

describe('names of components', () => {
  let replica: Replica;
  let catalogAway = false;

  beforeAll(async () => {
    const everything = catalogServiceMock({ entities });
    const catalog = catalogServiceMock.mock({
      getEntityByRef: (ref, options) => everything.getEntityByRef(ref, options),
      // Bob has no right to know of Ada's components
      getEntitiesByRefs: async (request, options) => {
        const { credentials } = options as {
          credentials: BackstageCredentials;
        };
        if (catalogAway) throw new Error('The catalog is away');
        const { principal } = credentials as ReturnType<
          typeof mockCredentials.user
        >;
        const { items } = await everything.getEntitiesByRefs(request, {
          credentials,
        });
        return {
          items:
            principal.userEntityRef === BOB
              ? items.map(() => undefined)
              : items,
        };
      },
    });
    replica = await startReplica({
      world: new FakeWorld(),
      knex: await databases.init('SQLITE_3'),
      catalog: catalog.factory,
    });
  });

  beforeEach(() => {
    catalogAway = false;
  });

  afterAll(() => replica.stop());

  async function everythingReadBy(user: string, id: string) {
    const client = replica.as(user);
    const operation = await client.getOperation(id);
    const { result } = operation;
    const report =
      result?.kind === 'verify'
        ? await client.getReport(result.report.id)
        : undefined;
    return JSON.stringify([operation, report, await follow(client, id)]);
  }

  it.each([
    ['a verification', verify('api')],
    ['an associate', associate('named')],
  ])('are told of %s to whom the catalog gives them', async (_, request) => {
    const { id } = await replica.as(ADA).startOperation(request);
    await follow(replica.as(ADA), id);
    expect(await everythingReadBy(ADA, id)).toContain(NAME);
    const seenByBob = await everythingReadBy(BOB, id);
    expect(seenByBob).toContain('succeeded');
    expect(seenByBob).not.toMatch(/payments-api/i);
    catalogAway = true;
    expect(await everythingReadBy(ADA, id)).not.toContain(NAME);
  });

  it('are left out of sentences too, and are not mistaken for longer ones', async () => {
    const names = new EntityNames(
      {
        catalog: catalogServiceMock.mock({
          getEntitiesByRefs: async ({ entityRefs }) => ({
            items: entityRefs.map(ref =>
              ref.endsWith('-api') ? entities[0] : undefined,
            ),
          }),
        }),
        logger: { warn: () => {} } as any,
      },
      mockCredentials.user(BOB),
    );
    expect(
      await names.limit({
        entityRef: 'component:default/payments',
        report: { entityRef: NAME },
        steps: [
          {
            reason:
              'It belongs to Component:default/payments, not to component:default/payments-api.',
            tags: { 'backstage.io/entity-ref': 'component:default/payments' },
          },
        ],
        odd: { entityRef: 'no reference at all' },
        links: [
          { title: 'Report', url: '/catalog/default/component/payments/tab' },
          { title: 'Role', url: 'https://console.aws.amazon.com' },
        ],
      }),
    ).toEqual({
      report: { entityRef: NAME },
      steps: [
        {
          reason:
            'It belongs to another component, not to component:default/payments-api.',
          tags: {},
        },
      ],
      odd: {},
      links: [{ title: 'Role', url: 'https://console.aws.amazon.com' }],
    });
    // What was met once stays hidden in what comes later
    expect(await names.limit(['component:default/payments again'])).toEqual([
      'another component again',
    ]);
  });
});
