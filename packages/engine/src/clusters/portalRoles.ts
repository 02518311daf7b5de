import type { Clusters } from './types';

/** ARNs of the roles that the portal assumes on any of its clusters. @public */
export function portalRoles(clusters: Pick<Clusters, 'list'>): string[] {
  return clusters.list().flatMap(({ roles }) => Object.values(roles));
}
