import type {
  AccessNodeGroup,
  EntityNodeUse,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AccessState, StoredNodeGroup } from '../store/accessLooks';
import { toIso } from '../store/values';

/** Candidates that the page names. */
const MOST_NAMES = 10;
/** Workloads that a card names. */
const MOST_WORKLOADS = 3;

/** As administrators see it, without whose the candidates are. */
export const shownGroups = (
  groups: StoredNodeGroup[] | undefined,
): AccessNodeGroup[] | undefined =>
  groups?.map(({ candidates, ...group }) => ({
    ...group,
    ...(candidates
      ? {
          candidates: candidates
            .slice(0, MOST_NAMES)
            .map(({ entity: _, ...one }) => one),
        }
      : {}),
  }));

/**
 * Workloads of an entity that run on nodes whose role a program used, so that one of them may be that program. Neither the
 * role nor the program is named, because they belong to the nodes.
 */
export function nodeUseOf(
  entityRef: string,
  cluster: { id: string; title: string },
  { lookedAt, nodeGroups = [] }: Pick<AccessState, 'lookedAt' | 'nodeGroups'>,
): EntityNodeUse[] {
  const found = new Map<string, Omit<EntityNodeUse, 'workloadCount'>>();
  const acting = nodeGroups.filter(({ programs }) => programs.length > 0);
  for (const one of acting.flatMap(({ candidates = [] }) => candidates)) {
    const { namespace, serviceAccount, entity, workload, pods } = one;
    if (entity?.entityRef !== entityRef || entity.by === 'team') continue;
    const key = `${namespace}/${serviceAccount}`;
    const use = found.get(key) ?? {
      ref: { cluster: cluster.id, namespace, serviceAccount },
      clusterTitle: cluster.title,
      lookedAt: toIso(lookedAt ?? 0),
      linkedBy: entity.by,
      workloads: [],
      pods: 0,
    };
    found.set(key, {
      ...use,
      workloads: [...new Set([...use.workloads, workload])],
      pods: use.pods + pods,
    });
  }
  return [...found.values()].map(use => ({
    ...use,
    workloads: use.workloads.slice(0, MOST_WORKLOADS),
    workloadCount: use.workloads.length,
  }));
}
