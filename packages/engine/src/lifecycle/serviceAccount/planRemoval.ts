import {
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  type TeardownInput,
} from 'backstage-plugin-eks-pod-identity-common';
import { serviceAccountOwnership } from '../../identity/ownership';
import { otherTask } from '../steps/otherTask';
import { capitalised } from '../../text/capitalised';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { noAccessReason } from '../steps/reading';
import type { Scope } from '../steps/scope';
import type { ServiceAccountFacts } from './liveUse';
import { deleteProbePod, deleteServiceAccount } from './serviceAccountWrites';
import { Workload, workloadsInWords } from './workloads';

interface Circumstances {
  createdByTask?: string;
  associationStays: boolean;
  clusterGone: boolean;
  force?: boolean;
}

/** Removes our own probe pods first. */
export function planProbePodRemoval(
  builder: PlanBuilder,
  scope: Scope,
  { use }: ServiceAccountFacts,
  createdByTask: string | undefined,
): void {
  if (!use.known) return;
  for (const pod of use.value.probePods) {
    const { name = '', annotations } = pod.metadata ?? {};
    const taskId = annotations?.[KUBERNETES_MARK_ANNOTATIONS.taskId];
    if (otherTask(taskId, createdByTask)) continue;
    builder.add(
      {
        id: `probe-pod.${name}`,
        resource: { kind: 'probe-pod', name },
        change: 'delete',
        reason: `a probe pod of ${builder.voice.us}`,
      },
      deleteProbePod(scope, name),
    );
  }
}

/** Plans the removal of the service account; returns whether it is removed. */
export function planServiceAccountRemoval(
  builder: PlanBuilder,
  scope: Scope,
  { objects, use }: ServiceAccountFacts,
  { createdByTask, associationStays, clusterGone, force }: Circumstances,
): boolean {
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
  if (!objects.known) {
    if (clusterGone) return false;
    const { sentence } = objects.lack;
    // Without its workloads `planAffectedWorkloads` refuses.
    if (use.known && !force && createdByTask === undefined) {
      builder.add({
        id: 'service-account',
        resource,
        owner: 'external',
        change: 'conflict',
        reason: `${builder.voice.me} cannot tell whether it made it: ${sentence}; to leave it and continue, have the identity removed even if workloads use it`,
      });
    } else keep(`not read: ${sentence}`, 'external');
    return false;
  }
  const live = objects.value.serviceAccount;
  if (!live) return false;
  const owner = serviceAccountOwnership(live, scope.context.config.portalId);
  if (owner.kind === 'taken-over') {
    keep(
      owner.managers.length
        ? `${builder.voice.me} made it, but ${owner.managers.join(
            ', ',
          )} has written to it since: it was taken over`
        : `${builder.voice.me} made it, but cannot tell who has written to it since`,
      'external',
    );
    return false;
  }
  if (owner.kind !== 'ours') {
    keep(
      owner.kind === 'other-portal'
        ? `${builder.voice.another} (${owner.portal}) made it`
        : `it was not created by ${builder.voice.me}`,
      'external',
    );
    return false;
  }
  const other = otherTask(owner.taskId, createdByTask);
  if (other) {
    keep(other, 'portal');
    return false;
  }
  if (associationStays && createdByTask === undefined) {
    keep('the association that stays needs it', 'portal');
    return false;
  }
  builder.add(
    {
      id: 'service-account',
      resource,
      change: 'delete',
      reason: `created by ${builder.voice.us}, and nothing else has written to it`,
      dependsOn: builder.ids('probe-pod', 'association'),
    },
    deleteServiceAccount(scope, { uid: live.metadata?.uid }),
  );
  return true;
}

/** A namespace is never removed. */
export function planKeptNamespace(
  builder: PlanBuilder,
  scope: Scope,
  { objects }: ServiceAccountFacts,
): void {
  if (!objects.known) return;
  const labels = objects.value.namespace?.metadata?.labels;
  if (labels?.[MANAGED_BY_LABEL] !== MANAGED_BY) return;
  builder.add({
    id: 'namespace',
    resource: { kind: 'namespace', name: scope.ref.namespace },
    change: 'keep',
    reason: `created by ${builder.voice.us}, but deleting a namespace deletes everything in it: delete it by hand when it is empty`,
  });
}

/** Lists who loses access, and refuses unless forced. */
export function planAffectedWorkloads(
  builder: PlanBuilder,
  scope: Scope,
  { use }: ServiceAccountFacts,
  { force, createdByTask }: TeardownInput,
): Workload[] {
  const resource = {
    kind: 'service-account' as const,
    name: `${scope.ref.namespace}/${scope.ref.serviceAccount}`,
  };
  const refuse = (reason: string) =>
    builder.add({
      id: 'workloads',
      resource,
      owner: 'external',
      change: 'conflict',
      reason,
    });
  const lists = force || createdByTask !== undefined;
  if (!use.known) {
    const unknown = `${builder.voice.me} cannot tell which workloads lose access: ${use.lack.sentence}`;
    // Configuring kubernetes.access: none implies consent to this.
    const configured = use.lack.sentence === noAccessReason(scope);
    if (lists || configured) builder.warn(`${capitalised(unknown)}.`);
    else
      refuse(
        `${unknown}; to continue all the same, have the identity removed even if workloads use it`,
      );
    return [];
  }
  const { workloads } = use.value;
  if (!workloads.length) return [];
  const words = workloadsInWords(workloads);
  if (lists) {
    builder.warn(
      `These lose access to AWS: ${words}; pods that run, at the next renewal of their credentials.`,
    );
  } else {
    refuse(
      `these would lose access to AWS: ${words}. Give them another service account or remove them first, or have the identity removed even if workloads use it`,
    );
  }
  return workloads;
}
