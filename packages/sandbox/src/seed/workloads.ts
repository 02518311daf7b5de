import { KubernetesClusterHandle } from '../kubernetes';
import { DEMO_MANIFESTS, portalRbac } from './manifests';

/** Longest wall time that the start waits for seeded pods; with a stopped clock some may never come up by themselves. */
const PATIENCE_MS = 5_000;

/** Puts the portal's rights and a demo cluster's workloads there, and waits until their pods run. */
export async function seedWorkloads(
  name: string,
  cluster: KubernetesClusterHandle,
): Promise<void> {
  const manifests = DEMO_MANIFESTS[name] ?? [];
  await cluster.apply([...portalRbac(), ...manifests]);
  const signal = AbortSignal.timeout(PATIENCE_MS);
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
