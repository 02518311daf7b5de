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

export const podColumns: Column[] = [
  nameColumn,
  column('Ready', pod => {
    const ready = (pod.status?.containerStatuses ?? []).filter(
      (s: any) => s.ready && s.state?.running,
    );
    return `${ready.length}/${pod.spec.containers.length}`;
  }),
  column('Status', pod => podStatusText(pod)),
  column('Restarts', restarts),
  ageColumn,
  wide('IP', pod => pod.status?.podIP ?? '<none>'),
  wide('Node', pod => pod.spec.nodeName ?? '<none>'),
  wide('Nominated Node', pod => pod.status?.nominatedNodeName ?? '<none>'),
  wide('Readiness Gates', () => '<none>'),
];
