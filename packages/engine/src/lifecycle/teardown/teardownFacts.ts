import { inOrder } from '../../async/inOrder';
import { unreadable } from '../../async/readable';
import { NotFoundError } from '@backstage/errors';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { findRoles, FoundRole } from '../role/findRoles';
import { AgentUse, readAgentUse } from '../agent/planRemoval';
import type { Association } from '../../aws/association';
import { readAssociation } from '../association/liveAssociation';
import { explain, Scope } from '../steps/scope';
import type { TeardownRequest } from '../../operationContext';
import {
  readServiceAccountFacts,
  ServiceAccountFacts,
} from '../serviceAccount/liveUse';

/** Live state of everything that may belong to the identity. */
export interface TeardownFacts {
  gone: boolean;
  association?: Association;
  kubernetes: ServiceAccountFacts;
  roles: FoundRole[];
  agent?: AgentUse;
  /** Searches that could not be made. */
  warning?: string;
}

async function isGone(scope: Scope): Promise<boolean> {
  const { signal } = scope.context;
  try {
    await scope.read.describeCluster({ signal, fresh: true });
    return false;
  } catch (error) {
    if (error instanceof NotFoundError) return true;
    throw explain(scope, `look at cluster ${scope.cluster.name}`, error);
  }
}

/** Reads everything a teardown of this service account depends on, with the read role. */
export async function readTeardownFacts(
  scope: Scope,
  request: TeardownRequest,
  naming: PodIdentityRoleNaming | undefined,
): Promise<TeardownFacts> {
  const cluster = isGone(scope);
  const listed = readAssociation(scope);
  // AWS cannot list the associations of a cluster that is gone.
  listed.catch(() => undefined);
  const search = cluster.then(isOver => (isOver ? undefined : listed));
  const nothing = unreadable('the cluster is gone');
  const [gone, association, kubernetes, { roles, warning }, agent] =
    await inOrder([
      cluster,
      search,
      cluster.then(isOver =>
        isOver
          ? { objects: nothing, use: nothing }
          : readServiceAccountFacts(scope),
      ),
      request.withoutRoles
        ? Promise.resolve({ roles: [], warning: undefined })
        : findRoles(scope, search, {
            naming,
            entityRef: request.input.entityRef,
            entityOf: found => entityOf(scope, request, found),
          }),
      search.then(async found =>
        request.input.removeAgent && !(await cluster)
          ? readAgentUse(scope, found)
          : undefined,
      ),
    ]);
  return { gone, association, kubernetes, roles, agent, warning };
}

/** Entity that the identity is for, if known. */
export function entityOf(
  scope: Scope,
  { input }: TeardownRequest,
  association: Association | undefined,
): string | undefined {
  return (
    input.entityRef ??
    association?.tags[MARK_TAGS.entityRef] ??
    scope.context.lastAssociate?.input.entityRef
  );
}
