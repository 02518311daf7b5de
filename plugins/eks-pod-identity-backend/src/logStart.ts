import type { LoggerService } from '@backstage/backend-plugin-api';
import type { ClusterConfig, Clusters } from 'eks-pod-identity-engine';
import type { Store } from './store';

const counted = (clusters: ClusterConfig[], words: string[]) =>
  `${clusters.length === 1 ? 'cluster' : 'clusters'} ${words.join(' and ')}`;

/** A sentence for each path in an account that contains the path of another cluster there. */
function pathsInPaths(all: ClusterConfig[]): string[] {
  const changing = all.filter(({ allow }) => allow.changes);
  const places = new Map(
    changing.map(one => [`${one.accountId} ${one.rolePath}`, one]),
  );
  return [...places.values()].flatMap(({ accountId, rolePath }) => {
    const there = changing.filter(one => one.accountId === accountId);
    const outer = there.filter(one => one.rolePath === rolePath);
    const inner = there.filter(
      one => one.rolePath !== rolePath && one.rolePath.startsWith(rolePath),
    );
    if (inner.length === 0) return [];
    return [
      `role.path ${rolePath} of ${counted(
        outer,
        outer.map(({ id }) => id),
      )} contains that of ${counted(
        inner,
        inner.map(one => `${one.id} (${one.rolePath})`),
      )} in account ${accountId}: AWS lets the write role${
        outer.length === 1 ? '' : 's'
      } of the former change, delete and pass the latter's roles. Give each cluster a path beside the others' (docs/upgrading.md#a-path-for-each-cluster)`,
    ];
  });
}

/**
 * Logs what this portal works on, and warns when its id has changed since the last start, and where the paths of clusters do
 * not keep their roles apart.
 */
export async function logStart(options: {
  clusters: Pick<Clusters, 'list'>;
  logger: Pick<LoggerService, 'info' | 'warn'>;
  /** `permission.enabled` */
  permissionsAreOn: boolean;
  portalId: string;
  store: { settings: Pick<Store['settings'], 'swap'> };
}) {
  const { clusters, logger, permissionsAreOn, portalId, store } = options;
  const all = clusters.list();
  const ids = all.map(cluster => cluster.id);
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
  pathsInPaths(all).forEach(warning => logger.warn(warning));
  const before = await store.settings.swap('portalId', portalId);
  if (before !== undefined && before !== portalId) {
    logger.warn(
      `The portal id changed from ${before} to ${portalId}: what was created under the old one is no longer recognised as this portal's. Set eksPodIdentity.portalId to ${before} to keep it`,
    );
  }
}
