import { KubeObject } from '../../types';
import { ageColumn, Column, column, nameColumn, since, wide } from './column';

const restartableInit = (pod: KubeObject, name: string) =>
  (pod.spec.initContainers ?? []).some(
    (c: any) => c.name === name && c.restartPolicy === 'Always',
  );

function initReason(pod: KubeObject): string | undefined {
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (const [index, status] of statuses.entries()) {
    const { terminated, waiting } = status.state ?? {};
    const done = terminated?.exitCode === 0;
    const sidecarUp = restartableInit(pod, status.name) && status.started;
    if (done || sidecarUp) continue;
    if (terminated) {
      const code = terminated.signal
        ? `Signal:${terminated.signal}`
        : `ExitCode:${terminated.exitCode}`;
      return `Init:${terminated.reason || code}`;
    }
    if (waiting?.reason && waiting.reason !== 'PodInitializing') {
      return `Init:${waiting.reason}`;
    }
    return `Init:${index}/${pod.spec.initContainers.length}`;
  }
  return undefined;
}

function containerReason(pod: KubeObject, start: string): string {
  let reason = start;
  let hasRunning = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated, running } = status.state ?? {};
    if (waiting?.reason) {
      reason = waiting.reason;
    } else if (terminated) {
      const code = terminated.signal
        ? `Signal:${terminated.signal}`
        : `ExitCode:${terminated.exitCode}`;
      reason = terminated.reason || code;
    } else if (status.ready && running) {
      hasRunning = true;
    }
  }
  if (reason === 'Completed' && hasRunning) {
    const ready = (pod.status?.conditions ?? []).some(
      (c: any) => c.type === 'Ready' && c.status === 'True',
    );
    return ready ? 'Running' : 'NotReady';
  }
  return reason;
}

/** What `kubectl get pods` shows under STATUS. */
function podStatusText(pod: KubeObject): string {
  let reason: string = pod.status?.reason ?? pod.status?.phase ?? 'Pending';
  const gated = (pod.status?.conditions ?? []).find(
    (c: any) => c.type === 'PodScheduled' && c.reason === 'SchedulingGated',
  );
  if (gated) reason = 'SchedulingGated';
  const init = initReason(pod);
  reason = init ?? containerReason(pod, reason);
  if (pod.metadata.deletionTimestamp) {
    return pod.status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  }
  return reason;
}

function restarts(pod: KubeObject, now: number): string {
  const statuses: any[] = pod.status?.containerStatuses ?? [];
  const count = statuses.reduce((sum, s) => sum + (s.restartCount ?? 0), 0);
  const last = statuses
    .map(s => s.lastState?.terminated?.finishedAt as string | undefined)
    .filter(Boolean)
    .sort()
    .pop();
  return count > 0 && last ? `${count} (${since(last, now)} ago)` : `${count}`;
}

const described = (description: string) => ({ description });

export const podColumns: Column[] = [
  nameColumn,
  column(
    'Ready',
    pod => {
      const ready = (pod.status?.containerStatuses ?? []).filter(
        (s: any) => s.ready && s.state?.running,
      );
      return `${ready.length}/${pod.spec.containers.length}`;
    },
    described(
      'The aggregate readiness state of this pod for accepting traffic.',
    ),
  ),
  column(
    'Status',
    pod => podStatusText(pod),
    described('The aggregate status of the containers in this pod.'),
  ),
  column(
    'Restarts',
    restarts,
    described(
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
  ),
  ageColumn,
  wide(
    'IP',
    pod => pod.status?.podIP ?? '<none>',
    described(
      'podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.',
    ),
  ),
  wide(
    'Node',
    pod => pod.spec.nodeName ?? '<none>',
    described(
      'NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename',
    ),
  ),
  wide(
    'Nominated Node',
    pod => pod.status?.nominatedNodeName ?? '<none>',
    described(
      'nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods. This field does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on this node to a higher priority pod that is created after preemption. As a result, this field may be different than PodSpec.nodeName when the pod is scheduled.',
    ),
  ),
  wide(
    'Readiness Gates',
    () => '<none>',
    described(
      'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to "True" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates',
    ),
  ),
];
