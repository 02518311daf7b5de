import { NotFoundError } from '@backstage/errors';
import {
  mayMove,
  type MovePlan,
  type MoveStage,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { addonToUpdate, type AddonUpdate } from '../inventory/addons';
import type { AccessRequest } from '../inventory/asking';
import { collectAccess } from '../inventory/collect';
import type { AccessFacts } from '../inventory/facts';
import { judgeAccount, trustOf } from '../inventory/judge';
import { obstaclesOf } from '../inventory/obstacles';
import {
  type Account,
  accountOf,
  lackOfTarget,
  roadsOf,
} from '../inventory/roads';
import { associationTrust, judgeOwnEdit } from '../inventory/trust';
import { valueOf } from '../verification/framework/fact';
import { before } from './before';
import {
  annotationStage,
  associationStage,
  gateStage,
  rehearsalStage,
  restartStage,
} from './stages';
import { namesOthers } from './namesOthers';
import {
  hopEndStage,
  hopRoleStage,
  hopTrustStage,
  isAsPlanned,
  nameTaken,
  newRole,
  targetOf,
  UNREAD,
} from './otherAccount';
import { judgeOwnEnd, oldTrustStage } from './oldTrust';
import type { Subject } from './subject';
import {
  admits,
  rehearsalName,
  trustOfPodIdentity,
  trustStage,
  trustThen,
} from './trustStage';
import { restOfWayBack, wayBackNow } from './wayBack';

/** What has to be read to say how far a move is; the sentence of what was not. */
function unread({
  annotated,
  pods,
  templates,
}: AccessFacts): string | undefined {
  for (const fact of [annotated, pods, templates]) {
    if (!fact.known) return fact.lack.sentence;
  }
  const unseen = valueOf(templates)?.unseen.values().next().value;
  return unseen?.sentence;
}

/** What keeps one with an association from being what a move has made of it. */
function noMove(
  account: Account,
  facts: AccessFacts,
  { addon, target }: { addon?: AddonUpdate; target?: string },
): Pick<MovePlan, 'verdict' | 'sentence'> | undefined {
  const { annotated, association } = account;
  if (!association && !target && !addon) return undefined;
  if (!addon && (association?.ownerArn || annotated?.byEks)) {
    return {
      verdict: 'add-on',
      sentence:
        'An add-on of EKS has it: its own update changes its association, its annotation and its pods.',
    };
  }
  const lack = unread(facts);
  if (lack) {
    return {
      verdict: 'unknown',
      sentence: `Cannot tell how far its move is: ${lack}`,
    };
  }
  if (target || !association) return undefined;
  if (annotated && annotated.roleArn !== association.roleArn) {
    const { verdict } = associationTrust(account, facts) ?? {};
    return {
      verdict: verdict === 'denies' ? 'broken' : 'left-over',
      sentence:
        (association.targetRoleArn === annotated.roleArn &&
          lackOfTarget(account, facts)) ||
        `Its association has role ${association.roleArn} and its annotation role ${annotated.roleArn}: that is a change of the role, and no move. Make sure which one it should have, and look that nothing needs the other before the annotation goes.`,
    };
  }
  return undefined;
}

const isAllMoved = ({ association, pods }: Account) =>
  association !== undefined &&
  pods.count > 0 &&
  [...pods.roads.values()].every(one => one.podIdentity === one.pods);

const hasPodIdentity = ({ pods }: Account) =>
  [...pods.roads.values()].some(({ podIdentity }) => podIdentity > 0);

type Known = 'role' | 'tagsOff' | 'edit' | 'trust';
type Asked = Pick<Subject, 'addon' | 'at' | 'reach'>;

/** No operation edits the trust policy of such a move. */
const BY_OTHERS: Subject['edit'] = { allowed: false, reasons: [] };

function subjectWith(
  account: Account,
  facts: AccessFacts,
  known: Pick<Subject, Known | 'target'> & Asked,
): Subject {
  const obstacles = obstaclesOf(account, facts);
  return {
    account,
    cluster: facts.cluster,
    facts,
    obstacles,
    isBlocked: obstacles.blocked.length > 0,
    isMoved: isAllMoved(account),
    ...known,
  };
}

/** What is moved; undefined where its role, or the trust policy of that, was not read. */
function subjectOf(
  account: Account,
  facts: AccessFacts,
  asked: Asked,
): Subject | undefined {
  const { association, annotated } = account;
  const roleArn = (association ?? annotated)?.roleArn;
  const role = valueOf(facts.roles)?.get(roleArn ?? '');
  const trust = trustOf(account, facts);
  if (!role || !trust) return undefined;
  // A new association leaves them out where they could not be passed on, but for that of an add-on, which cannot
  const tagsOff =
    association?.disableSessionTags ?? (role.mayAssume && !asked.addon);
  const edit = asked.addon
    ? BY_OTHERS
    : judgeOwnEdit(account, facts, { ...role, mayAssume: tagsOff });
  return subjectWith(account, facts, { role, tagsOff, edit, trust, ...asked });
}

/** The same of a role of another account; undefined where the roles of this one were not read, or that of its association is gone. */
function subjectAcross(
  account: Account,
  facts: AccessFacts,
  target: string,
  asked: Asked,
): Subject | undefined {
  const { association } = account;
  if (!facts.roles.known) return undefined;
  const made = newRole(account, facts, target);
  const role = facts.roles.value.get(association?.roleArn ?? made.role.arn);
  if (!role && association) return undefined;
  return subjectWith(account, facts, {
    role: role ?? made,
    target,
    // Whether the old role may assume others is not read: so it goes as under IRSA
    tagsOff: association ? association.disableSessionTags === true : true,
    edit: BY_OTHERS,
    trust: UNREAD,
    ...asked,
  });
}

function stagesOf(
  subject: Subject,
): Pick<MovePlan, 'stages' | 'statement' | 'ownStatement' | 'irsa'> {
  const trust = trustOfPodIdentity(subject);
  const then = trustThen(subject, trust);
  // With an association its pods live by what the policy says today
  const isLetIn =
    trust.answer === 'yes' ||
    (trust.answer === 'lacks' && !subject.account.association);
  const rehearsal = rehearsalName(subject.account.name);
  const rehearsed = { isLetIn: admits(subject, rehearsal, then) };
  const stages: MoveStage[] = [
    trustStage(subject, trust),
    rehearsalStage(subject, rehearsed),
    associationStage(subject, rehearsed),
    gateStage(subject, { isLetIn }),
    restartStage(subject, { isLetIn }),
    oldTrustStage(subject, { isLetIn }),
    annotationStage(subject, { isLetIn }),
  ];
  return {
    ...(trust.answer === 'lacks' ? { statement: trust.statement } : {}),
    ...(trust.answer === 'lacks' && subject.edit.allowed
      ? { ownStatement: 'to-add' }
      : {}),
    ...(judgeOwnEnd(subject).allowed ? { irsa: 'to-take-out' } : {}),
    stages,
  };
}

function stagesAcross(subject: Subject, target: string): MoveStage[] {
  const { association, name } = subject.account;
  const { role } = subject.role;
  const isLetIn = !association || admits(subject, name, role.trustPolicy);
  return [
    hopRoleStage(subject, target),
    hopTrustStage(subject, target),
    rehearsalStage(subject, { isLetIn: true }),
    associationStage(subject, { isLetIn: true }),
    gateStage(subject, { isLetIn }),
    restartStage(subject, { isLetIn }),
    hopEndStage(subject, target),
    annotationStage(subject, { isLetIn }),
  ];
}

/** The plan for what was read: pure, the same facts always give the same plan. */
export function planOf(
  facts: AccessFacts,
  ref: ServiceAccountRef,
  now: number,
  reach: readonly string[] = [
    ...['--cluster', facts.cluster.name],
    ...['--region', facts.cluster.region],
  ],
): MovePlan | undefined {
  const account = accountOf(`${ref.namespace}/${ref.serviceAccount}`, facts);
  if (roadsOf(account).length === 0) return undefined;
  const row = judgeAccount(account, facts, now);
  const at = new Date(now).toISOString();
  const { verdict, sentence, reasons, role } = row;
  const judged = {
    ref,
    at,
    verdict,
    sentence,
    reasons,
    ...(role ? { role } : {}),
  };
  const target = targetOf(account, facts);
  const addon = addonToUpdate(account, facts);
  const subject = target
    ? subjectAcross(account, facts, target, { at, reach })
    : subjectOf(account, facts, { at, reach, ...(addon && { addon }) });
  const byHand = target || addon ? { byHand: true as const } : {};
  // Whatever its row says: AWS may have seen no call by IRSA for hours
  if (subject && !account.association && hasPodIdentity(account)) {
    return {
      ...judged,
      ...byHand,
      sentence:
        'Its association is gone, and pods hold the variables of Pod Identity: this is the middle of a way back.',
      before: before(subject),
      stages: [],
      back: restOfWayBack(subject, {
        // Anyone who may deploy can write such variables, and alone they say nothing of a role
        isGiven: target
          ? isAsPlanned(subject, target)
          : trustOfPodIdentity(subject).answer === 'yes',
      }),
    };
  }
  if (!mayMove(row)) {
    const { alone } = row;
    // The sentence of a pattern is about all that it lets in
    return alone
      ? {
          ...judged,
          verdict: alone,
          sentence: reasons[0],
          reasons: reasons.slice(1),
          stages: [],
        }
      : { ...judged, stages: [] };
  }
  const none = noMove(account, facts, { addon, target });
  if (none) return { ...judged, ...none, stages: [] };
  if (!subject) {
    const why =
      target && !facts.roles.known
        ? facts.roles.lack.sentence
        : 'its role was not read.';
    return {
      ...judged,
      verdict: 'unknown',
      sentence: `Cannot tell how far its move is: ${why}`,
      stages: [],
    };
  }
  const taken = target && nameTaken(subject, target);
  if (taken) return { ...judged, ...byHand, sentence: taken, stages: [] };
  return {
    ...judged,
    ...byHand,
    before: before(subject),
    ...(target ? { stages: stagesAcross(subject, target) } : stagesOf(subject)),
    ...(subject.isMoved && subject.trust.answer === 'no'
      ? {}
      : { back: wayBackNow(subject) }),
  };
}

/** What is moved, as it was read; undefined where its role was not. */
export function subjectFor(
  facts: AccessFacts,
  { namespace, serviceAccount }: ServiceAccountRef,
  now: number,
): Subject | undefined {
  const account = accountOf(`${namespace}/${serviceAccount}`, facts);
  const addon = addonToUpdate(account, facts);
  return subjectOf(account, facts, {
    at: new Date(now).toISOString(),
    reach: [],
    ...(addon && { addon }),
  });
}
/** Plans for the service accounts of a cluster as it was read. @public */
export interface MovePlanner {
  /** Undefined for one that has no way to AWS. */
  plan(ref: ServiceAccountRef): MovePlan | undefined;
  /** Of the role of its plan, for who may see that; undefined where it was not read. */
  roleOf(ref: ServiceAccountRef):
    | {
        tags: Record<string, string>;
        /** Its trust policy, which a plan quotes, names more than service accounts on IRSA and this one. */
        namesOthers: boolean;
      }
    | undefined;
}

/** Plans for what was read. */
export const plannerOf = (
  facts: AccessFacts,
  now: number,
  reach?: readonly string[],
): MovePlanner => ({
  plan: ref => planOf(facts, ref, now, reach),
  roleOf: ref => {
    const subject = subjectFor(facts, ref, now);
    return (
      subject && {
        tags: subject.role.role.tags,
        // A plan for an add-on names its other service accounts
        namesOthers: namesOthers(subject) || subject.addon !== undefined,
      }
    );
  },
});

/**
 * Reads a cluster for the plans of any of its service accounts. It only reads; what is done already of a move it reads
 * from the cluster and from AWS, so that a plan in the middle of one says what comes next.
 *
 * @param reach - options by which the program that the plan names reaches the cluster; default: its name and its region
 * @throws as the look does where the cluster cannot be described
 * @public
 */
export async function readForMoves(
  request: AccessRequest,
  reach?: readonly string[],
): Promise<MovePlanner> {
  const facts = await collectAccess(request);
  return plannerOf(facts, request.clock.now(), reach);
}

/**
 * Plans how one service account moves from IRSA to Pod Identity, one stage after the other, and back.
 *
 * @param reach - as for `readForMoves`
 * @throws NotFoundError when the service account has no way to AWS; as the look does where the cluster cannot be described
 * @public
 */
export async function planMove(
  ref: ServiceAccountRef,
  request: AccessRequest,
  reach?: readonly string[],
): Promise<MovePlan> {
  const plan = (await readForMoves({ ...request, only: ref }, reach)).plan(ref);
  if (plan) return plan;
  throw new NotFoundError(
    `${ref.namespace}/${ref.serviceAccount} has neither the annotation of IRSA nor an association in ${request.session.cluster.name}, and nothing of it leads to AWS: there is nothing to move.`,
  );
}
