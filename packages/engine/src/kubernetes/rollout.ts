import type { RestartableKind } from 'backstage-plugin-eks-pod-identity-common';
import { foreign } from '../text/foreign';
import type { LiveWorkload } from './types';

/** Why a roll-out does not go on, as Kubernetes says it. */
export interface Stuck {
  /** `FailedCreate`, `ProgressDeadlineExceeded`, `ImagePullBackOff` … */
  reason?: string;
  message: string;
  /** The pod that does not start; none where pods are refused. */
  pod?: string;
}

/** How many pods a workload wants, and how many of them are new and available. */
export interface Replicas {
  wanted: number;
  updated: number;
  available: number;
}

/** How far a roll-out is. */
export interface Rollout {
  done: boolean;
  /** `1 of 2 new pods are available` */
  words: string;
  /** Kubernetes cannot make its pods, or has given it up. */
  stuck?: Stuck;
}

const NO_REASON = 'the progress deadline has passed';

export function replicasOf(
  kind: RestartableKind,
  { spec, status = {} }: Pick<LiveWorkload, 'spec' | 'status'>,
): Replicas {
  return kind === 'DaemonSet'
    ? {
        wanted: status.desiredNumberScheduled ?? 0,
        updated: status.updatedNumberScheduled ?? 0,
        available: status.numberAvailable ?? 0,
      }
    : {
        wanted: spec?.replicas ?? 1,
        updated: status.updatedReplicas ?? 0,
        available: status.availableReplicas ?? 0,
      };
}

/** Pods of former templates, at most. */
function oldOf(kind: RestartableKind, workload: LiveWorkload): number {
  const { wanted, updated } = replicasOf(kind, workload);
  const all = kind === 'DaemonSet' ? wanted : workload.status?.replicas ?? 0;
  return Math.max(0, all - updated);
}

/** Pods with a number below it keep their template; only StatefulSets have one. */
export const partitionOf = ({ spec }: LiveWorkload): number =>
  spec?.updateStrategy?.rollingUpdate?.partition ?? 0;

/** What a Deployment says of a roll-out that does not go on; the other kinds have no such conditions. */
function stuckOf({ status }: LiveWorkload): Stuck | undefined {
  const conditions = status?.conditions ?? [];
  const told =
    // It names the quota or the policy, and comes long before the other one.
    conditions.find(
      one => one.type === 'ReplicaFailure' && one.status === 'True',
    ) ??
    conditions.find(
      one =>
        one.type === 'Progressing' && one.reason === 'ProgressDeadlineExceeded',
    );
  return (
    told && {
      reason: told.reason ?? told.type,
      message: foreign(told.message) || NO_REASON,
    }
  );
}

/** Whether all pods of a workload are new and available, as `kubectl rollout status` judges it. */
export function rolloutOf(
  kind: RestartableKind,
  workload: LiveWorkload,
): Rollout {
  const { metadata, status = {} } = workload;
  const { wanted, updated, available } = replicasOf(kind, workload);
  const replaced = Math.max(0, wanted - partitionOf(workload));
  const observed =
    (status.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const done =
    observed &&
    updated >= replaced &&
    available >= wanted &&
    (kind !== 'Deployment' || oldOf(kind, workload) <= 0);
  const stuck = observed ? stuckOf(workload) : undefined;
  // Old pods count as available too.
  const fresh = done
    ? replaced
    : Math.min(updated, Math.max(0, available - oldOf(kind, workload)));
  return {
    done,
    words: `${fresh} of ${replaced} new pods are available`,
    ...(stuck ? { stuck } : {}),
  };
}

/** Whether pods of two templates run beside each other, or are to. */
export function isMoving(kind: RestartableKind, live: LiveWorkload): boolean {
  const { wanted, updated } = replicasOf(kind, live);
  return (
    updated < wanted - partitionOf(live) ||
    (kind === 'Deployment' && oldOf(kind, live) > 0)
  );
}

/** A number of pods, or a share of all of them. */
function countOf(
  value: number | string,
  all: number,
  round: (share: number) => number,
): number {
  const number = Number.parseFloat(String(value));
  return String(value).endsWith('%') ? round((all * number) / 100) : number;
}

/** Whether old pods end before new ones are made, so that a quota that is full need not stop the roll-out. */
export function makesRoom({ spec }: LiveWorkload): boolean {
  const all = spec?.replicas ?? 1;
  if (spec?.updateStrategy) {
    // Only a DaemonSet has one; any share is at least one pod.
    const { maxSurge = 0 } = spec.updateStrategy.rollingUpdate ?? {};
    return countOf(maxSurge, all, Math.ceil) === 0;
  }
  if (spec?.strategy?.type === 'Recreate') return true;
  const { maxUnavailable = '25%', maxSurge = '25%' } =
    spec?.strategy?.rollingUpdate ?? {};
  // Where both come to 0, Kubernetes ends one pod.
  return (
    countOf(maxUnavailable, all, Math.floor) > 0 ||
    countOf(maxSurge, all, Math.ceil) === 0
  );
}
