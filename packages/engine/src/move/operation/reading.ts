import { ConflictError } from '@backstage/errors';
import type {
  MovePlan,
  RestartableKind,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { collectAccess } from '../../inventory/collect';
import type { AccessFacts } from '../../inventory/facts';
import { judgeAccount } from '../../inventory/judge';
import { accountOf, roadsOf } from '../../inventory/roads';
import { readEntityRecord } from '../../identity/entityRecord';
import type { Tags } from '../../identity/ownership';
import type { V1Pod } from '../../kubernetes/objects';
import { isOurs } from '../../lifecycle/association/isOurs';
import type { WorkloadPods } from '../../lifecycle/gate';
import {
  type ReadReplacing,
  readPods,
  workloadReader,
} from '../../lifecycle/restart/readWorkloads';
import { openKubernetes, readOrExplain } from '../../lifecycle/steps/reading';
import type { Scope } from '../../lifecycle/steps/scope';
import type { PodFact } from '../../verification/framework/facts/workloads';
import { byOwner } from '../../verification/framework/workloadsOf';
import {
  podFact,
  serves,
} from '../../verification/workloads/kubernetesWorkload';
import { lacksInjection } from '../../verification/workloads/lackingPods';
import type { OperationContext } from '../../operationContext';
import { planOf, subjectFor } from '../planMove';
import { isMadeByMove, type Subject } from '../subject';
import type { MoveContext, MoveDeps, TrustRecord } from './types';

/** What a way back is judged by. */
export interface Standing {
  /** Undefined where nothing of the service account leads to AWS any more. */
  plan?: MovePlan;
  /** Undefined where its role or its trust policy was not read. */
  subject?: Subject;
  /** Its pods, those included that do not run. */
  pods: V1Pod[];
  replacing: ReadReplacing;
}

/** What a move is judged by. */
export interface Moving extends Standing {
  plan: MovePlan;
}

/** A pod that has the variables of Pod Identity. */
export const isMoved = (pod: PodFact) => !lacksInjection(pod);

/** A pod to which the webhook gave a role of IRSA. */
export const isOnIrsa = ({ containers }: PodFact) =>
  containers.some(({ irsaRoleArn }) => irsaRoleArn !== undefined);

/** Running pods of which this is so, by their workload. */
export function podsWhere(
  pods: readonly V1Pod[],
  is: (pod: PodFact) => boolean,
): WorkloadPods[] {
  return byOwner(pods.filter(serves).map(podFact).filter(is)).map(
    ({ kind, name, pods: own }) => ({
      kind,
      name,
      pods: own.map(pod => ({
        name: pod.name,
        uid: pod.uid,
        createdAt: pod.createdAt,
      })),
    }),
  );
}

async function readFacts(
  scope: Scope,
  { seen, trusts }: Pick<MoveDeps, 'seen' | 'trusts'>,
): Promise<AccessFacts> {
  const { context, read, ref } = scope;
  return readOrExplain(
    scope,
    `read how ${ref.namespace}/${ref.serviceAccount} gets to AWS`,
    async () =>
      collectAccess({
        session: read,
        clock: context.clock,
        signal: context.signal,
        seen: await seen?.(ref.cluster),
        only: ref,
        editsTrust: trusts !== undefined,
      }),
  );
}

/**
 * Reads the cluster as a plan does, and the pods once more for themselves.
 *
 * @throws ConflictError where its pods cannot be read
 */
export async function readStanding(
  scope: Scope,
  deps: Pick<MoveDeps, 'seen' | 'trusts'>,
): Promise<Standing> {
  const { context, ref } = scope;
  const { clock } = context;
  const facts = await readFacts(scope, deps);
  const plan = planOf(facts, ref, clock.now());
  const api = await openKubernetes(scope);
  if (!api.known) throw new ConflictError(api.lack.sentence);
  const pods = await readOrExplain(scope, 'look at the running pods', () =>
    readPods(api.value, scope),
  );
  return {
    plan,
    subject: subjectFor(facts, ref, clock.now()),
    pods,
    replacing: workloadReader(scope, api),
  };
}

const hasPlan = (standing: Standing): standing is Moving =>
  standing.plan !== undefined;

/** @throws ConflictError where the service account has no way to AWS */
export function requirePlan(
  { cluster, ref }: Scope,
  standing: Standing,
): Moving {
  if (hasPlan(standing)) return standing;
  const name = `${ref.namespace}/${ref.serviceAccount}`;
  throw new ConflictError(
    podsWhere(standing.pods, isMoved).length > 0
      ? `Nothing was changed: pods of ${name} hold Pod Identity, and neither an association nor the annotation says which role it had. Make the association with that role again, or write the annotation, before their credentials end`
      : `Nothing was changed: ${name} has neither the annotation of IRSA nor an association in ${cluster.name}, so there is nothing to move`,
  );
}

/** @throws ConflictError where the service account has no way to AWS, or its pods cannot be read */
export const readMoving = async (
  scope: Scope,
  deps: Pick<MoveDeps, 'seen' | 'trusts'>,
): Promise<Moving> => requirePlan(scope, await readStanding(scope, deps));

/** How it gets to AWS now, for those who keep a list; what cannot be read is left to the next look. */
export async function tellAccess(
  scope: Scope,
  { logger, sawAccess }: MoveContext,
  deps: Pick<MoveDeps, 'seen' | 'trusts'>,
): Promise<void> {
  if (!sawAccess) return;
  const { namespace, serviceAccount } = scope.ref;
  try {
    const facts = await readFacts(scope, deps);
    const account = accountOf(`${namespace}/${serviceAccount}`, facts);
    if (roadsOf(account).length === 0) return;
    sawAccess(judgeAccount(account, facts, scope.context.clock.now()));
  } catch (error) {
    logger.warn(
      `Could not read how ${namespace}/${serviceAccount} gets to AWS after its move`,
      error as Error,
    );
  }
}

/** Lets what must not stop half-way go on, where the operation can. */
export const untilItsEnd = <T>(
  { guard, signal }: Pick<OperationContext, 'guard' | 'signal'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => guard.untilItsEnd?.(work) ?? work(signal);

/** A move of this portal made it for this service account. */
export const isOwnMove = (scope: Scope, association: Association): boolean =>
  isOurs(scope, association) && isMadeByMove(association);

/**
 * Whose a record of a trust policy is: of a move for no component, that of the association that it made, which an
 * administrator may have given to one since.
 */
export function tagsOf(
  scope: Scope,
  { roleArn, tags }: TrustRecord,
  association: Association | undefined,
): Tags | undefined {
  const isOfMove =
    association?.roleArn === roleArn && isOwnMove(scope, association);
  return isOfMove && !readEntityRecord(tags) ? association.tags : tags;
}

export const nameOf = ({ kind, name }: { kind: string; name: string }) =>
  `${kind} ${name}`;

export type RestartableWorkload = WorkloadPods & { kind: RestartableKind };
