import type {
  V1Container,
  V1ContainerStatus,
  V1Pod,
} from '../../kubernetes/objects';
import { foreign } from '../../text/foreign';
import type {
  ContainerFact,
  ContainerKind,
} from '../framework/facts/workloads';

/** Reasons for which a container waits for its image. */
export const CANNOT_PULL =
  /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError|RegistryUnavailable)$/;
/** Reasons for which a container cannot be made from its image. */
export const CANNOT_MAKE =
  /^(CreateContainerConfigError|CreateContainerError|RunContainerError|PostStartHookError|PreCreateHookError|PreStartHookError)$/;

/** What the kubelet says of each container, in the order in which they start. */
export function statuses(pod: V1Pod): V1ContainerStatus[] {
  return [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ];
}

/** The container that a pod is there for. */
export const mainContainerOf = ({ metadata, spec }: V1Pod) =>
  metadata?.annotations?.['kubectl.kubernetes.io/default-container'] ??
  spec?.containers?.[0]?.name;

/** All containers of a pod, with what each of them is, in the order in which they are written. */
export function containersOf({ spec }: V1Pod): [V1Container, ContainerKind][] {
  return [
    ...(spec?.containers ?? []).map((one): [V1Container, ContainerKind] => [
      one,
      'container',
    ]),
    ...(spec?.initContainers ?? []).map((one): [V1Container, ContainerKind] => [
      one,
      one.restartPolicy === 'Always' ? 'sidecar' : 'init',
    ]),
  ];
}

/** `container app`, `sidecar proxy`, `init container migrate`. */
export const inWords = (kind: ContainerKind | undefined, name: string) =>
  `${kind === 'init' ? 'init container' : kind ?? 'container'} ${name}`;

/** Whether the kubelet starts a container once more that has ended so. */
function startsAgain(
  kind: ContainerKind,
  exitCode: number,
  policy = 'Always',
): boolean {
  if (kind === 'sidecar') return true;
  if (policy === 'Never') return false;
  return exitCode !== 0 || (kind === 'container' && policy === 'Always');
}

/** Whether a container runs, as its kubelet says. */
export function stateOf(
  pod: V1Pod,
  name: string,
  kind: ContainerKind,
): ContainerFact['state'] {
  const status = statuses(pod).find(one => one.name === name);
  if (!status) return pod.status?.phase === 'Running' ? 'running' : 'waiting';
  const { running, waiting, terminated } = status.state ?? {};
  if (running) return 'running';
  if (waiting?.reason === 'CrashLoopBackOff') return 'crashing';
  if (!terminated) return 'waiting';
  const again = startsAgain(kind, terminated.exitCode, pod.spec?.restartPolicy);
  return again ? 'crashing' : 'ended';
}

/** Whether a container was killed the last time because it took more memory than it may have. */
export function ranOutOfMemory(pod: V1Pod, name: string): boolean {
  const { state, lastState } =
    statuses(pod).find(one => one.name === name) ?? {};
  const ended = state?.terminated ?? lastState?.terminated;
  return ended?.reason === 'OOMKilled';
}

/** Why the scheduler has found no node for a pod. */
export function unscheduled(pod: V1Pod): string | undefined {
  const condition = pod.status?.conditions?.find(
    one => one.type === 'PodScheduled' && one.status === 'False',
  );
  if (!condition) return undefined;
  return foreign(condition.message) || foreign(condition.reason);
}

/** Why a pod cannot start, in plain words. Of the words of the kubelet only those that can hold no value. */
export function notStarted(pod: V1Pod): string | undefined {
  for (const [{ name }, kind] of containersOf(pod)) {
    const { reason = '', message } =
      statuses(pod).find(one => one.name === name)?.state?.waiting ?? {};
    const who = inWords(kind, name);
    if (CANNOT_PULL.test(reason)) {
      return `the image of ${who} cannot be pulled: ${reason}`;
    }
    if (CANNOT_MAKE.test(reason)) {
      // What another kubelet error quotes may be a command line.
      const words =
        reason === 'CreateContainerConfigError'
          ? foreign(message).split(' (pod: ', 1)[0]
          : '';
      return `${who} cannot be made: ${[reason, words]
        .filter(Boolean)
        .join(': ')}`;
    }
    if (kind === 'init' && reason === 'CrashLoopBackOff') {
      return `${who} ends again and again, and the others wait for it: ${reason}`;
    }
  }
  const why = unscheduled(pod);
  return why && `no node takes it: ${why}`;
}
