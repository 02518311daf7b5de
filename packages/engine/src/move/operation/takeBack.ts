import { ConflictError, ServiceUnavailableError } from '@backstage/errors';
import { isRestartable } from 'backstage-plugin-eks-pod-identity-common';
import { type Association, findAssociation } from '../../aws/association';
import type { V1Pod } from '../../kubernetes/objects';
import {
  createAssociation,
  deleteAssociation,
} from '../../lifecycle/association/associationWrites';
import type { WantedAssociation } from '../../lifecycle/association/settings';
import { readPods } from '../../lifecycle/restart/readWorkloads';
import { restartWorkload } from '../../lifecycle/restart/restartWrites';
import { openKubernetes } from '../../lifecycle/steps/reading';
import { emit, type Scope } from '../../lifecycle/steps/scope';
import type { RunningStep } from '../../lifecycle/steps/Step';
import { fullStop } from '../../text/fullStop';
import { listed } from '../../text/listed';
import {
  isMoved,
  isOnIrsa,
  nameOf,
  podsWhere,
  type RestartableWorkload,
  untilItsEnd,
} from './reading';
import type { IrsaQuestion } from '../../verification/credentials/irsaRun';
import type { MoveDeps } from './types';

/** An autoscaler may start pods between a reading of the pods and the deletion: all is read and restarted so often. */
const MOST_ROUNDS = 3;

export interface TakingBack {
  /** Undefined where an earlier run deleted it. */
  association: Association | undefined;
  /** The association as it was, or as the move makes it; undefined where its role is not known. */
  again: WantedAssociation | undefined;
  deps: Pick<MoveDeps, 'verification'>;
  /** What a pod has to obtain by IRSA. */
  question: IrsaQuestion;
  /** For each roll-out. */
  seconds: number;
}

/** A pod that was dry-run, where the webhook would not give it the role of IRSA. */
const lacksIrsa = (pod: V1Pod) => podsWhere([pod], one => !isOnIrsa(one));

const say = (scope: Scope, { id }: RunningStep, message: string) =>
  emit(scope, { type: 'step', data: { id, status: 'waiting', message } });

/** Pods that hold on to Pod Identity now, by their workload. */
async function movedNow(scope: Scope) {
  const api = await openKubernetes(scope);
  if (!api.known) throw new ConflictError(api.lack.sentence);
  return podsWhere(await readPods(api.value, scope), isMoved);
}

/**
 * EKS may take a deletion and show the association still; the gate tells when it is gone.
 *
 * @throws where it is there as before
 */
async function remove(
  scope: Scope,
  step: RunningStep,
  { id, roleArn }: Association,
): Promise<void> {
  try {
    await deleteAssociation(scope, id, { roleArn }).run(step);
  } catch (error) {
    const isTaken = error instanceof ServiceUnavailableError;
    const { context, read, ref } = scope;
    // An answer that was lost after the deletion says nothing of it
    if (!isTaken && (await findAssociation(read, ref, context.signal))) {
      throw error;
    }
    await say(scope, step, (error as Error).message);
  }
}

async function restartAll(
  scope: Scope,
  step: RunningStep,
  workloads: readonly RestartableWorkload[],
  seconds: number,
): Promise<void> {
  const ended = await Promise.allSettled(
    workloads.map(workload =>
      restartWorkload(scope, workload, {
        how: 'must',
        obstacle: () => undefined,
        remainingMs: () => seconds * 1_000,
        lacksIt: lacksIrsa,
        outdated: async api => podsWhere(await readPods(api, scope), isMoved),
      }).run(step),
    ),
  );
  const failed = ended.flatMap(one =>
    one.status === 'rejected' ? [one.reason as Error] : [],
  );
  if (failed.length === 0) return;
  throw new ConflictError(
    failed.map(({ message }) => fullStop(message)).join(' '),
  );
}

/** Waits for IRSA, and restarts what has Pod Identity until nothing has it any more. */
async function toIrsa(
  scope: Scope,
  step: RunningStep,
  { deps, question, seconds }: TakingBack,
): Promise<void> {
  const { effective, message } = await deps.verification.waitUntilEffective(
    scope.ref,
    { deadlineMs: scope.context.config.timings.gateDeadline, road: 'irsa' },
    scope.context,
  );
  if (effective !== 'yes') throw new ConflictError(message);
  await say(scope, step, message);
  // The role may have lost its statement since it was tried before the deletion
  const old = await deps.verification.proveIrsa(
    scope.ref,
    question,
    scope.context,
  );
  if (old.proven === 'no') throw new ConflictError(old.message);
  for (let round = 1; ; round++) {
    const moved = await movedNow(scope);
    if (moved.length === 0) return;
    const able = moved.filter(isRestartable);
    const others = moved.filter(one => !isRestartable(one));
    if (round > MOST_ROUNDS || others.length > 0) {
      throw new ConflictError(
        `Pods of ${listed(
          (others.length ? others : moved).map(nameOf),
        )} still have Pod Identity, and no restart of ours replaces them.`,
      );
    }
    await say(scope, step, `Restarting ${listed(able.map(nameOf))} on IRSA`);
    await restartAll(scope, step, able, seconds);
  }
}

/**
 * Deletes an association, waits for IRSA and restarts on it, to an end on which each pod has a road: where IRSA does not
 * come or a restart fails, and pods still hold Pod Identity, the association is made again. A cancel does not stop it.
 *
 * @throws ServiceUnavailableError that says so
 */
export function takeBack(
  outer: Scope,
  step: RunningStep,
  how: TakingBack,
): Promise<string> {
  const work = async (signal: AbortSignal): Promise<string> => {
    const scope = { ...outer, context: { ...outer.context, signal } };
    if (how.association) await remove(scope, step, how.association);
    try {
      await toIrsa(scope, step, how);
      return 'No running pod has Pod Identity: they have IRSA again';
    } catch (error) {
      signal.throwIfAborted();
      // Where the pods cannot be read, one too many does no harm
      const moved = await movedNow(scope).catch(() => undefined);
      if (!how.again || moved?.length === 0) throw error;
      await createAssociation(scope, how.again, {
        confirmRole: async () => {},
        made: () => {},
      }).run(step);
      throw new ServiceUnavailableError(
        `${fullStop(
          (error as Error).message,
        )} The association was made again, so that pods with Pod Identity keep it`,
      );
    }
  };
  return untilItsEnd(outer.context, work);
}
