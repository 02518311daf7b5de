import { ConflictError } from '@backstage/errors';
import type {
  NewOperationEvent,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { toAwsBackstageError } from '../../aws/errors';
import type { ClusterConfig, ClusterSession } from '../../clusters/types';
import {
  KubernetesError,
  toKubernetesBackstageError,
} from '../../kubernetes/errors';
import { IdentityTarget, identityTarget } from '../../identity/names';
import { createTags, MarkSubject, Tags } from '../../identity/ownership';
import type { OperationContext } from '../../operationContext';

/** One ServiceAccount on one cluster, with everything that is needed to read and to change its identity. */
export interface Scope {
  ref: ServiceAccountRef;
  target: IdentityTarget;
  cluster: ClusterConfig;
  context: OperationContext;
  /** Plans read with these rights. */
  read: ClusterSession;
  /** Changes are made with these. */
  write: ClusterSession;
}

/** @throws NotFoundError when app-config names no such cluster */
export function createScope(
  ref: ServiceAccountRef,
  context: OperationContext,
): Scope {
  const cluster = context.clusters.get(ref.cluster);
  return {
    ref,
    cluster,
    context,
    target: identityTarget(cluster, ref),
    read: context.clusters.session(ref.cluster, 'read'),
    write: context.clusters.session(ref.cluster, 'write'),
  };
}

/** What the ownership tags of a scope are made of. */
export function subjectOf({ context, cluster, ref }: Scope): MarkSubject {
  return {
    portalId: context.config.portalId,
    cluster,
    namespace: ref.namespace,
    serviceAccount: ref.serviceAccount,
  };
}

/** Tags of a create call for this ServiceAccount. */
export function tagsFor(
  scope: Scope,
  input: { entityRef?: string; tags?: Tags },
  taskId: string | undefined,
): Tags {
  return createTags(subjectOf(scope), {
    tags: { ...scope.context.config.tags, ...input.tags },
    entityRef: input.entityRef,
    taskId,
  });
}

/** What the guardrails judge a request by. */
export function guardrailContext({ context, cluster }: Scope) {
  return {
    cluster,
    config: context.config,
    ownedEntities: context.ownedEntities,
    granted: context.granted,
  };
}

/** Any error as one that a user can act on. `doing` completes "Could not …". */
export function explain(scope: Scope, doing: string, error: unknown): Error {
  return error instanceof KubernetesError
    ? toKubernetesBackstageError(error, { doing, cluster: scope.cluster })
    : toAwsBackstageError(error, { doing, cluster: scope.cluster });
}

/** The target of a change is no longer what the plan saw. */
export function changedSincePlan(
  what: string,
  difference: string,
): ConflictError {
  return new ConflictError(
    `${what} is no longer what the plan saw: ${difference}. Nothing was done to it. Run it again for a fresh plan.`,
  );
}

/**
 * Adds to the operation's record. When that fails the record is lost, not the work: what happened must not be taken for
 * undone.
 */
export async function emit(
  { context }: Pick<Scope, 'context'>,
  event: NewOperationEvent,
): Promise<void> {
  try {
    await context.emit(event);
  } catch (error) {
    context.logger.warn(
      `Could not record an event of type ${event.type}`,
      error as Error,
    );
  }
}
