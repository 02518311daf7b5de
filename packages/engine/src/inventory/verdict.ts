import { isRoleArn } from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from '../aws/arn';
import type { WebIdentityTrust } from '../identity/webIdentityTrust';
import { asSentence, fullStop } from '../text/fullStop';
import { listed } from '../text/listed';
import { minuteOf } from '../text/minuteOf';
import { type Lack, valueOf } from '../verification/framework/fact';
import { ofAddon } from './addons';
import type { AccessFacts, RoleOfAccount } from './facts';
import { fitting } from './fitting';
import { cannotTell, type Judgement } from './judgement';
import { type Obstacles, obstaclesOf } from './obstacles';
import { unlessOnKeys, withAssociation, withoutMove } from './otherRoads';
import {
  type Account,
  askedFor,
  isRefused,
  lackOfTarget,
  otherAccountOf,
} from './roads';
import { refusalOfEks, refusalOfPortal } from './refusals';
import { ofSessionNames } from './sessionNames';
import { keysOf } from './specs';
import {
  judgeOwnEdit,
  lackOfRoom,
  type PodIdentityTrust,
  podIdentityTrust,
  providerOf,
} from './trust';

/** A service account on IRSA with a role of the account of the cluster, and everything that is known of a move. */
interface Subject {
  account: Account;
  facts: AccessFacts;
  role: RoleOfAccount;
  trust: WebIdentityTrust;
  obstacles: Obstacles;
}

/** What is wrong today, whatever a move would need; undefined where nothing is seen to be. */
function brokenNow({
  account,
  facts,
  role: { role },
  trust,
}: Subject): Judgement | undefined {
  const asked = askedFor(account, role.arn);
  if (trust.answer === 'no' && !asked.obtainedAt) {
    return {
      verdict: 'broken',
      sentence: `Role ${role.name} does not let it in by IRSA, so that its pods get no credentials by it today. Whether it should have the role is for the role's owner to say.`,
      trustReasons: trust.reasons,
      fault: 'not-let-in',
    };
  }
  const provider = providerOf(facts.cluster);
  const { providers } = facts;
  if (providers.known && provider && !providers.value.has(provider)) {
    return {
      verdict: 'broken',
      sentence: `The account does not trust the OIDC provider of the cluster (${provider}), so that its pods get no credentials by IRSA today.`,
      fault: 'provider-gone',
    };
  }
  return isRefused(asked)
    ? {
        verdict: 'broken',
        sentence: `AWS refused it role ${role.name} by IRSA at ${minuteOf(
          asked.refusedAt!,
        )}. ${
          trust.answer === 'yes'
            ? 'The trust policy reads as if it let it in: it may have been corrected since, or the OIDC provider of the cluster is gone.'
            : 'Its trust policy says why.'
        }`,
        trustReasons: trust.reasons,
      }
    : undefined;
}

/** Whom a role lets in that names no single service account. */
function whomByRule({ pattern, shapes }: WebIdentityTrust): string {
  if (shapes.includes('no-subject')) {
    return 'every service account of the cluster';
  }
  return pattern === '*'
    ? 'service accounts by a condition that names those who are kept out'
    : `the pattern ${pattern}`;
}

/**
 * Of one of those that a pattern lets in: it can move for itself, and the others stay where they are.
 *
 * @param others - what would be said of it if its role named it
 */
function ofPattern(
  { facts, role: { role }, trust }: Subject,
  { verdict, sentence, reasons = [], ...others }: Judgement,
): Judgement {
  const count = fitting(facts, role.arn).length;
  return {
    ...others,
    verdict: 'by-rule',
    alone: verdict,
    sentence: `Role ${role.name} lets ${whomByRule(
      trust,
    )} in; each service account that needs it needs its own association${
      count > 0 ? `: ${count} in this cluster today` : ''
    }. A service account made later needs one too.`,
    reasons: [sentence, ...reasons],
  };
}

/** What keeps a move from being simple, whatever else is known; undefined where nothing does. */
function notSimple(
  { obstacles, role: { role }, trust }: Subject,
  ofPodIdentity: PodIdentityTrust,
): Judgement | undefined {
  const [blocked] = obstacles.blocked;
  if (blocked) return { verdict: 'blocked', sentence: blocked };
  if (ofPodIdentity.answer === 'denied') {
    return {
      verdict: 'needs-owner',
      sentence: `The trust policy of role ${role.name} keeps Pod Identity out, and a further statement would not change it. What may go is for its owner to say.`,
      trustReasons: ofPodIdentity.reasons,
    };
  }
  const full =
    ofPodIdentity.answer === 'lacks' &&
    lackOfRoom(ofPodIdentity.statement, role.trustPolicy);
  if (full) return { verdict: 'not-allowed', sentence: full };
  return trust.conditions.length > 0
    ? {
        verdict: 'needs-owner',
        sentence: `The trust policy of role ${role.name} asks for ${listed(
          trust.conditions,
        )}, which Pod Identity does not carry over; whether the role may do without is for its owner to say.`,
      }
    : undefined;
}

/** Of a service account that nothing keeps from a move. */
function movable(
  { account, facts, role: found }: Subject,
  ofPodIdentity: PodIdentityTrust,
): Judgement {
  const { role, mayAssume } = found;
  const tagsOff = `without session tags, because role ${role.name} may assume other roles, and those would have to allow sts:TagSession.`;
  if (ofPodIdentity.answer === 'lacks') {
    const { statement } = ofPodIdentity;
    const edit = judgeOwnEdit(account, facts, found);
    if (edit.allowed) {
      return {
        verdict: 'ready',
        sentence: `Ready to move: ${edit.by} adds its statement to the trust policy of role ${role.name} then, which guardrails.roles.editTrust names.`,
        statement,
      };
    }
    return {
      verdict: 'needs-owner',
      sentence: `Ready to move once the trust policy of role ${role.name} lets Pod Identity in.`,
      reasons: [
        ...(mayAssume
          ? [
              `Move it ${tagsOff} Then no statement can tell this service account from another of the account.`,
            ]
          : []),
        ...edit.reasons,
      ],
      statement,
    };
  }
  return mayAssume
    ? { verdict: 'ready-tags-off', sentence: `Ready to move ${tagsOff}` }
    : {
        verdict: 'ready',
        sentence:
          'Ready to move: its programs, its pods and its role work with Pod Identity.',
      };
}

/** Of a service account on IRSA whose role is of the account of the cluster. */
function ofRole(subject: Subject): Judgement {
  const judged = ofOne(subject);
  return subject.trust.pattern === undefined ||
    ['blocked', 'broken'].includes(judged.verdict)
    ? judged
    : ofPattern(subject, judged);
}

/** The same, as if its role named it alone. */
function ofOne(subject: Subject): Judgement {
  const { account, facts, obstacles, role, trust } = subject;
  const { blocked, unknown, notes } = obstacles;
  const broken = brokenNow(subject);
  const ofPodIdentity = podIdentityTrust(account, facts, role);
  const first = broken ?? notSimple(subject, ofPodIdentity);
  const further = (said: string) =>
    [...blocked, ...unknown.map(asSentence), ...notes].filter(
      one => one !== said,
    );
  if (first) return { ...first, reasons: further(first.sentence) };
  if (unknown.length > 0) {
    return cannotTell(fullStop(unknown[0]), further(asSentence(unknown[0])));
  }
  if (trust.answer === 'no') {
    return {
      ...cannotTell(
        `AWS gave it role ${role.role.name} by IRSA within the last hours, and the trust policy reads now as if it kept it out.`,
        notes,
      ),
      trustReasons: trust.reasons,
    };
  }
  // What AWS did outranks what cannot be judged.
  const isOpen =
    trust.answer === 'unknown' && !askedFor(account, role.role.arn).obtainedAt;
  if (isOpen || ofPodIdentity.answer === 'unknown') {
    return {
      ...cannotTell(
        `not all conditions of the trust policy of role ${role.role.name} can be judged from here.`,
        notes,
      ),
      trustReasons: [
        ...(isOpen ? trust.reasons : []),
        ...(ofPodIdentity.answer === 'unknown' ? ofPodIdentity.reasons : []),
      ],
    };
  }
  const named = ofSessionNames(account, facts, role);
  if (named && trust.pattern !== undefined) {
    // Whom a pattern lets in may be anyone, and learns nothing of the policies
    return cannotTell(
      'sessions of Pod Identity have other names than those of IRSA, which may matter here.',
      notes,
    );
  }
  if (named) return { ...named, reasons: notes };
  const last = movable(subject, ofPodIdentity);
  const reasons = [...(last.reasons ?? []), ...notes];
  const closed = refusalOfPortal(account.namespace, facts, role.role.arn);
  if (!closed) {
    const full = refusalOfEks(facts);
    return full
      ? { verdict: 'not-allowed', sentence: full, reasons }
      : { ...last, reasons };
  }
  return {
    ...last,
    verdict: 'not-allowed',
    sentence: `${closed} By hand it works.`,
    reasons: [last.sentence, ...reasons],
    movesByHand: true,
  };
}

/** Of a service account on IRSA. */
function ofIrsa(
  account: Account,
  facts: AccessFacts,
  roleArn: string,
  trust: WebIdentityTrust | undefined,
): Judgement {
  const { cluster, addons, roles } = facts;
  const { byEks } = account.annotated ?? {};
  const having = valueOf(addons)?.get(roleArn);
  // Another service account may have the role of an add-on, too.
  const obstacles = obstaclesOf(account, facts);
  const of = otherAccountOf(account, facts);
  const role = valueOf(roles)?.get(roleArn);
  if (having && byEks) {
    // Its association cannot leave session tags out
    const own = role && !of ? { ...role, mayAssume: false } : undefined;
    const otherwise =
      own && trust && ofRole({ account, facts, role: own, trust, obstacles });
    return ofAddon(account, facts, having, otherwise);
  }
  if (!addons.known && byEks) {
    return cannotTell(
      `EKS wrote its annotation, so that an add-on probably has it, and the add-ons were not read. ${addons.lack.sentence}`,
    );
  }
  if (!isRoleArn(roleArn)) {
    return {
      verdict: 'broken',
      sentence: `Its annotation holds ${JSON.stringify(
        roleArn,
      )}, which is not the ARN of a role.`,
      fault: 'role-gone',
    };
  }
  if (of) {
    const { blocked, unknown, notes } = obstacles;
    const full = refusalOfEks(facts);
    const lack = lackOfTarget(account, facts);
    const held = [
      ...blocked,
      ...unknown.map(asSentence),
      ...(full ? [full] : []),
    ];
    return {
      verdict: 'needs-target',
      sentence:
        lack ??
        `Its role is of account ${of}. Pod Identity takes a role of account ${cluster.accountId} that goes on to it as its target role.`,
      reasons: [...held, ...notes],
      ...(lack || held.length > 0 ? {} : { movesByHand: true }),
    };
  }
  if (!roles.known) {
    return cannotTell(
      `the roles of the account were not read. ${roles.lack.sentence}`,
      obstacles.blocked,
    );
  }
  if (!role && askedFor(account, roleArn).obtainedAt) {
    return cannotTell(
      `AWS gave it role ${nameOfArn(
        roleArn,
      )} by IRSA within the last hours, and the role was not among those of the account.`,
      obstacles.blocked,
    );
  }
  if (!role) {
    const holds = [...account.irsa.roles].some(arn => arn !== roleArn);
    return {
      verdict: 'broken',
      sentence: `Role ${nameOfArn(roleArn)} does not exist, so that ${
        holds ? 'pods that start now' : 'its pods'
      } get no credentials by it${holds ? '' : ' today'}.`,
      fault: 'role-gone',
    };
  }
  return trust
    ? ofRole({ account, facts, role, trust, obstacles })
    : cannotTell('EKS names no OIDC issuer of the cluster.');
}

/** Why a template that may set the variables of IRSA was not read; undefined where all that may were. */
function lackOfTemplate(
  { pods }: Account,
  { templates }: AccessFacts,
): Lack | undefined {
  if (!templates.known) return templates.lack;
  const makers = [...pods.onIrsa.values()].flatMap(keysOf);
  return [...templates.value.unseen].find(([kind]) =>
    makers.some(key => key.startsWith(`${kind} `)),
  )?.[1];
}

/** Of pods that hold the variables of IRSA, where the service account has no annotation. */
function withoutAnnotation(account: Account, facts: AccessFacts): Judgement {
  const { irsa, pods } = account;
  if (!facts.annotated.known) {
    return cannotTell(
      `the annotations of service accounts were not read. ${facts.annotated.lack.sentence}`,
    );
  }
  const of = `${irsa.pods} of its ${pods.count} pods`;
  const lack = lackOfTemplate(account, facts);
  return lack
    ? cannotTell(
        `${of} hold the variables of IRSA without the annotation, and whether their templates set them was not read. ${lack.sentence}`,
      )
    : {
        verdict: 'broken',
        sentence: `${of} run on IRSA, and the annotation is gone: pods that start now get no identity.`,
        fault: 'annotation-gone',
      };
}

/** What stands between a service account and Pod Identity. */
export function verdictOf(
  account: Account,
  facts: AccessFacts,
  trust: WebIdentityTrust | undefined,
): Judgement {
  const none = withoutMove(account);
  if (none) return none;
  if (account.association) {
    return unlessOnKeys(account, withAssociation(account, facts, trust));
  }
  if (!facts.associations.known) {
    // It may have one, which makes everything else another question.
    return cannotTell(
      `the associations were not read. ${facts.associations.lack.sentence}`,
    );
  }
  return unlessOnKeys(
    account,
    account.annotated
      ? ofIrsa(account, facts, account.annotated.roleArn, trust)
      : withoutAnnotation(account, facts),
  );
}
