import type { AccessVerdict } from 'backstage-plugin-eks-pod-identity-common';
import { accountOfArn, nameOfArn } from '../aws/arn';
import { parsePolicyDocument } from '../iam/policyDocument';
import { trustStatement } from '../identity/trust';
import { analyseTrustPolicy } from '../identity/trustAnalysis';
import type { WebIdentityTrust } from '../identity/webIdentityTrust';
import { capitalised } from '../text/capitalised';
import { foreign } from '../text/foreign';
import { listed } from '../text/listed';
import { valueOf } from '../verification/framework/fact';
import type { AccessFacts, RoleOfAccount } from './facts';
import { obstaclesOf } from './obstacles';
import { type Account, both, onKeysAlone } from './roads';

/** Source: IAM and STS quotas, "Role trust policy length"; it counts no white space. */
const TRUST_POLICY_LENGTH = 2048;
const ROLE = /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/** A verdict with its sentence, and what else was found. */
interface Judgement {
  verdict: AccessVerdict;
  sentence: string;
  reasons?: string[];
}

const targetOf = ({ namespace, name }: Account, { cluster }: AccessFacts) => ({
  clusterArn: cluster.arn,
  clusterName: cluster.name,
  namespace,
  serviceAccount: name,
});

const asSentence = (text: string) => {
  const full = capitalised(text);
  return /[.}]$/.test(full) ? full : `${full}.`;
};

/**
 * The statement that lets Pod Identity in; undefined where the trust policy lets it in already. It has no Sid: a portal
 * takes those of its own for its own statements.
 */
function missingStatement(
  account: Account,
  facts: AccessFacts,
  trustPolicy: unknown,
  sessionTags = true,
): object | undefined {
  const { cluster } = facts;
  const target = targetOf(account, facts);
  const { verdict } = analyseTrustPolicy(trustPolicy, {
    ...target,
    sessionTags,
  });
  if (verdict === 'allows') return undefined;
  const scope = sessionTags ? 'serviceAccount' : 'account';
  const { Sid: _sid, ...statement } = trustStatement(scope, target);
  return sessionTags
    ? statement
    : {
        ...statement,
        Condition: { StringEquals: { 'aws:SourceAccount': cluster.accountId } },
      };
}

/** Why a trust policy has no room for a statement. */
function lackOfRoom(
  statement: object,
  trustPolicy: unknown,
): string | undefined {
  const document = parsePolicyDocument(trustPolicy);
  const Statement = [...document.Statement, statement];
  const { length } = JSON.stringify({ ...document, Statement });
  return length > TRUST_POLICY_LENGTH
    ? `The trust policy of its role has no room for another statement: it would have ${length} characters, and AWS allows ${TRUST_POLICY_LENGTH} unless the quota of the account was raised.`
    : undefined;
}

/** ARN of the OIDC provider of the cluster, which its account has to trust for IRSA. */
export const providerOf = ({
  partition,
  accountId,
  issuer,
}: AccessFacts['cluster']) =>
  issuer && `arn:${partition}:iam::${accountId}:oidc-provider/${issuer}`;

/** What to do with a road from which nothing can be moved. */
function withoutMove(account: Account): Judgement | undefined {
  const [keys] = both(account, 'keys');
  const { annotated, association, pods } = account;
  const other = annotated || association || pods.irsa > 0;
  if (keys && (onKeysAlone(account) || !other)) {
    return {
      verdict: 'no-move',
      sentence: other
        ? `Its pods ${keys}, which SDKs take before the identity that it has. Take the keys out.`
        : `Its pods ${keys}, so that there is no role to move. Give it an identity and take the keys out.`,
    };
  }
  const [byHand] = both(account, 'byHand');
  if (byHand) {
    return {
      verdict: 'no-move',
      sentence: `Its pods ${byHand}. Take the variables out of the pod template, and the service account decides.`,
    };
  }
  const [kube2iam] = both(account, 'kube2iam');
  return kube2iam && !other
    ? {
        verdict: 'no-move',
        sentence: `Its pods ask kube2iam for ${foreign(
          kube2iam,
        )}. Give it an identity instead.`,
      }
    : undefined;
}

/** Of a service account with an association: what of the old road is still there. */
function withAssociation(
  { annotated, pods }: Account,
  trust: WebIdentityTrust | undefined,
): Judgement {
  const left = [
    ...(annotated ? ['the annotation of IRSA'] : []),
    ...(pods.irsa ? [`${pods.irsa} of ${pods.count} pods on IRSA`] : []),
    ...(trust?.answer === 'yes' ? ['the statement for IRSA of its role'] : []),
  ];
  return left.length > 0
    ? {
        verdict: 'left-over',
        sentence: `It has Pod Identity; still there: ${listed(left)}.`,
      }
    : { verdict: 'no-move', sentence: 'It has Pod Identity.' };
}

/** What keeps a move from being simple whatever else is known; undefined where nothing does. */
function certain(
  account: Account,
  facts: AccessFacts,
  { role }: RoleOfAccount,
  trust: WebIdentityTrust,
): Judgement | undefined {
  if (trust.answer === 'no' && !account.use?.lastAt) {
    return {
      verdict: 'broken',
      sentence: `Role ${role.name} does not let it in by IRSA, so that its pods get no credentials today. Whether it should have the role is for the role's owner to say.`,
      reasons: trust.reasons,
    };
  }
  const { lastAt, refusedAt } = account.use ?? {};
  const provider = providerOf(facts.cluster);
  if (
    facts.providers.known &&
    provider &&
    !facts.providers.value.has(provider)
  ) {
    return {
      verdict: 'broken',
      sentence: `The account does not trust the OIDC provider of the cluster (${provider}), so that its pods get no credentials by IRSA today.`,
    };
  }
  if (refusedAt && !lastAt) {
    return {
      verdict: 'broken',
      sentence: `AWS refused it role ${role.name} by IRSA at ${refusedAt}, although the trust policy reads as if it let it in. The OIDC provider of the cluster may be gone, or not know the audience of its tokens.`,
    };
  }
  const [blocked] = obstaclesOf(account, facts).blocked;
  if (blocked) return { verdict: 'blocked', sentence: blocked };
  if (trust.pattern !== undefined) {
    const whom =
      trust.pattern === '*'
        ? 'every service account of the cluster'
        : `the pattern ${trust.pattern}`;
    return {
      verdict: 'by-rule',
      sentence: `Role ${role.name} lets ${whom} in; each service account that needs it takes an association of its own.`,
    };
  }
  const statement = missingStatement(account, facts, role.trustPolicy);
  const full = statement && lackOfRoom(statement, role.trustPolicy);
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
  account: Account,
  facts: AccessFacts,
  { role, mayAssume }: RoleOfAccount,
): Judgement {
  const statement = missingStatement(
    account,
    facts,
    role.trustPolicy,
    !mayAssume,
  );
  const tagsOff = `without session tags, because role ${role.name} may assume other roles, and those would have to allow sts:TagSession`;
  if (statement) {
    return {
      verdict: 'needs-owner',
      sentence: `Ready to move once the trust policy of role ${role.name} lets Pod Identity in.`,
      reasons: [
        ...(mayAssume
          ? [
              `Move it ${tagsOff}. Then no statement can tell this service account from another of the account`,
            ]
          : []),
        `Its trust policy takes one more statement: ${JSON.stringify(
          statement,
        )}`,
      ],
    };
  }
  return mayAssume
    ? { verdict: 'ready-tags-off', sentence: `Ready to move ${tagsOff}.` }
    : {
        verdict: 'ready',
        sentence:
          'Ready to move: its programs, its pods and its role work with Pod Identity.',
      };
}

/** Of a service account on IRSA whose role is of the account of the cluster. */
function ofRole(
  account: Account,
  facts: AccessFacts,
  role: RoleOfAccount,
  trust: WebIdentityTrust,
): Judgement {
  const { blocked, unknown, notes } = obstaclesOf(account, facts);
  const open = [
    ...unknown,
    // What AWS did outranks what cannot be judged.
    ...(trust.answer === 'unknown' && !account.use?.lastAt
      ? trust.reasons
      : []),
  ];
  const further = (said: string, reasons: readonly string[] = []) => [
    ...reasons.map(asSentence),
    ...[...blocked, ...open.map(asSentence), ...notes].filter(
      one => one !== said,
    ),
  ];
  const first = certain(account, facts, role, trust);
  if (first)
    return { ...first, reasons: further(first.sentence, first.reasons) };
  if (open.length > 0) {
    return {
      verdict: 'unknown',
      sentence: `Cannot tell: ${asSentence(open[0]).replace(/^./, one =>
        one.toLowerCase(),
      )}`,
      reasons: further(asSentence(open[0])),
    };
  }
  const last = movable(account, facts, role);
  return { ...last, reasons: further(last.sentence, last.reasons) };
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
  const addon = valueOf(addons)?.get(roleArn);
  // Another service account may have the role of an add-on, too.
  if (addon && byEks) {
    return {
      verdict: 'add-on',
      sentence: `The add-on ${addon} has it, and moves it by an update of its own.`,
    };
  }
  if (!addons.known && byEks) {
    return {
      verdict: 'unknown',
      sentence: `Cannot tell: EKS wrote its annotation, so that an add-on probably has it, and the add-ons were not read. ${addons.lack.sentence}`,
    };
  }
  if (!ROLE.test(roleArn)) {
    return {
      verdict: 'broken',
      sentence: `Its annotation holds ${JSON.stringify(
        roleArn,
      )}, which is not the ARN of a role.`,
    };
  }
  const reasons = obstaclesOf(account, facts).blocked;
  const of = accountOfArn(roleArn);
  if (of !== cluster.accountId) {
    return {
      verdict: 'needs-target',
      sentence: `Its role is of account ${of}. Pod Identity takes a role of account ${cluster.accountId} that goes on to it as its target role.`,
      reasons,
    };
  }
  if (!roles.known) {
    return {
      verdict: 'unknown',
      sentence: `Cannot tell: the roles of the account were not read. ${roles.lack.sentence}`,
      reasons,
    };
  }
  const found = roles.value.get(roleArn);
  if (!found) {
    return {
      verdict: 'broken',
      sentence: `Role ${nameOfArn(
        roleArn,
      )} does not exist, so that its pods get no credentials today.`,
    };
  }
  return trust
    ? ofRole(account, facts, found, trust)
    : {
        verdict: 'unknown',
        sentence: 'Cannot tell: EKS names no OIDC issuer of the cluster.',
      };
}

/** Of pods that hold the variables of IRSA, where the service account has no annotation. */
function withoutAnnotation(account: Account, facts: AccessFacts): Judgement {
  const { pods } = account;
  return facts.annotated.known
    ? {
        verdict: 'broken',
        sentence: `${pods.irsa} of its ${pods.count} pods run on IRSA, and the annotation is gone: pods that start now get no identity.`,
      }
    : {
        verdict: 'unknown',
        sentence: `Cannot tell: the annotations of service accounts were not read. ${facts.annotated.lack.sentence}`,
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
  if (account.association) return withAssociation(account, trust);
  return account.annotated
    ? ofIrsa(account, facts, account.annotated.roleArn, trust)
    : withoutAnnotation(account, facts);
}
