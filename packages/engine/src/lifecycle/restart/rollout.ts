import type { RestartableKind } from 'backstage-plugin-eks-pod-identity-common';
import type { LiveWorkload } from '../../kubernetes/types';

/** How far a roll-out is. */
export interface Rollout {
  done: boolean;
  /** `1 of 2 new pods are available` */
  words: string;
  /** Kubernetes has given it up. */
  stuck?: string;
}

/** Whether all pods of a workload are new and available, as `kubectl rollout status` judges it. */
export function rolloutOf(
  kind: RestartableKind,
  { metadata, spec, status = {} }: LiveWorkload,
): Rollout {
  const isDaemonSet = kind === 'DaemonSet';
  const wanted = isDaemonSet
    ? status.desiredNumberScheduled ?? 0
    : spec?.replicas ?? 1;
  const updated =
    (isDaemonSet ? status.updatedNumberScheduled : status.updatedReplicas) ?? 0;
  const available =
    (isDaemonSet ? status.numberAvailable : status.availableReplicas) ?? 0;
  const observed =
    (status.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const old = kind === 'Deployment' ? (status.replicas ?? 0) - updated : 0;
  const stuck = status.conditions?.find(
    ({ type, reason }) =>
      type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  return {
    done: observed && updated >= wanted && available >= wanted && old <= 0,
    words: `${Math.min(
      updated,
      available,
    )} of ${wanted} new pods are available`,
    ...(observed && stuck
      ? { stuck: stuck.message ?? 'the progress deadline has passed' }
      : {}),
  };
}

/** Why the controller replaces no pods although the template changes; a sentence without its end. */
export function heldBack({ spec }: LiveWorkload): string | undefined {
  if (spec?.paused) return 'its roll-outs are paused';
  return spec?.updateStrategy?.type === 'OnDelete'
    ? 'its update strategy is OnDelete, so its pods have to be deleted by hand'
    : undefined;
}
