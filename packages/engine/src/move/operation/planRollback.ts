import { ConflictError, ServiceUnavailableError } from '@backstage/errors';
import {
  isRestartable,
  type Plan,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { checkRollback } from '../../guardrails';
import { settingsOf } from '../../identity/associationSettings';
import type { V1Pod } from '../../kubernetes/objects';
import type { KubernetesApi } from '../../kubernetes/types';
import {
  createAssociation,
  deleteAssociation,
} from '../../lifecycle/association/associationWrites';
import { isOurs } from '../../lifecycle/association/isOurs';
import { readAssociation } from '../../lifecycle/association/liveAssociation';
import { readPods } from '../../lifecycle/restart/readWorkloads';
import {
  type RestartOptions,
  restartWorkload,
} from '../../lifecycle/restart/restartWrites';
import { deed } from '../../lifecycle/steps/deed';
import { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import { openKubernetes } from '../../lifecycle/steps/reading';
import {
  createScope,
  guardrailContext,
  type Scope,
} from '../../lifecycle/steps/scope';
import type { RunningStep, Step } from '../../lifecycle/steps/Step';
import type { VerifyContext } from '../../verification/run/verification';
import { serves } from '../../verification/workloads/kubernetesWorkload';
import { fullStop } from '../../text/fullStop';
import { wayBack } from '../wayBack';
import {
  isMoved,
  isOnIrsa,
  type Moving,
  nameOf,
  podsWhere,
  readMoving,
  type RestartableWorkload,
} from './reading';
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

/** All pods of the workload that ran when the plan was made, as long as they are there. */
const stillThere =
  (scope: Scope, { pods }: RestartableWorkload) =>
  async (api: KubernetesApi) => {
    const uids = new Set(pods.map(({ uid }) => uid));
    const now = await readPods(api, scope);
    return podsWhere(now, ({ uid }) => uids.has(uid));
  };

/** A pod that was dry-run, where the webhook would not give it the role of IRSA. */
const lacksIrsa = (pod: V1Pod) => podsWhere([pod], one => !isOnIrsa(one));

/** Restarts one workload; `id` tells the restart before the deletion from that after it. */
function planOne(
  builder: PlanBuilder,
  scope: Scope,
  workload: RestartableWorkload,
  {
    id,
    reason,
    dependsOn,
    seconds,
    lacksIt,
    outdated,
  }: {
    id: string;
    reason: string;
    dependsOn: string[];
    seconds: number;
    lacksIt: typeof lacksIrsa;
    outdated: RestartOptions['outdated'];
  },
): string {
  const { kind, name } = workload;
  return builder.add(
    {
      id: `${id}.${kind}.${name}`.toLowerCase(),
      resource: {
        kind: 'workload',
        name: `${kind} ${scope.ref.namespace}/${name}`,
      },
      owner: 'external',
      change: 'update',
      reason,
      dependsOn,
    },
    restartWorkload(scope, workload, {
      obstacle: () => undefined,
      remainingMs: () => seconds * 1_000,
      lacksIt,
      outdated,
    }),
  );
}

/** Makes the association again as it was. */
async function makeAgain(
  scope: Scope,
  step: RunningStep,
  association: Association,
): Promise<void> {
  const tags = Object.fromEntries(
    // AWS takes those of its own from nobody
    Object.entries(association.tags).filter(([key]) => !key.startsWith('aws:')),
  );
  await createAssociation(
    scope,
    { ...settingsOf(association), tags },
    { confirmRole: async () => {}, made: () => {} },
  ).run(step);
}

/** The old road is tried before the new one goes. */
function planProof(
  builder: PlanBuilder,
  scope: Scope,
  {
    moving: { pods, subject },
    context,
    deps,
    isRequired,
    dependsOn,
  }: {
    moving: Moving;
    context: VerifyContext;
    deps: MoveDeps;
    isRequired: boolean;
    dependsOn: string[];
  },
): string {
  const [newest] = [...pods]
    .filter(serves)
    .sort((a, b) => madeAt(b) - madeAt(a));
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
          {
            roleArn: subject!.role.role.arn,
            audience: subject!.account.annotated?.audience,
            like: newest,
          },
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

/** From here on no new pod takes the road of Pod Identity. */
function planDeletion(
  builder: PlanBuilder,
  scope: Scope,
  { id, roleArn }: Association,
  dependsOn: string[],
): void {
  const { run, ...words } = deleteAssociation(scope, id, { roleArn });
  builder.add(
    {
      id: 'association',
      resource: { kind: 'association', name: id },
      change: 'delete',
      before: { roleArn },
      reason: 'new pods take IRSA again once it is gone',
      dependsOn,
    },
    {
      ...words,
      run: async step => {
        try {
          return await run(step);
        } catch (error) {
          // EKS took it and shows it still: the gate tells when it is gone, and pods must not be left to that
          if (error instanceof ServiceUnavailableError) return error.message;
          throw error;
        }
      },
    },
  );
}

/** Every API server gives IRSA again; where that does not come, the association is made again. */
function planGate(
  builder: PlanBuilder,
  scope: Scope,
  {
    association,
    dependsOn,
    deps,
  }: {
    association: Association | undefined;
    dependsOn: string[];
    deps: Pick<MoveDeps, 'verification'>;
  },
): string {
  return builder.add(
    {
      id: 'gate',
      resource: { kind: 'gate', name: 'new pods receive the role of IRSA' },
      owner: 'external',
      change: 'keep',
      reason: association
        ? 'dry runs; where it does not come, the association is made again'
        : 'dry runs, nothing is stored',
      dependsOn,
    },
    {
      ...deed('wait', 'until new pods receive the role of IRSA'),
      run: async step => {
        const { effective, message } =
          await deps.verification.waitUntilEffective(
            scope.ref,
            {
              deadlineMs: scope.context.config.timings.gateDeadline,
              road: 'irsa',
            },
            scope.context,
          );
        if (effective === 'yes') return message;
        if (!association) throw new ConflictError(message);
        await makeAgain(scope, step, association);
        throw new ServiceUnavailableError(
          `${message} The association was made again, so that its pods keep Pod Identity`,
        );
      },
    },
  );
}

/** Says which pods hold on to a road that is gone. */
function planLook(builder: PlanBuilder, scope: Scope, dependsOn: string[]) {
  builder.add(
    {
      id: 'look',
      resource: { kind: 'gate', name: 'no running pod has Pod Identity' },
      owner: 'external',
      change: 'keep',
      reason: 'a pod that keeps its variables is refused within hours',
      dependsOn,
    },
    {
      ...deed('wait', 'until no running pod has Pod Identity'),
      run: async () => {
        const api = await openKubernetes(scope);
        if (!api.known) throw new ConflictError(api.lack.sentence);
        const left = podsWhere(await readPods(api.value, scope), isMoved);
        if (left.length === 0) return undefined;
        throw new ConflictError(
          `Pods of ${left
            .map(nameOf)
            .join(
              ', ',
            )} still have Pod Identity, which is gone: restart them, or they are refused within hours`,
        );
      },
    },
  );
}

/** What stands in the way of a way back, as conflicts: nothing is written then. */
function planRefusals(
  builder: PlanBuilder,
  scope: Scope,
  { subject }: Moving,
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
  if (association) {
    const { notes, possible } = wayBack(subject);
    if (!possible) refuse(notes.join(' '));
    if (!isOurs(scope, association)) {
      refuse(
        `${scope.voice.us} did not make the association ${association.id}; the commands of the plan take it back`,
      );
    }
  }
}

/**
 * Reads how the move stands, and computes what takes it back: also the rest of a way back that was cut off.
 *
 * @param isSound - of the workload of this name: its pods work by Pod Identity, so that one more restart fills the agent's cache
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
  const moving = await readMoving(scope, deps);
  const builder = new PlanBuilder('rollback', scope);
  planRefusals(builder, scope, moving, association);
  const moved = podsWhere(moving.pods, isMoved);
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
        'there is none, and no running pod has Pod Identity: nothing is to be taken back',
    });
    return { scope, plan: builder.plan(), steps: builder.steps };
  }
  let before: string[] = [];
  if (association) {
    const proof = planProof(builder, scope, {
      moving,
      context,
      deps,
      isRequired: !input.acceptUnproven,
      dependsOn: [],
    });
    for (const workload of able.filter(one => isSound(nameOf(one)))) {
      before = [
        planOne(builder, scope, workload, {
          id: 'refresh',
          reason:
            'its pods ask once more, so that the agent holds new credentials for them while the roads change',
          dependsOn: [proof, ...before],
          seconds,
          lacksIt: () => [],
          outdated: stillThere(scope, workload),
        }),
      ];
    }
    planDeletion(builder, scope, association, [proof, ...before]);
  }
  const gate = planGate(builder, scope, {
    association,
    dependsOn: builder.ids('association'),
    deps,
  });
  const restarts = able.map(workload =>
    planOne(builder, scope, workload, {
      id: 'restart',
      reason: 'its pods go back to IRSA: the roll-out replaces them',
      dependsOn: [gate],
      seconds,
      lacksIt: lacksIrsa,
      outdated: async api => podsWhere(await readPods(api, scope), isMoved),
    }),
  );
  planLook(builder, scope, [gate, ...restarts]);
  return { scope, plan: builder.plan(), steps: builder.steps };
}
