import type {
  AccessGap,
  AccessNodeCandidate,
  AccessNodeGroup,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { fromOptionalJson, likeEscape, toMs, toOptionalMs } from './values';

/**
 * An entity, and what links it to a row: a tag on AWS, its annotation, or its namespace, where it is the only one there or
 * one of several that have the same owner.
 */
export interface LinkedEntity {
  entityRef: string;
  by: 'tag' | 'annotation' | 'namespace' | 'team';
}

/** Who acts as the nodes of a group, with the entity of each candidate that has no association. */
export interface StoredNodeGroup extends Omit<AccessNodeGroup, 'candidates'> {
  candidates?: (AccessNodeCandidate & { entity?: LinkedEntity })[];
}

/** What is known of the looks at a cluster. */
export interface AccessState {
  triedAt: number;
  /** Of the rows. */
  lookedAt?: number;
  usedSince?: string;
  gaps: AccessGap[];
  nodeGroups?: StoredNodeGroup[];
  /** Why the last look found nothing, so that the rows are of an earlier one. */
  failure?: string;
}

/** By cluster. */
export async function statesOf(knex: Knex): Promise<Map<string, AccessState>> {
  // Without `seen`, which is wide
  const rows = await knex('access_looks').select(
    'cluster',
    'tried_at',
    'looked_at',
    'used_since',
    'gaps',
    'node_groups',
    'failure',
  );
  return new Map(
    rows.map(row => [
      row.cluster,
      {
        triedAt: toMs(row.tried_at),
        lookedAt: toOptionalMs(row.looked_at),
        usedSince: row.used_since ?? undefined,
        gaps: fromOptionalJson<AccessGap[]>(row.gaps) ?? [],
        nodeGroups: fromOptionalJson<StoredNodeGroup[]>(row.node_groups),
        failure: row.failure ?? undefined,
      },
    ]),
  );
}

/** By cluster; only of looks that name the entity. */
export async function nodeGroupsOf(
  knex: Knex,
  entityRef: string,
): Promise<Map<string, Pick<AccessState, 'lookedAt' | 'nodeGroups'>>> {
  const part = `"entityRef":${JSON.stringify(entityRef)}`;
  const rows = await knex('access_looks')
    .whereRaw("node_groups like ? escape '\\'", [`%${likeEscape(part)}%`])
    .select('cluster', 'looked_at', 'node_groups');
  return new Map(
    rows.map(row => [
      row.cluster,
      {
        lookedAt: toOptionalMs(row.looked_at),
        nodeGroups: fromOptionalJson<StoredNodeGroup[]>(row.node_groups),
      },
    ]),
  );
}
