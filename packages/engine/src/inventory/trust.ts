import { parsePolicyDocument } from '../iam/policyDocument';
import { judgeTrustEdit, type TrustEditVerdict } from '../guardrails';
import { moveSid } from '../identity/names';
import {
  moveStatement,
  TRUST_POLICY_LENGTH,
  trustStatement,
} from '../identity/trust';
import {
  analyseTrustPolicy,
  type TrustFinding,
} from '../identity/trustAnalysis';
import {
  IRSA_AUDIENCE,
  type WebIdentityQuestion,
} from '../identity/webIdentityStatement';
import { readWebIdentityTrust } from '../identity/webIdentityTrust';
import type { Role } from '../aws/role';
import { capitalised } from '../text/capitalised';
import { valueOf } from '../verification/framework/fact';
import type { AccessFacts, AssociationOfAccount, RoleOfAccount } from './facts';
import { refusalOfPortal } from './refusals';
import type { Account } from './roads';

/** ARN of the OIDC provider of the cluster, which its account has to trust for IRSA. */
export const providerOf = ({
  partition,
  accountId,
  issuer,
}: AccessFacts['cluster']) =>
  issuer && `arn:${partition}:iam::${accountId}:oidc-provider/${issuer}`;

/** What a trust policy is asked for a service account on IRSA; undefined where EKS names no issuer of the cluster. */
export function questionOf(
  {
    namespace,
    name,
    annotated,
  }: Pick<Account, 'namespace' | 'name' | 'annotated'>,
  { cluster }: Pick<AccessFacts, 'cluster'>,
  roleArn: string,
): WebIdentityQuestion | undefined {
  const providerArn = providerOf(cluster);
  return providerArn
    ? {
        roleArn,
        providerArn,
        namespace,
        serviceAccount: name,
        audience: annotated?.audience ?? IRSA_AUDIENCE,
      }
    : undefined;
}

/** The role of an association; undefined where it was not read, or is gone. */
export function roleOfAssociation(
  { roleArn = '', askedRole }: AssociationOfAccount,
  roles: AccessFacts['roles'],
): Role | undefined {
  const asked = askedRole && valueOf(askedRole);
  return (
    valueOf(roles)?.get(roleArn)?.role ??
    (asked?.arn === roleArn ? asked : undefined)
  );
}

/** What the role of its association says of it; undefined where it has none, or the role was not read. */
export function associationTrust(
  {
    association,
    namespace,
    name,
  }: Pick<Account, 'association' | 'namespace' | 'name'>,
  {
    cluster,
    roles,
  }: {
    cluster: Pick<AccessFacts['cluster'], 'arn' | 'name'>;
    roles: AccessFacts['roles'];
  },
): TrustFinding | undefined {
  const role = association && roleOfAssociation(association, roles);
  return (
    association &&
    role &&
    analyseTrustPolicy(role.trustPolicy, {
      clusterArn: cluster.arn,
      clusterName: cluster.name,
      namespace,
      serviceAccount: name,
      sessionTags: !association.disableSessionTags,
    })
  );
}

/** What a trust policy says of Pod Identity: with one more statement, where it lets the service account in by none yet. */
export type PodIdentityTrust =
  | { answer: 'yes' }
  | { answer: 'lacks'; statement: Record<string, unknown> }
  | { answer: 'denied' | 'unknown'; reasons: string[] };

/**
 * A role that may assume others takes session tags that are off, as IRSA has none. The statement has no Sid: a portal takes
 * those of its own for its own statements.
 */
export function podIdentityTrust(
  account: Account,
  facts: Pick<AccessFacts, 'cluster'>,
  { role, mayAssume }: RoleOfAccount,
): PodIdentityTrust {
  const { cluster } = facts;
  const target = {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    namespace: account.namespace,
    serviceAccount: account.name,
  };
  const question = { ...target, sessionTags: !mayAssume };
  if (analyseTrustPolicy(role.trustPolicy, question).verdict === 'allows') {
    return { answer: 'yes' };
  }
  const scope = mayAssume ? 'account' : 'serviceAccount';
  const { Sid: _sid, ...statement } = trustStatement(scope, target);
  if (mayAssume) {
    statement.Condition = {
      StringEquals: { 'aws:SourceAccount': cluster.accountId },
    };
  }
  const document = parsePolicyDocument(role.trustPolicy);
  const after = analyseTrustPolicy(
    { ...document, Statement: [...document.Statement, statement] },
    question,
  );
  switch (after.verdict) {
    case 'allows':
      return { answer: 'lacks', statement };
    case 'denies':
      return { answer: 'denied', reasons: after.reasons };
    default:
      return { answer: 'unknown', reasons: after.reasons };
  }
}

/** Why a trust policy has no room for a statement. One that is too long already shows that the quota was raised. */
export function lackOfRoom(
  statement: object,
  trustPolicy: unknown,
): string | undefined {
  const document = parsePolicyDocument(trustPolicy);
  const lengthOf = (Statement: object[]) =>
    JSON.stringify({ ...document, Statement }).length;
  const length = lengthOf([...document.Statement, statement]);
  const isRaised = lengthOf(document.Statement) > TRUST_POLICY_LENGTH;
  return length > TRUST_POLICY_LENGTH && !isRaised
    ? `The trust policy of its role has no room for another statement: it would have ${length} characters, and AWS allows ${TRUST_POLICY_LENGTH} unless the quota of the account was raised.`
    : undefined;
}

/** Whether a role lets the service account in by IRSA by its name, and by nothing that Pod Identity would not carry over. */
export function isLetInByName(
  account: Account,
  facts: Pick<AccessFacts, 'cluster'>,
  { arn, trustPolicy }: RoleOfAccount['role'],
): boolean {
  const question = questionOf(account, facts, arn);
  if (!question) return false;
  const trust = readWebIdentityTrust(trustPolicy, question);
  return (
    trust.answer === 'yes' &&
    trust.pattern === undefined &&
    trust.conditions.length === 0
  );
}

/**
 * Whether a move may add its own statement where the trust policy of a role lacks one. It lets in by Pod Identity only whom the
 * role lets in by IRSA today: what pods hold may be planted. Without session tags it would let others in, which is for the
 * owner of the role to do.
 */
export function judgeOwnEdit(
  account: Account,
  facts: Pick<AccessFacts, 'cluster'>,
  { role, mayAssume }: RoleOfAccount,
): TrustEditVerdict {
  const { namespace, name } = account;
  const { arn: clusterArn, editor } = facts.cluster;
  if (!editor || refusalOfPortal(namespace, facts, role.arn)) {
    return { allowed: false, reasons: [] };
  }
  const verdict = judgeTrustEdit(role, namespace, editor);
  if (!verdict.allowed) return verdict;
  const target = { clusterArn, namespace, serviceAccount: name };
  const sid = moveSid(target);
  const { Statement } = parsePolicyDocument(role.trustPolicy);
  const full = lackOfRoom(moveStatement(target, [name]), role.trustPolicy);
  const left = `${capitalised(
    editor.voice.me,
  )} leaves the trust policy of role ${
    role.name
  } alone although guardrails.roles.editTrust names it:`;
  const reasons = [
    ...(isLetInByName(account, facts, role)
      ? []
      : [
          `${left} it does not let ${namespace}/${name} in by IRSA by its name and without further conditions.`,
        ]),
    ...(mayAssume
      ? [
          `${left} without session tags the statement would let other service accounts in, too.`,
        ]
      : []),
    ...(Statement.some(({ Sid }) => Sid === sid)
      ? [
          `${left} statement ${sid} stands there, and no record says that it is as ${editor.voice.me} wrote it.`,
        ]
      : []),
    ...(full ? [full] : []),
  ];
  return reasons.length > 0 ? { allowed: false, reasons } : verdict;
}
