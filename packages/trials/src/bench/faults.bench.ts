/**
 * 200 lifecycles (give an identity, change it, prove it, take it away) through the example portal, 20 at once, while
 * 30 % of all calls to AWS and Kubernetes are throttled, 10 % are answered with 5xx and 5 % are broken off, three in five
 * of those after they were processed. Every operation has to end right, or with a clear error and then right without faults; at
 * the end nothing is left and nothing of others has changed. Nothing has to spread, and the pace of calls is lifted, since
 * both would only take time. `--seed` repeats one round: the same lifecycles under the faults of that seed; which of them
 * meets which fault also depends on the order of the calls.
 */
import { parseArgs } from 'node:util';
import { NO_DELAYS } from 'eks-sandbox';
import {
  OUTCOME_HEAD,
  outcomeTable,
  putForeign,
  RATES,
  type Round,
  runRound,
} from '../../../../plugins/eks-pod-identity-backend/src/__testUtils__/badDay/day';
import { main, Problem } from '../../../../scripts/lib/problem.mjs';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import {
  CLUSTER,
  identityOf,
  startDemoPortal,
  USERS,
} from './operations/demoPortal';

const LIFECYCLES = 200;
const AT_ONCE = 20;
/** Of a call to AWS; the portal's own limit. */
const MOST_TRIES = 8;

const LIFTED = {
  pacing_eksPerSecond: 10_000,
  pacing_iamPerSecond: 10_000,
  pacing_burst: 10_000,
  limits_operationsPerUserPerDay: 100_000,
  limits_eventsPerUserPerDay: 10_000_000,
  timings_retryPause: 50,
  timings_probeInterval: 1,
};

const { values } = parseArgs({
  options: { seed: { type: 'string' } },
  strict: false,
});

function firstSeeds(): number[] {
  if (values.seed !== undefined) return [Number(values.seed)];
  return Array.from(
    { length: LIFECYCLES / AT_ONCE },
    (_, round) => 1 + round * AT_ONCE,
  );
}

const seedsFrom = (first: number) =>
  Array.from({ length: AT_ONCE }, (_, index) => first + index);

/** What must not happen on any day, each with the seed that repeats it. */
const failuresOf = (first: number, round: Round) => [
  ...round.lifecycles.flatMap(({ seed, problems }) =>
    problems.map(problem => `lifecycle ${seed} (--seed ${first}): ${problem}`),
  ),
  ...round.differences.map(text => `--seed ${first}: ${text}`),
];

function report(rounds: Round[], leastPerLifecycle: number) {
  const lifecycles = rounds.flatMap(round => round.lifecycles);
  const calls = rounds.flatMap(round => round.calls);
  const faults = calls.filter(({ fault }) => fault).length;
  const mostTries = Math.max(...calls.map(({ attempt = 1 }) => attempt));
  const perLifecycle = calls.length / lifecycles.length;
  const share = (100 * faults) / calls.length;
  const times = perLifecycle / leastPerLifecycle;
  figure('faults: lifecycles', lifecycles.length, 'lifecycles');
  figure('faults: calls that met one', share, '%');
  figure('faults: calls per lifecycle', perLifecycle, 'calls');
  figure('faults: over those without faults', times, '×');
  figure('faults: most tries of a call to AWS', mostTries, 'tries', {
    most: MOST_TRIES,
  });
  const shortfalls = lifecycles.reduce(
    (sum, { sentences }) => sum + sentences.length,
    0,
  );
  section('faults', [
    table(OUTCOME_HEAD, outcomeTable(lifecycles)),
    `${lifecycles.length} lifecycles, ${AT_ONCE} at once; each operation is run up to four times. Runs that did not end right said why in a sentence, ${shortfalls} times; none of them showed a stack or a raw answer, and no verification gave a false verdict. Nothing was left behind, and nothing of others had changed.`,
    `${calls.length} calls, ${share.toFixed(
      1,
    )} % of which met a fault: ${perLifecycle.toFixed(
      0,
    )} for each lifecycle, ${times.toFixed(
      2,
    )} times as many as without faults (${leastPerLifecycle.toFixed(
      0,
    )}). A call to AWS was made at most ${mostTries} times; the limit is ${MOST_TRIES}.`,
  ]);
}

main(async () => {
  const env = Object.fromEntries(
    Object.entries(LIFTED).map(([key, value]) => [
      `APP_CONFIG_eksPodIdentity_${key}`,
      String(value),
    ]),
  );
  const portal = await startDemoPortal({ ...process.env, ...env });
  const { sandbox } = portal;
  try {
    await sandbox.setDelays(NO_DELAYS);
    const { clusterName, namespace, entityRef } = identityOf('');
    const day = {
      client: await portal.clientOf(USERS.ana),
      target: { clusterName, namespace, entityRef },
    };
    const firsts = firstSeeds();
    await putForeign(sandbox, day, firsts.flatMap(seedsFrom));
    const calm = await runRound(sandbox, day, seedsFrom(firsts[0]), {});
    const rounds: Round[] = [];
    const failures = failuresOf(firsts[0], calm);
    for (const first of firsts) {
      const startedAt = performance.now();
      const round = await runRound(sandbox, day, seedsFrom(first), RATES);
      rounds.push(round);
      failures.push(...failuresOf(first, round));
      const seconds = (performance.now() - startedAt) / 1000;
      console.error(
        `# ${CLUSTER}, seeds from ${first}: ${seconds.toFixed()} s, ${
          round.calls.length
        } calls`,
      );
      for (const { seed, sentences } of round.lifecycles) {
        for (const text of sentences) console.error(`#   ${seed}: ${text}`);
      }
    }
    figure('faults: wrong ends', failures.length, '', { most: 0 });
    if (failures.length > 0) {
      throw new Problem(
        'Not every lifecycle ended as it has to.',
        failures.join('\n'),
      );
    }
    report(rounds, calm.calls.length / AT_ONCE);
    return 0;
  } finally {
    await portal.stop();
  }
}).then(() => process.exit());
