import type { Caller } from './caller';
import type { KubernetesApi, KubernetesCallOptions } from './types';

type WorkloadCalls = Pick<
  KubernetesApi,
  | 'listDaemonSets'
  | 'listDeployments'
  | 'listStatefulSets'
  | 'listJobs'
  | 'listCronJobs'
  | 'listNetworkPolicies'
>;

/** Lists of workloads and network policies. */
export function workloadCalls({ items }: Caller): WorkloadCalls {
  /** All objects of a namespace. */
  const listOf =
    (resource: string) =>
    <T>(namespace: string, options?: KubernetesCallOptions): Promise<T[]> =>
      items({ verb: 'list', resource, namespace }, {}, options);

  return {
    listDaemonSets: ({ namespace, labelSelector }, o) =>
      items(
        { verb: 'list', resource: 'daemonsets', namespace },
        { labelSelector },
        o,
      ),
    listDeployments: listOf('deployments'),
    listStatefulSets: listOf('statefulsets'),
    listJobs: listOf('jobs'),
    listCronJobs: listOf('cronjobs'),
    listNetworkPolicies: listOf('networkpolicies'),
  };
}
