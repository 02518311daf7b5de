import { isoTime, KubeObject } from '../types';

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** Finalizers that the garbage collector removes, once it has deleted the dependents or orphaned them. */
export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

const PROPAGATION_FINALIZERS: Record<string, string[]> = {
  Foreground: [FOREGROUND],
  Orphan: [ORPHAN],
};

function graceOf(pod: KubeObject, options: DeleteOptions): number {
  const asked =
    options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
  const done = ['Succeeded', 'Failed'].includes(pod.status?.phase);
  return done || !pod.spec.nodeName ? 0 : Math.max(asked, 0);
}

function marked(
  object: KubeObject,
  graceSeconds: number,
  now: number,
): KubeObject {
  const before = object.metadata.deletionGracePeriodSeconds;
  if (
    object.metadata.deletionTimestamp &&
    before !== undefined &&
    before <= graceSeconds
  ) {
    return object;
  }
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: isoTime(now + graceSeconds * 1000),
      deletionGracePeriodSeconds: graceSeconds,
    },
  };
}

/**
 * The object marked as terminating after a delete, or undefined when it is removed at once. Pods wait for
 * their kubelet, namespaces for their contents, others for their finalizers.
 */
export function deletionOf(
  object: KubeObject,
  options: DeleteOptions,
  now: number,
): KubeObject | undefined {
  if (object.kind === 'Pod') {
    const grace = graceOf(object, options);
    return grace > 0 || object.metadata.finalizers?.length
      ? marked(object, grace, now)
      : undefined;
  }
  if (object.kind === 'Namespace') {
    return {
      ...marked(object, 0, now),
      status: { ...object.status, phase: 'Terminating' },
    };
  }
  const finalizers = [
    ...new Set([
      ...(object.metadata.finalizers ?? []),
      ...(PROPAGATION_FINALIZERS[options.propagationPolicy ?? ''] ?? []),
    ]),
  ];
  if (finalizers.length === 0) {
    return undefined;
  }
  const leaving = marked(object, 0, now);
  return { ...leaving, metadata: { ...leaving.metadata, finalizers } };
}
