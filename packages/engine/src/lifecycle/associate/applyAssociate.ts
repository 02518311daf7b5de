import { ConflictError } from '@backstage/errors';
import {
  type AssociateResult,
  renderPlanLines,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import type { Gate, GateResult } from '../gate';
import type { AssociateIntent } from './intents';
import { associateResult } from './associateResult';
import { findAssociation, Association } from '../../aws/association';
import { roleNameOfArn } from '../../identity/names';
import { assertGranted } from '../steps/permissions';
import { planAssociate, PlannedAssociate } from './planAssociate';
import { RoleWrites } from '../role/roleWrites';
import { explain, Scope } from '../steps/scope';
import { intentInWords } from './words';
import type { Work } from '../steps/outcome';
import { carryOut } from '../steps/StepRunner';
import type {
  AssociateRequest,
  OperationContext,
} from '../../operationContext';
import { noAccessReason, readOrExplain } from '../steps/reading';
import { refusal, worksOf } from '../steps/apply';

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
      return { id, dependsOn, deed: { does, run: () => this.#awaitGate() } };
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
