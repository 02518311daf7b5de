import { tasksByHand } from '../__testUtils__/byHand';
import { TestDatabases } from '@backstage/backend-test-utils';
import { putBulkAssociations } from '../__testUtils__/bulkAssociations';
import {
  SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  BOB,
  Replica,
  verify,
} from '../__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const CLUSTER = 'payments-prod';
const PER_SECOND = 10;

describe('calls to AWS for several callers', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  const { tasks, scheduler } = tasksByHand();

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER] },
      clusters: [{ name: CLUSTER, id: 'prod', kubernetes: { access: 'none' } }],
    });
    putBulkAssociations(portal.sandbox, CLUSTER, 200);
    // Passes while this process waits: one that stands still fills no bucket
    const { clock } = portal.sandbox;
    clock.setRate(2);
    replica = await portal.start({
      clock,
      knex: await databases.init('SQLITE_3'),
      scheduler,
      section: {
        pacing: {
          eksPerSecond: PER_SECOND,
          iamPerSecond: PER_SECOND,
          burst: 6,
        },
      },
    });
  });

  afterAll(() => portal?.stop());

  const eksCalls = () =>
    portal.callsSince().all.filter(name => name.startsWith('eks:')).length;
  const preview = (name: string) =>
    replica.as(BOB).plan({
      ...associate(name, {
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
        entityRef: 'component:default/shop',
      }),
      fresh: true,
    });
  const previews = async (name: string) => {
    for (let index = 0; index < 5; index += 1) {
      await preview(`${name}-${index}`);
    }
  };

  it('puts previews neither behind a sweep nor behind many looks of another user', async () => {
    portal.callsSince();
    await previews('alone');
    const own = eksCalls();
    expect(own).toBeGreaterThan(0);

    const stop = new AbortController();
    const swept = Promise.resolve(tasks.get('sweep:prod')!(stop.signal)).catch(
      () => undefined,
    );
    const looks = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        replica
          .as(ADA)
          .startOperation(verify(`look-${index}`, { probe: 'none' })),
      ),
    );
    // The burst goes to them.
    for (let seen = 0; seen < 12; seen += eksCalls()) {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    await previews('beside');
    // For each call one of the other user's, and the fifth that a sweep always has.
    expect(eksCalls()).toBeLessThanOrEqual(2 * own * 1.25 + 2);
    stop.abort(new Error('enough'));
    await swept;
    for (const { id } of looks) {
      await replica.as(ADA).cancelOperation(id);
    }
  });
});
