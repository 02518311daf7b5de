import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { tasksByHand } from '../__testUtils__/byHand';
import {
  type SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import { ShiftedClock } from '../__testUtils__/ShiftedClock';
import { ADA, type Replica } from '../__testUtils__/testBackend';
import { createStore } from '../store';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const CLUSTER = 'payments-prod';
const MINUTE = 60_000;

/** Backstage's own route runs the task of a sweep for every signed-in user who asks. */
describe('a sweep that is triggered past the permission for it', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let knex: Knex;
  const clock = new ShiftedClock();
  const triggered: string[] = [];
  const { tasks, scheduler } = tasksByHand({
    triggerTask: async id => {
      triggered.push(id);
    },
  });

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER] },
      clusters: [{ name: CLUSTER, kubernetes: { access: 'none' } }],
    });
    knex = await databases.init('SQLITE_3');
    replica = await portal.start({
      knex,
      clock,
      scheduler,
      section: { timings: { ...TIMINGS, sweepInterval: MINUTE } },
    });
  });
  afterAll(() => portal?.stop());

  /** Lets the task run, and tells whether it swept. */
  async function trigger(): Promise<boolean> {
    portal.callsSince();
    const before = replica.logger.lines.length;
    await tasks.get(`sweep:${CLUSTER}`)!(new AbortController().signal);
    const lines = replica.logger.lines.slice(before).map(one => one.message);
    const isSwept = lines.some(line => line.startsWith('Swept cluster'));
    const isSkipped = lines.includes(
      `Skipped a sweep of cluster ${CLUSTER}: the last one ended less than 60 s ago`,
    );
    expect(isSkipped).toBe(!isSwept);
    expect(portal.callsSince().all.length > 0).toBe(isSwept);
    return isSwept;
  }

  it('is skipped within a minute of the last one', async () => {
    expect(await trigger()).toBe(true);
    expect(await trigger()).toBe(false);
    clock.shift += MINUTE / 2;
    expect(await trigger()).toBe(false);
    clock.shift += MINUTE / 2;
    expect(await trigger()).toBe(true);
  });

  it('is not skipped where a person with the permission ordered it', async () => {
    expect(await trigger()).toBe(false);
    await replica.as(ADA).sweepCluster(CLUSTER);
    expect(triggered).toEqual([`sweep:${CLUSTER}`]);
    expect(await trigger()).toBe(true);
    expect(await trigger()).toBe(false);
  });

  it('goes on with one that did not end', async () => {
    const { clusterStates } = createStore(knex, () => clock.now());
    await clusterStates.setCursor(CLUSTER, { startedAt: clock.now() });
    expect(await trigger()).toBe(true);
    expect(await trigger()).toBe(false);
  });
});
