/**
 * What it costs to list all AWS access of clusters, with the pace of calls that a portal has by default: how long the first
 * look takes while AWS answers after 50 ms and Kubernetes after 10 ms, and which calls it makes; the calls of a further look
 * for each role; and, of one large cluster, memory and the processor time of a further look for each service account.
 *
 * Every service account has IRSA, a workload and pods, and in CloudTrail it asked for its role in each of the last three
 * hours. The engine and the sandbox are separate processes; all clusters are looked at at once.
 */
import { benchmark } from './lib/benchmark';
import { LATENCIES } from './lib/latencies';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import { sum } from './lib/statistics.mjs';
import { clusterName, type Fleet, ROLES } from './sweep/fleet';
import { callsTo, type Run, runsOver } from './sweep/runs';

const GOALS = { seconds: 60, callsPerRole: 2, cpuMs: 1 };
const MIDDLE: Fleet = {
  clusters: 3,
  associations: 300,
  namespaces: 20,
  otherServiceAccounts: 0,
  pods: 2,
  irsa: { latencies: true },
};
const LARGE: Fleet = {
  ...MIDDLE,
  clusters: 1,
  associations: 5_000,
  namespaces: 100,
  pods: 4,
  irsa: { latencies: false },
};

interface Found {
  rows: number;
  seen: number;
  gaps: unknown[];
}

/** A first look and a further one. A fleet of which not every service account is listed is no result. */
async function looksAt(fleet: Fleet, searches = true): Promise<Run<Found>[]> {
  const { clusters: length, associations } = fleet;
  const names = Array.from({ length }, (_, at) => clusterName(at));
  const { runs } = await runsOver<Found>(
    fleet,
    'inventory/looks.ts',
    world => ({ world, names, searches }),
    2,
  );
  for (const { calls, ms, cpuMs, result } of runs) {
    console.error(`# ${JSON.stringify({ ms, cpuMs, calls, ...result })}`);
    if (result.rows !== length * associations) {
      throw new Error(`${result.rows} service accounts were listed`);
    }
  }
  return runs;
}

const KUBERNETES = /^kubernetes:/;
const count = (value: number) => value.toLocaleString('en-US');

benchmark(async () => {
  const [first, further] = await looksAt(MIDDLE);
  const [without] = await looksAt(MIDDLE, false);
  const [large, again] = await looksAt(LARGE);

  const name = 'inventory of 3 × 300';
  const seconds = ({ ms }: Run) => ms / 1000;
  const below = GOALS.seconds;
  figure(`${name}, first: time`, seconds(first), 's', { below });
  const rest = 'first, without CloudTrail';
  figure(`${name}, ${rest}: time`, seconds(without), 's', { below });
  const aws = Object.keys(first.calls)
    .filter(call => !KUBERNETES.test(call))
    .sort();
  for (const call of aws) {
    figure(`${name}, first: ${call}`, first.calls[call], 'calls');
  }
  const ofKubernetes = callsTo(KUBERNETES, first.calls);
  figure(`${name}, first: calls to Kubernetes`, ofKubernetes, 'calls');
  const roles = MIDDLE.clusters * MIDDLE.associations;
  const perRole = sum(Object.values(further.calls)) / roles;
  figure(`${name}, further: calls for each role`, perRole, 'calls', {
    most: GOALS.callsPerRole,
  });
  const many = 'inventory of 1 × 5,000 with 20,000 pods';
  const cpuMs = again.cpuMs / LARGE.associations;
  figure(`${many}, first: memory`, large.memoryMb, 'MB');
  figure(`${many}, further: processor time for each`, cpuMs, 'ms', {
    most: GOALS.cpuMs,
  });

  const row = (what: string, run: Run) => [
    what,
    seconds(run).toFixed(1),
    ...aws.map(call => run.calls[call] ?? 0),
    callsTo(KUBERNETES, run.calls),
  ];
  const { aws: awsMs, kubernetes: kubernetesMs } = LATENCIES;
  section('inventory', [
    table(
      ['look at 3 × 300', 'time, s', ...aws, 'Kubernetes'],
      [row('first', first), row('further', further), row(rest, without)],
    ),
    `AWS answers after ${awsMs} ms, Kubernetes after ${kubernetesMs} ms, and all clusters are of one account and region. The goal is less than ${
      GOALS.seconds
    } s for a first look with the default \`pacing\`, which gives one person 1.6 searches in CloudTrail a second and a sweep 2; clusters of one account and region share a search, 50 events a page. A further look makes ${perRole.toFixed(
      2,
    )} calls for each of the ${roles} roles, where the goal is at most ${
      GOALS.callsPerRole
    }.`,
    `A first look at one cluster of 5,000 service accounts with 20,000 pods and ${count(
      ROLES,
    )} roles takes ${large.memoryMb.toFixed()} MB more than the process had before it; a further one takes ${cpuMs.toFixed(
      2,
    )} ms of processor time for each service account, where the goal is at most ${
      GOALS.cpuMs
    }. ${count(
      again.result.seen,
    )} were seen to ask by IRSA, though a search ends after 120 pages.`,
  ]);
});
