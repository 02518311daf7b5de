/**
 * How near an associate, a verify with a pod and a teardown come to the least time that their calls need: AWS answers
 * after 50 ms, the Kubernetes API after 10 ms, nothing has to spread. The clock runs from sending the request to having
 * read the operation's last event, over HTTP, in the example portal with its catalog and permissions; portal and
 * sandbox are separate processes. Each round begins with an idle account. What counts as needed is in
 * operations/criticalPath.mjs.
 */
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import { LATENCIES, setLatencies } from './lib/latencies';
import { median, sum, withSpread } from './lib/statistics.mjs';
import { criticalPath, lengthOf } from './operations/criticalPath.mjs';
import {
  benchmarkDemo,
  carryOut,
  type DemoPortal,
  labRequests,
  USERS,
} from './operations/demoPortal';

const ROUNDS = 5;
const GOAL = 1.3;

interface Timed {
  kind: string;
  ms: number;
  pathMs: number;
}

async function measure(portal: DemoPortal): Promise<Timed[][]> {
  await setLatencies(portal.sandbox);
  const ana = await portal.clientOf(USERS.ana);
  const rounds: Timed[][] = [];
  // The first round opens connections and assumes the portal's roles
  for (let round = 0; round <= ROUNDS; round++) {
    await portal.rest();
    const timed: Timed[] = [];
    for (const request of labRequests(`limit-${round}`)) {
      const { kind } = request;
      const { ms, timeline } = await carryOut(ana, request, {
        timeline: true,
      });
      const pathMs = lengthOf(criticalPath(timeline!));
      timed.push({ kind, ms, pathMs });
      console.error(
        `# round ${round}, ${kind}: ${ms.toFixed()} ms, needed ${pathMs} ms`,
      );
    }
    if (round > 0) rounds.push(timed);
  }
  return rounds;
}

benchmarkDemo(async portal => {
  const rounds = await measure(portal);
  const kinds = rounds[0].map(({ kind }) => kind);
  const together = 'all three';
  const parts = [...kinds, together].map(kind => {
    const of = (field: 'ms' | 'pathMs') =>
      rounds.map(round =>
        sum(
          round
            .filter(one => kind === together || one.kind === kind)
            .map(one => one[field]),
        ),
      );
    const [ms, pathMs] = [of('ms'), of('pathMs')];
    return { kind, ms, pathMs, ratios: ms.map((one, at) => one / pathMs[at]) };
  });
  for (const { kind, ms, pathMs, ratios } of parts) {
    figure(`limit, ${kind}: time`, median(ms), 'ms');
    figure(`limit, ${kind}: critical path`, median(pathMs), 'ms');
    figure(
      `limit, ${kind}: time over critical path`,
      median(ratios),
      '×',
      kind === together ? { most: GOAL } : undefined,
    );
  }
  section('limit', [
    table(
      ['', 'time, ms', 'critical path, ms', 'ratio'],
      parts.map(({ kind, ms, pathMs, ratios }) => [
        kind,
        withSpread(ms, 0),
        withSpread(pathMs, 0),
        withSpread(ratios, 2),
      ]),
    ),
    `The goal is a ratio of at most ${GOAL} for all three. ${ROUNDS} rounds; AWS answers after ${LATENCIES.aws} ms, Kubernetes after ${LATENCIES.kubernetes} ms.`,
  ]);
});
