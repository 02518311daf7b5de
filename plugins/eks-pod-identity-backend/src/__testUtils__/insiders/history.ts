import { ADA, associate, BOB, teardown, verify } from '../testBackend';
import {
  BOBS,
  type InsiderClass,
  type InsiderWorld,
  NothingGained,
  VICTIM,
} from './InsiderWorld';

const ROOT = 'user:default/root';
const HISTORY = `/service-accounts/prod/payments/${VICTIM.serviceAccount}/reports`;
const OTHERS = /when another component had its identity/;

/** How the identity of Ada's component, with its history, gets to one of Bob's. */
const WAYS = {
  'that was handed over': async (world: InsiderWorld) => {
    await world.run(ROOT, associate('api', { entityRef: BOBS }));
  },
  'whose component was registered again': async (world: InsiderWorld) => {
    world.register('payments-api', BOB, 'second');
    await world.run(ROOT, associate());
  },
  'that was removed and made again': async (world: InsiderWorld) => {
    await world.run(ADA, teardown());
    await world.run(BOB, associate('api', { entityRef: BOBS }));
  },
};

/** The operation of Ada's, and its report, before the identity was Bob's. */
const kept = { id: '', report: '' };

async function record(world: InsiderWorld) {
  const { id, result } = await world.run(ADA, verify('api', { probe: 'none' }));
  kept.id = id;
  kept.report = result?.kind === 'verify' ? result.report.id : '';
}

/** Bob reads the identity rightfully, but not what was recorded of it before it was his. */
export const history: InsiderClass = {
  section: { administrators: [ROOT] },
  attempts: Object.entries(WAYS).flatMap(([way, pass]) =>
    [
      {
        what: `read the operation of an identity ${way}`,
        attempt: async (world: InsiderWorld) =>
          world.ask(`/operations/${kept.id}`),
        refused: OTHERS,
      },
      {
        what: `read the report of an identity ${way}`,
        attempt: async (world: InsiderWorld) =>
          world.ask(`/reports/${kept.report}`),
        refused: OTHERS,
      },
      {
        what: `read the history of an identity ${way}`,
        attempt: async (world: InsiderWorld) => {
          const { items } = await world.ask(HISTORY);
          if (items.some(({ id }: { id: string }) => id === kept.report))
            return;
          throw new NothingGained('the history has none of the reports');
        },
        refused: /none of the reports/,
      },
      {
        what: `read the last look at an identity ${way} on the card`,
        attempt: async (world: InsiderWorld) => {
          const [kind, name] = VICTIM.entityRef.split(/:default\//);
          const owned = way.includes('registered again') ? name : 'shop';
          const card = await world.ask(`/entities/${kind}/default/${owned}`);
          if (card.identities.some((one: any) => one.lastLook)) return;
          throw new NothingGained('the card has no look');
        },
        refused: /no look/,
      },
    ].map(attempt => ({
      ...attempt,
      given: async (world: InsiderWorld) => {
        await record(world);
        await pass(world);
      },
    })),
  ),
};
