import { isRestartable } from 'backstage-plugin-eks-pod-identity-common';
import { bash, type Command, kubectl } from '../../text/bash';
import { type Outcome, skip } from './check';
import type { ContainerFact, PodFact } from './facts/workloads';

/** Of a check of the pods where there are none: the workload may run under another service account. */
export const noPods = (): Outcome =>
  skip('Not applicable: no pod runs under this service account.', {
    explainedBy: { oneOf: ['workloads.service-account'] },
  });

/** Of a check of the running pods where there are others only. */
const noneRuns = (): Outcome =>
  skip('Not applicable: no pod of this service account runs.', {
    explainedBy: { oneOf: ['workloads.start-up'] },
  });

/** Whether what a container has counts: it runs, or it will. Of init containers only those that run this moment do. */
export const counts = ({ kind, state }: ContainerFact) =>
  kind === 'init'
    ? state === 'running' || state === 'crashing'
    : state !== 'ended';

const hasStarted = ({ state }: ContainerFact) =>
  state === 'running' || state === 'crashing';

/** Its program runs, and a container beside it does not start again, as a sidecar whose image is gone. */
export const runsInPart = ({ notStarted, phase, containers }: PodFact) =>
  notStarted !== undefined &&
  phase !== 'Pending' &&
  containers.some(one => one.kind === 'container' && hasStarted(one));

/**
 * A pod that runs: one that crashes has started, one that is pending has not, unless it is at its init containers. One of
 * these that crashes may do so for want of the identity, so its pod counts although it cannot start.
 */
export const runs = (pod: PodFact) =>
  pod.notStarted
    ? runsInPart(pod) ||
      pod.containers.some(
        one => one.kind === 'init' && one.state === 'crashing',
      )
    : pod.phase !== 'Pending' || pod.containers.some(hasStarted);

/** A pod that is not at its start after this time is waiting for something. Milliseconds. */
const LONG_START = 5 * 60_000;

export const takesLong = ({ createdAt }: PodFact, now: number) =>
  now - (createdAt ?? now) > LONG_START;

/** The pods that run, or what a check of them says where there are none. */
export function runningOf(
  pods: readonly PodFact[],
): { running: PodFact[] } | { none: Outcome } {
  const running = pods.filter(runs);
  if (running.length > 0) return { running };
  return { none: pods.length > 0 ? noneRuns() : noPods() };
}

/** A workload with those of its pods that a check is about. */
export interface Workload<T> {
  kind: string;
  name: string;
  pods: T[];
}

export function byOwner<T extends { owner: { kind: string; name: string } }>(
  pods: readonly T[],
): Workload<T>[] {
  const groups = new Map<string, Workload<T>>();
  for (const pod of pods) {
    const key = `${pod.owner.kind}/${pod.owner.name}`;
    const group = groups.get(key) ?? { ...pod.owner, pods: [] };
    group.pods.push(pod);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** `2 of Deployment api, pod lone` */
export const inWords = (workloads: readonly Workload<unknown>[]) =>
  workloads
    .map(({ kind, name, pods }) =>
      kind === 'Pod' ? `pod ${name}` : `${pods.length} of ${kind} ${name}`,
    )
    .join(', ');

/** Those whose template a command can change. */
export const templated = <T>(workloads: readonly Workload<T>[]) =>
  workloads.filter(isRestartable);

/**
 * One command for each workload, which a report replaces where the workload is paused, or replaces its pods otherwise. A
 * controller that `kubectl` cannot restart recreates its pods when they are deleted.
 */
export function restartCommands(
  namespace: string,
  workloads: readonly Workload<{ name: string }>[],
): Command[] {
  const replace = kubectl('replace', { namespace })`--force -f -`;
  return workloads.map(({ kind, name, pods }) => {
    const object = { kind, name, namespace };
    if (isRestartable({ kind })) {
      const replaces = { ...object, pods };
      return { ...kubectl('rollout restart', object)``, replaces };
    }
    return kind === 'Pod'
      ? bash`${kubectl('get', object)`-o json`} | ${replace}`
      : kubectl('delete', { kind: 'pod', namespace })`${pods.map(
          one => one.name,
        )}`;
  });
}

/** Changes the pod template of a workload. */
export const patchTemplate = (
  namespace: string,
  { kind, name }: Pick<Workload<unknown>, 'kind' | 'name'>,
  template: object,
  type = 'merge',
): Command => {
  const patch = JSON.stringify({ spec: { template } });
  return kubectl('patch', {
    kind,
    name,
    namespace,
  })`--type ${type} --patch ${patch}`;
};

/** Changes labels and annotations of pod templates; `null` takes one out. */
export function templatePatches<T>(
  namespace: string,
  workloads: readonly Workload<T>[],
  metadataOf: (pods: readonly T[]) => {
    labels?: Record<string, string | null>;
    annotations?: Record<string, string | null>;
  },
): Command[] {
  return templated(workloads).map(one =>
    patchTemplate(namespace, one, { metadata: metadataOf(one.pods) }),
  );
}

/** One setting of `kubectl set env`; that a value is empty can be seen. */
const assignment = (setting: string) =>
  setting.endsWith('=') ? bash`${setting}''` : setting;

/** Sets variables of pod templates, `NAME=value`, or takes them out, `NAME-`; one command for each container. */
export function setEnvCommands<T>(
  namespace: string,
  workloads: readonly Workload<T>[],
  settingsOf: (
    pods: readonly T[],
  ) => readonly { container: string; settings: readonly string[] }[],
): Command[] {
  return templated(workloads).flatMap(({ kind, name, pods }) => {
    const setEnv = kubectl('set env', { kind, name, namespace });
    return settingsOf(pods)
      .filter(({ settings }) => settings.length)
      .map(
        ({ container, settings }) =>
          setEnv`-c ${container} ${settings.map(assignment)}`,
      );
  });
}

/**
 * Takes mounts out of pod templates, and volumes that nothing uses then. The API server finds both by path and name, so
 * the command holds whatever else the template says.
 */
export function unmountCommands<T>(
  namespace: string,
  workloads: readonly Workload<T>[],
  mountsOf: (pods: readonly T[]) => readonly {
    container: string;
    kind?: ContainerFact['kind'];
    path?: string;
    volume?: string;
  }[],
): Command[] {
  return templated(workloads)
    .map(workload => ({ ...workload, mounts: mountsOf(workload.pods) }))
    .filter(({ mounts }) => mounts.length)
    .map(({ mounts, ...workload }) => {
      const volumes = mounts.flatMap(({ volume }) => volume ?? []);
      const without = (of: typeof mounts) => {
        const all = of.filter(({ path }) => path);
        return [...new Set(all.map(one => one.container))].map(container => ({
          name: container,
          volumeMounts: all
            .filter(one => one.container === container)
            .map(({ path }) => ({ $patch: 'delete', mountPath: path })),
        }));
      };
      const isOrdinary = ({ kind = 'container' }) => kind === 'container';
      const ordinary = without(mounts.filter(isOrdinary));
      const others = without(mounts.filter(one => !isOrdinary(one)));
      const spec = {
        ...(ordinary.length ? { containers: ordinary } : {}),
        ...(others.length ? { initContainers: others } : {}),
        ...(volumes.length
          ? {
              volumes: [...new Set(volumes)].map(one => ({
                $patch: 'delete',
                name: one,
              })),
            }
          : {}),
      };
      return patchTemplate(namespace, workload, { spec }, 'strategic');
    });
}

/** For workloads whose pod template no command changes: where to change it, one sentence each. */
export const changedElsewhere = (workloads: readonly Workload<unknown>[]) =>
  workloads
    .filter(one => !isRestartable(one))
    .map(({ kind, name }) => {
      if (kind === 'Job') {
        return `Kubernetes does not change the template of the Job ${name}: change it in its CronJob, or where the Job is made.`;
      }
      return kind === 'Pod'
        ? `The pod ${name} has no template: change it where it is made.`
        : `Change the template of the ${kind} ${name} itself: its pods come from there.`;
    });

/** Puts a service account into the pod templates of those workloads that have one to edit. */
export function moveCommands(
  namespace: string,
  serviceAccount: string,
  workloads: readonly Workload<unknown>[],
): Command[] {
  return templated(workloads).map(({ kind, name }) => {
    const object = { kind, name, namespace };
    return kubectl('set serviceaccount', object)`${serviceAccount}`;
  });
}
