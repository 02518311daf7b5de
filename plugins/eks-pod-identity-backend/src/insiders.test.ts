import { TestDatabases } from '@backstage/backend-test-utils';
import { CLASSES } from './__testUtils__/insiders/classes';
import { InsiderWorld } from './__testUtils__/insiders/InsiderWorld';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

/** Curious insiders: Bob may do everything that the permission policy can give, and tries to reach what is Ada's. */
describe('an insider', () => {
  const table: string[] = [];
  afterAll(() => {
    // `npm test` shows the lines of tables
    process.stdout.write(`\n${table.join('\n')}\n`);
  });

  describe.each(Object.entries(CLASSES))(
    '%s',
    (name, { attempts, ...options }) => {
      let world: InsiderWorld;
      beforeAll(async () => {
        const knex = await databases.init('SQLITE_3');
        world = await InsiderWorld.start({ knex, ...options });
      });
      let isFresh = false;
      beforeEach(async () => {
        if (!isFresh) await world.reset();
        isFresh = false;
      });
      afterAll(() => world?.stop());

      it.each(attempts)('$what', async ({ given, attempt, refused, what }) => {
        await given?.(world);
        world.begin();
        const refusal = await attempt(world).then(
          () => undefined,
          error => ({
            status: error.statusCode,
            name: (error.cause ?? error).name,
            message: String((error.cause ?? error).message),
          }),
        );
        table.push(
          `| ${name} | ${what} | ${
            refusal
              ? `${refusal.name}: ${refusal.message.slice(0, 90)}`
              : 'SUCCEEDED'
          } |`,
        );
        expect(refusal?.message).toMatch(refused);
        expect(refusal?.status ?? 400).toBeLessThan(500);
        const { writes } = world.portal.callsSince();
        // A pod that only asks who it is
        expect(writes.filter(one => !one.endsWith(' pods'))).toEqual([]);
        expect(world.learnedFrom(refusal!.message)).toEqual([]);
        isFresh = !given;
      });
    },
  );
});
