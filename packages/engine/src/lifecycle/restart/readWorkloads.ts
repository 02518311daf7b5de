import type { RestartableKind } from 'backstage-plugin-eks-pod-identity-common';
import type { Readable } from '../../async/readable';
import type { V1Pod } from '../../kubernetes/objects';
import { type Replacing, replacingOf } from '../../kubernetes/replacing';
import type { KubernetesApi, LiveWorkload } from '../../kubernetes/types';
import { readIfPossible } from '../steps/reading';
import type { WorkloadPods } from '../gate';
import type { Scope } from '../steps/scope';

/** A workload of a kind that can be rolled out. */
export type Restartable = WorkloadPods & { kind: RestartableKind };

/** The running pods of a service account. */
export function readPods(
  api: KubernetesApi,
  { ref, context }: Scope,
): Promise<V1Pod[]> {
  const { namespace, serviceAccount } = ref;
  return api.listPods(
    {
      namespace,
      fieldSelector: `spec.serviceAccountName=${serviceAccount}`,
    },
    { signal: context.signal },
  );
}

/** How each of these workloads replaces its pods; without those that cannot be read, or are gone. */
export type ReadReplacing = (
  workloads: readonly { kind: RestartableKind; name: string }[],
) => Promise<(Replacing | undefined)[]>;

/** Reads workloads with the read role, which may list them; each kind at most once. */
export function workloadReader(
  scope: Scope,
  api: Readable<KubernetesApi>,
): ReadReplacing {
  const { namespace } = scope.ref;
  const options = { signal: scope.context.signal };
  const lists: Partial<
    Record<RestartableKind, Promise<Readable<LiveWorkload[]>>>
  > = {};
  const listOf = async (
    kubernetes: KubernetesApi,
    kind: RestartableKind,
  ): Promise<LiveWorkload[]> => {
    switch (kind) {
      case 'Deployment':
        return kubernetes.listDeployments(namespace, options);
      case 'StatefulSet':
        return kubernetes.listStatefulSets(namespace, options);
      default:
        return kubernetes.listDaemonSets({ namespace }, options);
    }
  };
  return workloads =>
    Promise.all(
      workloads.map(async ({ kind, name }) => {
        if (!api.known) return undefined;
        const list = await (lists[kind] ??= readIfPossible(
          scope,
          'look at the workloads',
          () => listOf(api.value, kind),
        ));
        const live =
          list.known &&
          list.value.find(({ metadata }) => metadata?.name === name);
        return live ? replacingOf(kind, live) : undefined;
      }),
    );
}
