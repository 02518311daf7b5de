import type { ServiceAccountChoice } from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterSession } from 'eks-pod-identity-engine/portal';

type KubernetesApi = Awaited<ReturnType<ClusterSession['kubernetes']>>;

/** A workload with the service account that its pods run under. */
export interface FoundWorkload {
  kind: string;
  name: string;
  pods: number;
  labels: Record<string, string>;
  serviceAccount: string;
}

/** A service account with what runs under it. */
export type FoundServiceAccount = Omit<ServiceAccountChoice, 'workloads'> & {
  workloads: FoundWorkload[];
};

interface Templated {
  metadata?: { name?: string; labels?: Record<string, string> };
  spec?: { template?: { spec?: { serviceAccountName?: string } } };
  status?: { replicas?: number; currentNumberScheduled?: number };
}

/** The workloads of a namespace that run for ever. */
export async function workloadsIn(
  api: KubernetesApi,
  namespace: string,
): Promise<FoundWorkload[]> {
  const [deployments, statefulSets, daemonSets] = await Promise.all([
    api.listDeployments(namespace),
    api.listStatefulSets(namespace),
    api.listDaemonSets({ namespace }),
  ]);
  const found = (kind: string, objects: Templated[]) =>
    objects.map(({ metadata, spec, status }) => ({
      kind,
      name: metadata?.name ?? '',
      pods: status?.replicas ?? status?.currentNumberScheduled ?? 0,
      labels: metadata?.labels ?? {},
      serviceAccount: spec?.template?.spec?.serviceAccountName ?? 'default',
    }));
  return [
    ...found('Deployment', deployments),
    ...found('StatefulSet', statefulSets),
    ...found('DaemonSet', daemonSets),
  ];
}
