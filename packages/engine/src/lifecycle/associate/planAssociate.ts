import { ConflictError } from '@backstage/errors';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import type { Plan } from 'backstage-plugin-eks-pod-identity-common';
import { checkAssociate } from '../../guardrails';
import { KubernetesError } from '../../kubernetes/errors';
import { Desired, desiredState } from '../desired';
import type { AssociateIntent } from './intents';
import { LiveAgent, readAgent } from '../agent/liveAgent';
import { findAssociation, Association } from '../../aws/association';
import {
  LiveServiceAccount,
  readServiceAccount,
} from '../serviceAccount/liveKubernetes';
import { readInlineDocuments, readPermissionDocuments } from '../role/liveRole';
import { ownership } from '../../identity/ownership';
import { planAgent } from '../agent/planAgent';
import { planAssociation } from '../association/planAssociation';
import { PlanBuilder, Planned } from '../steps/PlanBuilder';
import {
  planAdoptedRole,
  planNewRole,
  planOwnRole,
  planSharedRole,
  planTakenRole,
  RolePlanOptions,
} from '../role/planRole';
import { planRoleFit } from '../role/planRoleFit';
import { planTargetPolicyRemoval } from '../role/planRolePolicies';
import {
  planServiceAccount,
  ServiceAccountOutlook,
} from '../serviceAccount/planServiceAccount';
import { chooseRole, RoleChoice } from '../role/roleChoice';
import {
  createScope,
  explain,
  Scope,
  guardrailContext,
  subjectOf,
  tagsFor,
} from '../steps/scope';
import { targetTrustPolicy } from '../../identity/snippets';
import type {
  AssociateRequest,
  OperationContext,
} from '../../operationContext';
import {
  Readable,
  noAccessReason,
  openKubernetes,
  readOrExplain,
} from '../steps/reading';

/** A plan with all that apply and the outputs need. */
export interface PlannedAssociate {
  scope: Scope;
  plan: Plan;
  steps: Planned<AssociateIntent>[];
  warnings: string[];
  roleArn: string;
  desired: Desired;
  association?: Association;
  serviceAccount: ServiceAccountOutlook;
}

interface Facts {
  association?: Association;
  role: RoleChoice;
  agent: LiveAgent;
  serviceAccount: Readable<LiveServiceAccount>;
}

/** Clusters that take no associations. */
const UNUSABLE = new Set(['CREATING', 'PENDING', 'DELETING', 'FAILED']);

async function readKubernetes(
  scope: Scope,
  request: AssociateRequest,
): Promise<{
  api: Awaited<ReturnType<typeof openKubernetes>>;
  serviceAccount: Readable<LiveServiceAccount>;
}> {
  const { createServiceAccount = 'auto' } = request.input;
  const doing = `look at namespace ${scope.ref.namespace} and ServiceAccount ${scope.ref.serviceAccount}`;
  try {
    const api = await openKubernetes(scope);
    if ('unseen' in api) return { api, serviceAccount: api };
    const serviceAccount = {
      seen: await readServiceAccount(scope, api.seen, {
        deployers: createServiceAccount === 'auto',
      }),
    };
    return { api, serviceAccount };
  } catch (error) {
    // Whoever brings the ServiceAccount otherwise needs Kubernetes for nothing here.
    if (
      createServiceAccount === 'never' &&
      error instanceof KubernetesError &&
      error.kind !== 'aborted'
    ) {
      const unseen = { unseen: explain(scope, doing, error).message };
      return { api: unseen, serviceAccount: unseen };
    }
    throw explain(scope, doing, error);
  }
}

async function readFacts(
  scope: Scope,
  request: AssociateRequest,
  naming: PodIdentityRoleNaming | undefined,
): Promise<Facts> {
  const { signal } = scope.context;
  const { status } = await readOrExplain(
    scope,
    `look at cluster ${scope.cluster.name}`,
    () => scope.read.describeCluster({ signal }),
  );
  if (status && UNUSABLE.has(status)) {
    throw new ConflictError(
      `Cluster ${scope.cluster.id} is ${status}: an identity can only be given while it is ACTIVE. Run it again then.`,
    );
  }
  const association = readOrExplain(scope, 'look for the association', () =>
    findAssociation(scope.read, scope.ref, signal),
  );
  const kubernetes = readKubernetes(scope, request);
  const reads = [
    association,
    chooseRole(scope, request, association, naming),
    kubernetes.then(({ api }) =>
      readOrExplain(scope, 'look for the Pod Identity agent', () =>
        readAgent(scope.read, api, signal),
      ),
    ),
    kubernetes,
  ] as const;
  const settled = await Promise.allSettled(reads);
  // The first failure in the order of the path is the one to be told, however long the others took.
  const failed = settled.find(result => result.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  const [found, role, agent, { serviceAccount }] = await Promise.all(reads);
  return { association: found, role, agent, serviceAccount };
}

function isOurs(scope: Scope, association: Association | undefined) {
  return (
    association !== undefined &&
    !association.ownerArn &&
    ownership(association.tags, subjectOf(scope)).kind === 'ours'
  );
}

async function planRole(
  builder: PlanBuilder<AssociateIntent>,
  role: RoleChoice,
  options: RolePlanOptions,
): Promise<void> {
  const { scope, desired } = options;
  switch (role.how) {
    case 'create':
      planNewRole(builder, role, options);
      return;
    case 'own':
      planOwnRole(builder, role, options);
      return;
    case 'taken':
      planTakenRole(builder, role, scope);
      return;
    default: {
      const { signal } = scope.context;
      const doing = `read the policies of ${role.live.name}`;
      const permissions = desired.inline.policies.size
        ? await readOrExplain(scope, doing, () =>
            readPermissionDocuments(scope.read, role.live, signal),
          )
        : undefined;
      const plan = role.how === 'shared' ? planSharedRole : planAdoptedRole;
      plan(builder, role as never, { ...options, permissions });
      if (!isMadeElsewhere(role)) return;
      const inline = await readOrExplain(scope, doing, () =>
        readInlineDocuments(scope.read, role.live, signal),
      );
      planRoleFit(builder, role.live, inline, scope);
    }
  }
}

/**
 * True for a role that a portal made for another ref. Its tag names an entity without anybody in AWS having given leave,
 * so that only `guardrails.roles.adopt` can vouch for what is on it.
 */
function isMadeElsewhere(
  role: Extract<RoleChoice, { how: 'shared' | 'adopted' }>,
): boolean {
  return (
    role.how === 'shared' ||
    (role.by === 'tag' && role.owner.kind !== 'foreign')
  );
}

/** The trust of the target role is never written: its owner finds here what to add. */
function planTargetTrust(
  builder: PlanBuilder<AssociateIntent>,
  scope: Scope,
  {
    desired,
    roleArn,
    externalId,
  }: {
    desired: Desired;
    roleArn: string;
    externalId?: string;
  },
): void {
  if (!desired.targetRoleArn) return;
  const policy = targetTrustPolicy(scope.target, {
    roleArn,
    sessionTags: desired.sessionTags,
    externalId,
  });
  builder.add({
    id: 'target-trust',
    resource: {
      kind: 'trust-statement',
      name: `trust policy of ${desired.targetRoleArn}`,
    },
    owner: 'external',
    change: 'keep',
    after: { trustPolicyToAdd: JSON.parse(policy) },
    reason:
      desired.sessionTags || externalId
        ? 'never written from here; the owner of the target role adds these statements'
        : 'never written from here; the owner of the target role adds these statements, with the externalId that the outputs show once the association exists',
  });
}

function planGate(
  builder: PlanBuilder<AssociateIntent>,
  scope: Scope,
  request: AssociateRequest,
): void {
  if (request.input.waitUntilEffective === false) return;
  const off = scope.cluster.kubernetes.access === 'none';
  builder.add(
    {
      id: 'gate',
      resource: { kind: 'gate', name: 'new pods receive the identity' },
      owner: 'external',
      change: 'keep',
      reason: off
        ? `not asked: ${noAccessReason(scope)}`
        : 'dry-run pods are sent until every API server injects the identity; nothing is stored',
      dependsOn: ['association', ...builder.ids('service-account', 'agent')],
    },
    { type: 'gate' },
  );
}

/**
 * Looks at everything the request touches, with the read role, and computes what would have to change.
 *
 * @throws InputError, NotAllowedError or NotFoundError when the request cannot be right
 */
export async function planAssociate(
  request: AssociateRequest,
  context: OperationContext,
  naming: PodIdentityRoleNaming | undefined,
): Promise<PlannedAssociate> {
  const scope = createScope(request.ref, context);
  const { input } = request;
  checkAssociate(input, guardrailContext(scope));
  const facts = await readFacts(scope, request, naming);
  const own = isOurs(scope, facts.association) ? facts.association : undefined;
  const desired = desiredState(scope, input, own);
  const builder = new PlanBuilder<AssociateIntent>('associate', request.ref);
  const tags = tagsFor(scope, input, request.taskId);
  await planRole(builder, facts.role, { scope, input, desired, tags });
  planAssociation(builder, facts.association, {
    scope,
    input,
    desired,
    tags,
    roleArn: facts.role.arn,
  });
  planTargetPolicyRemoval(builder, facts.role, desired);
  planTargetTrust(builder, scope, {
    desired,
    roleArn: facts.role.arn,
    externalId: facts.association?.externalId,
  });
  const serviceAccount = planServiceAccount(
    builder,
    facts.serviceAccount,
    scope,
    request,
  );
  planAgent(builder, facts.agent, scope, request);
  planGate(builder, scope, request);
  return {
    scope,
    plan: builder.plan(),
    steps: builder.steps,
    warnings: builder.warnings,
    roleArn: facts.role.arn,
    desired,
    association: facts.association,
    serviceAccount,
  };
}
