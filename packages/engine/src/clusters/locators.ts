import type { Config } from '@backstage/config';
import { globMatches } from '../iam/glob';
import { buildClusterConfig, readRaw } from './config';
import { clusterSchema, type RawEngine } from './schema';
import type { ClusterConfig } from './types';

/** All that is taken of what a locator found. @public */
export interface FoundCluster {
  /** In EKS. */
  name: string;
  region: string;
  accountId: string;
  /** What names it, for sentences. */
  by: string;
}

/** A cluster that the portal does not take. @public */
export interface LeftOutCluster {
  by: string;
  why: string;
}

/**
 * The clusters that a locator found, with the roles and limits that app-config sets for their account. One whose account,
 * region and name app-config does not allow is left out: anybody who can register an entity can name any cluster.
 *
 * @public
 */
export function readLocatedClusters(
  found: readonly FoundCluster[],
  config: Config,
): { clusters: ClusterConfig[]; leftOut: LeftOutCluster[] } {
  const engine = readRaw(config);
  const located = new Map<string, ClusterConfig>();
  const leftOut: LeftOutCluster[] = [];
  for (const { by, ...one } of found) {
    const cluster = locate(one, engine);
    const isNew = typeof cluster === 'object' && !located.has(cluster.id);
    if (isNew) located.set(cluster.id, cluster);
    else if (typeof cluster === 'string') leftOut.push({ by, why: cluster });
    else leftOut.push({ by, why: 'another one names the same cluster' });
  }
  return { clusters: [...located.values()], leftOut };
}

/** Answers why not, where app-config does not allow it. */
function locate(
  { name, region, accountId }: Omit<FoundCluster, 'by'>,
  engine: RawEngine,
): ClusterConfig | string {
  const account = engine.locators?.accounts.find(
    one =>
      one.accountId === accountId &&
      one.regions.includes(region) &&
      (one.names ?? ['*']).some(pattern => globMatches(pattern, name)),
  );
  if (!account) {
    return 'eksPodIdentity.locators.accounts does not name account, region and name of the cluster';
  }
  const { regions: _, names: __, ...settings } = account;
  const cluster = clusterSchema.safeParse({
    ...settings,
    name,
    region,
    // One that names less could be another cluster's
    id: `${name}.${region}.${accountId}`,
    title: `${name} (${region}, ${accountId})`,
  });
  return cluster.success
    ? buildClusterConfig(cluster.data, engine, `cluster ${name}`)
    : 'its name is not that of an EKS cluster, or is too long';
}
