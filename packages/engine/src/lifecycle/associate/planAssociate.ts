import { ConflictError } from '@backstage/errors';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import type { Plan } from 'backstage-plugin-eks-pod-identity-common';
import { checkAssociate } from '../../guardrails';
import { Desired, desiredState } from '../desired';
import { LiveAgent, readAgent } from '../agent/liveAgent';
import {
  type Association,
  describeAssociation,
  findAssociation,
} from '../../aws/association';
import {
  LiveServiceAccount,
  observeServiceAccount,
} from '../serviceAccount/liveKubernetes';
import { planAgent } from '../agent/planAgent';
import { isOurs } from '../association/isOurs';
import { readAssociation } from '../association/liveAssociation';
import { planAssociation } from '../association/planAssociation';
import { PlanBuilder } from '../steps/PlanBuilder';
import type { Step } from '../steps/Step';
import { RoleWrites } from '../role/roleWrites';
import type { Gate } from '../gate';
import { EffectivenessGate } from '../EffectivenessGate';
import { planRole } from '../role/planRole';
import { planTargetPolicyRemoval } from '../role/planRolePolicies';
import { planServiceAccount } from '../serviceAccount/planServiceAccount';
import { chooseRole, mayUseRole, RoleChoice } from '../role/roleChoice';
import { createScope, Scope, guardrailContext, tagsFor } from '../steps/scope';
import { targetTrustPolicy } from '../../identity/snippets';
import type {
  AssociateRequest,
  OperationContext,
} from '../../operationContext';
import { EarlyReading } from '../../async/EarlyReading';
import { inOrder } from '../../async/inOrder';
import type { Readable } from '../../async/readable';
import { readIfPossible, readOrExplain } from '../steps/reading';
import { planRestart } from '../restart/planRestart';
import {
  readPods,
  type ReadReplacing,
  workloadReader,
} from '../restart/readWorkloads';
import type { V1Pod } from '../../kubernetes/objects';

/** Options of an associate in addition to its operation's context. */
export interface AssociateDeps {
  verification: Gate;
  /** Replaces the built-in naming of roles. */
  roleNaming?: PodIdentityRoleNaming;
}

/** A plan with everything that apply and the outputs need. */
export interface PlannedAssociate {
  scope: Scope;
  plan: Plan;
  steps: Step[];
  gate: EffectivenessGate;
  roleArn: string;
  /** The role was there, and is not of the portal: nothing of it is changed. */
  isRoleAdopted: boolean;
  desired: Desired;
  association?: Association;
  /** Reads the association back; begins with the gate. */
  readBack: EarlyReading<Association | undefined>;
}

interface Facts {
  association?: Association;
  role: RoleChoice;
  agent: LiveAgent;
  serviceAccount: Readable<LiveServiceAccount>;
  pods: Readable<V1Pod[]>;
  replacing: ReadReplacing;
}

/** Cluster states in which EKS accepts no associations. */
const UNUSABLE = new Set(['CREATING', 'PENDING', 'DELETING', 'FAILED']);

async function readFacts(
  scope: Scope,
  request: AssociateRequest,
  naming: PodIdentityRoleNaming | undefined,
): Promise<Facts> {
  const { signal } = scope.context;
  const association = readAssociation(scope);
  const kubernetes = observeServiceAccount(scope, request.input);
  const [, found, role, agent, { api, serviceAccount }, pods] = await inOrder([
    checkCluster(scope),
    association,
    chooseRole(scope, request, association, naming),
    readOrExplain(scope, 'look for the Pod Identity agent', () =>
      readAgent(scope.read, async () => (await kubernetes).api, signal),
    ),
    kubernetes,
    observePods(scope, kubernetes),
  ]);
  return {
    association: found,
    role,
    agent,
    serviceAccount,
    pods,
    replacing: workloadReader(scope, api),
  };
}

/** The running pods, which the plan says need a restart; it does not depend on them otherwise. */
async function observePods(
  scope: Scope,
  kubernetes: ReturnType<typeof observeServiceAccount>,
): Promise<Readable<V1Pod[]>> {
  const { api } = await kubernetes;
  return api.known
    ? readIfPossible(scope, 'look at the running pods', () =>
        readPods(api.value, scope),
      )
    : api;
}

/** @throws ConflictError when the cluster accepts no associations now */
async function checkCluster(scope: Scope): Promise<void> {
  const { signal } = scope.context;
  const { status } = await readOrExplain(
    scope,
    `look at cluster ${scope.cluster.name}`,
    () => scope.read.describeCluster({ signal }),
  );
  if (status && UNUSABLE.has(status)) {
    throw new ConflictError(
      `Cluster ${scope.cluster.id} is ${status}: an association can only be created while it is ACTIVE. Run it again then.`,
    );
  }
}

/** The portal never writes the target role's trust policy: this tells its owner what to add. */
function planTargetTrust(
  builder: PlanBuilder,
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
        ? `${scope.voice.me} never writes it; the owner of the target role adds these statements`
        : `${scope.voice.me} never writes it; the owner of the target role adds these statements, with the externalId that the outputs show once the association exists`,
  });
}

/** Looks for the association under its id, and then for another one that took its place. */
async function findAgain(
  { read, ref, context }: Scope,
  id: string | undefined,
): Promise<Association | undefined> {
  return (
    (id && (await describeAssociation(read, id, context.signal))) ||
    findAssociation(read, ref, context.signal)
  );
}

/**
 * Reads everything the request touches, with the read role, and computes what would have to change.
 *
 * @throws InputError, NotAllowedError or NotFoundError when the request cannot be fulfilled
 */
export async function planAssociate(
  request: AssociateRequest,
  context: OperationContext,
  deps: AssociateDeps,
): Promise<PlannedAssociate> {
  const scope = createScope(request.ref, context);
  const { input } = request;
  checkAssociate(input, guardrailContext(scope));
  const facts = await readFacts(scope, request, deps.roleNaming);
  const { association } = facts;
  const own =
    association && isOurs(scope, association) ? association : undefined;
  const desired = desiredState(scope, input, own);
  const builder = new PlanBuilder('associate', scope);
  const tags = tagsFor(scope, input, request.taskId);
  const writes = new RoleWrites(
    scope,
    facts.role.arn,
    'live' in facts.role ? facts.role.live : undefined,
  );
  await planRole(builder, facts.role, { scope, input, desired, tags, writes });
  let associationId = association?.id;
  planAssociation(builder, association, {
    scope,
    input,
    desired,
    tags,
    roleArn: facts.role.arn,
    mayKeepRole:
      association !== undefined &&
      own === undefined &&
      association.roleArn !== facts.role.arn &&
      (await mayUseRole(scope, association.roleArn, request)),
    confirmRole: () => writes.confirm(),
    onMade: id => {
      associationId = id;
    },
  });
  planTargetPolicyRemoval(builder, facts.role, writes, desired);
  planTargetTrust(builder, scope, {
    desired,
    roleArn: facts.role.arn,
    externalId: association?.externalId,
  });
  const serviceAccount = planServiceAccount(
    builder,
    facts.serviceAccount,
    scope,
    request,
  );
  planAgent(builder, facts.agent, scope, request);
  const readBack = new EarlyReading(context.clock, () =>
    findAgain(scope, associationId),
  );
  const gate = new EffectivenessGate(scope, deps.verification, () =>
    readBack.begin(),
  );
  if (input.waitUntilEffective !== false) {
    gate.plan(builder, serviceAccount, input.timeoutSeconds);
  }
  await planRestart(builder, scope, {
    pods: facts.pods,
    replacing: facts.replacing,
    association,
    gate: deps.verification,
    wanted: input.restartWorkloads === true,
    timeoutSeconds: input.timeoutSeconds,
    obstacle: () => gate.obstacle,
  });
  return {
    scope,
    plan: builder.plan(),
    steps: builder.steps,
    gate,
    roleArn: facts.role.arn,
    isRoleAdopted: facts.role.how === 'adopted',
    desired,
    association,
    readBack,
  };
}
