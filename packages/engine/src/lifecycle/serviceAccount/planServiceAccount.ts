import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { LiveServiceAccount } from './liveKubernetes';
import { serviceAccountOwnership } from '../../identity/ownership';
import type { AssociateRequest } from '../../operationContext';
import { createNamespace, createServiceAccount } from './serviceAccountWrites';
import type { PlanBuilder } from '../steps/PlanBuilder';
import type { Scope } from '../steps/scope';
import type { Readable } from '../../async/readable';

const IRSA_ANNOTATION = 'eks.amazonaws.com/role-arn';

/** Whether the service account exists once the plan is applied; `unknown` if Kubernetes is not read. */
export type ServiceAccountOutlook = 'there' | 'missing' | 'unknown';

/** Adds namespace and service account to the plan. */
export function planServiceAccount(
  builder: PlanBuilder,
  live: Readable<LiveServiceAccount>,
  scope: Scope,
  request: AssociateRequest,
): ServiceAccountOutlook {
  const { namespace, serviceAccount } = scope.ref;
  const resource = {
    kind: 'service-account' as const,
    name: `${namespace}/${serviceAccount}`,
  };
  if (!live.known) {
    builder.add({
      id: 'service-account',
      resource,
      owner: 'external',
      change: 'keep',
      reason: `not read: ${live.lack.sentence}; apply the manifest from the outputs`,
      dependsOn: ['association'],
    });
    return 'unknown';
  }
  const found = live.value;
  if (found.namespace?.status?.phase === 'Terminating') {
    builder.add({
      id: 'namespace',
      resource: { kind: 'namespace', name: namespace },
      owner: 'external',
      change: 'conflict',
      reason: `the namespace ${namespace} is being deleted in cluster ${scope.cluster.id}, and nothing can be created in it; wait until it is gone, then run this again`,
    });
    return 'missing';
  }
  if (found.serviceAccount) {
    planExisting(builder, found.serviceAccount, resource, scope);
    return 'there';
  }
  const mode = request.input.createServiceAccount ?? 'auto';
  const namespaceComes = planNamespace(builder, found, scope, request);
  if (!namespaceComes) return 'missing';
  const left = reasonToLeave(mode, found);
  if (left) {
    builder.add({
      id: 'service-account',
      resource,
      owner: 'external',
      change: 'keep',
      ...(mode === 'auto'
        ? { choice: { createServiceAccount: 'always' } }
        : {}),
      reason: `missing and left to you: ${left}; the manifest is in the outputs`,
      dependsOn: ['association'],
    });
    builder.warn(
      `The service account ${resource.name} does not exist and is not created: ${left}. Pods that name it cannot start before it exists.`,
    );
    return 'missing';
  }
  builder.add(
    {
      id: 'service-account',
      resource,
      change: 'create',
      after: { name: serviceAccount, namespace },
      reason: 'it does not exist yet',
      // Pods may be waiting for it: what starts before the association exists never receives the identity.
      dependsOn: ['association', ...builder.ids('namespace')],
    },
    createServiceAccount(scope, request.taskId),
  );
  return 'there';
}

function planExisting(
  builder: PlanBuilder,
  serviceAccount: NonNullable<LiveServiceAccount['serviceAccount']>,
  resource: { kind: 'service-account'; name: string },
  scope: Scope,
): void {
  const owner = serviceAccountOwnership(
    serviceAccount,
    scope.context.config.portalId,
  );
  builder.add({
    id: 'service-account',
    resource,
    owner: owner.kind === 'ours' ? 'portal' : 'external',
    change: 'keep',
    reason:
      owner.kind === 'ours'
        ? 'it is ours'
        : 'it exists; it is used as it is and not relabelled',
    dependsOn: ['association'],
  });
  const irsa = serviceAccount.metadata?.annotations?.[IRSA_ANNOTATION];
  if (irsa) {
    builder.warn(
      `The service account ${resource.name} still has the annotation ${IRSA_ANNOTATION}: ${irsa}. Pods that are created before the association takes effect get that role instead; remove the annotation once Pod Identity is proven.`,
    );
  }
}

/** False when the namespace is missing and not created. */
function planNamespace(
  builder: PlanBuilder,
  live: LiveServiceAccount,
  scope: Scope,
  { input, taskId }: AssociateRequest,
): boolean {
  const { namespace } = scope.ref;
  if (live.namespace) return true;
  const resource = { kind: 'namespace' as const, name: namespace };
  if (input.createNamespace) {
    builder.add(
      {
        id: 'namespace',
        resource,
        change: 'create',
        reason: 'it does not exist, and the request has it created',
        dependsOn: ['association'],
      },
      createNamespace(scope, taskId),
    );
    return true;
  }
  if (input.createServiceAccount === 'never') {
    builder.add({
      id: 'namespace',
      resource,
      owner: 'external',
      change: 'keep',
      reason:
        'it does not exist yet and is left to you, because the request has no service account created',
    });
    builder.warn(
      `The namespace ${namespace} does not exist in cluster ${scope.cluster.id}. AWS accepts an association for it anyway; make sure the name is right.`,
    );
    return false;
  }
  builder.add({
    id: 'namespace',
    resource,
    owner: 'external',
    change: 'conflict',
    reason: `there is no namespace ${namespace} in cluster ${scope.cluster.id}; correct the name, or create the namespace first`,
  });
  return false;
}

function reasonToLeave(
  mode: NonNullable<AssociateInput['createServiceAccount']>,
  { deployers }: LiveServiceAccount,
): string | undefined {
  if (mode === 'never') return 'createServiceAccount is "never"';
  if (mode === 'always' || !deployers) return undefined;
  if (!deployers.known) {
    return `whether Helm, Argo CD or Flux deploys here is not known (${deployers.lack.sentence})`;
  }
  return deployers.value.length
    ? `${deployers.value.slice(0, 3).join(', ')} ${
        deployers.value.length > 1 ? 'deploy' : 'deploys'
      } into this namespace and should bring it`
    : undefined;
}
