import { ConflictError } from '@backstage/errors';
import {
  isRestartable,
  type Plan,
} from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from '../../aws/arn';
import type { Association } from '../../aws/association';
import { checkRollback } from '../../guardrails';
import { settingsOf } from '../../identity/associationSettings';
import type { V1Pod } from '../../kubernetes/objects';
import { readAssociation } from '../../lifecycle/association/liveAssociation';
import { restartWorkload } from '../../lifecycle/restart/restartWrites';
import { deed } from '../../lifecycle/steps/deed';
import { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import {
  createScope,
  guardrailContext,
  type Scope,
  tagsFor,
} from '../../lifecycle/steps/scope';
import type { Step } from '../../lifecycle/steps/Step';
import { fullStop } from '../../text/fullStop';
import type { IrsaQuestion } from '../../verification/credentials/irsaRun';
import type { VerifyContext } from '../../verification/run/verification';
import { serves } from '../../verification/workloads/kubernetesWorkload';
import { MADE_BY_MOVE, type Subject } from '../subject';
import { wayBack } from '../wayBack';
import { mayBeGiven } from './planMigrate';
import {
  isMoved,
  isOwnMove,
  nameOf,
  podsWhere,
  readStanding,
  requirePlan,
  type RestartableWorkload,
} from './reading';
import { planIrsaBack } from './planIrsaBack';
import { planTrustBack, warnOfUnrecorded } from './planTrustBack';
import { areReady, planRefreshes, resourceOf } from './refresh';
import { takeBack, type TakingBack } from './takeBack';
import type { MoveDeps, RollbackRequest } from './types';

const ROLL_OUT_SECONDS = 300;

const madeAt = ({ metadata }: V1Pod) =>
  Date.parse(metadata?.creationTimestamp ?? '');

/** A plan of a way back. */
export interface PlannedRollback {
  scope: Scope;
  plan: Plan;
  steps: Step[];
}

/** Everything that will be restarted is tried: what cannot be would keep a road that is gone. */
function planTrial(
  builder: PlanBuilder,
  scope: Scope,
  able: readonly RestartableWorkload[],
): string {
  return builder.add(
    {
      id: 'trial',
      resource: { kind: 'gate', name: 'each restart is accepted' },
      owner: 'external',
      change: 'keep',
      reason: 'dry runs, nothing is stored',
    },
    {
      ...deed('wait', 'until each restart is known to be accepted'),
      run: async step => {
        for (const workload of able) {
          await restartWorkload(scope, workload, {
            how: 'try',
            obstacle: () => undefined,
            remainingMs: () => 0,
            lacksIt: () => [],
            outdated: async () => [workload],
          }).run(step);
        }
      },
    },
  );
}

/** The old road is tried before the new one goes. */
function planProof(
  builder: PlanBuilder,
  scope: Scope,
  {
    question,
    context,
    deps,
    isRequired,
    dependsOn,
  }: {
    question: IrsaQuestion;
    context: VerifyContext;
    deps: MoveDeps;
    isRequired: boolean;
    dependsOn: string[];
  },
): string {
  return builder.add(
    {
      id: 'old-road',
      resource: { kind: 'gate', name: 'a test pod obtains the role by IRSA' },
      owner: 'external',
      change: 'keep',
      reason: 'with a token of its own, while the association still stands',
      dependsOn,
    },
    {
      ...deed('wait', 'until a test pod obtains the role by IRSA'),
      run: async step => {
        const { proven, message } = await deps.verification.proveIrsa(
          scope.ref,
          question,
          context,
        );
        if (proven === 'yes') return message;
        if (isRequired) {
          throw new ConflictError(
            proven === 'no'
              ? message
              : `Whether IRSA still works could not be tried: ${fullStop(
                  message,
                )} To go back all the same, set acceptUnproven`,
          );
        }
        step.warn(message);
        return `Not proven: ${message}`;
      },
    },
  );
}

/** From here on there is no way but to an end: each pod has one of the roads again, whichever it is. */
function planEnd(
  builder: PlanBuilder,
  scope: Scope,
  {
    association,
    moved,
    dependsOn,
    deps,
    again,
    question,
    seconds,
  }: {
    association: Association | undefined;
    again: TakingBack['again'];
    question: IrsaQuestion;
    moved: readonly RestartableWorkload[];
    dependsOn: string[];
    deps: Pick<MoveDeps, 'verification'>;
    seconds: number;
  },
): void {
  const { namespace, serviceAccount } = scope.ref;
  const name = `${namespace}/${serviceAccount}`;
  builder.add(
    {
      id: 'association',
      resource: { kind: 'association', name: association?.id ?? name },
      change: association ? 'delete' : 'keep',
      owner: association ? 'portal' : 'external',
      ...(association ? { before: { roleArn: association.roleArn } } : {}),
      reason: association
        ? 'new pods take IRSA again once it is gone; where they do not, or a restart fails, it is made again'
        : 'it is gone, and pods hold on to what it gave them',
      dependsOn,
    },
    {
      ...deed('take', `${name} back to IRSA`),
      run: step =>
        takeBack(scope, step, { association, again, deps, question, seconds }),
    },
  );
  for (const workload of moved) {
    const { kind, name: of } = workload;
    builder.add({
      id: `restart.${kind}.${of}`.toLowerCase(),
      resource: resourceOf(scope, workload),
      owner: 'external',
      change: 'update',
      reason: 'its pods go back to IRSA: the roll-out replaces them',
      dependsOn: ['association'],
    });
  }
}

/** What stands in the way of a way back, as conflicts: nothing is written then. */
function planRefusals(
  builder: PlanBuilder,
  scope: Scope,
  subject: Subject | undefined,
  association: Association | undefined,
): void {
  const refuse = (reason: string) =>
    builder.add({
      id: 'back',
      resource: {
        kind: 'service-account',
        name: `${scope.ref.namespace}/${scope.ref.serviceAccount}`,
      },
      owner: 'external',
      change: 'conflict',
      reason,
    });
  if (!subject) {
    refuse('cannot tell how its move stands, because its role was not read');
    return;
  }
  if (!association) return;
  if (!isOwnMove(scope, association)) {
    // Nothing of it is for who did not make it
    refuse(
      `no move of ${scope.voice.us} made the association ${association.id}: where it was moved by hand, the commands of the plan take it back`,
    );
    return;
  }
  const { notes, possible } = wayBack(subject, true);
  if (!possible) refuse(notes.join(' '));
}

/** As it was; of one that an earlier run deleted, as a move makes it. */
function associationAgain(
  scope: Scope,
  input: RollbackRequest['input'],
  association: Association | undefined,
  subject: Subject | undefined,
): TakingBack['again'] {
  if (association) {
    const tags = Object.fromEntries(
      // AWS accepts its own tags from no caller
      Object.entries(association.tags).filter(
        ([key]) => !key.startsWith('aws:'),
      ),
    );
    return { ...settingsOf(association), tags };
  }
  return (
    subject && {
      roleArn: subject.role.role.arn,
      disableSessionTags: subject.tagsOff,
      tags: { ...tagsFor(scope, input, undefined), [MADE_BY_MOVE]: 'irsa' },
    }
  );
}

const notPutBack = (roleArn: string) =>
  `A move took it out of IRSA in role ${nameOfArn(
    roleArn,
  )}. Without the association of that move nothing is put back: where it is to have the role by IRSA, the owner of the role lets it in.`;

/**
 * Reads how the move stands, and computes what takes it back: also the rest of a way back that was cut off.
 *
 * @param isSound - of the workload of this name: its pods may work by Pod Identity, so that one more restart keeps them at it
 */
export async function planRollback(
  { ref, input }: RollbackRequest,
  context: VerifyContext,
  deps: MoveDeps,
  isSound: (name: string) => boolean = () => !input.broken,
): Promise<PlannedRollback> {
  const scope = createScope(ref, context);
  checkRollback(input, guardrailContext(scope));
  const association = await readAssociation(scope);
  const standing = await readStanding(scope, deps);
  const { pods } = standing;
  const builder = new PlanBuilder('rollback', scope);
  const { subject, before: restored } = await planIrsaBack(
    builder,
    scope,
    standing.subject,
    association,
    deps.trusts,
  );
  const moved = podsWhere(pods, isMoved);
  const records = (await deps.trusts?.find(ref)) ?? [];
  // What a move wrote can go, although the service account, its annotation or its role have gone
  const isStatementAlone =
    !association && moved.length === 0 && records.length > 0;
  if (!isStatementAlone) {
    requirePlan(scope, standing);
    planRefusals(builder, scope, subject, association);
  }
  await warnOfUnrecorded(builder, scope, subject?.role.role, deps.trusts);
  const able = moved.filter(isRestartable);
  const seconds = input.timeoutSeconds ?? ROLL_OUT_SECONDS;
  if (!association && moved.length === 0) {
    builder.add({
      id: 'association',
      resource: {
        kind: 'association',
        name: `${ref.namespace}/${ref.serviceAccount}`,
      },
      change: 'keep',
      owner: 'external',
      reason:
        'there is none, and no running pod has Pod Identity: nothing of its pods is to be taken back',
    });
    for (const { roleArn, taken = [] } of records) {
      if (taken.length > 0) builder.warn(notPutBack(roleArn));
    }
    await planTrustBack(builder, scope, deps.trusts, { dependsOn: [] });
    return { scope, plan: builder.plan(), steps: builder.steps };
  }
  let before = restored;
  const [newest] = pods.filter(serves).sort((a, b) => madeAt(b) - madeAt(a));
  const question = {
    roleArn: subject?.role.role.arn ?? association?.roleArn ?? '',
    audience: subject?.account.annotated?.audience,
    like: newest,
  };
  if (association && subject) {
    const first = [
      planTrial(builder, scope, able),
      planProof(builder, scope, {
        question,
        context,
        deps,
        isRequired: !input.acceptUnproven,
        dependsOn: restored,
      }),
    ];
    const kept = able.filter(
      one => isSound(nameOf(one)) && areReady(one, pods),
    );
    before = planRefreshes(builder, scope, kept, { dependsOn: first, seconds });
  }
  // Without an association the annotation and variables say which role it had, and its author may have written both
  const given =
    subject &&
    (association ||
      (await mayBeGiven(scope, { ref, input }, subject.role.role.arn, deps)))
      ? subject
      : undefined;
  planEnd(builder, scope, {
    association,
    moved: able,
    dependsOn: before,
    deps,
    again: associationAgain(scope, input, association, given),
    question,
    seconds,
  });
  await planTrustBack(builder, scope, deps.trusts, {
    dependsOn: ['association'],
    association,
  });
  return { scope, plan: builder.plan(), steps: builder.steps };
}
