import {
  AppsV1Api,
  BatchV1Api,
  type Configuration,
  NetworkingV1Api,
} from '@kubernetes/client-node';
import type { Caller, PageLoader } from './caller';
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
export function workloadCalls(
  configuration: Configuration,
  { items }: Caller,
): WorkloadCalls {
  const apps = new AppsV1Api(configuration);
  const batch = new BatchV1Api(configuration);
  const networking = new NetworkingV1Api(configuration);

  /** All objects of a namespace. */
  const listOf =
    <T>(
      resource: string,
      load: (
        query: { namespace: string } & Parameters<PageLoader<T>>[0],
        via: Parameters<PageLoader<T>>[1],
      ) => ReturnType<PageLoader<T>>,
    ) =>
    (namespace: string, options?: KubernetesCallOptions): Promise<T[]> =>
      items(
        { verb: 'list', resource, namespace },
        (page, via) => load({ namespace, ...page }, via),
        options,
      );

  return {
    listDaemonSets: ({ namespace, labelSelector }, o) =>
      items(
        { verb: 'list', resource: 'daemonsets', namespace },
        (page, v) =>
          namespace
            ? apps.listNamespacedDaemonSet(
                { namespace, labelSelector, ...page },
                v,
              )
            : apps.listDaemonSetForAllNamespaces({ labelSelector, ...page }, v),
        o,
      ),
    listDeployments: listOf('deployments', (query, via) =>
      apps.listNamespacedDeployment(query, via),
    ),
    listStatefulSets: listOf('statefulsets', (query, via) =>
      apps.listNamespacedStatefulSet(query, via),
    ),
    listJobs: listOf('jobs', (query, via) =>
      batch.listNamespacedJob(query, via),
    ),
    listCronJobs: listOf('cronjobs', (query, via) =>
      batch.listNamespacedCronJob(query, via),
    ),
    listNetworkPolicies: listOf('networkpolicies', (query, via) =>
      networking.listNamespacedNetworkPolicy(query, via),
    ),
  };
}
