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
  teardown,
  verify,
} from '../__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const NAME = 'component:default/payments-api';

describe('names of components', () => {
  let replica: Replica;
  let world: FakeWorld;
  let catalogAway = false;

  beforeAll(async () => {
    const everything = catalogServiceMock({
      entities: [
        ...entities,
        {
          apiVersion: 'backstage.io/v1alpha1',
          kind: 'User',
          metadata: { name: 'ada', namespace: 'default' },
          spec: {},
        },
      ],
    });
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
    world = new FakeWorld();
    replica = await startReplica({
      world,
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

  it('and of users are sent only to those to whom the catalog gives them', async () => {
    const starters = {
      ada: replica.as(ADA),
      template: replica.asTaskOf(ADA),
      service: replica.asService(),
    };
    const startersSeenBy = async (user: string) => {
      const client = replica.as(user);
      const found = Object.keys(starters).map(async serviceAccount => {
        const { items } = await client.listReports({
          cluster: 'prod',
          namespace: 'payments',
          serviceAccount,
        });
        const [run] = items;
        const report = await client.getReport(run.id);
        expect(report.startedBy).toBe(run.startedBy);
        return run.startedBy;
      });
      return Promise.all(found);
    };
    for (const [serviceAccount, starter] of Object.entries(starters)) {
      const { id } = await starter.startOperation(verify(serviceAccount));
      await follow(starter, id);
    }
    expect(await startersSeenBy(ADA)).toEqual([ADA, ADA, undefined]);
    expect(await startersSeenBy(BOB)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are told by the answer to a start or a cancel to no others either', async () => {
    const client = replica.as(ADA);
    const send = async (method: string, path: string, body?: object) => {
      const response = await fetch(`${replica.baseUrl}${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          authorization: mockCredentials.user.header(ADA),
        },
        body: body && JSON.stringify(body),
      });
      return response.text();
    };
    const request = { ...associate('answered'), idempotencyKey: 'k' };
    const { id } = await client.startOperation(request);
    await follow(client, id);
    // Both answer with the whole result of the operation that is there
    expect(await send('POST', '/v1/operations', request)).toContain(NAME);
    expect(await send('DELETE', `/v1/operations/${id}`)).toContain(NAME);
    catalogAway = true;
    for (const answer of [
      await send('POST', '/v1/operations', request),
      await send('DELETE', `/v1/operations/${id}`),
    ]) {
      expect(answer).toContain('succeeded');
      expect(answer).not.toContain('payments-api');
    }
  });

  it('are told by a plan to no others either', async () => {
    const real = world.lifecycle.planTeardown;
    jest
      .spyOn(world.lifecycle, 'planTeardown')
      .mockImplementation(async (request, context) => {
        const plan = await real(request, context);
        return {
          ...plan,
          steps: plan.steps.map(step => ({
            ...step,
            before: { 'backstage.io/entity-ref': NAME },
            reason: `it is for ${NAME}`,
          })),
        };
      });
    const plan = () =>
      replica
        .as(ADA)
        .plan({ ...teardown('planned'), fresh: true })
        .then(JSON.stringify);
    expect(await plan()).toContain(NAME);
    catalogAway = true;
    expect(await plan()).not.toContain('payments-api');
  });
});
