import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clusters } from 'eks-pod-identity-engine';
import type { Store } from './store';

/** Logs what this portal works on, and warns when its id has changed since the last start. */
export async function logStart(options: {
  clusters: Clusters;
  logger: LoggerService;
  /** `permission.enabled` */
  permissionsAreOn: boolean;
  portalId: string;
  store: Pick<Store, 'settings'>;
}) {
  const { clusters, logger, permissionsAreOn, portalId, store } = options;
  const ids = clusters.list().map(cluster => cluster.id);
  const noun = ids.length === 1 ? 'cluster' : 'clusters';
  logger.info(
    `EKS Pod Identity for portal ${portalId}: ${
      ids.length === 0
        ? 'no clusters are configured (eksPodIdentity.clusters)'
        : `${ids.length} ${noun} (${ids.join(', ')})`
    }`,
  );
  if (!permissionsAreOn) {
    logger.warn(
      'permission.enabled is off: every user may see every AWS identity, and give one to any service account that has none, within the guardrails. Only the owners of a component and eksPodIdentity.administrators may change, verify or remove its identity. Switch permissions on before this portal manages real clusters',
    );
  }
  const before = await store.settings.swap('portalId', portalId);
  if (before !== undefined && before !== portalId) {
    logger.warn(
      `The portal id changed from ${before} to ${portalId}: what was created under the old one is no longer recognised as this portal's. Set eksPodIdentity.portalId to ${before} to keep it`,
    );
  }
}
