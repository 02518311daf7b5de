import type {
  V1Job,
  V1LabelSelector,
  V1ObjectMeta,
  V1Pod,
  V1PodSpec,
  V1PodTemplateSpec,
} from '../../kubernetes/objects';
import {
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY,
  MANAGED_BY_LABEL,
} from 'backstage-plugin-eks-pod-identity-common';
import { selectorMatches } from '../../kubernetes/labelSelector';
import type { KubernetesApi } from '../../kubernetes/types';

/** A workload that uses a service account; `pods` counts the running ones. */
export interface Workload {
  kind: string;
  name: string;
  pods: number;
}

/** Workloads of the service account, without our probe pods. */
export interface ServiceAccountUse {
  workloads: Workload[];
  /** Probe pods of this portal, left over or running. */
  probePods: V1Pod[];
}

/** Kubernetes uses `default` for a pod that names none. */
function runsUnder(spec: V1PodSpec | undefined, serviceAccount: string) {
  return (
    (spec?.serviceAccountName ?? spec?.serviceAccount ?? 'default') ===
    serviceAccount
  );
}

function isOver(pod: V1Pod): boolean {
  return ['Succeeded', 'Failed'].includes(pod.status?.phase ?? '');
}

/** True for a probe pod of this portal. */
function isOurProbe(pod: V1Pod, portalId: string): boolean {
  const { labels, annotations } = pod.metadata ?? {};
  return (
    labels?.[MANAGED_BY_LABEL] === MANAGED_BY &&
    annotations?.[KUBERNETES_MARK_ANNOTATIONS.portal] === portalId
  );
}

/** A workload without a selector owns no pod, though an empty selector matches every one. */
function selects(
  selector: V1LabelSelector | undefined,
  labels: Record<string, string>,
): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.keys(matchLabels).length + matchExpressions.length > 0 &&
    selectorMatches(selector, labels)
  );
}

function controllerOf(metadata: V1ObjectMeta | undefined) {
  return metadata?.ownerReferences?.find(owner => owner.controller);
}

function isFinished(job: V1Job): boolean {
  return (job.status?.conditions ?? []).some(
    ({ type, status }) =>
      (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

interface Controller {
  kind: string;
  name: string;
  owns(pod: V1Pod): boolean;
}

interface Templated {
  metadata?: V1ObjectMeta;
  spec?: { selector?: V1LabelSelector; template?: V1PodTemplateSpec };
}

function bySelector(kind: string, objects: Templated[], sa: string) {
  return objects
    .filter(({ spec }) => runsUnder(spec?.template?.spec, sa))
    .map(
      ({ metadata, spec }): Controller => ({
        kind,
        name: metadata?.name ?? '',
        owns: pod => selects(spec?.selector, pod.metadata?.labels ?? {}),
      }),
    );
}

/**
 * Finds the running pods of a service account and every workload whose template names it, even at zero replicas.
 * Finished Jobs and pods do not count. Each pod is counted once, under the workload it belongs to.
 */
export async function readServiceAccountUse(
  api: KubernetesApi,
  ref: { namespace: string; serviceAccount: string },
  portalId: string,
  signal: AbortSignal,
): Promise<ServiceAccountUse> {
  const { namespace, serviceAccount } = ref;
  const [allPods, deployments, statefulSets, daemonSets, jobs, cronJobs] =
    await Promise.all([
      api.listPods({ namespace }, { signal }),
      api.listDeployments(namespace, { signal }),
      api.listStatefulSets(namespace, { signal }),
      api.listDaemonSets({ namespace }, { signal }),
      api.listJobs(namespace, { signal }),
      api.listCronJobs(namespace, { signal }),
    ]);
  const pods = allPods.filter(pod => runsUnder(pod.spec, serviceAccount));
  const probePods = pods.filter(pod => isOurProbe(pod, portalId));
  const running = pods.filter(pod => !isOver(pod) && !probePods.includes(pod));

  const liveJobs = jobs.filter(
    job =>
      !isFinished(job) && runsUnder(job.spec?.template?.spec, serviceAccount),
  );
  const cronOf = (job: V1Job) => {
    const owner = controllerOf(job.metadata);
    return owner?.kind === 'CronJob' ? owner.name : undefined;
  };
  const jobOf = (pod: V1Pod) => {
    const owner = controllerOf(pod.metadata);
    return owner?.kind === 'Job' ? owner.name : undefined;
  };
  const controllers: Controller[] = [
    ...bySelector('Deployment', deployments, serviceAccount),
    ...bySelector('StatefulSet', statefulSets, serviceAccount),
    ...bySelector('DaemonSet', daemonSets, serviceAccount),
    ...cronJobs
      .filter(cron =>
        runsUnder(cron.spec?.jobTemplate?.spec?.template?.spec, serviceAccount),
      )
      .map(({ metadata }): Controller => {
        const own = jobs
          .filter(job => cronOf(job) === metadata?.name)
          .map(job => job.metadata?.name);
        return {
          kind: 'CronJob',
          name: metadata?.name ?? '',
          owns: pod => own.includes(jobOf(pod)) && jobOf(pod) !== undefined,
        };
      }),
    ...liveJobs
      .filter(job => !cronOf(job))
      .map(
        ({ metadata }): Controller => ({
          kind: 'Job',
          name: metadata?.name ?? '',
          owns: pod => jobOf(pod) === metadata?.name,
        }),
      ),
  ];
  const unclaimed = new Set(running);
  const workloads = controllers.map(({ kind, name, owns }) => {
    const own = [...unclaimed].filter(owns);
    own.forEach(pod => unclaimed.delete(pod));
    return { kind, name, pods: own.length };
  });
  return {
    workloads: [
      ...workloads,
      ...[...unclaimed].map(pod => ({
        kind: 'Pod',
        name: pod.metadata?.name ?? '',
        pods: 1,
      })),
    ],
    probePods,
  };
}

/** `Deployment api (2 running pods)`, … */
export function workloadsInWords(workloads: Workload[]): string {
  const shown = workloads.slice(0, 10).map(({ kind, name, pods }) => {
    if (kind === 'Pod') return `Pod ${name}`;
    const count = pods === 1 ? '1 running pod' : `${pods} running pods`;
    return `${kind} ${name} (${pods ? count : 'no running pods'})`;
  });
  const more = workloads.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
