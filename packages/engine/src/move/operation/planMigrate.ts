import { ConflictError, NotAllowedError } from '@backstage/errors';
import {
  type AssociateInput,
  type Plan,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { checkMigrate } from '../../guardrails';
import { sameEntity } from '../../identity/ownership';
import { isOurs } from '../../lifecycle/association/isOurs';
import { readAssociation } from '../../lifecycle/association/liveAssociation';
import { planAssociation } from '../../lifecycle/association/planAssociation';
import { desiredState } from '../../lifecycle/desired';
import { EffectivenessGate } from '../../lifecycle/EffectivenessGate';
import { readDocuments } from '../../lifecycle/role/liveRole';
import { planPowerOfRole } from '../../lifecycle/role/planPower';
import { chooseRole, type RoleChoice } from '../../lifecycle/role/roleChoice';
import { RoleWrites } from '../../lifecycle/role/roleWrites';
import { deed } from '../../lifecycle/steps/deed';
import { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import { readOrExplain } from '../../lifecycle/steps/reading';
import {
  changedSincePlan,
  createScope,
  guardrailContext,
  type Scope,
  tagsFor,
} from '../../lifecycle/steps/scope';
import type { Step } from '../../lifecycle/steps/Step';
import type { VerifyContext } from '../../verification/run/verification';
import { MADE_BY_MOVE, type Subject } from '../subject';
import { wayBack } from '../wayBack';
import { checkUnasked, isAsExpected, unexpected } from './expected';
import { planRestarts, type Progress } from './planRestarts';
import { isMoved, type Moving, podsWhere, readMoving } from './reading';
import { planEndOfIrsa } from './planIrsa';
import { planTrust } from './planTrust';
import { planRehearsal } from './rehearsal';
import { proveByPod } from './testPod';
import type { MigrateRequest, MoveDeps } from './types';

/** A plan with everything that apply and the outputs need. */
export interface PlannedMigrate {
  scope: Scope;
  plan: Plan;
  steps: Step[];
  roleArn: string;
  progress: Progress;
}

/** Everything that a move is planned from. */
interface Facts {
  moving: Moving;
  subject: Subject;
  role: Extract<RoleChoice, { live: unknown }>;
  association?: Association;
  /** Its association has gone, and pods hold on to what it gave them: they need it again at once. */
  isCutOff: boolean;
}

const NOT_READ =
  'Cannot tell how its move stands, because its role was not read.';

const associateInput = (
  {
    clusterName,
    entityRef,
    namespace,
    serviceAccount,
  }: MigrateRequest['input'],
  roleArn: string,
  disableSessionTags: boolean,
): AssociateInput => ({
  clusterName,
  namespace,
  serviceAccount,
  ...(entityRef ? { entityRef } : {}),
  roleArn,
  disableSessionTags,
});

/**
 * A pattern of the guardrails says which roles may be used, and not by whom: then the service account has to be the
 * component's by more than a wish of its owner.
 *
 * @throws NotAllowedError
 */
async function requireOwner(
  { context, ref, voice }: Scope,
  { entityRef }: MigrateRequest['input'],
  role: RoleChoice,
  { componentOf }: MoveDeps,
): Promise<void> {
  const { claimant } = context;
  const byPattern = role.how === 'adopted' && role.by === 'guardrail';
  if (!claimant || claimant.isAdministrator || !byPattern) return;
  if (sameEntity(await componentOf?.(ref), entityRef)) return;
  throw new NotAllowedError(
    `Nothing was changed: only a pattern of guardrails.roles.adopt lets you use the role of ${ref.namespace}/${ref.serviceAccount}, and neither a tag nor its namespace links that service account to ${entityRef}. Ask its owner to tag the role for the component, or an administrator of ${voice.us} to move it`,
  );
}

/** @throws NotAllowedError where the initiator is not allowed to give the service account this role */
async function chooseOwnRole(
  scope: Scope,
  { ref, input }: Pick<MigrateRequest, 'ref' | 'input'>,
  arn: string,
  { association, deps }: { association?: Association; deps: MoveDeps },
): Promise<RoleChoice> {
  const role = await chooseRole(
    scope,
    { ref, input: associateInput(input, arn, false) },
    Promise.resolve(association),
    undefined,
  );
  await requireOwner(scope, input, role, deps);
  return role;
}

/** Whether a move by the same initiator could make an association with the role, where there is none. */
export async function mayBeGiven(
  scope: Scope,
  request: Pick<MigrateRequest, 'ref' | 'input'>,
  arn: string,
  deps: MoveDeps,
): Promise<boolean> {
  try {
    const role = await chooseOwnRole(scope, request, arn, { deps });
    if (!('live' in role)) return false;
    const builder = new PlanBuilder('migrate', scope);
    await planPower(builder, scope, role);
    return builder.plan().steps.every(({ change }) => change !== 'conflict');
  } catch (error) {
    if (error instanceof NotAllowedError) return false;
    throw error;
  }
}

async function readFacts(
  scope: Scope,
  request: MigrateRequest,
  deps: MoveDeps,
): Promise<Facts> {
  const { ref, expects } = request;
  // Nothing of the role reaches an initiator who is not allowed to use it
  const association = await readAssociation(scope);
  const moving = await readMoving(scope, deps);
  const { plan, subject } = moving;
  const arn = plan.role?.arn;
  if (!arn) {
    // Its sentence is for those who may read its role
    throw new ConflictError(
      `Nothing was changed: ${ref.namespace}/${ref.serviceAccount} has no role of IRSA that could be moved`,
    );
  }
  if (expects && expects.roleArn !== arn) throw unexpected(ref);
  const role = await chooseOwnRole(scope, request, arn, { association, deps });
  const isCutOff = !association && podsWhere(moving.pods, isMoved).length > 0;
  const standing = subject && { subject, association, isCutOff, role };
  if (expects && !isAsExpected(scope, expects, standing)) throw unexpected(ref);
  if (plan.byHand) {
    throw new ConflictError(
      `Nothing was changed: ${ref.namespace}/${
        ref.serviceAccount
      } moves by hand alone, because ${
        subject?.addon
          ? 'an add-on of EKS has it'
          : 'its old role is of another account'
      }. Its plan has the commands`,
    );
  }
  const isNone = plan.stages.length === 0 && !isCutOff;
  if (isNone || !subject || !('live' in role)) {
    throw new ConflictError(
      `Nothing was changed: ${isNone ? plan.sentence : NOT_READ}`,
    );
  }
  return { moving, subject, role, association, isCutOff };
}

/** What would take access away, or could not be undone, as conflicts: nothing is written then. */
function planRefusals(
  builder: PlanBuilder,
  { ref }: Scope,
  { input }: MigrateRequest,
  { isCutOff, subject }: Facts,
): void {
  const refuse = (reason: string) =>
    builder.add({
      id: 'move',
      resource: {
        kind: 'service-account',
        name: `${ref.namespace}/${ref.serviceAccount}`,
      },
      owner: 'external',
      change: 'conflict',
      reason,
    });
  for (const reason of subject.obstacles.blocked) refuse(reason);
  if (input.until !== 'moved' || subject.isMoved || isCutOff) return;
  const back = wayBack(subject);
  if (back.possible) return;
  const why = back.notes.slice(1).join(' ');
  if (input.acceptNoWayBack) {
    builder.warn(`There is no way back without refused requests: ${why}`);
  } else {
    refuse(
      `there is no way back without refused requests: ${why} To move it all the same, set acceptNoWayBack`,
    );
  }
}

/** As for an existing role that a component is given: whatever opened it, it must not give control of the account. */
async function planPower(
  builder: PlanBuilder,
  scope: Scope,
  { how, live }: Facts['role'],
): Promise<void> {
  if (how !== 'adopted') return;
  const documents = await readOrExplain(
    scope,
    `read the policies of ${live.name}`,
    () =>
      readDocuments(scope.read, live, { managed: true }, scope.context.signal),
  );
  planPowerOfRole(builder, live, documents);
}

/**
 * Reads everything that the move touches, with the read role, and computes what is left to do.
 *
 * @throws ConflictError where there is nothing to move; as an associate with the role of the annotation otherwise
 */
export async function planMigrate(
  request: MigrateRequest,
  context: VerifyContext,
  deps: MoveDeps,
): Promise<PlannedMigrate> {
  const scope = createScope(request.ref, context);
  const { expects, input } = request;
  const judged = { ...guardrailContext(scope), clusters: context.clusters };
  if (expects) checkUnasked(input, expects.roleArn, judged);
  else checkMigrate(input, judged);
  const facts = await readFacts(scope, request, deps);
  const { association, isCutOff, role, subject } = facts;
  const builder = new PlanBuilder('migrate', scope);
  const progress: Progress = {
    toConfirm: new Set(),
    unproven: new Set(),
    hasBegun: false,
    stands: false,
    isFinished: false,
  };
  const ended = () => ({
    scope,
    plan: builder.plan(),
    steps: builder.steps,
    roleArn: role.arn,
    progress,
  });
  const isOpenTo = !context.claimant && !expects;
  const isShown = isOpenTo || (role.how === 'adopted' && role.by === 'tag');
  const planProbe = (dependsOn: string[]) =>
    builder.add(
      {
        id: 'probe',
        resource: { kind: 'gate', name: 'a test pod obtains the role' },
        owner: 'external',
        change: 'keep',
        reason:
          'under the service account itself, before anything is restarted or taken out',
        dependsOn,
      },
      {
        ...deed('wait', 'until a test pod obtains the role'),
        run: () =>
          proveByPod(request.ref, {
            context,
            entityRef: input.entityRef,
            expectedRoleArn: association?.targetRoleArn ?? role.arn,
            verification: deps.verification,
          }),
      },
    );
  if (input.until === 'finished') {
    await planEndOfIrsa(
      builder,
      {
        scope,
        subject,
        pods: facts.moving.pods,
        input,
        taskId: request.taskId,
        isShown,
        deps,
        ended: () => {
          progress.isFinished = true;
        },
      },
      () => [planProbe([])],
    );
    return ended();
  }
  const asked = associateInput(input, role.arn, subject.tagsOff);
  planRefusals(builder, scope, request, facts);
  if (!association) await planPower(builder, scope, role);
  const trust = await planTrust(builder, asked, {
    scope,
    subject,
    live: role.live,
    input,
    taskId: request.taskId,
    isShown,
    isCutOff,
    trusts: deps.trusts,
  });
  if (subject.tagsOff) {
    builder.warn(
      'The move goes without session tags, as IRSA has none: the role may assume other roles.',
    );
  }
  const rehearsed = isCutOff
    ? []
    : planRehearsal(builder, { scope, context, input, subject, deps, trust });
  trust.planEnd(rehearsed);
  if (input.until !== 'moved') return ended();
  const begin = () => {
    progress.hasBegun = true;
  };
  const writes = new RoleWrites(scope, role.arn, role.live);
  planAssociation(builder, association, {
    scope,
    input: asked,
    desired: desiredState(
      scope,
      asked,
      association && isOurs(scope, association) ? association : undefined,
    ),
    roleArn: role.arn,
    tags: {
      ...tagsFor(scope, input, request.taskId),
      [MADE_BY_MOVE]: 'irsa',
    },
    mayKeepRole: false,
    confirmRole: async () => {
      const now = await writes.confirm();
      // A move makes no role, so there is one to judge
      if (!now) throw changedSincePlan(`Role ${role.arn}`, 'it was not read');
      trust.confirm(now);
    },
    onMade: begin,
    after: rehearsed,
  });
  const gate = new EffectivenessGate(scope, deps.verification, () => {});
  gate.plan(builder, 'there', undefined, { required: true });
  planProbe(['gate']);
  await planRestarts(builder, {
    scope,
    request,
    moving: facts.moving,
    association,
    deps,
    gate,
    roleArns: [role.arn, association?.targetRoleArn].filter(
      one => one !== undefined,
    ),
    progress,
  });
  return ended();
}
