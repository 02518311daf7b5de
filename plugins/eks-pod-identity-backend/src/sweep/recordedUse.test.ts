import { TestDatabases } from '@backstage/backend-test-utils';
import { tasksByHand } from '../__testUtils__/byHand';
import {
  type SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import { ShiftedClock } from '../__testUtils__/ShiftedClock';
import { usedByPod } from '../evidence/__testUtils__/events';
import { FOREIGN } from '../status/__testUtils__/cardCatalog';
import { createStore } from '../store';

const CLUSTER = 'payments-prod';
const LEDGER = 'payments-ledger';
const MINUTE = 60_000;
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('a sweep that reads a trust policy as one that keeps pods out', () => {
  let portal: SandboxPortal;
  afterEach(() => portal?.stop());

  it('believes an application that obtained the role later than AWS spreads a change', async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER] },
      clusters: [{ name: CLUSTER }],
    });
    const clock = new ShiftedClock();
    const { tasks, scheduler } = tasksByHand();
    const knex = await databases.init('SQLITE_3');
    const store = createStore(knex, () => clock.now());
    await portal.start({
      knex,
      clock,
      scheduler,
      section: { timings: TIMINGS, evidence: { cloudTrail: true } },
    });
    const { aws, accountId, region } = portal.sandbox;
    const ref = {
      cluster: CLUSTER,
      namespace: 'payments',
      serviceAccount: LEDGER,
    };
    const { roleArn } = aws.eks
      .associations(CLUSTER)
      .find(one => one.serviceAccount === LEDGER)!;
    const [pod] = portal.sandbox
      .cluster(CLUSTER)
      .list('pods', 'payments')
      .filter(({ spec }) => spec?.serviceAccountName === LEDGER);
    const { name, uid } = pod.metadata;
    const look = async () => {
      for (const task of [
        `evidence:${accountId}:${region}`,
        `sweep:${CLUSTER}`,
      ]) {
        await tasks.get(task)!(new AbortController().signal);
      }
      return (await store.serviceAccounts.find(ref))!;
    };
    const use = (at: number) =>
      usedByPod(portal.sandbox, ref, { roleArn, pod: name, uid, at });

    const before = clock.now();
    aws.iam.updateRole(roleArn, { trust: FOREIGN });
    expect((await look()).status).toBe('broken');
    // It may have been changed since, and the change need not have reached all of AWS
    use(before);
    use(clock.now() + MINUTE);
    clock.shift += 7 * MINUTE;
    expect((await look()).status).toBe('broken');
    use(clock.now() - 1_000);
    const { status, findings } = await look();
    expect(status).toBe('verified');
    expect(findings).toEqual([
      expect.objectContaining({
        id: 'role.trust-policy',
        status: 'warn',
        message: expect.stringContaining('has obtained the role since'),
      }),
    ]);
  });
});
