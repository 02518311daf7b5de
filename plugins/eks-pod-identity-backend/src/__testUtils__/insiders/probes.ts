import { TIMINGS } from '../sandboxBackend';
import { BOB, claiming, verify } from '../testBackend';
import {
  type Attempt,
  BOBS,
  type InsiderClass,
  type InsiderWorld,
  NothingGained,
} from './InsiderWorld';

/** Terraform made the identity of this service account: no tag names a component. */
const LEDGER = 'payments-ledger';
const ROOT = 'user:default/root';

const ask = (more: object = {}) => verify(LEDGER, { entityRef: BOBS, ...more });
const tests = (name: string) => ({
  permissionChecks: [{ name, command: ['s3', 'ls'] }],
});
const LISTS = tests('list-buckets');

const claimed: Pick<Attempt, 'given'> = {
  given: world => {
    const shop = world.entities.get('shop')!;
    world.entities.set('shop', claiming(`prod/payments/${LEDGER}`, shop));
  },
};

/** What a check of a run said that was not answered; a check that was answered, or is not there, ends it. */
async function unanswered(
  world: InsiderWorld,
  user: string,
  body: ReturnType<typeof ask>,
  id: string,
): Promise<void> {
  const { result } = await world.run(user, body);
  if (result?.kind !== 'verify') throw new Error('no report');
  const check = result.report.checks.find(one => one.id === id);
  if (!check) throw new NothingGained(`no ${id} in the report`);
  if (check.withheld) throw new NothingGained(check.message);
}

const TESTS = 'permissions.list-buckets';
const NO_TAG = /^Not tried: no tag on AWS gives this identity to a component/;

/** Bob, whom no policy limits, and an identity that this portal did not make. */
export const probes: InsiderClass = {
  section: {
    administrators: [ROOT],
    timings: { ...TIMINGS, probeGrace: 0 },
  },
  kubernetes: 'eks',
  attempts: [
    {
      what: 'run a pod under it for a component that does not claim it',
      attempt: world => unanswered(world, BOB, ask(), 'credentials.identity'),
      refused:
        /^No pod was run: neither a tag on AWS nor the annotation of the component/,
    },
    {
      ...claimed,
      what: 'try a command with its rights, as a component that claims it',
      attempt: world => unanswered(world, BOB, ask(LISTS), TESTS),
      refused: NO_TAG,
    },
    {
      what: 'try a command with its rights under a name that was free',
      given: ({ portal }) => {
        const { eks } = portal.sandbox.aws;
        const ledger = eks
          .associations('payments-prod')
          .find(({ serviceAccount }) => serviceAccount === LEDGER)!;
        const tags = { ...ledger.tags, 'backstage.io/entity-ref': BOBS };
        eks.putAssociation('payments-prod', { ...ledger, tags });
      },
      attempt: world => unanswered(world, BOB, ask(LISTS), TESTS),
      refused: /^No pod was run: a tag on AWS names .* without its uid,/,
    },
    {
      what: 'have the command of an administrator tried again',
      given: async world => {
        await claimed.given!(world);
        await world.run(
          ROOT,
          verify(LEDGER, { entityRef: undefined, ...LISTS }),
        );
      },
      attempt: world => unanswered(world, BOB, ask(), TESTS),
      refused: NO_TAG,
    },
    {
      ...claimed,
      what: 'leave a command for the next run of an administrator',
      attempt: async world => {
        await world.run(BOB, ask(tests('of-bob')));
        const next = verify(LEDGER, { entityRef: undefined });
        await unanswered(world, ROOT, next, 'permissions.of-bob');
      },
      refused: /^no permissions\.of-bob in the report$/,
    },
  ],
};
