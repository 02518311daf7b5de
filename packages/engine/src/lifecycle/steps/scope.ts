import { ConflictError } from '@backstage/errors';
import {
  type NewOperationEvent,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { toBackstageError } from '../../aws/toBackstageError';
import type { ClusterConfig, ClusterSession } from '../../clusters/types';
import { IdentityTarget, identityTarget } from '../../identity/names';
import { entityTags } from '../../identity/entityRecord';
import { createTags, MarkSubject, Tags } from '../../identity/ownership';
import type { OperationContext } from '../../operationContext';
import { voiceOf, type Voice } from '../../text/voice';

/** One service account on one cluster, with everything needed to read and change its identity. */
export interface Scope {
  ref: ServiceAccountRef;
  target: IdentityTarget;
  cluster: ClusterConfig;
  voice: Voice;
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
    voice: voiceOf(cluster),
    context,
    target: identityTarget(cluster, ref),
    read: context.clusters.session(ref.cluster, 'read'),
    write: context.clusters.session(ref.cluster, 'write'),
  };
}

/** What the ownership tags of a scope are made from. */
export function subjectOf({ context, cluster, ref }: Scope): MarkSubject {
  return {
    portalId: context.config.portalId,
    cluster,
    namespace: ref.namespace,
    serviceAccount: ref.serviceAccount,
  };
}

/** Tags of a create call for this service account. */
export function tagsFor(
  scope: Scope,
  input: { entityRef?: string; tags?: Tags },
  taskId: string | undefined,
): Tags {
  const { config, entity } = scope.context;
  return createTags(subjectOf(scope), {
    tags: { ...config.tags, ...input.tags, ...(entity && entityTags(entity)) },
    entityRef: input.entityRef,
    taskId,
  });
}

/** Context in which the guardrails judge a request. */
export function guardrailContext({ context, cluster }: Scope) {
  return {
    cluster,
    config: context.config,
    claimant: context.claimant,
    entity: context.entity,
    granted: context.granted,
  };
}

/** Turns any error into one that a user can act on. `doing` completes "Could not …". */
export function explain(scope: Scope, doing: string, error: unknown): Error {
  return toBackstageError(error, { doing, cluster: scope.cluster });
}

/** Error for a target that changed since the plan. */
export function changedSincePlan(
  what: string,
  difference: string,
): ConflictError {
  return new ConflictError(
    `${what} is no longer what the plan saw: ${difference}. Nothing was done to it. Run it again for a fresh plan.`,
  );
}

/**
 * Adds an event to the operation's record. A failure loses only the event: the work was done and must not count as
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
