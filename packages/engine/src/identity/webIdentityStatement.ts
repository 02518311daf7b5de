import type { AccessSharer } from 'backstage-plugin-eks-pod-identity-common';
import { asList, type PolicyStatement } from '../iam/policyDocument';

export const ACTION = 'sts:AssumeRoleWithWebIdentity';
/** Of the tokens that EKS has the webhook mount for IRSA. */
export const IRSA_AUDIENCE = 'sts.amazonaws.com';
export const SUBJECT = 'system:serviceaccount:';
export const PROVIDER = ':oidc-provider/';
/** Condition keys that a request of EKS has as well. */
const CARRIED_OVER = ['aws:SecureTransport'];
/** Of a pattern that admits everybody. */
export const EVERY = '*';

/** A service account that asks for a role by IRSA. */
export interface WebIdentityQuestion {
  roleArn: string;
  /** ARN of the OIDC provider of its cluster, in the account of the role. */
  providerArn: string;
  namespace: string;
  serviceAccount: string;
  audience: string;
}

/** One value of a condition, with the operator that compares it. */
interface Compared {
  operator: string;
  value: string;
}

/** `oidc.eks.eu-west-1.amazonaws.com/id/AB` of the ARN of a provider. */
export const issuerOf = (providerArn: string) =>
  providerArn.slice(providerArn.indexOf(PROVIDER) + PROVIDER.length);

export function principals(
  { Principal }: PolicyStatement,
  kind: 'AWS' | 'Federated' | 'Service',
): string[] {
  if (Principal === EVERY) return kind === 'AWS' ? [EVERY] : [];
  return typeof Principal === 'object' && Principal !== null
    ? asList((Principal as Record<string, unknown>)[kind]).map(String)
    : [];
}

/** Every condition of a statement: its key, and what it is compared with. */
function conditionsOf({ Condition }: PolicyStatement): [string, Compared[]][] {
  return (
    Object.entries((Condition ?? {}) as Record<string, object>)
      // `Null` compares whether there is a key, not what it holds.
      .filter(([operator]) => !/^null/i.test(operator))
      .flatMap(([operator, keys]) =>
        Object.entries(keys ?? {}).map(
          ([key, values]): [string, Compared[]] => [
            key,
            asList(values).map(value => ({ operator, value: String(value) })),
          ],
        ),
      )
  );
}

export const comparedWith = (statement: PolicyStatement, key: string) =>
  conditionsOf(statement)
    .filter(([name]) => name.toLowerCase() === key.toLowerCase())
    .flatMap(([, compared]) => compared);

const isLike = ({ operator }: Compared) => /like/i.test(operator);
const isNegated = ({ operator }: Compared) => /not/i.test(operator);
export const isPattern = (one: Compared) =>
  isNegated(one) || (isLike(one) && /[*?]/.test(one.value));
/** `StringEquals` takes a star for a star, which no name holds. */
export const neverMatches = (one: Compared) =>
  !isLike(one) && !isNegated(one) && one.value.includes('*');

/** `payments/api` of a subject; the subject itself where it has another form. */
export function nameOf(subject: string): string {
  const [namespace, name, ...more] = subject.slice(SUBJECT.length).split(':');
  return subject.startsWith(SUBJECT) && name && more.length === 0
    ? `${namespace}/${name}`
    : subject;
}

/** Whom a statement admits of one provider. */
export function admittedBy(
  statement: PolicyStatement,
  providerArn: string,
): AccessSharer[] {
  const issuer = issuerOf(providerArn);
  const subjects = comparedWith(statement, `${issuer}:sub`);
  const ofPods =
    /^oidc\.eks\./.test(issuer) ||
    subjects.some(({ value }) => value.startsWith(SUBJECT));
  if (!ofPods) return [{ kind: 'provider', name: issuer }];
  if (subjects.length === 0) return [{ kind: 'pattern', name: EVERY, issuer }];
  return subjects
    .filter(one => !neverMatches(one))
    .map(one =>
      isPattern(one)
        ? {
            kind: 'pattern',
            name: isNegated(one) ? EVERY : nameOf(one.value),
            issuer,
          }
        : { kind: 'service-account', name: nameOf(one.value), issuer },
    );
}

/** The statement that admits one service account by IRSA. */
export function webIdentityStatement(
  question: Omit<WebIdentityQuestion, 'roleArn'>,
): PolicyStatement {
  const { providerArn, namespace, serviceAccount, audience } = question;
  const issuer = issuerOf(providerArn);
  return {
    Effect: 'Allow',
    Principal: { Federated: providerArn },
    Action: ACTION,
    Condition: {
      StringEquals: {
        [`${issuer}:aud`]: audience,
        [`${issuer}:sub`]: `${SUBJECT}${namespace}:${serviceAccount}`,
      },
    },
  };
}

/** Principals of accounts that a statement lets in; in the place of everybody those whose ARNs its condition names. */
export function accountPrincipals(statement: PolicyStatement): string[] {
  const arns = comparedWith(statement, 'aws:PrincipalArn')
    .filter(one => !isNegated(one))
    .map(({ value }) => value);
  return principals(statement, 'AWS').flatMap(name =>
    name === EVERY && arns.length > 0 ? arns : [name],
  );
}

/**
 * Whether an account principal is the role, or a beginning of its name as Terraform writes it where the role has a name
 * prefix (`…:role/shop-api-*`), which lets in others of that beginning, too.
 */
export function mayBeItself(name: string, roleArn: string): boolean {
  if (name === roleArn) return true;
  const prefix = name.slice(0, -1);
  return (
    name.endsWith('*') &&
    roleArn.startsWith(prefix) &&
    prefix.length > roleArn.lastIndexOf('/') + 1
  );
}

/** Condition keys of a statement beside subject and audience. */
export function furtherKeys(
  statement: PolicyStatement,
  issuer: string,
): string[] {
  const usual = [`${issuer}:sub`, `${issuer}:aud`, ...CARRIED_OVER].map(key =>
    key.toLowerCase(),
  );
  return conditionsOf(statement)
    .map(([key]) => key)
    .filter(key => !usual.includes(key.toLowerCase()));
}
