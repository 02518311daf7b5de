import { TestDatabases } from '@backstage/backend-test-utils';
import {
  foreignIdentities,
  freedNames,
} from './__testUtils__/insiders/foreignIdentities';
import { forgedTags } from './__testUtils__/insiders/forgedTags';
import {
  type Attempt,
  InsiderWorld,
} from './__testUtils__/insiders/InsiderWorld';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const CLASSES: Record<string, Attempt[]> = {
  'A forged ABAC identity': forgedTags,
  'The identity of another component': foreignIdentities,
  'A freed name': freedNames,
};

/** Curious insiders: Bob may do everything that the permission policy can give, and tries to reach what is Ada's. */
describe('an insider', () => {
  const table: string[] = [];
  let world: InsiderWorld;

  beforeAll(async () => {
    world = await InsiderWorld.start({
      knex: await databases.init('SQLITE_3'),
    });
  });
  beforeEach(() => world.reset());
  afterAll(async () => {
    await world?.stop();
    // `npm test` shows the lines of tables
    process.stdout.write(`\n${table.join('\n')}\n`);
  });

  describe.each(Object.entries(CLASSES))('%s', (name, attempts) => {
    it.each(attempts)('$what', async ({ given, attempt, refused, what }) => {
      await given?.(world);
      const refusal = await attempt(world).then(
        () => undefined,
        error => error.cause ?? error,
      );
      const outcome = refusal
        ? `${refusal.name}: ${String(refusal.message).slice(0, 90)}`
        : 'SUCCEEDED';
      table.push(`| ${name} | ${what} | ${outcome} |`);
      expect(refusal?.message).toMatch(refused);
      expect(world.portal.callsSince().writes).toEqual([]);
    });
  });
});
