import {
  type NewOperationEvent,
  serviceAccountPermissions,
  type TimelineEntry,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  countByOperation,
  DEMO_DELAYS,
  letPortalPass,
  type Sandbox,
  type TokenRate,
} from 'eks-sandbox';
import { createCallRecorder } from '../../async/CallRecorder';
import type { Clock } from '../../async/clock';
import {
  ASSUMED_BUCKETS,
  type Measured,
  type Output,
  report,
} from '../../aws/__testUtils__/assumedBuckets';
import { callingFor } from '../../aws/caller';
import { EDIT_TRUST_TAG } from '../../aws/portalRights';
import { cloudTrailSource } from '../../evidence/cloudTrail';
import { readEvidence } from '../../evidence/read';
import { AccessWorld } from '../../inventory/__testUtils__/AccessWorld';
import { VerifyWorld } from '../../verification/__testUtils__/VerifyWorld';
import { createMoves } from '../operation/operations';
import { isBetweenReadings, letEdit, NAMESPACE, REF, ROLES } from './MoveWorld';
import { trustsInMemory } from './trustsInMemory';

const RATE = 50;
/** The defaults of the configuration. */
const PACING = {
  eksPerSecond: 5,
  iamPerSecond: 2,
  cloudTrailPerSecond: 2,
  burst: 30,
};

/** What a move waits for, by the steps that do. */
const PARTS = {
  'roll-outs': /^restart\./,
  CloudTrail: /^proof\./,
  'readings of IAM': /^role\.trust/,
  rehearsals: /^rehearsal$/,
  gates: /^(gate|probe)$/,
} as const;
type Part = keyof typeof PARTS | 'rest';

/** Of many moves. */
interface ManyMoves {
  /** For one move, on the sandbox's clock; the parts together are the whole. */
  seconds: Record<Part | 'whole' | 'waited', number>;
  /** The whole over what it needs: its parts, without how long their calls waited for the pace or to be made again. */
  ratio: number;
  /** To IAM for one move, by operation. */
  calls: Record<string, number>;
  /** Per cent of the calls to IAM. */
  throttled: number;
}

/** How long at least one of these calls waited. */
function waitedMs(entries: readonly TimelineEntry[]): number {
  let sum = 0;
  let until = 0;
  for (const entry of entries) {
    if (entry.type !== 'call' || entry.service === 'kubernetes') continue;
    const end = entry.startMs + entry.waitMs;
    sum += Math.max(0, end - Math.max(until, entry.startMs));
    until = Math.max(until, end);
  }
  return sum;
}

/** Splits time into parts: what passes while several steps run goes to that which began last. */
function createSplit(now: () => number) {
  const ms = Object.fromEntries(
    [...Object.keys(PARTS), 'rest'].map(part => [part, 0]),
  ) as Record<Part, number>;
  const running: string[] = [];
  let at = now();
  const pass = () => {
    const last = running.at(-1) ?? '';
    const [part = 'rest'] =
      Object.entries(PARTS).find(([, ids]) => ids.test(last)) ?? [];
    ms[part as Part] += now() - at;
    at = now();
  };
  return {
    ms,
    pass,
    on(event: NewOperationEvent) {
      if (event.type !== 'step') return;
      const { id, status } = event.data;
      if (status === 'waiting') return;
      pass();
      const known = running.indexOf(id);
      if (known >= 0) running.splice(known, 1);
      if (status === 'started') running.push(id);
    },
  };
}

/** Ready workloads, each with a service account on IRSA and a role of its own whose owner lets the portal edit it. */
async function ready(world: VerifyWorld, access: AccessWorld, names: string[]) {
  const { aws, clock, credentials } = world.sandbox;
  letPortalPass(aws, credentials, [ROLES]);
  letEdit(world);
  const tags = { [EDIT_TRUST_TAG]: world.config.portalId };
  await world.kube().addNode({
    kind: 'managed',
    roleArn: access.arn(`${REF.cluster}-nodes`),
    pods: 2 * names.length,
  });
  // Asks at once when it starts
  const podAnnotations = { 'sandbox.example.com/every': '1h' };
  for (const name of names) {
    const role = access.role(`r-${name}`, [access.oidc(name)], { tags });
    await access.runs(name, { role, sdk: 'boto3/1.44.8', podAnnotations });
  }
  await clock.advance(120_000);
  for (let round = 0; round < 20; round += 1) {
    const { rows, searched = [] } = await access.look();
    const programs = rows.flatMap(({ ref, programs: own = [] }) =>
      own.length > 0
        ? [[`${ref.namespace}/${ref.serviceAccount}`, own] as const]
        : [],
    );
    const seen = { searched, programs: new Map(programs) };
    if (names.every(name => seen.programs.has(`${NAMESPACE}/${name}`))) {
      return seen;
    }
    await clock.advance(30_000);
  }
  throw new Error('Not every workload was seen to ask by IRSA.');
}

/**
 * Moves so many ready workloads, one after the other, with the demo's delays. All time is that of the sandbox's clock, the
 * portal's pace included.
 *
 * @param bucket - beyond which IAM throttles
 */
async function moveMany(count: number, bucket: TokenRate): Promise<ManyMoves> {
  const started: { sandbox?: Sandbox } = {};
  const clock: Clock = {
    now: () => started.sandbox?.clock.now() ?? Date.now(),
    sleep: (ms, signal) =>
      isBetweenReadings(ms)
        ? started.sandbox!.clock.advance(ms)
        : started.sandbox!.clock.sleep(ms, signal),
  };
  const world = await VerifyWorld.start({
    delays: DEMO_DELAYS,
    paceClock: clock,
    section: {
      pacing: PACING,
      guardrails: { roles: { adopt: [ROLES], editTrust: [ROLES] } },
    },
  });
  const { sandbox } = world;
  started.sandbox = sandbox;
  sandbox.clock.setRate(RATE);
  const { aws, calls, faults } = sandbox;
  const names = Array.from({ length: count }, (_, at) => `w-${at}`);
  const seen = await ready(world, new AccessWorld(world), names);
  aws.set({ lookupsPerSecond: 2 });
  const { clusters } = world;
  const moves = createMoves({
    verification: world.verification,
    evidence: request =>
      readEvidence(cloudTrailSource(clusters), request, clock.now()),
    seen: async () => seen,
    trusts: trustsInMemory(),
  });
  faults.add({ pattern: 'iam:*', kind: 'throttle', beyond: bucket });
  calls.reset();
  const startedAt = clock.now();
  const split = createSplit(clock.now);
  let waited = 0;
  const context = {
    ...world.context(),
    clock,
    guard: { ...world.context().guard, isAwaited: async () => true },
    granted: new Set(serviceAccountPermissions.map(({ name }) => name)),
    emit: async (event: NewOperationEvent) => split.on(event),
  };
  for (const [at, serviceAccount] of names.entries()) {
    if (at % 10 === 0) console.error(`# ${at} of ${count} are moved`);
    const recorder = createCallRecorder({ clock, limit: Infinity });
    const ref = { ...REF, serviceAccount };
    const input = { clusterName: REF.cluster, namespace: NAMESPACE };
    await recorder.during(() =>
      callingFor({ lane: 'person', key: 'ana' }, () =>
        moves.migrate(
          { ref, input: { ...input, serviceAccount, until: 'moved' } },
          context,
        ),
      ),
    );
    waited += waitedMs(recorder.timeline().entries);
  }
  split.pass();
  const wholeMs = clock.now() - startedAt;
  const asked = calls
    .calls()
    .filter(({ internal, service }) => service === 'iam' && !internal);
  const { length } = asked.filter(({ fault }) => fault === 'throttle');
  await world.stop();
  const each = <K extends string>(all: Record<K, number>, unit: number) =>
    Object.fromEntries(
      Object.entries<number>(all).map(([key, value]) => [
        key,
        value / count / unit,
      ]),
    ) as Record<K, number>;
  return {
    seconds: each({ whole: wholeMs, ...split.ms, waited }, 1_000),
    ratio: wholeMs / (wholeMs - split.ms.rest - waited),
    calls: each(countByOperation(asked), 1),
    throttled: (length / asked.length) * 100,
  };
}

const GOALS = { ratio: { most: 1.2 }, throttled: { below: 1 } };

/** So many moves for each assumed size. */
export async function reportMoves(
  output: Output,
  count: number,
): Promise<void> {
  const figures: Measured['figures'] = [];
  const rows: string[][] = [];
  let columns: string[] = [];
  for (const { size, ...rate } of ASSUMED_BUCKETS) {
    const moved = await moveMany(count, rate);
    console.error(`# ${size}: ${JSON.stringify(moved)}`);
    const { calls, ratio, seconds, throttled } = moved;
    const asked = Object.values(calls).reduce((sum, times) => sum + times, 0);
    const name = `many moves, IAM ${size}`;
    figures.push(
      [`${name}: ratio`, ratio, '×', GOALS.ratio],
      [`${name}: throttled`, throttled, '%', GOALS.throttled],
      [`${name}: calls to IAM a move`, asked, 'calls'],
    );
    const all = { ...seconds, ratio, 'calls to IAM': asked, throttled };
    columns = Object.keys(all);
    rows.push([size, ...Object.values(all).map(one => one.toFixed(2))]);
  }
  report(output, 'moveMany', {
    figures,
    head: ['IAM', ...columns],
    rows,
    notes: `Seconds a move, of ${count}; throttled is per cent of the calls to IAM. One move at a time asks so seldom that no size throttles it. The ratio is that of the whole to its parts, without the rest and without how long calls waited for the pace or to be made again. The goals are a ratio of at most ${GOALS.ratio.most} and less than ${GOALS.throttled.below} % throttled.`,
  });
}
