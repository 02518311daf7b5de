import { NotFoundError } from '@backstage/errors';
import type {
  AccessRow,
  MovePlan,
  MoveStage,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AccessRequest } from '../inventory/asking';
import { collectAccess } from '../inventory/collect';
import type { AccessFacts } from '../inventory/facts';
import { judgeAccount, trustOf } from '../inventory/judge';
import { type Account, accountOf, roadsOf } from '../inventory/roads';
import { valueOf } from '../verification/framework/fact';
import {
  annotationStage,
  associationStage,
  gateStage,
  rehearsalStage,
  restartStage,
} from './stages';
import type { Subject } from './subject';
import {
  oldTrustStage,
  statementFor,
  trustStage,
  withAdded,
} from './trustStage';
import { wayBack } from './wayBack';

/** What is moved; undefined where nothing is, or where a move would take something away. */
function subjectOf(
  { verdict, statement }: AccessRow,
  account: Account,
  facts: AccessFacts,
): Subject | undefined {
  const isMovable =
    verdict === 'ready' ||
    verdict === 'ready-tags-off' ||
    verdict === 'left-over' ||
    (verdict === 'needs-owner' && statement !== undefined);
  const { association, annotated } = account;
  const roleArn = (association ?? annotated)?.roleArn;
  const role = valueOf(facts.roles)?.get(roleArn ?? '');
  const trust = trustOf(account, facts);
  return isMovable && role && trust
    ? { account, cluster: facts.cluster, facts, role, trust }
    : undefined;
}

function stagesOf(
  subject: Subject,
  statement: Record<string, unknown> | undefined,
  at: string,
): MoveStage[] {
  const { association, pods } = subject.account;
  const isMoved = association !== undefined && pods.irsa === 0;
  const oldTrust = oldTrustStage(subject, { isMoved, at });
  return [
    trustStage(subject, statement, at),
    rehearsalStage(subject, { trustPolicy: withAdded(subject, statement) }),
    associationStage(subject),
    gateStage(subject, { isMoved }),
    restartStage(subject, { isMoved }),
    oldTrust,
    annotationStage(subject, { isLetIn: oldTrust.state === 'to-do' }),
  ];
}

/** The plan for what was read: pure, the same facts always give the same plan. */
export function planOf(
  facts: AccessFacts,
  ref: ServiceAccountRef,
  now: number,
): MovePlan | undefined {
  const account = accountOf(`${ref.namespace}/${ref.serviceAccount}`, facts);
  if (roadsOf(account).length === 0) return undefined;
  const row = judgeAccount(account, facts, now);
  const at = new Date(now).toISOString();
  const { verdict, sentence, reasons, role } = row;
  const judged = { ref, at, verdict, sentence, reasons };
  const subject = subjectOf(row, account, facts);
  if (!subject) {
    return { ...judged, ...(role ? { role } : {}), stages: [] };
  }
  const statement = statementFor(subject);
  return {
    ...judged,
    ...(role ? { role } : {}),
    ...(statement ? { statement } : {}),
    stages: stagesOf(subject, statement, at),
    back: wayBack(subject),
  };
}

/** Plans for the service accounts of a cluster as it was read; undefined for one that has no way to AWS. @public */
export type MovePlanner = (ref: ServiceAccountRef) => MovePlan | undefined;

/**
 * Reads a cluster for the plans of any of its service accounts. It only reads; what is done already of a move it reads
 * from the cluster and from AWS, so that a plan in the middle of one says what comes next.
 *
 * @throws as the look does where the cluster cannot be described
 * @public
 */
export async function readForMoves(
  request: AccessRequest,
): Promise<MovePlanner> {
  const facts = await collectAccess(request);
  const now = request.clock.now();
  return ref => planOf(facts, ref, now);
}

/**
 * Plans how one service account moves from IRSA to Pod Identity, one stage after the other, and back.
 *
 * @throws NotFoundError when the service account has no way to AWS; as the look does where the cluster cannot be described
 * @public
 */
export async function planMove(
  ref: ServiceAccountRef,
  request: AccessRequest,
): Promise<MovePlan> {
  const plan = (await readForMoves(request))(ref);
  if (plan) return plan;
  throw new NotFoundError(
    `${ref.namespace}/${ref.serviceAccount} has neither the annotation of IRSA nor an association in ${request.session.cluster.name}, and nothing of it leads to AWS: there is nothing to move.`,
  );
}
