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
  const { tasks, triggered, scheduler } = tasksByHand();

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
  async function trigger(): Promise<boolean | 'failed'> {
    portal.callsSince();
    const before = replica.logger.lines.length;
    await tasks.get(`sweep:${CLUSTER}`)!(new AbortController().signal);
    const lines = replica.logger.lines.slice(before).map(one => one.message);
    const says = (words: RegExp) => lines.some(line => words.test(line));
    const isSwept = says(/^Swept cluster/);
    const isFailed = says(/could not be swept/);
    expect(
      says(
        /^Skipped a sweep of cluster payments-prod: the last one (ended|began or failed) less than 60 s ago$/,
      ),
    ).toBe(!isSwept && !isFailed);
    expect(portal.callsSince().all.length > 0).toBe(isSwept || isFailed);
    return isFailed ? 'failed' : isSwept;
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

  it('is skipped within a minute of one that failed, unless it is ordered', async () => {
    const { iam } = portal.sandbox.aws;
    const { read } = portal.sandbox.credentials.roles;
    const { inline, attached } = iam.role(read)!;
    iam.updateRole(read, { inline: {}, attached: [] });
    clock.shift += MINUTE;
    expect(await trigger()).toBe('failed');
    expect(await trigger()).toBe(false);
    clock.shift += MINUTE / 2;
    expect(await trigger()).toBe(false);
    clock.shift += MINUTE / 2;
    expect(await trigger()).toBe('failed');
    expect(await trigger()).toBe(false);
    await createStore(knex, () => clock.now()).clusterStates.order(CLUSTER);
    expect(await trigger()).toBe('failed');
    expect(await trigger()).toBe(false);
    iam.updateRole(read, { inline, attached });
    clock.shift += MINUTE;
    expect(await trigger()).toBe(true);
    expect(await trigger()).toBe(false);
  });

  it('is skipped within a minute of the end of one that failed after more than that', async () => {
    const { clusterStates } = createStore(knex, () => clock.now());
    const began = clock.now() - 2 * MINUTE;
    await clusterStates.setCursor(CLUSTER, {
      startedAt: began,
      triedAt: began,
    });
    await clusterStates.failed(CLUSTER, 'It does not answer.');
    expect(await trigger()).toBe(false);
    clock.shift += MINUTE;
    expect(await trigger()).toBe(true);
  });
});
