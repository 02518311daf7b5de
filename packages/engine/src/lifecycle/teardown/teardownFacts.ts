import { NotFoundError } from '@backstage/errors';
import type { V1Namespace, V1ServiceAccount } from '@kubernetes/client-node';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import type { KubernetesApi } from '../../kubernetes/types';
import { findRoles, FoundRole } from '../role/findRoles';
import { AgentUse, readAgentUse } from '../agent/planRemoval';
import { type Association, findAssociation } from '../../aws/association';
import { explain, Scope } from '../steps/scope';
import type { TeardownRequest } from '../../operationContext';
import {
  readServiceAccountUse,
  ServiceAccountUse,
} from '../serviceAccount/workloads';
import { Readable, openKubernetes, readOrExplain } from '../steps/reading';

/** What Kubernetes says, or why it cannot be asked. */
interface KubernetesFacts {
  objects: Readable<{
    namespace?: V1Namespace;
    serviceAccount?: V1ServiceAccount;
  }>;
  use: Readable<ServiceAccountUse>;
}

/** Live state of everything that may be of this ref. */
export interface TeardownFacts {
  gone: boolean;
  association?: Association;
  kubernetes: KubernetesFacts;
  roles: FoundRole[];
  agent?: AgentUse;
  /** What was not looked at. */
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

async function look<T>(
  scope: Scope,
  doing: string,
  read: () => Promise<T>,
): Promise<Readable<T>> {
  try {
    return { seen: await read() };
  } catch (error) {
    scope.context.signal.throwIfAborted();
    return { unseen: explain(scope, doing, error).message };
  }
}

async function readKubernetes(scope: Scope): Promise<KubernetesFacts> {
  const { context, ref } = scope;
  const { signal } = context;
  const opened = await look(scope, 'reach the Kubernetes API', () =>
    openKubernetes(scope),
  );
  // Either could not be opened, or is not to be.
  const api: Readable<KubernetesApi> = 'seen' in opened ? opened.seen : opened;
  if ('unseen' in api) return { objects: api, use: api };
  const [objects, use] = await Promise.all([
    look(scope, `look at ServiceAccount ${ref.serviceAccount}`, async () => {
      const [namespace, serviceAccount] = await Promise.all([
        api.seen.readNamespace(ref.namespace, { signal }),
        api.seen.readServiceAccount(ref.namespace, ref.serviceAccount, {
          signal,
        }),
      ]);
      return { namespace, serviceAccount };
    }),
    look(scope, `look at the workloads of ${ref.namespace}`, () =>
      readServiceAccountUse(api.seen, ref, context.config.portalId, signal),
    ),
  ]);
  return { objects, use };
}

/** Everything a teardown of this ref has to look at, with the read role. */
export async function readTeardownFacts(
  scope: Scope,
  request: TeardownRequest,
  naming: PodIdentityRoleNaming | undefined,
): Promise<TeardownFacts> {
  const { signal } = scope.context;
  const gone = await isGone(scope);
  const nothing = { unseen: 'the cluster is gone' };
  const [association, kubernetes] = await Promise.all([
    gone
      ? undefined
      : readOrExplain(scope, 'look for the association', () =>
          findAssociation(scope.read, scope.ref, signal),
        ),
    gone ? { objects: nothing, use: nothing } : readKubernetes(scope),
  ]);
  const [{ roles, warning }, agent] = await Promise.all([
    findRoles(scope, association, {
      naming,
      entityRef: entityOf(scope, request, association),
    }),
    request.input.removeAgent && !gone
      ? readAgentUse(scope, association)
      : undefined,
  ]);
  return { gone, association, kubernetes, roles, agent, warning };
}

/** Entity that the identity is for, as far as known. */
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
