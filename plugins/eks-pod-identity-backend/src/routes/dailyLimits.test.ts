import { mockServices, TestDatabaseId } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import type { JsonObject } from '@backstage/types';
import { systemClock } from 'eks-pod-identity-engine';
import { changingCatalog, componentOf } from '../__testUtils__/changingCatalog';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  appConfig,
  associate,
  follow,
  type Replica,
  startReplica,
  verify,
} from '../__testUtils__/testBackend';

const TEAM = 'group:default/team';
const HOUR = 3600_000;
const entities = new Map<string, Entity>([
  ['payments-api', componentOf('payments-api', TEAM)],
]);

/** Everybody is of the team that owns the component. */
const membership = mockServices.userInfo.mock({
  getUserInfo: async credentials => {
    const { userEntityRef } = credentials.principal as {
      userEntityRef: string;
    };
    return { userEntityRef, ownershipEntityRefs: [userEntityRef, TEAM] };
  },
}).factory;

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())(
  'what a team may do on %s',
  databaseId => {
    let world: FakeWorld;
    let passedMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + passedMs };
    const replicas: Replica[] = [];

    const start = async (limits: JsonObject) => {
      const knex = await databases.init(databaseId as TestDatabaseId);
      world = new FakeWorld();
      passedMs = 0;
      for (let index = 0; index < 2; index += 1) {
        replicas.push(
          await startReplica({
            world,
            knex,
            clock,
            catalog: changingCatalog(entities),
            features: [membership],
            config: {
              ...appConfig,
              eksPodIdentity: { ...appConfig.eksPodIdentity, limits },
            },
          }),
        );
      }
      return replicas;
    };

    afterEach(() => Promise.all(replicas.splice(0).map(one => one.stop())));

    const user = (index: number) => `user:default/u${index}`;
    const refusal = (asked: Promise<unknown>) =>
      asked.then(
        () => undefined,
        error => `${error.statusCode} ${error.cause?.message}`,
      );

    it.each(['identitiesPerOwner', 'identitiesPerEntity'])(
      'gives the last place of %s to one of many who ask at once, at whatever replica',
      async limit => {
        const both = await start({ [limit]: 1 });
        const asked = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            refusal(
              both[index % 2]
                .as(user(index))
                .startOperation(associate(`sa-${index}`)),
            ),
          ),
        );
        const refused = asked.filter(answer => answer !== undefined);
        expect(refused).toHaveLength(9);
        expect(new Set(refused)).toEqual(
          new Set([
            expect.stringMatching(
              /^429 \S+ has 1 AWS identity, and no (owner|component) may have more than 1 /,
            ),
          ]),
        );
      },
    );

    it('is so much a day for one user, at whatever replica, and says when there is room again', async () => {
      const [one, two] = await start({ operationsPerUserPerDay: 2 });
      const first = await one.as(user(1)).startOperation(verify());
      await follow(one.as(user(1)), first.id);
      passedMs = 2 * HOUR;
      const plan = {
        ...associate('b', { planOnly: true }),
        idempotencyKey: 'k',
      };
      const { id } = await two.as(user(1)).startOperation(plan);
      await follow(two.as(user(1)), id);
      const again = new Date(Date.parse(first.createdAt) + 24 * HOUR + 60_000)
        .toISOString()
        .slice(0, 16)
        .replace('T', ' ');
      expect(await refusal(one.as(user(1)).startOperation(verify('c')))).toBe(
        `429 You have started 2 operations within 24 hours, and no user may start more than 2 (limits.operationsPerUserPerDay). Try again at ${again} UTC, or ask an administrator of this portal`,
      );
      // No other user is held up, nor a service, and nothing is stored for the same request again
      await two.as(user(2)).startOperation(verify('c'));
      await two.asService().startOperation(verify('c'));
      expect((await one.as(user(1)).startOperation(plan)).id).toBe(id);
      passedMs = 24 * HOUR + 61_000;
      const later = verify('c', { probe: 'none' });
      expect(
        await refusal(one.as(user(1)).startOperation(later)),
      ).toBeUndefined();
      expect(await refusal(two.as(user(1)).startOperation(later))).toMatch(
        /^429 /,
      );
    });

    it('counts those too who follow a running verification', async () => {
      const [one] = await start({ operationsPerUserPerDay: 1 });
      const probing = world.hold('probe');
      const first = await one.as(user(1)).startOperation(verify());
      await probing.reached;
      expect(await refusal(one.as(user(1)).startOperation(verify()))).toMatch(
        /^429 You have started 1 operation within 24 hours/,
      );
      await one.as(user(2)).startOperation(verify());
      probing.open();
      await follow(one.as(user(1)), first.id);
    });

    it('is so much a day on the components of one owner, and so many events of one user', async () => {
      const [one, two] = await start({
        operationsPerOwnerPerDay: 2,
        eventsPerUserPerDay: 3,
      });
      const { id } = await one.as(user(1)).startOperation(verify());
      await follow(one.as(user(1)), id);
      expect(
        await refusal(two.as(user(1)).startOperation(verify('b'))),
      ).toMatch(
        /^429 Your operations have stored \d events within 24 hours, and those of no user may store more than 3 \(limits\.eventsPerUserPerDay\)\. Try again at /,
      );
      await two.as(user(2)).startOperation(verify('b'));
      expect(
        await refusal(one.as(user(3)).startOperation(verify('c'))),
      ).toMatch(
        /^429 Users have started 2 operations on components of group:default\/team within 24 hours, and no owner may have more than 2 \(limits\.operationsPerOwnerPerDay\)\. Try again at /,
      );
    });
  },
);
