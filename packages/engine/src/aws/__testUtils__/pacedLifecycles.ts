import {
  AWS_CLI_MS,
  DEMO_DELAYS,
  NO_DELAYS,
  type SandboxClient,
  type TokenRate,
} from 'eks-sandbox';
import {
  ASSUMED_BUCKETS,
  type Measured,
  type Output,
  report,
} from './assumedBuckets';

/** How long a pace learns, and from how many lifecycles at most. */
const LEARNING = { ms: 180_000, lifecycles: 80 };
const DELAYS = { none: NO_DELAYS, demo: DEMO_DELAYS };
const ROUNDS = 3;
const GOALS = { most: 1.2, throttled: 1 };

/** What carries lifecycles out, on a sandbox of its own. */
interface Portal<R> {
  sandbox: SandboxClient;
  /** Until the account is idle again. */
  rest(): Promise<void>;
  /** Of one lifecycle, one after the other. */
  requests(name: string): R[];
  carryOut(request: R): Promise<unknown>;
}

/** Lifecycles with some delays of the sandbox. */
interface Lifecycles {
  delays: keyof typeof DELAYS;
  /** On an idle account, and directly after another one; medians, milliseconds. */
  idle: number;
  after: number;
  /** To IAM in one lifecycle, throttled ones included. */
  calls: number;
  /** Per cent of the calls. */
  throttled: number;
  /** Also while the pace learnt, before; 0 where it did not have to. */
  learning: number;
}

const medianOf = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Lifecycles on one portal, by which rate IAM throttles. */
function lifecyclesOn<R>({ carryOut, requests, rest, sandbox }: Portal<R>) {
  let asked = { calls: 0, throttled: 0 };
  let names = 0;
  const count = async (fault?: boolean) => {
    const filter = { fault, operation: 'iam:*', internal: false };
    const counters = await sandbox.counters(filter);
    return Object.values(counters).reduce((sum, times) => sum + times, 0);
  };
  /** Milliseconds of the next one. */
  const once = async () => {
    await sandbox.resetCalls();
    const startedAt = performance.now();
    names += 1;
    for (const request of requests(`paced-${names}`)) await carryOut(request);
    const ms = performance.now() - startedAt;
    asked.calls += await count();
    asked.throttled += await count(true);
    return ms;
  };
  const start = async (delays: keyof typeof DELAYS) => {
    await sandbox.setDelays({ ...DELAYS[delays], awsCli: AWS_CLI_MS });
    asked = { calls: 0, throttled: 0 };
  };
  const share = () => (asked.throttled / asked.calls) * 100;
  return async (beyond?: TokenRate): Promise<Lifecycles[]> => {
    await sandbox.clearFaults();
    await start('none');
    // The first one opens connections and loads programs from disk
    await once();
    if (beyond) {
      await sandbox.addFault({ pattern: 'iam:*', kind: 'throttle', beyond });
      const until = performance.now() + LEARNING.ms;
      for (let left = LEARNING.lifecycles; left > 0; left -= 1) {
        if (performance.now() > until) break;
        await once();
      }
    }
    const learning = share();
    const all: Lifecycles[] = [];
    for (const delays of ['none', 'demo'] as const) {
      await start(delays);
      const [idle, after]: number[][] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        await rest();
        idle.push(await once());
        after.push(await once());
      }
      const said = { beyond, delays, idle, after, learning, ...asked };
      console.error(`# ${JSON.stringify(said)}`);
      all.push({
        delays,
        idle: medianOf(idle),
        after: medianOf(after),
        calls: asked.calls / ROUNDS / 2,
        throttled: share(),
        learning,
      });
    }
    return all;
  };
}

/** Lifecycles while IAM does not throttle, then beyond each assumed rate, the next one as soon as that has been measured. */
export async function reportPace<R>(
  output: Output,
  portal: Portal<R>,
): Promise<void> {
  const measure = lifecyclesOn(portal);
  const free = await measure();
  const seconds = (ms: number) => (ms / 1_000).toFixed(2);
  const figures: Measured['figures'] = [];
  const rows = free.map(({ after, calls, delays, idle }) => [
    'does not throttle',
    delays,
    ...[seconds(idle), '', seconds(after), (after / idle).toFixed(2)],
    ...[calls.toFixed(1), '', ''],
  ]);
  for (const { size, ...rate } of ASSUMED_BUCKETS) {
    const all = await measure(rate);
    all.forEach(({ delays, idle, after, calls, throttled, learning }, at) => {
      const name = `lab, IAM ${size}, delays ${delays}`;
      const [overFree, overIdle] = [idle / free[at].idle, after / idle];
      const ifDelayed = <G>(goal: G) => (delays === 'demo' ? goal : undefined);
      const goal = ifDelayed({ most: GOALS.most });
      const few = ifDelayed({ below: GOALS.throttled });
      figures.push(
        [`${name}: idle over one that does not throttle`, overFree, '×', goal],
        [`${name}: directly after over idle`, overIdle, '×', goal],
        [`${name}: throttled`, throttled, '%', few],
      );
      rows.push([
        ...[size, delays, seconds(idle), overFree.toFixed(2)],
        ...[seconds(after), overIdle.toFixed(2)],
        ...[calls.toFixed(1), throttled.toFixed(2), learning.toFixed(2)],
      ]);
    });
  }
  const head =
    'IAM, delays, idle account (s), over one that does not throttle, directly after (s), over idle, calls to IAM, throttled (%), while learning (%)';
  report(output, 'labPaced', {
    figures,
    head: head.split(', '),
    rows,
    notes: `Medians of ${ROUNDS} lifecycles each, after the pace has learnt from lifecycles without a pause for ${
      LEARNING.ms / 60_000
    } minutes or ${
      LEARNING.lifecycles
    } lifecycles. With the delays of the demo the goals are at most ${
      GOALS.most
    } times as long as on an account that does not throttle, and directly after another lifecycle as on an idle account, and less than ${
      GOALS.throttled
    } % throttled. Without delays, which AWS always has, there is nothing to wait for beside IAM: two lifecycles make more calls than the default burst or a small bucket lets through at once.`,
  });
}
