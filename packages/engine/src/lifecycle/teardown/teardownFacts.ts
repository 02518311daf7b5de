import { NotFoundError } from '@backstage/errors';
import type { V1Namespace, V1ServiceAccount } from '@kubernetes/client-node';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { type Addon, describeAgentAddon } from '../../aws/addon';
import {
  type Association,
  findAssociation,
  listAssociations,
} from '../../aws/association';
import type { KubernetesApi } from '../../kubernetes/types';
import { findRoles, FoundRole } from '../role/findRoles';
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
  agent?: { addon?: Addon; others: number };
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

async function readAgentFacts(
  scope: Scope,
  association: Association | undefined,
): Promise<TeardownFacts['agent']> {
  const { signal } = scope.context;
  const [addon, associations] = await Promise.all([
    readOrExplain(scope, 'look for the agent add-on', () =>
      describeAgentAddon(scope.read, signal),
    ),
    readOrExplain(scope, 'list the associations of the cluster', () =>
      listAssociations(scope.read, {}, signal),
    ),
  ]);
  const others = associations.filter(
    ({ associationId }) => associationId !== association?.id,
  );
  return { addon, others: others.length };
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
      ? readAgentFacts(scope, association)
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
