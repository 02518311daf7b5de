import { associate, BOB, verify } from '../testBackend';
import { BOBS, type InsiderClass, type InsiderWorld } from './InsiderWorld';

const MOST = 3;
const REFUSED =
  /within 24 hours, and no user may start more than 3 .* Try again at /;

/** One operation after the other, more than a day has room for. */
const oftener =
  (body: (name: string) => Parameters<InsiderWorld['run']>[1]) =>
  async (world: InsiderWorld) => {
    for (let index = 0; index <= MOST; index += 1) {
      await world.run(BOB, body(`bobs-${index}`));
    }
  };

/** So much within a day that the database fills. */
export const hoarding: InsiderClass = {
  section: { limits: { operationsPerUserPerDay: MOST } },
  attempts: [
    {
      what: 'store one report after the other',
      attempt: oftener(name =>
        verify(name, { entityRef: BOBS, probe: 'none' }),
      ),
      refused: REFUSED,
    },
    {
      what: 'store one dry run after the other',
      attempt: oftener(name =>
        associate(name, { entityRef: BOBS, planOnly: true }),
      ),
      refused: REFUSED,
    },
    {
      what: 'store operations that fail one after the other',
      attempt: async world => {
        for (let index = 0; index <= MOST; index += 1) {
          await world
            .run(BOB, verify('api', { entityRef: BOBS, probe: 'none' }))
            .catch(error => {
              if (error.statusCode === 429) throw error;
            });
        }
      },
      refused: REFUSED,
    },
  ],
};
