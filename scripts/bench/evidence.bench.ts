/**
 * What it costs to read the use of all identities of one account and region: calls, time and memory, on a clock that
 * jumps from one wait to the next. The database, the sweep, the engine's reading and its pacing are the real ones; AWS
 * answers at once, with the events that CloudTrail has of pods that renew their session. The floor is two lookups a
 * second, which AWS grants to all callers together. Two replicas each have half of the pace.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodIdentityEvidenceSource } from 'backstage-plugin-eks-pod-identity-common';
import { type Clock, decodeCloudTrailEvent } from 'eks-pod-identity-engine';
import knexFactory from 'knex';
import { ManualClock } from '../../packages/engine/src/async/ManualClock';
import { TokenBucket } from '../../packages/engine/src/aws/tokenBucket';
import { EvidenceReader } from '../../plugins/eks-pod-identity-backend/src/evidence/EvidenceReader';
import { EvidenceSweep } from '../../plugins/eks-pod-identity-backend/src/evidence/EvidenceSweep';
import {
  createStore,
  migrationsDirectory,
} from '../../plugins/eks-pod-identity-backend/src/store';
import { main } from '../lib/problem.mjs';
import { figure, section, table } from './lib/output.mjs';

const PER_SECOND = 2;
const GOAL = 1.2;
const CLUSTER = 'payments-prod';
const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';
/** Of three identities one is in use. */
const isUsed = (index: number) => index % 3 === 0;
const roleOf = (index: number) => `arn:aws:iam::${ACCOUNT}:role/role-${index}`;

/** One event for each identity in use: its pod obtained the role. */
function eventOf(index: number, at: number) {
  const number = String(index).padStart(12, '0');
  return decodeCloudTrailEvent(
    JSON.stringify({
      eventID: `${number.slice(0, 8)}-1a2b-4c3d-8e4f-${number}`,
      eventTime: new Date(at).toISOString(),
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      awsRegion: REGION,
      recipientAccountId: ACCOUNT,
      userIdentity: { type: 'AWSService', invokedBy: 'pods.eks.amazonaws.com' },
      requestParameters: {
        roleArn: roleOf(index),
        roleSessionName: `eks-payments-p-service-${index}`,
        tags: Object.entries({
          'eks-cluster-arn': `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/${CLUSTER}`,
          'kubernetes-namespace': 'team',
          'kubernetes-service-account': `sa-${index}`,
          'kubernetes-pod-name': `service-${index}`,
          'kubernetes-pod-uid': `uid-${index}`,
        }).map(([key, value]) => ({ key, value })),
      },
      responseElements: {
        credentials: { accessKeyId: `ASIA${number}`, sessionToken: 'secret' },
      },
    }),
  )!;
}

/** A source that takes its turn at a bucket, as the AWS client does. */
function sourceOf(
  size: number,
  bucket: TokenBucket,
  clock: Clock,
  calls: number[],
): PodIdentityEvidenceSource {
  return {
    id: 'bench',
    async *read({ question, from, until, signal }) {
      await bucket.take(signal);
      calls.push(clock.now());
      if (!('role' in question)) {
        yield [];
        return;
      }
      const index = Number(question.role.split('-').pop());
      const at = until.getTime() - 60_000;
      yield isUsed(index) && index < size && at > from.getTime()
        ? [eventOf(index, at)]
        : [];
    },
  };
}

async function fill(knex: any, size: number) {
  const rows = Array.from({ length: size }, (_, index) => ({
    cluster: CLUSTER,
    association_id: `a-${index}`,
    arn: `arn:a-${index}`,
    namespace: 'team',
    service_account: `sa-${index}`,
    owner: 'portal',
    role_arn: roleOf(index),
    listed_at: 1,
  }));
  for (let start = 0; start < size; start += 500) {
    await knex('associations').insert(rows.slice(start, start + 500));
  }
}

async function measure(size: number, replicas: number) {
  const folder = mkdtempSync(join(tmpdir(), 'evidence-'));
  const knex = knexFactory({
    client: 'better-sqlite3',
    connection: { filename: join(folder, 'bench.sqlite') },
    useNullAsDefault: true,
  });
  await knex.migrate.latest({ directory: migrationsDirectory });
  await fill(knex, size);
  const clock = new ManualClock();
  const calls: number[] = [];
  const cluster = {
    id: CLUSTER,
    name: CLUSTER,
    title: CLUSTER,
    arn: `arn:aws:eks:${REGION}:${ACCOUNT}:cluster/${CLUSTER}`,
    region: REGION,
    accountId: ACCOUNT,
    partition: 'aws',
    kubernetes: { access: 'none' },
    allow: {},
  } as never;
  const clusters = { list: () => [cluster], get: () => cluster } as never;
  const logger = { debug() {}, info() {}, warn() {}, error() {} } as never;
  const startedAt = clock.now();
  const store = createStore(knex as never, () => clock.now());
  const runs = Array.from({ length: replicas }, () => {
    const bucket = new TokenBucket({
      perSecond: PER_SECOND / replicas,
      burst: 1,
      clock,
    });
    const source = sourceOf(size, bucket, clock, calls);
    const reader = new EvidenceReader({
      clock,
      clusters: () => clusters,
      logger,
      source: () => source,
      store,
    });
    return new EvidenceSweep([cluster], {
      clock,
      clusters,
      logger,
      reader,
      source,
      store,
    }).run(new AbortController().signal);
  });
  let isOver = false;
  let heap = 0;
  const all = Promise.all(runs).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise(resolve => setImmediate(resolve));
    if (clock.waiting > 0) await clock.advance(50);
    heap = Math.max(heap, process.memoryUsage().heapUsed);
  }
  await all;
  await knex.destroy();
  rmSync(folder, { recursive: true, force: true });
  const seconds = (clock.now() - startedAt) / 1000;
  return {
    size,
    replicas,
    calls: calls.length,
    seconds,
    heapMiB: heap / 2 ** 20,
  };
}

async function bench() {
  const measured = [];
  for (const [size, replicas] of [
    [1_000, 1],
    [10_000, 1],
    [1_000, 2],
  ]) {
    const one = await measure(size, replicas);
    measured.push(one);
    const floor = one.calls / PER_SECOND;
    const name = `evidence ${size} identities, ${replicas} replicas`;
    figure(`${name}: calls`, one.calls, 'calls');
    figure(`${name}: time`, one.seconds, 's');
    figure(`${name}: of the floor`, one.seconds / floor, 'times');
    figure(`${name}: heap`, one.heapMiB, 'MiB');
    if (one.seconds > floor * GOAL) {
      throw new Error(
        `${name}: ${one.seconds} s is above ${GOAL} × ${floor} s`,
      );
    }
    if (one.calls / one.seconds > PER_SECOND * 1.01) {
      throw new Error(`${name}: more than ${PER_SECOND} lookups a second`);
    }
  }
  section('evidence', [
    table(
      ['identities', 'replicas', 'lookups', 'time', 'times the floor', 'heap'],
      measured.map(one => [
        one.size.toLocaleString('en-US'),
        one.replicas,
        one.calls.toLocaleString('en-US'),
        `${Math.round(one.seconds).toLocaleString('en-US')} s`,
        (one.seconds / (one.calls / PER_SECOND)).toFixed(2),
        `${Math.round(one.heapMiB)} MiB`,
      ]),
    ),
    `The floor is two lookups a second; the goal is at most ${GOAL} times that. A third of the identities is in use. The two replicas are made to read everything both, which the scheduler does not let them: together they keep to the pace all the same.`,
  ]);
}

main(async () => {
  await bench();
  return 0;
});
