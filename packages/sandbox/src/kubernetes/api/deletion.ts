import { ResourceDef } from '../model/resources';
import { conflict } from '../model/status';
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
  now: number,
  graceSeconds: number,
): KubeObject {
  const before = object.metadata.deletionGracePeriodSeconds;
  if (
    object.metadata.deletionTimestamp &&
    before !== undefined &&
    before <= graceSeconds
  ) {
    return object;
  }
  const { generation } = object.metadata;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      deletionTimestamp: isoTime(now + graceSeconds * 1000),
      deletionGracePeriodSeconds: graceSeconds,
      ...(generation && { generation: generation + 1 }),
    },
  };
}

/** Refuses a delete whose preconditions name another object or another version of it. */
export function assertDeletable(
  { group, kind }: ResourceDef,
  { metadata }: KubeObject,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const refuse = (what: string, asked: string, is: string, after: string) =>
    conflict(
      // The API server names the kind here, not the resource.
      { group, resource: kind },
      metadata.name,
      `the ${what} in the precondition (${asked}) does not match the ${what} in record (${is}). The object might have been ${after}`,
    );
  if (uid && uid !== metadata.uid) {
    throw refuse('UID', uid, metadata.uid!, 'deleted and then recreated');
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    throw refuse(
      'ResourceVersion',
      resourceVersion,
      metadata.resourceVersion!,
      'modified',
    );
  }
}

/** What a delete makes of an object. */
export interface Deletion {
  /** The object marked as terminating; the same object when a delete before did that. */
  marked?: KubeObject;
  /** Whether it goes at once. Pods wait for their kubelet, namespaces for their contents, others for their finalizers. */
  gone: boolean;
}

function deletionOfNamespace(object: KubeObject, now: number): Deletion {
  const { metadata, status } = object;
  return {
    marked: metadata.deletionTimestamp
      ? object
      : {
          ...object,
          metadata: { ...metadata, deletionTimestamp: isoTime(now) },
          status: { ...status, phase: 'Terminating' },
        },
    gone: false,
  };
}

export function deletionOf(
  object: KubeObject,
  options: DeleteOptions,
  now: number,
): Deletion {
  const before = object.metadata.finalizers ?? [];
  if (object.kind === 'Pod') {
    const grace = graceOf(object, options);
    return {
      marked: marked(object, now, grace),
      gone: grace === 0 && before.length === 0,
    };
  }
  if (object.kind === 'Namespace') {
    return deletionOfNamespace(object, now);
  }
  const added = PROPAGATION_FINALIZERS[options.propagationPolicy ?? ''] ?? [];
  const finalizers = [...new Set([...before, ...added])];
  if (finalizers.length === 0) {
    return { gone: true };
  }
  const leaving = marked(object, now, 0);
  return {
    marked:
      leaving === object && finalizers.length === before.length
        ? object
        : { ...leaving, metadata: { ...leaving.metadata, finalizers } },
    gone: false,
  };
}
