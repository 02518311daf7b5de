import { FIELD_MANAGER } from 'backstage-plugin-eks-pod-identity-common';
import type { Caller } from './caller';
import type {
  KubernetesApi,
  KubernetesCallOptions,
  WorkloadKey,
} from './types';

/** What `kubectl rollout restart` sets on a pod template. */
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** The resource of each kind. */
export const WORKLOAD_RESOURCES: Record<WorkloadKey['kind'], string> = {
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
};

type WorkloadCalls = Pick<
  KubernetesApi,
  | 'listDaemonSets'
  | 'listDeployments'
  | 'listStatefulSets'
  | 'listJobs'
  | 'listCronJobs'
  | 'workloadPages'
  | 'listNetworkPolicies'
  | 'networkPolicyPages'
  | 'readWorkload'
  | 'restartWorkload'
>;

/** Calls about workloads and network policies. */
export function workloadCalls({
  items,
  pages,
  read,
  run,
}: Caller): WorkloadCalls {
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
    workloadPages: (resource, o) => pages({ verb: 'list', resource }, o),
    listNetworkPolicies: listOf('networkpolicies'),
    networkPolicyPages: o =>
      pages({ verb: 'list', resource: 'networkpolicies' }, o),
    readWorkload: ({ kind, namespace, name }, o) =>
      read({ resource: WORKLOAD_RESOURCES[kind], namespace, name }, o),
    restartWorkload: (
      { kind, namespace, name, uid },
      at,
      { dryRun, ...o } = {},
    ) =>
      run(
        { verb: 'patch', resource: WORKLOAD_RESOURCES[kind], namespace, name },
        {
          query: {
            fieldManager: FIELD_MANAGER,
            dryRun: dryRun ? 'All' : undefined,
          },
          body: {
            metadata: { uid },
            spec: {
              template: { metadata: { annotations: { [RESTARTED_AT]: at } } },
            },
          },
        },
        o,
      ),
  };
}
