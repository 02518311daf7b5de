import {
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  ownerInWords,
  ownership,
  serviceAccountOwnership,
} from '../../identity/ownership';
import { otherTask } from '../steps/otherTask';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { type Scope, subjectOf } from '../steps/scope';
import { consoleLinks } from '../../identity/consoleLinks';
import type { TeardownFacts } from './teardownFacts';
import type { TeardownIntent } from './teardownIntents';
import type { TeardownRequest } from '../../operationContext';

type Builder = PlanBuilder<TeardownIntent>;

/** Our own temporaries go first. */
export function planProbePods(
  builder: Builder,
  { kubernetes: { use } }: TeardownFacts,
  request: TeardownRequest,
): void {
  if (!('seen' in use)) return;
  for (const pod of use.seen.probePods) {
    const { name = '', annotations } = pod.metadata ?? {};
    const taskId = annotations?.[KUBERNETES_MARK_ANNOTATIONS.taskId];
    if (otherTask(taskId, request.input.createdByTask)) continue;
    builder.add(
      {
        id: `probe-pod.${name}`,
        resource: { kind: 'probe-pod', name },
        change: 'delete',
        reason: 'a pod of ours that tries the identity out',
      },
      { type: 'delete-probe-pod', podName: name },
    );
  }
}

/** Answers whether the association goes. */
export function planAssociation(
  builder: Builder,
  scope: Scope,
  { association }: TeardownFacts,
  request: TeardownRequest,
): boolean {
  if (!association) return false;
  const owner = ownership(association.tags, subjectOf(scope));
  const resource = {
    kind: 'association' as const,
    name: association.id,
    consoleUrl: consoleLinks(scope.cluster).association,
  };
  const keep = (reason: string, whose: 'portal' | 'addon' | 'external') =>
    builder.add({
      id: 'association',
      resource,
      change: 'keep',
      owner: whose,
      reason,
    });
  if (association.ownerArn) {
    keep(
      `the add-on ${association.ownerArn} owns it; it goes with the add-on`,
      'addon',
    );
    return false;
  }
  if (owner.kind !== 'ours') {
    keep(`it belongs to ${ownerInWords(owner)}`, 'external');
    return false;
  }
  const other = otherTask(
    association.tags[MARK_TAGS.taskId],
    request.input.createdByTask,
  );
  if (other) {
    keep(other, 'portal');
    return false;
  }
  builder.add(
    {
      id: 'association',
      resource,
      change: 'delete',
      before: { roleArn: association.roleArn },
      reason: 'it is ours for this ServiceAccount',
      dependsOn: builder.ids('probe-pod'),
    },
    {
      type: 'delete-association',
      associationId: association.id,
      roleArn: association.roleArn,
    },
  );
  return true;
}

/** Answers whether the ServiceAccount goes. */
export function planServiceAccount(
  builder: Builder,
  scope: Scope,
  facts: TeardownFacts,
  request: TeardownRequest,
  associationStays: boolean,
): boolean {
  const { objects } = facts.kubernetes;
  const { namespace, serviceAccount } = scope.ref;
  const resource = {
    kind: 'service-account' as const,
    name: `${namespace}/${serviceAccount}`,
  };
  const keep = (reason: string, owner: 'portal' | 'external') =>
    builder.add({
      id: 'service-account',
      resource,
      change: 'keep',
      owner,
      reason,
    });
  if ('unseen' in objects) {
    if (!facts.gone) keep(`not looked at: ${objects.unseen}`, 'external');
    return false;
  }
  const live = objects.seen.serviceAccount;
  if (!live) return false;
  const owner = serviceAccountOwnership(live, scope.context.config.portalId);
  if (owner.kind === 'taken-over') {
    keep(
      owner.managers.length
        ? `we made it, but ${owner.managers.join(
            ', ',
          )} has written to it since: it was taken over`
        : 'we made it, but who has written to it since cannot be told',
      'external',
    );
    return false;
  }
  if (owner.kind !== 'ours') {
    keep(
      owner.kind === 'other-portal'
        ? `another portal (${owner.portal}) made it`
        : 'we did not make it',
      'external',
    );
    return false;
  }
  const other = otherTask(owner.taskId, request.input.createdByTask);
  if (other) {
    keep(other, 'portal');
    return false;
  }
  if (associationStays && request.input.createdByTask === undefined) {
    keep('the association that stays needs it', 'portal');
    return false;
  }
  const { uid, resourceVersion } = live.metadata ?? {};
  builder.add(
    {
      id: 'service-account',
      resource,
      change: 'delete',
      reason: 'we made it, and nobody else has written to it',
      dependsOn: builder.ids('probe-pod', 'association'),
    },
    {
      type: 'delete-service-account',
      preconditions: { uid, resourceVersion },
    },
  );
  return true;
}

/** A namespace is never removed. */
export function planNamespace(
  builder: Builder,
  scope: Scope,
  { kubernetes: { objects } }: TeardownFacts,
): void {
  if (!('seen' in objects)) return;
  const labels = objects.seen.namespace?.metadata?.labels;
  if (labels?.[MANAGED_BY_LABEL] !== MANAGED_BY) return;
  builder.add({
    id: 'namespace',
    resource: { kind: 'namespace', name: scope.ref.namespace },
    change: 'keep',
    reason:
      'we made it, but a namespace takes everything in it along: delete it by hand when it is empty',
  });
}
