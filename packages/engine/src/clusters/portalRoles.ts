import type { Clusters, CredentialRole } from './types';

/** The group that docs/permissions.md gives each role of the portal. */
export const GROUPS: Record<CredentialRole, string> = {
  read: 'backstage-readers',
  verify: 'backstage-verifiers',
  write: 'backstage-writers',
};

/** ARNs of the roles that the portal assumes on any of its clusters. @public */
export function portalRoles(clusters: Pick<Clusters, 'list'>): string[] {
  return clusters.list().flatMap(({ roles }) => Object.values(roles));
}
