import { createHash } from 'node:crypto';
import { isoTime, KubeObject } from '../types';
import { ContainerRun, Terminated } from './containerRun';

/** Kubelet's state of one container of a pod. */
export interface ContainerState {
  spec: any;
  init: boolean;
  run?: ContainerRun;
  waiting?: { reason: string; message?: string };
  terminated?: Terminated;
  last?: Terminated;
  restarts: number;
  ready: boolean;
}

export const isSidecar = (state: ContainerState) =>
  state.init && state.spec.restartPolicy === 'Always';

function imageId(image: string): string {
  if (image.includes('@')) return image;
  const name = image.replace(/:[^:/]*$/, '');
  const full = name.includes('/') ? name : `docker.io/library/${name}`;
  return `${full}@sha256:${createHash('sha256').update(image).digest('hex')}`;
}

function statusOf(state: ContainerState) {
  const { run, terminated, waiting } = state;
  const running = run && !terminated && !waiting;
  return {
    name: state.spec.name,
    image: state.spec.image,
    imageID: run || terminated ? imageId(state.spec.image) : '',
    ...((run || terminated) && {
      containerID: run?.id ?? terminated!.containerID,
    }),
    ready: state.init
      ? terminated?.exitCode === 0 || (isSidecar(state) && Boolean(running))
      : Boolean(running && state.ready),
    restartCount: state.restarts,
    started: Boolean(running),
    ...stateAndLast(state),
  };
}

/** The state and last state; while a container waits to restart, its last end is already the last state. */
function stateAndLast({ run, waiting, terminated, last }: ContainerState) {
  const lastState = (ended?: Terminated) =>
    ended ? { terminated: ended } : {};
  if (waiting) {
    return { state: { waiting }, lastState: lastState(terminated ?? last) };
  }
  if (terminated) {
    return { state: { terminated }, lastState: lastState(last) };
  }
  return {
    state: run
      ? { running: { startedAt: run.startedAt } }
      : { waiting: { reason: 'ContainerCreating' } },
    lastState: lastState(last),
  };
}

/** Phase of a pod, derived from its containers. */
export function phaseOf(
  states: ContainerState[],
  restartPolicy: string,
): string {
  const main = states.filter(s => !s.init);
  const failedInit = states.some(
    s => s.init && !isSidecar(s) && s.terminated && s.terminated.exitCode !== 0,
  );
  if (failedInit && restartPolicy === 'Never') return 'Failed';
  const done = main.every(
    s => s.terminated && !s.waiting && !willRestart(s, restartPolicy),
  );
  if (done && main.length > 0) {
    return main.some(s => s.terminated!.exitCode !== 0)
      ? 'Failed'
      : 'Succeeded';
  }
  return main.some(s => s.run || s.terminated) ? 'Running' : 'Pending';
}

export function willRestart(
  state: ContainerState,
  restartPolicy: string,
): boolean {
  if (isSidecar(state) || restartPolicy === 'Always')
    return !state.init || isSidecar(state) || state.terminated?.exitCode !== 0;
  return restartPolicy === 'OnFailure' && state.terminated?.exitCode !== 0;
}

export interface PodView {
  states: ContainerState[];
  startTime: string;
  hostIP: string;
  podIP?: string;
  phase: string;
  /** Set if kubelet itself ended the pod. */
  reason?: string;
  message?: string;
}

function conditionsOf(view: PodView, before: any[], now: string) {
  const { states, phase } = view;
  const main = states.filter(s => !s.init);
  const initialized = states
    .filter(s => s.init)
    .every(s => s.terminated?.exitCode === 0 || (isSidecar(s) && s.run));
  const completed = ['Succeeded', 'Failed'].includes(phase);
  const notReady = main.filter(
    s => !s.run || s.terminated || s.waiting || !s.ready,
  );
  const ready = !completed && initialized && notReady.length === 0;
  const because = completed
    ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : {
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${notReady
          .map(s => s.spec.name)
          .join(' ')}]`,
      };
  const wanted = [
    {
      type: 'PodReadyToStartContainers',
      status: view.podIP && !completed ? 'True' : 'False',
    },
    {
      type: 'Initialized',
      status: initialized ? 'True' : 'False',
      ...(completed && initialized && { reason: 'PodCompleted' }),
    },
    { type: 'Ready', status: ready ? 'True' : 'False', ...(!ready && because) },
    {
      type: 'ContainersReady',
      status: ready ? 'True' : 'False',
      ...(!ready && because),
    },
  ];
  const kept = before.filter(c => !wanted.some(w => w.type === c.type));
  return [
    ...wanted.map(c => {
      const old = before.find(b => b.type === c.type);
      return {
        lastProbeTime: null,
        lastTransitionTime:
          old?.status === c.status ? old.lastTransitionTime : now,
        ...c,
      };
    }),
    ...kept,
  ];
}

/** The full pod status that kubelet writes. */
export function podStatus(view: PodView, pod: KubeObject, now: number) {
  const inits = view.states.filter(s => s.init);
  return {
    ...pod.status,
    phase: view.phase,
    ...(view.reason && { reason: view.reason, message: view.message }),
    conditions: conditionsOf(view, pod.status?.conditions ?? [], isoTime(now)),
    hostIP: view.hostIP,
    hostIPs: [{ ip: view.hostIP }],
    ...(view.podIP && { podIP: view.podIP, podIPs: [{ ip: view.podIP }] }),
    startTime: view.startTime,
    ...(inits.length > 0 && { initContainerStatuses: inits.map(statusOf) }),
    containerStatuses: view.states.filter(s => !s.init).map(statusOf),
  };
}
