import type { V1ObjectMeta, V1PodTemplateSpec } from '../../kubernetes/objects';
import type {
  KubernetesApi,
  LiveWorkload,
  WorkloadResource,
} from '../../kubernetes/types';
import { askKubernetes } from '../access/askKubernetes';
import type { Fact } from '../framework/fact';
import type { FactName } from '../framework/facts';
import type { WorkloadKind } from '../framework/facts/workloads';
import type { AskedFact } from '../framework/request';

/** A workload as the API server sends it, as far as its kinds have the same. */
export interface WorkloadObject {
  metadata?: V1ObjectMeta;
  spec?: LiveWorkload['spec'] & {
    strategy?: { type?: string };
    suspend?: boolean;
    parallelism?: number;
    jobTemplate?: { spec?: { template?: V1PodTemplateSpec } };
  };
  status?: LiveWorkload['status'] & {
    active?: number;
    ready?: number;
  };
}

/** How a kind is listed. */
export const LISTS: Record<
  WorkloadKind,
  { resource: WorkloadResource; group: string }
> = {
  Deployment: { resource: 'deployments', group: 'apps' },
  StatefulSet: { resource: 'statefulsets', group: 'apps' },
  DaemonSet: { resource: 'daemonsets', group: 'apps' },
  CronJob: { resource: 'cronjobs', group: 'batch' },
  Job: { resource: 'jobs', group: 'batch' },
};

type Asked = Parameters<typeof askKubernetes>[0] &
  Pick<AskedFact<FactName>, 'read'>;

/** All workloads of a kind in a namespace, as the API server sends them. */
export function listOfKind(
  c: Asked,
  kind: WorkloadKind,
  namespace: string,
): Promise<Fact<WorkloadObject[]>> {
  const calls: Record<
    WorkloadKind,
    (
      api: KubernetesApi,
      options: { signal: AbortSignal },
    ) => Promise<WorkloadObject[]>
  > = {
    Deployment: (api, o) => api.listDeployments(namespace, o),
    StatefulSet: (api, o) => api.listStatefulSets(namespace, o),
    DaemonSet: (api, o) => api.listDaemonSets({ namespace }, o),
    // Of a schedule and not of pods, but for the template that is read of it.
    CronJob: (api, o) =>
      api.listCronJobs(namespace, o) as Promise<WorkloadObject[]>,
    Job: (api, o) => api.listJobs(namespace, o) as Promise<WorkloadObject[]>,
  };
  return askKubernetes(
    c,
    { verb: 'list', ...LISTS[kind], namespace },
    (api, signal) => calls[kind](api, { signal }),
  );
}
