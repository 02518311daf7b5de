import { isRestartable } from 'backstage-plugin-eks-pod-identity-common';
import { type Outcome, skip } from './check';
import { bash } from './shell';

/** Of a check of the pods where there are none: the workload may run under another ServiceAccount. */
export const noPods = (): Outcome =>
  skip('Not applicable: no pod runs under this ServiceAccount.', {
    explainedBy: { oneOf: ['workloads.service-account'] },
  });

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

/** One command for each workload. A controller that `kubectl` cannot restart makes its pods anew when they are deleted. */
export function restartCommand(
  namespace: string,
  workloads: readonly Workload<{ name: string }>[],
): string {
  return workloads
    .map(({ kind, name, pods }) => {
      if (isRestartable({ kind })) {
        return bash`kubectl -n ${namespace} rollout restart ${kind.toLowerCase()}/${name}`;
      }
      return kind === 'Pod'
        ? bash`kubectl -n ${namespace} get pod ${name} -o json | kubectl replace --force -f -`
        : [
            bash`kubectl -n ${namespace} delete pod`,
            ...pods.map(pod => bash`${pod.name}`),
          ].join(' ');
    })
    .join('\n');
}

/** Changes labels and annotations of pod templates; `null` takes one out. */
export function templatePatch<T>(
  namespace: string,
  workloads: readonly Workload<T>[],
  metadataOf: (pods: readonly T[]) => {
    labels?: Record<string, string | null>;
    annotations?: Record<string, string | null>;
  },
): string {
  return templated(workloads)
    .map(({ kind, name, pods }) => {
      const patch = { spec: { template: { metadata: metadataOf(pods) } } };
      return bash`kubectl -n ${namespace} patch ${kind.toLowerCase()} ${name} --type merge --patch ${JSON.stringify(
        patch,
      )}`;
    })
    .join('\n');
}

/** One setting of `kubectl set env`. The empty quotes keep redaction from taking the next word for a value. */
const assignment = (setting: string) =>
  setting.endsWith('=') ? `${setting}''` : bash`${setting}`;

/** Sets variables of pod templates, `NAME=value`, or takes them out, `NAME-`; one command for each container. */
export function setEnvCommand<T>(
  namespace: string,
  workloads: readonly Workload<T>[],
  settingsOf: (
    pods: readonly T[],
  ) => readonly { container: string; settings: readonly string[] }[],
): string {
  return templated(workloads)
    .flatMap(({ kind, name, pods }) =>
      settingsOf(pods)
        .filter(({ settings }) => settings.length)
        .map(({ container, settings }) =>
          [
            bash`kubectl -n ${namespace} set env ${kind.toLowerCase()}/${name} -c ${container}`,
            ...settings.map(assignment),
          ].join(' '),
        ),
    )
    .join('\n');
}

/**
 * Takes mounts out of pod templates, and volumes that nothing uses then. The API server finds both by path and name, so
 * the command holds whatever else the template says.
 */
export function unmountCommand<T>(
  namespace: string,
  workloads: readonly Workload<T>[],
  mountsOf: (
    pods: readonly T[],
  ) => readonly { container: string; path: string; volume?: string }[],
): string {
  return templated(workloads)
    .map(workload => ({ ...workload, mounts: mountsOf(workload.pods) }))
    .filter(({ mounts }) => mounts.length)
    .map(({ kind, name, mounts }) => {
      const volumes = mounts.flatMap(({ volume }) => volume ?? []);
      const spec = {
        containers: [...new Set(mounts.map(one => one.container))].map(
          container => ({
            name: container,
            volumeMounts: mounts
              .filter(one => one.container === container)
              .map(({ path }) => ({ $patch: 'delete', mountPath: path })),
          }),
        ),
        ...(volumes.length
          ? { volumes: volumes.map(one => ({ $patch: 'delete', name: one })) }
          : {}),
      };
      return bash`kubectl -n ${namespace} patch ${kind.toLowerCase()} ${name} --type strategic --patch ${JSON.stringify(
        { spec: { template: { spec } } },
      )}`;
    })
    .join('\n');
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

/** Puts a ServiceAccount into the pod templates of those workloads that have one to edit. */
export function moveCommand(
  namespace: string,
  serviceAccount: string,
  workloads: readonly Workload<unknown>[],
): string {
  return templated(workloads)
    .map(
      ({ kind, name }) =>
        bash`kubectl -n ${namespace} set serviceaccount ${kind.toLowerCase()} ${name} ${serviceAccount}`,
    )
    .join('\n');
}
