import {
  migrationCreatePermission,
  migrationRollbackPermission,
  type OpenChange,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters } from 'eks-pod-identity-engine';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';

/** What a caller may have the portal do of a move. Whose component it is, the engine judges when it is asked for. */
export interface MoveRights {
  migrate: boolean;
  rollback: boolean;
}

export const isMove = (change: OpenChange | undefined) =>
  change?.kind === 'migrate' || change?.kind === 'rollback';

/** By written ref; asks for nothing where there is none. */
export async function moveRights(
  refs: readonly ServiceAccountRef[],
  caller: Caller,
  {
    authorizer,
    clusters,
  }: { authorizer: Pick<Authorizer, 'allowed'>; clusters: Clusters },
): Promise<Map<string, MoveRights>> {
  if (refs.length === 0) return new Map();
  const allowed = await authorizer.allowed(
    refs.flatMap(ref => [
      { permission: migrationCreatePermission, ref },
      { permission: migrationRollbackPermission, ref },
    ]),
    caller,
  );
  return new Map(
    refs.map((ref, index) => {
      const cluster = clusters.list().find(({ id }) => id === ref.cluster);
      const isOpen =
        cluster?.allow.changes === true && cluster.kubernetes.access !== 'none';
      return [
        stringifyServiceAccountRef(ref),
        {
          migrate: isOpen && allowed[2 * index],
          rollback: isOpen && allowed[2 * index + 1],
        },
      ];
    }),
  );
}
