import { isoTime, KubeObject } from '../types';
import { shareOf } from './ownership';

interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  lastUpdateTime?: string;
  lastTransitionTime?: string;
}

/** The reasons of the condition Progressing that decide about the next one. */
const COMPLETE = 'NewReplicaSetAvailable';
const TIMED_OUT = 'ProgressDeadlineExceeded';
const PAUSED = 'DeploymentPaused';

export const sum = (sets: KubeObject[], field: string): number =>
  sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0);

const find = (conditions: Condition[], type: string) =>
  conditions.find(one => one.type === type);

/** The conditions with a new one at their end, or as they are when it says nothing new. */
export function withCondition(
  conditions: Condition[] = [],
  wanted: Condition,
  now: number,
): Condition[] {
  const before = find(conditions, wanted.type);
  return before?.status === wanted.status && before.reason === wanted.reason
    ? conditions
    : renewed(conditions, wanted, now);
}

/** As `withCondition`, but its time of update is now in any case. */
function renewed(
  conditions: Condition[],
  wanted: Condition,
  now: number,
): Condition[] {
  const before = find(conditions, wanted.type);
  return [
    ...conditions.filter(({ type }) => type !== wanted.type),
    {
      ...wanted,
      lastUpdateTime: isoTime(now),
      lastTransitionTime:
        before?.status === wanted.status
          ? before.lastTransitionTime
          : isoTime(now),
    },
  ];
}

function countsOf(
  deployment: KubeObject,
  sets: KubeObject[],
  current: KubeObject | undefined,
) {
  const wanted: number = deployment.spec.replicas ?? 1;
  const replicas = sum(sets, 'replicas');
  const ready = sum(sets, 'readyReplicas');
  const updated: number = current?.status?.replicas ?? 0;
  const rolling = deployment.spec.strategy?.rollingUpdate ?? {};
  return {
    wanted,
    replicas,
    ready,
    updated,
    enough: ready >= wanted - shareOf(rolling.maxUnavailable, wanted, false),
    complete: updated === wanted && replicas === wanted && ready === wanted,
  };
}

/** When the roll-out counts as timed out, unless something moves before. */
export function deadlineOf({ spec, status }: KubeObject): number | undefined {
  const progressing = find(status?.conditions ?? [], 'Progressing');
  if (
    spec.paused ||
    !progressing ||
    [COMPLETE, TIMED_OUT].includes(progressing.reason)
  ) {
    return undefined;
  }
  return (
    Date.parse(progressing.lastUpdateTime ?? '') +
    (spec.progressDeadlineSeconds ?? 600) * 1000
  );
}

/** What the condition Progressing says of a roll-out that goes on, or goes on no more. */
function progressOf(
  deployment: KubeObject,
  conditions: Condition[],
  counts: ReturnType<typeof countsOf>,
  { set, now }: { set: string | undefined; now: number },
): Condition[] {
  const { replicas, updated, ready, complete } = counts;
  const said = (status: string, reason: string, what: string) => ({
    type: 'Progressing',
    status,
    reason,
    message: `ReplicaSet "${set}" ${what}`,
  });
  const before = find(conditions, 'Progressing');
  // A roll-out that was complete stays so while pods come and go.
  if (replicas === updated && before?.reason === COMPLETE) return conditions;
  if (complete) {
    const done = said('True', COMPLETE, 'has successfully progressed.');
    return withCondition(conditions, done, now);
  }
  const old = deployment.status ?? {};
  const oldUpdated = old.updatedReplicas ?? 0;
  const progresses =
    updated > oldUpdated ||
    replicas - updated < (old.replicas ?? 0) - oldUpdated ||
    ready > (old.readyReplicas ?? 0);
  if (progresses) {
    const goesOn = said('True', 'ReplicaSetUpdated', 'is progressing.');
    return renewed(conditions, goesOn, now);
  }
  return now > (deadlineOf(deployment) ?? Infinity)
    ? withCondition(
        conditions,
        said('False', TIMED_OUT, 'has timed out progressing.'),
        now,
      )
    : conditions;
}

/** Why pods are refused: what the newest ReplicaSet says, else any other. */
function refusalOf(sets: KubeObject[], current: KubeObject | undefined) {
  return [current, ...sets]
    .flatMap(set => (set?.status?.conditions ?? []) as Condition[])
    .find(({ type }) => type === 'ReplicaFailure');
}

function conditionsOf(
  deployment: KubeObject,
  sets: KubeObject[],
  current: KubeObject | undefined,
  now: number,
): Condition[] {
  const counts = countsOf(deployment, sets, current);
  const { enough } = counts;
  let conditions = withCondition(
    deployment.status?.conditions,
    {
      type: 'Available',
      status: enough ? 'True' : 'False',
      reason: enough
        ? 'MinimumReplicasAvailable'
        : 'MinimumReplicasUnavailable',
      message: enough
        ? 'Deployment has minimum availability.'
        : 'Deployment does not have minimum availability.',
    },
    now,
  );
  const said = find(conditions, 'Progressing')?.reason;
  const held = (reason: string, message: string) =>
    withCondition(
      conditions,
      { type: 'Progressing', status: 'Unknown', reason, message },
      now,
    );
  if (deployment.spec.paused) {
    return said === TIMED_OUT
      ? conditions
      : held(PAUSED, 'Deployment is paused');
  }
  if (said === PAUSED) {
    conditions = held('DeploymentResumed', 'Deployment is resumed');
  }
  conditions = progressOf(deployment, conditions, counts, {
    set: current?.metadata.name,
    now,
  });
  const refusal = refusalOf(sets, current);
  return refusal
    ? withCondition(conditions, refusal, now)
    : conditions.filter(({ type }) => type !== 'ReplicaFailure');
}

/** The status of a Deployment with these ReplicaSets, the current one among them. */
export function deploymentStatus(
  deployment: KubeObject,
  sets: KubeObject[],
  current: KubeObject | undefined,
  { generation, now }: { generation: number | undefined; now: number },
) {
  const { wanted, replicas, ready, updated } = countsOf(
    deployment,
    sets,
    current,
  );
  return {
    observedGeneration: generation,
    ...(replicas > 0 && { replicas }),
    ...(updated > 0 && { updatedReplicas: updated }),
    ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
    ...(wanted > ready && { unavailableReplicas: wanted - ready }),
    conditions: conditionsOf(deployment, sets, current, now),
  };
}
