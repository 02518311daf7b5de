import { KubernetesClusterHandle } from '../kubernetes';
import { DEMO_MANIFESTS, portalRbac } from './manifests';

/** Longest wall time that start-up waits for seeded pods; with a stopped clock some never start by themselves. */
const START_TIMEOUT_MS = 5_000;

/**
 * What the portal's roles may do in the demo's clusters: exactly what docs/permissions.md asks for, or what they could do
 * in the real cluster whose answers were recorded.
 */
export type PortalRights = 'documented' | 'recorded';

/** Creates the portal's RBAC and the workloads of a demo cluster, and waits until their pods run. */
export async function seedWorkloads(
  name: string,
  cluster: KubernetesClusterHandle,
  rights: PortalRights,
): Promise<void> {
  const manifests = DEMO_MANIFESTS[name] ?? [];
  await cluster.apply([...portalRbac(rights), ...manifests]);
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
  await Promise.all(
    deployments.map(({ metadata, spec }) =>
      cluster
        .waitFor(
          'deployments',
          metadata.namespace,
          metadata.name!,
          object => object?.status?.readyReplicas === spec.replicas,
          signal,
        )
        .catch(() => undefined),
    ),
  );
}
