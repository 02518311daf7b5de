import { InternalClient } from '../controllers/client';
import { NodeFacts } from '../controllers/nodes';
import { isoTime, KubeObject } from '../types';
import type { ContainerRun } from './containerRun';
import { podStatus } from './podStatus';

/** A kubelet of a node on paper: its pods are said to run as soon as they are there, and go as soon as they shall. */
export async function paperPod(
  client: InternalClient,
  pod: KubeObject,
  { ip }: NodeFacts,
  { podIP, now }: { podIP: string; now: number },
): Promise<void> {
  const { namespace, name, uid, deletionTimestamp } = pod.metadata;
  if (deletionTimestamp) {
    await client.remove('pods', namespace, name, {
      gracePeriodSeconds: 0,
      preconditions: { uid },
    });
    return;
  }
  if (pod.status?.phase === 'Running') return;
  const startTime = isoTime(now);
  const run = { id: `containerd://${uid}`, startedAt: startTime };
  await client.changeStatus('pods', namespace, name, object => {
    const states = object.spec.containers.map((spec: object) => ({
      spec,
      init: false,
      run: run as ContainerRun,
      restarts: 0,
      ready: true,
    }));
    object.status = podStatus(
      { states, startTime, hostIP: ip, podIP, phase: 'Running' },
      object,
      now,
    );
  });
}
