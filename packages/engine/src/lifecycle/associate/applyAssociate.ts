import { ConflictError } from '@backstage/errors';
import {
  type AssociateResult,
  renderPlanLines,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import type { Gate, GateResult } from '../gate';
import {
  createAssociation,
  deleteAssociation,
  updateAssociation,
} from '../association/associationWrites';
import type { AssociateIntent, AssociationSettings } from './intents';
import { associateResult } from './associateResult';
import {
  describeAssociation,
  findAssociation,
  Association,
} from '../../aws/association';
import { ownership } from '../../identity/ownership';
import { roleNameOfArn } from '../../identity/names';
import { assertGranted } from '../steps/permissions';
import { planAssociate, PlannedAssociate } from './planAssociate';
import { settingsOf } from '../association/planAssociation';
import { RoleWrites } from '../role/roleWrites';
import {
  explain,
  movedOn,
  Scope,
  emit,
  subjectOf,
  tagsFor,
} from '../steps/scope';
import { intentInWords } from './words';
import type { Work } from '../steps/outcome';
import { carryOut } from '../steps/StepRunner';
import type {
  AssociateRequest,
  OperationContext,
} from '../../operationContext';
import { noAccessReason, readOrExplain } from '../steps/reading';
import { refusal, worksOf } from '../steps/apply';

type UpdateIntent = Extract<AssociateIntent, { type: 'update-association' }>;

/** Steps that write to the role, under its lease. */
const ROLE_INTENTS = new Set<AssociateIntent['type']>([
  'create-role',
  'describe-role',
  'put-trust',
  'put-boundary',
  'tag-role',
  'attach',
  'detach',
  'put-inline',
  'delete-inline',
]);

class AssociateRun {
  gate?: GateResult;
  readonly warnings: string[] = [];
  readonly #request: AssociateRequest;
  readonly #planned: PlannedAssociate;
  readonly #scope: Scope;
  readonly #verification: Gate;
  readonly #role: RoleWrites;

  constructor(
    request: AssociateRequest,
    planned: PlannedAssociate,
    verification: Gate,
  ) {
    this.#request = request;
    this.#planned = planned;
    this.#scope = planned.scope;
    this.#verification = verification;
    this.#role = new RoleWrites(planned.scope, roleNameOfArn(planned.roleArn));
  }

  works(): Work[] {
    const works: Work[] = [];
    for (const step of this.#planned.steps) {
      const { plan, intent } = step;
      works.push(
        ...(intent
          ? [this.#work(plan.id, plan.dependsOn, intent)]
          : worksOf(step)),
      );
    }
    return works;
  }

  #work(id: string, dependsOn: string[], intent: AssociateIntent): Work {
    const does = intentInWords(intent, this.#planned);
    if (!ROLE_INTENTS.has(intent.type)) {
      return { id, dependsOn, deed: { does, run: () => this.#run(intent) } };
    }
    return {
      id,
      dependsOn,
      deed: {
        does,
        lane: {
          // What depends on the association is done in a second turn on the role.
          name: dependsOn.includes('association') ? 'role-after' : 'role',
          lease: { kind: 'role', name: this.#planned.roleArn },
        },
        run: async () => this.#role.run(id, intent),
      },
    };
  }

  async #run(intent: AssociateIntent): Promise<string | void> {
    const scope = this.#scope;
    switch (intent.type) {
      case 'create-association': {
        const made = await createAssociation(scope, intent.wanted);
        return `The association ${made.id} is there`;
      }
      case 'update-association':
        return this.#update(intent);
      case 'gate':
        return this.#awaitGate();
      default:
        throw new Error(`No hand for ${intent.type}`);
    }
  }

  #task() {
    return this.#request.taskId;
  }

  /** The association must still be the one the plan saw. */
  async #reread(intent: UpdateIntent): Promise<Association> {
    const { signal } = this.#scope.context;
    const what = `Association ${intent.associationId}`;
    const live = await describeAssociation(
      this.#scope.read,
      intent.associationId,
      signal,
    );
    if (!live) throw movedOn(what, 'it was deleted');
    if (live.ownerArn) throw movedOn(what, 'an add-on owns it now');
    if (ownership(live.tags, subjectOf(this.#scope)).kind !== 'ours') {
      throw movedOn(what, 'it no longer carries our marks');
    }
    const now = settingsOf(live);
    const differs = (
      Object.keys(intent.before) as (keyof AssociationSettings)[]
    ).find(key => now[key] !== intent.before[key]);
    if (differs) throw movedOn(what, `${differs} is ${now[differs] ?? 'none'}`);
    return live;
  }

  async #update(intent: UpdateIntent): Promise<string | void> {
    const { changes } = intent;
    const scope = this.#scope;
    const before = await this.#reread(intent);
    await updateAssociation(scope, before, changes);
    if (changes.targetRoleArn !== '' && changes.policy !== '') return undefined;
    const after = await describeAssociation(
      scope.read,
      intent.associationId,
      scope.context.signal,
    );
    const stuck =
      after &&
      ((changes.targetRoleArn === '' && after.targetRoleArn) ||
        (changes.policy === '' && after.policy));
    return stuck ? this.#replace(after) : undefined;
  }

  /** AWS did not clear the value: only a new association is without it. */
  async #replace(current: Association): Promise<string> {
    const scope = this.#scope;
    const { desired, roleArn } = this.#planned;
    await emit(scope, {
      type: 'log',
      data: {
        level: 'warn',
        message: `AWS did not clear the value of ${current.id}: it is deleted and created again; pods that run get 404 from the agent until then`,
      },
    });
    await deleteAssociation(scope, current.id);
    const made = await createAssociation(scope, {
      roleArn,
      targetRoleArn: desired.targetRoleArn,
      disableSessionTags: !desired.sessionTags,
      policy: desired.policy,
      tags: {
        ...current.tags,
        ...tagsFor(scope, this.#request.input, this.#task()),
      },
    });
    return `Replaced by the association ${made.id}`;
  }

  async #awaitGate(): Promise<string> {
    this.gate = await this.#askGate();
    if (this.gate.effective !== 'yes') {
      this.warnings.push(`Not known to be effective: ${this.gate.message}`);
    }
    return this.gate.message;
  }

  async #askGate(): Promise<GateResult> {
    const scope = this.#scope;
    const unknown = (message: string): GateResult => ({
      effective: 'unknown',
      message,
      afterMs: 0,
      attempts: 0,
    });
    if (scope.cluster.kubernetes.access === 'none') {
      return unknown(noAccessReason(scope));
    }
    if (this.#planned.serviceAccount === 'missing') {
      return unknown(
        'it cannot be asked whether new pods receive the identity before the ServiceAccount exists',
      );
    }
    const { timeoutSeconds } = this.#request.input;
    try {
      return await this.#verification.waitUntilEffective(
        scope.ref,
        {
          deadlineMs: timeoutSeconds
            ? timeoutSeconds * 1000
            : scope.context.config.timings.gateDeadline,
        },
        scope.context,
      );
    } catch (error) {
      if (scope.context.signal.aborted) throw error;
      // The identity stands; only the question whether it works already has no answer.
      return unknown(
        explain(scope, 'ask whether new pods receive the identity', error)
          .message,
      );
    }
  }
}

/** One associate: plans with fresh state, then makes the changes. */
export async function associate(
  request: AssociateRequest,
  context: OperationContext,
  rooms: {
    verification: Gate;
    roleNaming?: PodIdentityRoleNaming;
  },
): Promise<AssociateResult> {
  const planned = await planAssociate(request, context, rooms.roleNaming);
  const { plan } = planned;
  await context.emit({ type: 'plan', data: plan });
  if (request.input.planOnly) {
    return associateResult(planned, { applied: false });
  }
  if (plan.conflicts) throw refusal(plan);
  assertGranted(plan, context.granted);
  for (const line of renderPlanLines(plan)) context.logger.debug(line);
  const run = new AssociateRun(request, planned, rooms.verification);
  const warnings = await carryOut(planned.scope, run.works());
  const association = await confirm(planned);
  return associateResult(planned, {
    applied: true,
    association,
    gate: run.gate,
    warnings: [...warnings, ...run.warnings],
  });
}

/** The last step reads the association once more: success means that it is there. */
async function confirm(planned: PlannedAssociate): Promise<Association> {
  const { scope, roleArn } = planned;
  const association = await readOrExplain(
    scope,
    'read the association back',
    () => findAssociation(scope.read, scope.ref, scope.context.signal),
  );
  if (!association || association.roleArn !== roleArn) {
    throw new ConflictError(
      association
        ? `At the end the association ${association.id} has the role ${association.roleArn} instead of ${roleArn}: somebody else changed it meanwhile. Run it again.`
        : `At the end there was no association for ${scope.ref.namespace}/${scope.ref.serviceAccount}: somebody else deleted it meanwhile. Run it again.`,
    );
  }
  return association;
}
