/**
 * The Pod Identity lab by hand, with the real `aws` and `kubectl` (operations/byHand.ts), and by the portal: associate,
 * verify with a pod that runs `s3 ls`, teardown, over HTTP in the example portal with its catalog and permissions. Both
 * in turn on one sandbox, with nothing that has to spread and with the delays of the demo; `aws` in a pod takes what the
 * real one does. The portal's clock runs from sending each request to having read its last event. "idle account" begins when the burst of `pacing` is there again;
 * "directly after" follows it without a pause. Portal, sandbox and the tools share the machine.
 */
import { AWS_CLI_MS, NO_DELAYS, DEMO_DELAYS, type Delays } from 'eks-sandbox';
import { withTools } from '../../../../scripts/lib/tools.mjs';
import { figure, section, table } from '../../../../scripts/lib/output.mjs';
import { median, sum, withSpread } from './lib/statistics.mjs';
import { labByHand } from './operations/byHand';
import {
  benchmarkDemo,
  carryOut,
  CLUSTER,
  type DemoPortal,
  labRequests,
  USERS,
} from './operations/demoPortal';

const ROUNDS = 5;
const GOALS = { byHand: 5, delays: 1.15 };
/** What the sandbox has for the cluster of this benchmark. */
const API_SERVERS = 2;

const injectedAfter = ({ association, apiServerLag }: Delays) =>
  association + apiServerLag * (API_SERVERS - 1);

/**
 * What the portal has to wait for, one after the other: EKS sees the new role, every API server the new association, the
 * pod starts, and the deleted association is gone from every list. EKS Auth sees the association meanwhile. The lab by hand
 * does not wait for the last one.
 */
const behindEachOther = (delays: Delays) =>
  delays.iam +
  injectedAfter(delays) +
  delays.podStart +
  delays.associationDelete;

async function byPortal(
  client: Awaited<ReturnType<DemoPortal['clientOf']>>,
  name: string,
) {
  const parts: number[] = [];
  for (const request of labRequests(name)) {
    parts.push((await carryOut(client, request)).ms);
  }
  return parts;
}

async function measure(
  portal: DemoPortal,
  env: NodeJS.ProcessEnv,
  what: string,
  delays: Delays,
) {
  const ana = await portal.clientOf(USERS.ana);
  await portal.sandbox.setDelays({ ...delays, awsCli: AWS_CLI_MS });
  const times = { hand: [], idle: [], after: [] } as Record<
    'hand' | 'idle' | 'after',
    number[]
  >;
  const operations: number[][] = [];
  // The first round opens connections and loads programs from disk
  for (let round = 0; round <= ROUNDS; round++) {
    const name = (who: string) => `lab-${what}-${who}-${round}`;
    const lab = {
      env,
      cluster: CLUSTER,
      namespace: 'payments',
      delays,
      injectedAfter: injectedAfter(delays),
    };
    const hand = await labByHand(lab, name('hand'));
    await portal.rest();
    const idle = await byPortal(ana, name('idle'));
    const after = await byPortal(ana, name('after'));
    console.error(
      `# ${what}, round ${round}: by hand ${hand.toFixed()} ms; portal ${idle
        .map(ms => ms.toFixed())
        .join(' + ')} ms, directly after ${sum(after).toFixed()} ms`,
    );
    if (round === 0) continue;
    times.hand.push(hand);
    times.idle.push(sum(idle));
    times.after.push(sum(after));
    operations.push(idle);
  }
  return { what, delays, times, operations };
}

const seconds = (values: number[]) =>
  withSpread(
    values.map(ms => ms / 1000),
    2,
  );

function report(measured: Awaited<ReturnType<typeof measure>>[]) {
  const rows: (string | number)[][] = [];
  const notes: string[] = [];
  for (const { what, delays, times, operations } of measured) {
    const ratios = times.hand.map((ms, at) => ms / times.idle[at]);
    const ratiosAfter = times.hand.map((ms, at) => ms / times.after[at]);
    const needed = behindEachOther(delays);
    const overNeeded = times.idle.map(ms => ms / needed);
    figure(`lab, ${what}: by hand`, median(times.hand), 'ms');
    figure(`lab, ${what}: portal, idle account`, median(times.idle), 'ms');
    figure(`lab, ${what}: portal, directly after`, median(times.after), 'ms');
    figure(
      `lab, ${what}: by hand over portal`,
      median(ratios),
      '×',
      needed > 0 ? undefined : { least: GOALS.byHand },
    );
    rows.push(
      [what, 'by hand', '', seconds(times.hand), ''],
      [
        what,
        'portal, idle account',
        [0, 1, 2]
          .map(at => (median(operations.map(one => one[at])) / 1000).toFixed(2))
          .join(' + '),
        seconds(times.idle),
        withSpread(ratios, 1),
      ],
      [
        what,
        'portal, directly after',
        '',
        seconds(times.after),
        withSpread(ratiosAfter, 1),
      ],
    );
    if (needed > 0) {
      figure(`lab, ${what}: time over delays`, median(overNeeded), '×', {
        most: GOALS.delays,
      });
      notes.push(
        `With the delays of the demo, ${(needed / 1000).toFixed(
          1,
        )} s of delays lie one behind the other for the portal, which waits until a deleted association is gone everywhere, as the lab by hand does not; it takes ${withSpread(
          overNeeded,
          2,
        )} times as long. The goal is at most ${GOALS.delays}.`,
      );
    }
  }
  section('lab', [
    table(
      [
        'delays',
        'who',
        'associate + verify + teardown, s',
        'all, s',
        'times faster',
      ],
      rows,
    ),
    `A start of the CLI in a pod takes ${AWS_CLI_MS} ms of a processor. Without delays the goal is ${GOALS.byHand} times faster than by hand. ${ROUNDS} rounds.`,
    ...notes,
  ]);
}

benchmarkDemo(async portal => {
  const env = await withTools(['aws', 'kubectl'], portal.env);
  report([
    await measure(portal, env, 'none', NO_DELAYS),
    await measure(portal, env, 'demo', DEMO_DELAYS),
  ]);
});
