import type { WorkloadsFound } from 'backstage-plugin-eks-pod-identity-common';
import type { Lacking } from '../framework/check';
import type { CheckId } from '../framework/checkIds';
import { type Fact, valueOf } from '../framework/fact';
import type {
  PodFact,
  WorkloadFact,
  WorkloadsFact,
} from '../framework/facts/workloads';
import { runs } from '../framework/workloadsOf';
import { isReplacing } from './replacing';
import { nameOfTemplate, ownWorkloads } from './templates';

/** What the checks of a run say of pods that lack the identity. */
export type LackingByCheck = ReadonlyMap<CheckId, readonly Lacking[]>;

interface Lack extends Lacking {
  check: CheckId;
}

/** The most telling first: a restart cures nothing while another reason stands. */
const ORDER: readonly Lacking['how'][] = [
  'start',
  'other',
  'identity',
  'restart',
];

const unseen = ({ sentence }: { sentence: string }): WorkloadsFound => ({
  state: 'unknown',
  good: 0,
  all: 0,
  lack: sentence,
});

const namesOf = (lacks: readonly Lacking[]) => lacks.flatMap(one => one.pods);

/** A lack of running pods heads the report before one that only a template has. */
const ofNext = ({ check }: Lack) => Number(check === 'workloads.templates');

/**
 * What a run found of the pods that run, of the facts and of what its checks said; undefined where it is not to look at
 * them. Where no pod runs, the templates stand for them.
 */
export function workloadsFound(
  facts: {
    pods: Fact<readonly PodFact[]>;
    workloads: Fact<WorkloadsFact>;
  },
  lacking: LackingByCheck,
): WorkloadsFound | undefined {
  const { pods, workloads } = facts;
  if (!pods.known) {
    const isChosen = ['off', 'not-in-probe'].includes(pods.lack.kind);
    return isChosen ? undefined : unseen(pods.lack);
  }
  const found = valueOf(workloads)?.found ?? [];
  const passing = new Set(
    pods.value.filter(one => isRunOfCronJob(one, found)).map(one => one.name),
  );
  const lacks: Lack[] = [...lacking]
    .flatMap(([check, some]) => some.map(one => ({ ...one, check })))
    .map(one =>
      one.how === 'restart'
        ? { ...one, pods: one.pods.filter(name => !passing.has(name)) }
        : one,
    )
    .filter(one => one.pods.length > 0)
    .sort(
      (one, other) =>
        ORDER.indexOf(one.how) - ORDER.indexOf(other.how) ||
        ofNext(one) - ofNext(other),
    );
  const running = pods.value.filter(runs);
  const without = new Set(namesOf(lacks.filter(one => one.how !== 'start')));
  const good = running.filter(({ name }) => !without.has(name)).length;
  const counts = { good, all: running.length };
  const own = ownWorkloads(found, pods.value);
  const moving = own.filter(one => isMoving(one, running));
  if (moving.some(one => !without.has(nameOfTemplate(one)))) {
    return rollingOut(moving, running, counts);
  }
  const [worst] = lacks.filter(
    one => one.how !== 'start' || running.length === 0,
  );
  if (worst?.how === 'start') {
    return { state: 'not-started', ...counts, check: worst.check };
  }
  if (running.length === 0 && pods.value.length > 0 && !worst) {
    // Nothing keeps the first pods of a workload: they are about to start.
    const starting = own.filter(one => !one.rolledOut && !one.stuck);
    if (starting.length > 0) return rollingOut(starting, running, counts);
  }
  if (worst) {
    return {
      state: stateOf(lacks, worst, good),
      ...counts,
      ...(worst.how === 'restart'
        ? { restart: !isStuck(own, running, without) }
        : {}),
      ...(worst.which ? { other: worst.which } : {}),
      check: worst.check,
    };
  }
  if (running.length > 0) return { state: 'all', ...counts };
  if (!workloads.known && workloads.lack.kind !== 'not-in-probe') {
    return unseen(workloads.lack);
  }
  const isComplete = workloads.known && workloads.value.unseen.length === 0;
  return isComplete && own.length === 0
    ? { state: 'no-workload', ...counts }
    : { state: 'no-pods', ...counts };
}

/** It ends by itself, and the next run has the identity. */
function isRunOfCronJob({ owner }: PodFact, found: readonly WorkloadFact[]) {
  return found.some(
    ({ kind, name, controller }) =>
      kind === owner.kind &&
      name === owner.name &&
      controller?.kind === 'CronJob',
  );
}

const podsOf = (
  { kind, name }: WorkloadFact,
  running: readonly PodFact[],
): readonly PodFact[] =>
  running.filter(({ owner }) => owner.kind === kind && owner.name === name);

/** Some of its pods are of an older revision, and are being replaced. */
function isMoving(workload: WorkloadFact, running: readonly PodFact[]) {
  const { replicas } = workload;
  const all = podsOf(workload, running).length;
  return isReplacing(workload) && all > (replicas?.updated ?? 0);
}

/** How far these are: a pod that runs counts as new as long as it need not be one of the older ones. */
function rollingOut(
  workloads: readonly WorkloadFact[],
  running: readonly PodFact[],
  counts: Pick<WorkloadsFound, 'good' | 'all'>,
): WorkloadsFound {
  const rollout = { running: 0, wanted: 0 };
  for (const workload of workloads) {
    const { older = 0, replicas } = workload;
    const { updated = 0, wanted = 0 } = replicas ?? {};
    const others = podsOf(workload, running).length - older;
    rollout.running += Math.min(Math.max(others, 0), updated);
    rollout.wanted += wanted;
  }
  return { state: 'rolling-out', ...counts, rollout };
}

/** A restart does not cure these pods: the roll-out of a workload of theirs does not go on. */
function isStuck(
  own: readonly WorkloadFact[],
  running: readonly PodFact[],
  without: ReadonlySet<string>,
) {
  const stuck = own.filter(one => one.stuck);
  return running.some(
    ({ name, owner }) =>
      without.has(name) &&
      stuck.some(one => one.kind === owner.kind && one.name === owner.name),
  );
}

function stateOf(
  lacks: readonly Lack[],
  { how }: Lack,
  good: number,
): 'some' | 'none' | 'other' {
  // Where other containers of its pods have it, a lack is not that of whole pods.
  const whole = new Set(namesOf(lacks.filter(one => !one.partly)));
  const affected = new Set(namesOf(lacks));
  if (good > 0 || whole.size < affected.size) return 'some';
  return how === 'other' ? 'other' : 'none';
}
