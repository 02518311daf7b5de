import { TestDatabases } from '@backstage/backend-test-utils';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { QueuedMoveState } from 'backstage-plugin-eks-pod-identity-common';
import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import { until } from 'eks-sandbox/patience';
import type { Knex } from 'knex';
import { createStore, migrationsDirectory, type Store } from '.';
import { measured } from '../__testUtils__/measured';
import { queuedAssociate } from './__testUtils__/queuedAssociate';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };
let clock: ManualClock;
let knex: Knex;
let store: Store;

beforeEach(async () => {
  clock = new ManualClock();
  knex = await databases.init('SQLITE_3');
  await knex.migrate.latest({ directory: migrationsDirectory });
  store = createStore(knex, () => clock.now());
});

const accept = (id: string, state: 'queued' | 'running') =>
  store.operations.insert(queuedAssociate(id, ref, { state }));

const associate = (cluster: string, serviceAccount = 'api') =>
  store.associations.upsert([
    {
      ref: { ...ref, cluster, serviceAccount },
      associationId: `a-${serviceAccount}`,
      arn: `arn:aws:eks:eu-west-1:111122223333:podidentityassociation/a-${serviceAccount}`,
      owner: 'portal',
      orphan: false,
      drift: false,
      listedAt: 1,
    },
  ]);

/** What is read from the database, without the zeros of all else, and without the labels of every metric. */
async function gaugesOf({ exporter }: ReturnType<typeof measured>) {
  const { resourceMetrics } = await exporter.collect();
  return new PrometheusSerializer()
    .serialize(resourceMetrics)
    .split('\n')
    .map(line => line.replace(/,?otel_\w+="[^"]*"/g, '').replace('{}', ''))
    .filter(line =>
      /^eks_pod_identity_(database_up|(identities|moves|operations_[ou]|sweep_a).* (?!0$))/.test(
        line,
      ),
    )
    .map(line => line.slice('eks_pod_identity_'.length));
}

it('says how many operations wait, since when the oldest does, and how the clusters are', async () => {
  for (const cluster of ['prod', 'gone']) {
    await store.clusterStates.finished(cluster, undefined);
    await associate(cluster);
  }
  await accept('first', 'queued');
  const portal = measured({ clock, store });
  await clock.advance(60_000);
  await accept('second', 'queued');
  await accept('third', 'running');
  await clock.advance(60_000);
  expect(await gaugesOf(portal)).toEqual([
    'database_up 1',
    'operations_unfinished{kind="associate",state="queued"} 2',
    'operations_unfinished{kind="associate",state="running"} 1',
    'operations_oldest{kind="associate",state="queued"} 120',
    'operations_oldest{kind="associate",state="running"} 60',
    'sweep_age{cluster="prod"} 120',
    'identities{cluster="prod",status="could-not-check"} 1',
  ]);
  await store.transaction(tx =>
    store.operations.finish(
      ['first', 'second', 'third'],
      { state: 'failed', seq: 1 },
      tx,
    ),
  );
  await store.clusterStates.finished('prod', undefined);
  await associate('prod', 'worker');
  await clock.advance(15_000);
  expect(await gaugesOf(portal)).toEqual([
    'database_up 1',
    'sweep_age{cluster="prod"} 15',
    'identities{cluster="prod",status="could-not-check"} 1',
  ]);
  // Identities are counted once a minute
  await clock.advance(45_000);
  expect(await gaugesOf(portal)).toContain(
    'identities{cluster="prod",status="could-not-check"} 2',
  );
  await portal.provider.shutdown();
});

it('says how many queues of moves go on or stand still, and how many moves are left in them', async () => {
  const queue = async (id: string, states: QueuedMoveState[]) => {
    await store.moveQueues.insert({
      id,
      ownedBy: id,
      initiator: id,
      state: 'running',
      createdAt: 1,
      moves: states.map((state, position) => ({ ref, position, state })),
    });
    if (!states.includes('moving')) return;
    await knex('queued_moves')
      .where({ queue_id: id, state: 'moving' })
      .update({ operation_id: id });
    await accept(id, 'running');
  };
  await queue('goes-on', ['moved', 'moving', 'waiting', 'waiting']);
  await queue('is-last', ['left-out', 'moving']);
  await queue('stands', ['moved', 'waiting']);
  await queue('cannot-begin', ['moving', 'waiting']);
  await knex('operations').where({ id: 'cannot-begin' }).delete();
  await queue('ended', ['moved', 'waiting']);
  await store.moveQueues.end('ended', 2);
  const portal = measured({ clock, store, clusters: [] });
  const ofMoves = async () =>
    (await gaugesOf(portal)).filter(line => line.startsWith('moves_'));
  expect(await ofMoves()).toEqual([
    'moves_queues{state="moving"} 2',
    'moves_queues{state="waiting"} 2',
    'moves_queued{state="moving"} 2',
    'moves_queued{state="waiting"} 5',
  ]);
  await store.moveQueues.over(
    { id: 'goes-on' },
    { ref, position: 1, state: 'moving', operationId: 'goes-on' },
    { state: 'failed' },
  );
  await store.moveQueues.over(
    { id: 'cannot-begin' },
    { ref, position: 0, state: 'moving', operationId: 'cannot-begin' },
    { state: 'failed' },
  );
  for (const id of ['goes-on', 'stands', 'cannot-begin'])
    await store.moveQueues.end(id, 2);
  await clock.advance(15_000);
  expect(await ofMoves()).toEqual([
    'moves_queues{state="moving"} 1',
    'moves_queued{state="moving"} 1',
  ]);
  await portal.provider.shutdown();
});

it('counts the age of a first sweep since the portal has the cluster, and its identities from the end of that sweep', async () => {
  const clusters = [{ id: 'prod' }];
  const portal = measured({ clock, store, clusters });
  await associate('late');
  await clock.advance(4 * 3_600_000);
  clusters.push({ id: 'late' });
  expect(await gaugesOf(portal)).toEqual([
    'database_up 1',
    'sweep_age{cluster="prod"} 14400',
  ]);
  await clock.advance(60_000);
  expect(await gaugesOf(portal)).toEqual([
    'database_up 1',
    'sweep_age{cluster="prod"} 14460',
    'sweep_age{cluster="late"} 60',
  ]);
  await store.clusterStates.finished('late', undefined);
  await clock.advance(15_000);
  expect(await gaugesOf(portal)).toEqual([
    'database_up 1',
    'sweep_age{cluster="prod"} 14475',
    'sweep_age{cluster="late"} 15',
    'identities{cluster="late",status="could-not-check"} 1',
  ]);
  await portal.provider.shutdown();
});

it('says that the database does not answer, beside the last values, and logs it once', async () => {
  await accept('first', 'queued');
  await clock.advance(60_000);
  const portal = measured({ clock, store });
  const last = [
    'operations_unfinished{kind="associate",state="queued"} 1',
    'operations_oldest{kind="associate",state="queued"} 60',
  ];
  expect(await gaugesOf(portal)).toEqual(['database_up 1', ...last]);
  await knex.schema.renameTable('operations', 'away');
  for (const _ of [1, 2]) {
    await clock.advance(15_000);
    expect(await gaugesOf(portal)).toEqual(['database_up 0', ...last]);
  }
  const [{ level, message, meta }, ...more] = portal.logger.lines;
  expect([level, message, more]).toEqual([
    'warn',
    "The portal's database does not answer what metrics ask",
    [],
  ]);
  // The driver's error may come from outside of this test's realm
  const { error = meta } = meta;
  expect(error).toMatchObject({ code: 'SQLITE_ERROR' });
  await knex.schema.renameTable('away', 'operations');
  await clock.advance(15_000);
  expect(await gaugesOf(portal)).toContain('database_up 1');
  await portal.provider.shutdown();
});

it('does not go on with a cluster that the portal does not have any more, and begins again when it is back', async () => {
  const clusters = [{ id: 'prod' }];
  const portal = measured({ clock, store, clusters });
  await clock.advance(15_000);
  expect(await gaugesOf(portal)).toContain('sweep_age{cluster="prod"} 15');
  const [prod] = clusters.splice(0);
  expect(await gaugesOf(portal)).toEqual(['database_up 1']);
  await clock.advance(60_000);
  clusters.push(prod);
  expect(await gaugesOf(portal)).toEqual(['database_up 1']);
  await clock.advance(15_000);
  expect(await gaugesOf(portal)).toContain('sweep_age{cluster="prod"} 15');
  await portal.provider.shutdown();
});

it('keeps no reader waiting, is asked once by all of them, and again after a minute without an answer', async () => {
  const answers: (() => void)[] = [];
  const hanging = {
    ...store,
    operations: {
      unfinished: async () => {
        await new Promise<void>(answered => answers.push(answered));
        return [];
      },
    } as unknown as Store['operations'],
  };
  const portal = measured({ clock, store: hanging });
  const read = async () => {
    const gauges = gaugesOf(portal);
    await until(() => clock.waiting > 0);
    return gauges;
  };
  const first = read();
  await clock.advance(5_000);
  expect(await first).toEqual(['database_up 0']);
  await clock.advance(50_000);
  const second = read();
  await clock.advance(5_000);
  expect(await second).toEqual(['database_up 0']);
  expect(answers).toHaveLength(1);
  const third = read();
  await clock.advance(1);
  expect(answers).toHaveLength(2);
  // The answer that was given up does not stand for the second one
  answers[0]();
  await clock.advance(20_000);
  expect(await third).toEqual(['database_up 0']);
  const fourth = read();
  await clock.advance(1);
  expect(answers).toHaveLength(2);
  answers[1]();
  expect(await fourth).toContain('database_up 1');
  expect(clock.waiting).toBe(0);
  await portal.provider.shutdown();
});
