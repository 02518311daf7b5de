import { CustomErrorBase } from '@backstage/errors';
import {
  isRestartable,
  MARK_TAGS,
  type MigrateResult,
  migrationRollbackPermission,
  type RollbackResult,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { givingUpOnce } from '../../kubernetes/givingUp';
import { apply, worksOf } from '../../lifecycle/steps/apply';
import { sameClass } from '../../lifecycle/steps/outcome';
import { isOurs } from '../../lifecycle/association/isOurs';
import { readAssociation } from '../../lifecycle/association/liveAssociation';
import { readPods } from '../../lifecycle/restart/readWorkloads';
import { openKubernetes } from '../../lifecycle/steps/reading';
import { emit, type Scope } from '../../lifecycle/steps/scope';
import { carryOut } from '../../lifecycle/steps/StepRunner';
import { fullStop } from '../../text/fullStop';
import { type PlannedMigrate, planMigrate } from './planMigrate';
import { planRollback } from './planRollback';
import { tellAccess } from './reading';
import { endRehearsal } from './rehearsal';
import type {
  MigrateRequest,
  MoveContext,
  MoveDeps,
  Moves,
  RollbackRequest,
} from './types';

/** A move failed and was taken back whole, so that it is as if it had not begun. */
class MoveTakenBackError extends CustomErrorBase {
  name = 'MoveTakenBackError' as const;
}

/** How many running pods a restart would still move. */
async function podsLeft(
  { scope }: PlannedMigrate,
  association: Association | undefined,
  { verification }: MoveDeps,
): Promise<number> {
  const api = await openKubernetes(scope);
  if (!api.known) return Infinity;
  return verification
    .podsToRestart(await readPods(api.value, scope), {
      association,
      isReplaced: association === undefined,
      now: scope.context.clock.now(),
    })
    .filter(isRestartable)
    .reduce((sum, { pods }) => sum + pods.length, 0);
}

function ownerOf(isOwn: boolean, addOn: string | undefined) {
  if (addOn) return 'addon';
  return isOwn ? 'portal' : 'external';
}

function atEnd(
  scope: Scope,
  association: Association,
): MigrateResult['association'] {
  const { id, arn, ownerArn, roleArn, tags, targetRoleArn } = association;
  const isOwn = isOurs(scope, association);
  const taggedEntityRef = isOwn ? tags[MARK_TAGS.entityRef] : undefined;
  return {
    id,
    arn,
    roleArn,
    ...(targetRoleArn ? { targetRoleArn } : {}),
    ...(taggedEntityRef ? { taggedEntityRef } : {}),
    owner: ownerOf(isOwn, ownerArn),
  };
}

async function stateOf(
  planned: PlannedMigrate,
  { input }: MigrateRequest,
  association: Association | undefined,
  deps: MoveDeps,
): Promise<MigrateResult['state']> {
  if (input.until === 'finished') {
    return planned.progress.isFinished ? 'finished' : 'moved';
  }
  if (input.until !== 'moved') {
    const isRehearsed = planned.steps.some(
      ({ plan, deed }) => plan.id === 'rehearsal' && deed,
    );
    return isRehearsed ? 'rehearsed' : 'planned';
  }
  const isLeft =
    planned.progress.toConfirm.size > 0 ||
    (await podsLeft(planned, association, deps)) > 0;
  return isLeft ? 'moving' : 'moved';
}

/** Goes back after a failure, by the right that was given to the move. Answers what came of it, in a sentence. */
async function goBack(
  { ref, input }: MigrateRequest,
  { scope, progress }: PlannedMigrate,
  context: MoveContext,
  deps: MoveDeps,
): Promise<{ isBack: boolean; says: string }> {
  const { clusterName, entityRef, namespace, serviceAccount, timeoutSeconds } =
    input;
  await emit(scope, {
    type: 'log',
    data: { level: 'warn', message: 'The move failed: it goes back to IRSA' },
  });
  try {
    const back = await planRollback(
      {
        ref,
        input: {
          clusterName,
          entityRef,
          namespace,
          serviceAccount,
          timeoutSeconds,
          // Its pods may be refused already: the plan has seen that the role lets IRSA in
          acceptUnproven: true,
        },
      },
      {
        ...context,
        granted: new Set([
          ...context.granted,
          migrationRollbackPermission.name,
        ]),
      },
      deps,
      name => !progress.unproven.has(name),
    );
    const conflicts = back.plan.steps.filter(one => one.change === 'conflict');
    if (conflicts.length > 0) {
      const why = conflicts.map(({ reason }) => fullStop(reason)).join(' ');
      return { isBack: false, says: `It was not taken back: ${why}` };
    }
    const { warnings } = await carryOut(
      back.scope,
      back.steps.flatMap(worksOf),
      '',
    );
    return {
      isBack: true,
      says: [
        'The move was taken back: the association is gone, and its pods have IRSA.',
        ...warnings,
      ].join(' '),
    };
  } catch (error) {
    return {
      isBack: false,
      says: `It was not taken back to its end: ${fullStop(
        (error as Error).message,
      )} Roll it back once that is fixed.`,
    };
  }
}

async function migrate(
  request: MigrateRequest,
  context: MoveContext,
  deps: MoveDeps,
): Promise<MigrateResult> {
  const planned = await planMigrate(request, context, deps).catch(
    async error => {
      if (request.expects?.isCarriedOn) await endRehearsal(request, context);
      throw error;
    },
  );
  const { plan, progress, roleArn, scope } = planned;
  const result = async (end: {
    changed: boolean;
    warnings: string[];
  }): Promise<MigrateResult> => {
    const { until } = request.input;
    const association =
      until === 'moved' || until === 'finished'
        ? await readAssociation(scope)
        : undefined;
    if (association) await tellAccess(scope, context, deps);
    return {
      kind: 'migrate',
      applied: true,
      changed: end.changed,
      roleArn,
      ...(association ? { association: atEnd(scope, association) } : {}),
      state: await stateOf(planned, request, association, deps),
      toConfirm: [...progress.toConfirm].sort(),
      confirmed: request.input.confirmed ?? [],
      ...(request.input.acceptNoWayBack ? { noWayBack: true } : {}),
      plan,
      warnings: [...plan.warnings, ...end.warnings],
    };
  };
  try {
    const { applied, ...end } = await apply(scope, planned, {
      ...request.input,
      again: '',
    });
    if (applied) return await result(end);
    return {
      kind: 'migrate',
      applied,
      changed: false,
      roleArn,
      state: 'planned',
      toConfirm: [],
      confirmed: [],
      plan,
      warnings: plan.warnings,
    };
  } catch (error) {
    const { message } = error as Error;
    if (progress.stands) {
      return result({ changed: true, warnings: [message] });
    }
    if (!progress.hasBegun || context.signal.aborted) throw error;
    const { isBack, says } = await goBack(request, planned, context, deps);
    await tellAccess(scope, context, deps);
    const all = `${fullStop(message)} ${says}`;
    throw isBack ? new MoveTakenBackError(all) : sameClass(error as Error, all);
  }
}

async function rollback(
  request: RollbackRequest,
  context: MoveContext,
  deps: MoveDeps,
): Promise<RollbackResult> {
  const { scope, plan, steps } = await planRollback(request, context, deps);
  const { applied, changed, warnings } = await apply(
    scope,
    { plan, steps },
    request.input,
  );
  if (applied) await tellAccess(scope, context, deps);
  return {
    kind: 'rollback',
    applied,
    changed,
    // A deletion that fails throws
    gone: applied,
    plan,
    warnings: [...plan.warnings, ...warnings],
  };
}

/** Moves of one process. */
export const createMoves = (deps: MoveDeps): Moves => ({
  migrate: (request, context) =>
    givingUpOnce(() => migrate(request, context, deps)),
  rollback: (request, context) =>
    givingUpOnce(() => rollback(request, context, deps)),
});
