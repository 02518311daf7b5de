/**
 * What it costs to read the use of all identities of one account and region: lookups, time and memory. The database,
 * the sweep, the engine's reading, its AWS client and its pacing are the real ones. The sandbox, a process of its own,
 * answers with the events of its CloudTrail and throttles as AWS does: two lookups a second for all callers together.
 * Time is its clock's, which jumps from one wait to the next. Two replicas each have half of the pace.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import { cloudTrailSource } from 'eks-pod-identity-engine';
import { portal } from '../../../engine/src/clusters/__testUtils__/portal';
import { EvidenceReader } from '../../../../plugins/eks-pod-identity-backend/src/evidence/EvidenceReader';
import { EvidenceSweep } from '../../../../plugins/eks-pod-identity-backend/src/evidence/EvidenceSweep';
import {
  createStore,
  migrationsDirectory,
} from '../../../../plugins/eks-pod-identity-backend/src/store';
import { CLUSTER, refOf, roleOf } from './evidence/identities';
import { LookupClock } from './evidence/LookupClock';
import { benchmark } from './lib/benchmark';
import { ask, child, type World } from './lib/child';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';

const PER_SECOND = 2;
const GOAL = 1.2;
/** Share of the lookups that come together by chance, because each replica knows its own alone; at the start one may. */
const MOST_REFUSED = 0.01;
/** Of three identities one is in use; of a hundred one is used again by the next run. */
const IN_USE = 3;
const AGAIN = 100;
/** Between two runs. */
const PAUSE_MS = 5 * 60_000;

/** Every so many identities of them. */
const every = (size: number, step: number) =>
  Array.from({ length: Math.ceil(size / step) }, (_, index) => index * step);

async function fill(knex: Knex, size: number, accountId: string) {
  const rows = Array.from({ length: size }, (_, index) => {
    const { cluster, namespace, serviceAccount } = refOf(index);
    return {
      cluster,
      association_id: `a-${index}`,
      arn: `arn:a-${index}`,
      namespace,
      service_account: serviceAccount,
      owner: 'portal',
      role_arn: roleOf(accountId, index),
      listed_at: 1,
    };
  });
  for (let start = 0; start < size; start += 500) {
    await knex('associations').insert(rows.slice(start, start + 500));
  }
}

/** The part of a replica that reads, with an AWS client and a pace of its own. */
function replicaOf(
  world: World,
  clock: LookupClock,
  knex: Knex,
  replicas: number,
) {
  const { accessKeyId, secretAccessKey } = world.credentials.backstage;
  const { clusters } = portal({
    sandbox: world,
    clock,
    keys: { accessKeyId, secretAccessKey },
    clusters: [{ name: CLUSTER, roles: world.credentials.roles }],
    section: { pacing: { replicas } },
  });
  const { aws } = clusters.session(CLUSTER, 'read');
  aws.cloudtrail.middlewareStack.addRelativeTo(
    (next: any) => async (args: any) => {
      clock.underWay += 1;
      return next(args).finally(() => {
        clock.underWay -= 1;
      });
    },
    { relation: 'after', toMiddleware: 'eksPodIdentityPacing' },
  );
  const logger = { debug() {}, info() {}, warn() {}, error() {} } as never;
  const source = cloudTrailSource(clusters);
  const store = createStore(knex as never, () => clock.now());
  const reader = new EvidenceReader({
    clock,
    clusters: () => clusters,
    logger,
    source: () => source,
    store,
  });
  const [cluster] = clusters.list();
  const options = { clock, clusters, logger, reader, source, store };
  return {
    sweep: () =>
      new EvidenceSweep([cluster], options).run(new AbortController().signal),
    close: () => clusters.close(),
  };
}

interface Measured {
  run: string;
  size: number;
  replicas: number;
  lookups: number;
  refused: number;
  seconds: number;
  heapMiB: number;
}

async function measure(
  sandbox: ChildProcess,
  size: number,
  replicas: number,
): Promise<Measured[]> {
  const world = await ask<World>(sandbox, { start: true });
  process.env.AWS_ENDPOINT_URL = world.awsEndpoint;
  await ask(sandbox, { used: every(size, IN_USE) });
  const folder = mkdtempSync(join(tmpdir(), 'evidence-'));
  const knex = knexFactory({
    client: 'better-sqlite3',
    connection: { filename: join(folder, 'bench.sqlite') },
    useNullAsDefault: true,
  });
  await knex.migrate.latest({ directory: migrationsDirectory });
  await fill(knex, size, world.accountId);
  const clock = new LookupClock(world.now);
  const readers = Array.from({ length: replicas }, () =>
    replicaOf(world, clock, knex, replicas),
  );
  const follow = (ms: number) => ask(sandbox, { advance: ms });

  const runOnce = async (run: string): Promise<Measured> => {
    const startedAt = clock.now();
    let heap = 0;
    await clock.runUntil(
      Promise.all(readers.map(reader => reader.sweep())),
      follow,
      () => {
        heap = Math.max(heap, process.memoryUsage().heapUsed);
      },
    );
    const seconds = (clock.now() - startedAt) / 1000;
    const { granted: lookups, refused } = await ask<any>(sandbox, {});
    const name = `evidence ${size} identities, ${replicas} replicas, ${run}`;
    const heapMiB = heap / 2 ** 20;
    figure(`${name}: lookups`, lookups, 'calls');
    figure(`${name}: refused as too many`, refused, 'calls');
    figure(`${name}: time`, seconds, 's');
    figure(`${name}: of the floor`, (seconds * PER_SECOND) / lookups, 'times', {
      most: GOAL,
    });
    figure(`${name}: heap`, heapMiB, 'MiB');
    const sent = lookups + refused;
    const mostRefused = Math.max(replicas - 1, sent * MOST_REFUSED);
    if (refused > mostRefused || sent > seconds * PER_SECOND + 2) {
      throw new Error(`${name}: ${sent} lookups, ${refused} of them refused`);
    }
    return { run, size, replicas, lookups, refused, seconds, heapMiB };
  };

  const first = await runOnce('first');
  const states = await knex('evidence').whereNotNull('read_at');
  if (states.length !== size) {
    throw new Error(`Of ${size} identities ${states.length} were read`);
  }
  const found = await knex('evidence').whereNotNull('obtained_at');
  if (found.length !== every(size, IN_USE).length) {
    throw new Error(`Use was found of ${found.length} identities`);
  }
  await follow(PAUSE_MS);
  await clock.advance(PAUSE_MS);
  await ask(sandbox, { used: every(size, AGAIN), agoMs: PAUSE_MS / 2 });
  const next = await runOnce('next');
  await Promise.all(readers.map(reader => reader.close()));
  await knex.destroy();
  rmSync(folder, { recursive: true, force: true });
  return [first, next];
}

async function bench() {
  const measured: Measured[] = [];
  for (const [size, replicas] of [
    [1_000, 1],
    [10_000, 1],
    [1_000, 2],
  ]) {
    const sandbox = child('evidence/sandbox.ts');
    try {
      measured.push(...(await measure(sandbox, size, replicas)));
    } finally {
      sandbox.kill();
    }
  }
  section('evidence', [
    table(
      [
        'identities',
        'replicas',
        'run',
        'lookups',
        'refused',
        'time',
        'times the floor',
        'heap',
      ],
      measured.map(one => [
        one.size.toLocaleString('en-US'),
        one.replicas,
        one.run,
        one.lookups.toLocaleString('en-US'),
        one.refused,
        `${Math.round(one.seconds).toLocaleString('en-US')} s`,
        ((one.seconds * PER_SECOND) / one.lookups).toFixed(2),
        `${Math.round(one.heapMiB)} MiB`,
      ]),
    ),
    `The floor is two lookups a second; the goal is at most ${GOAL} times that. Lookups go over the wire to the sandbox, which answers at once from its CloudTrail and refuses more than two a second; time is its clock's. A third of the identities is in use; the next run begins five minutes later, when pods of one in ${AGAIN} have obtained their role again. The two replicas are made to read everything both, which the scheduler does not let them: together they keep to the pace all the same. What is refused, because both ask at the same moment, is asked again. Heap is that of the portal's process.`,
  ]);
}

benchmark(bench);
