import { foreign } from '../text/foreign';
import type { V1ContainerStatus, V1Pod } from './objects';
import type { Stuck } from './rollout';

/** Reasons of a container that waits for its image, or cannot be made; the kubelet tries each again, mostly in vain. */
const WAITING = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

/** The first try may fail in passing, and a program that ends may hold out at its next start. */
const PASSING = ['ErrImagePull', 'CrashLoopBackOff'];

/** Why a pod does not start. */
export interface StartTrouble extends Stuck {
  /** Nothing but a change elsewhere ends it. */
  lasting: boolean;
}

const statuses = ({ status }: V1Pod): V1ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** What Kubernetes says of a pod that does not start; undefined where it says nothing. */
export function startTrouble(pod: V1Pod): StartTrouble | undefined {
  const unscheduled = pod.status?.conditions?.find(
    one => one.type === 'PodScheduled' && one.status === 'False',
  );
  if (unscheduled) {
    const { reason = 'Unschedulable', message = reason } = unscheduled;
    return { reason, message: foreign(message), lasting: true };
  }
  for (const { name, state } of statuses(pod)) {
    const { reason = '', message = reason } = state?.waiting ?? {};
    if (!WAITING.has(reason)) continue;
    return {
      reason,
      message: `container ${name}: ${foreign(message)}`,
      lasting: !PASSING.includes(reason),
    };
  }
  return undefined;
}
