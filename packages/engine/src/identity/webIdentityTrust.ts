import type {
  AccessSharer,
  TrustShape,
} from 'backstage-plugin-eks-pod-identity-common';
import { actionMatches } from '../iam/actions';
import {
  ABSENT,
  type Answer,
  type ConditionContext,
  evaluateConditions,
  type KeyValue,
  matchesPattern,
} from '../iam/conditions';
import {
  asList,
  parsePolicyDocument,
  type PolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import { capitalised } from '../text/capitalised';
import { POD_IDENTITY_SERVICE } from './trust';
import { deadPrincipals } from './trustPrincipals';

const ACTION = 'sts:AssumeRoleWithWebIdentity';
/** Of the tokens that EKS has the webhook mount for IRSA. */
export const IRSA_AUDIENCE = 'sts.amazonaws.com';
const SUBJECT = 'system:serviceaccount:';
const PROVIDER = ':oidc-provider/';
/** Condition keys that a request of EKS has as well. */
const CARRIED_OVER = ['aws:SecureTransport'];
/** Of a pattern that admits everybody. */
const EVERY = '*';

/** A service account that asks for a role by IRSA. */
export interface WebIdentityQuestion {
  roleArn: string;
  /** ARN of the OIDC provider of its cluster, in the account of the role. */
  providerArn: string;
  namespace: string;
  serviceAccount: string;
  audience: string;
}

/** What a trust policy says of IRSA. */
export interface WebIdentityTrust {
  /** Whether it admits the service account. */
  answer: Answer;
  /** Why not, or what cannot be judged: one sentence each. */
  reasons: string[];
  shapes: TrustShape[];
  /** The pattern by which it is admitted, where no statement names it. */
  pattern?: string;
  /** A pattern that would admit it, were it not compared by `StringEquals`. */
  isMeant: boolean;
  /** Condition keys beside subject and audience of the statements that admit it. */
  conditions: string[];
  /** Who else is admitted. */
  sharers: AccessSharer[];
}

/** One value of a condition, with the operator that compares it. */
interface Compared {
  operator: string;
  value: string;
}

/** `oidc.eks.eu-west-1.amazonaws.com/id/AB` of the ARN of a provider. */
const issuerOf = (providerArn: string) =>
  providerArn.slice(providerArn.indexOf(PROVIDER) + PROVIDER.length);

function principals(
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

const comparedWith = (statement: PolicyStatement, key: string) =>
  conditionsOf(statement)
    .filter(([name]) => name.toLowerCase() === key.toLowerCase())
    .flatMap(([, compared]) => compared);

const isLike = ({ operator }: Compared) => /like/i.test(operator);
const isNegated = ({ operator }: Compared) => /not/i.test(operator);
const isPattern = (one: Compared) =>
  isNegated(one) || (isLike(one) && /[*?]/.test(one.value));
/** `StringEquals` takes a star for a star, which no name holds. */
const neverMatches = (one: Compared) =>
  !isLike(one) && !isNegated(one) && one.value.includes('*');

/** `payments/api` of a subject; the subject itself where it has another form. */
function nameOf(subject: string): string {
  const [namespace, name, ...more] = subject.slice(SUBJECT.length).split(':');
  return subject.startsWith(SUBJECT) && name && more.length === 0
    ? `${namespace}/${name}`
    : subject;
}

/** Whom a statement admits of one provider. */
function admittedBy(
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

/** What is known of a request by IRSA. */
function contextOf(question: WebIdentityQuestion): ConditionContext {
  const issuer = issuerOf(question.providerArn).toLowerCase();
  const keys = new Map<string, KeyValue>([
    [
      `${issuer}:sub`,
      `${SUBJECT}${question.namespace}:${question.serviceAccount}`,
    ],
    [`${issuer}:aud`, question.audience],
    ['aws:securetransport', { likely: 'true' }],
  ]);
  return {
    get: key =>
      keys.get(key) ?? (key.startsWith('aws:requesttag/') ? ABSENT : undefined),
  };
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

interface Judged {
  statement: PolicyStatement;
  name: string;
  answer: Answer;
  reasons: string[];
}

/** The statements that reach the provider, and how they answer. */
function judge(
  { Statement, Version }: PolicyDocument,
  question: WebIdentityQuestion,
  effect: 'Allow' | 'Deny',
): Judged[] {
  const context = contextOf(question);
  const lean = effect === 'Allow' ? 'yes' : 'no';
  const variables = Version === '2012-10-17' ? undefined : 'none';
  return Statement.flatMap((statement, index) => {
    const reaches =
      principals(statement, 'Federated').includes(question.providerArn) ||
      (effect === 'Deny' && principals(statement, 'AWS').includes(EVERY));
    if (statement.Effect !== effect || !reaches) return [];
    if (!actionMatches(statement, ACTION)) return [];
    const name = `statement ${
      statement.Sid ? JSON.stringify(statement.Sid) : index + 1
    }`;
    const { answer, reasons } = evaluateConditions(
      statement.Condition,
      context,
      { variables, lean },
    );
    return { statement, name, answer, reasons };
  });
}

const withName = ({ name, reasons }: Judged) =>
  reasons.map(reason => `${capitalised(name)}: ${reason}`);

/** Whether the policy admits the service account, and why not. */
function answerOf(
  document: PolicyDocument,
  question: WebIdentityQuestion,
): Pick<WebIdentityTrust, 'answer' | 'reasons'> & { admitting: Judged[] } {
  const allows = judge(document, question, 'Allow');
  const denies = judge(document, question, 'Deny');
  const admitting = allows.filter(({ answer }) => answer === 'yes');
  const perhaps = allows.filter(({ answer }) => answer === 'unknown');
  const deny = denies.find(({ answer }) => answer === 'yes');
  if (deny) {
    return {
      answer: 'no',
      reasons: [`${capitalised(deny.name)} (Deny) forbids ${ACTION}`],
      admitting: [],
    };
  }
  if (allows.length === 0) {
    const others = document.Statement.flatMap(one =>
      principals(one, 'Federated'),
    ).filter(one => /:oidc-provider\/oidc\.eks\./.test(one));
    const reason = others.length
      ? `It trusts ${others[0]}, which is not the provider of this cluster`
      : `No statement lets ${question.providerArn} in`;
    return { answer: 'no', reasons: [reason], admitting: [] };
  }
  if (admitting.length === 0 && perhaps.length === 0) {
    return { answer: 'no', reasons: allows.flatMap(withName), admitting };
  }
  const open = denies.filter(({ answer }) => answer === 'unknown');
  const unsure = admitting.length ? open : [...perhaps, ...open];
  return {
    answer: unsure.length ? 'unknown' : 'yes',
    reasons: unsure.flatMap(withName),
    admitting: admitting.length ? admitting : perhaps,
  };
}

/** A statement by which a role may assume itself, under whatever principal. */
function admitsItself(statement: PolicyStatement, roleArn: string): boolean {
  const named = principals(statement, 'AWS');
  if (named.includes(roleArn)) return true;
  return (
    named.includes(EVERY) &&
    comparedWith(statement, 'aws:PrincipalArn').some(
      ({ value, ...one }) =>
        !isNegated({ value, ...one }) &&
        (value === roleArn || value === `${roleArn}-*`),
    )
  );
}

/** Everybody whom the Allow statements name, in their order; itself left out. */
function namedBy(document: PolicyDocument, roleArn: string): AccessSharer[] {
  return document.Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(
    statement => {
      if (admitsItself(statement, roleArn)) return [];
      const federated = principals(statement, 'Federated').flatMap(provider =>
        provider.includes(PROVIDER)
          ? admittedBy(statement, provider)
          : [{ kind: 'provider' as const, name: provider }],
      );
      const services = principals(statement, 'Service')
        .filter(name => name !== POD_IDENTITY_SERVICE)
        .map(name => ({ kind: 'service' as const, name }));
      const others = principals(statement, 'AWS').map(name => ({
        kind: 'principal' as const,
        name,
      }));
      return [...federated, ...services, ...others];
    },
  );
}

const keyOf = ({ kind, name, issuer = '' }: AccessSharer) =>
  `${kind} ${issuer} ${name}`;

/** The shapes of the statements; those of the subject are of the provider of the cluster. */
function shapesOf(
  document: PolicyDocument,
  question: WebIdentityQuestion,
  named: readonly AccessSharer[],
): TrustShape[] {
  const issuer = issuerOf(question.providerArn);
  const allows = document.Statement.filter(({ Effect }) => Effect === 'Allow');
  const own = allows.filter(one =>
    principals(one, 'Federated').includes(question.providerArn),
  );
  const exact = new Set(
    named
      .filter(one => one.kind === 'service-account' && one.issuer === issuer)
      .map(keyOf),
  );
  const issuers = new Set(named.flatMap(one => one.issuer ?? []));
  const subjects = own.map(one => comparedWith(one, `${issuer}:sub`));
  const audiences = own.map(one => comparedWith(one, `${issuer}:aud`));
  const holds: [TrustShape, boolean][] = [
    ['exact', exact.size === 1],
    ['several', exact.size > 1],
    ['several-clusters', issuers.size > 1],
    ['pattern', subjects.flat().some(isPattern)],
    ['never-matches', subjects.flat().some(neverMatches)],
    ['no-audience', audiences.some(({ length }) => length === 0)],
    ['no-subject', subjects.some(({ length }) => length === 0)],
    [
      'other-audience',
      audiences.some(
        found =>
          found.length > 0 &&
          !found.some(({ value }) => value === IRSA_AUDIENCE),
      ),
    ],
    ['conditions', own.some(one => furtherKeys(one, issuer).length > 0)],
    [
      'dual',
      own.length > 0 &&
        allows.some(one =>
          principals(one, 'Service').includes(POD_IDENTITY_SERVICE),
        ),
    ],
    ['dead-principal', allows.some(one => deadPrincipals(one).length > 0)],
    ['assumes-itself', allows.some(one => admitsItself(one, question.roleArn))],
  ];
  return holds.filter(([, is]) => is).map(([shape]) => shape);
}

/** What statements for the provider of the cluster compare that no name matches. */
function neverMatched(
  { Statement }: PolicyDocument,
  { providerArn }: WebIdentityQuestion,
): string[] {
  return Statement.filter(one =>
    principals(one, 'Federated').includes(providerArn),
  )
    .flatMap(one => comparedWith(one, `${issuerOf(providerArn)}:sub`))
    .filter(neverMatches)
    .map(({ value }) => nameOf(value));
}

/** Condition keys of a statement beside subject and audience. */
function furtherKeys(statement: PolicyStatement, issuer: string): string[] {
  const usual = [`${issuer}:sub`, `${issuer}:aud`, ...CARRIED_OVER].map(key =>
    key.toLowerCase(),
  );
  return conditionsOf(statement)
    .map(([key]) => key)
    .filter(key => !usual.includes(key.toLowerCase()));
}

/** Reads what a trust policy says of IRSA, for one service account. */
export function readWebIdentityTrust(
  policy: unknown,
  question: WebIdentityQuestion,
): WebIdentityTrust {
  let document: PolicyDocument;
  try {
    document = parsePolicyDocument(policy);
  } catch (error) {
    const reasons = [(error as Error).message];
    return {
      answer: 'unknown',
      reasons,
      shapes: [],
      conditions: [],
      sharers: [],
      isMeant: false,
    };
  }
  const issuer = issuerOf(question.providerArn);
  const { admitting, ...answer } = answerOf(document, question);
  const subject = `${question.namespace}/${question.serviceAccount}`;
  const admitted = admitting.flatMap(({ statement }) =>
    admittedBy(statement, question.providerArn),
  );
  const named = namedBy(document, question.roleArn);
  const byName = admitted.some(
    one => one.kind === 'service-account' && one.name === subject,
  );
  const patterns = admitted.filter(({ kind }) => kind === 'pattern');
  // Of several in one statement, the one that fits.
  const pattern = byName
    ? undefined
    : (
        patterns.find(({ name }) => matchesPattern(name, subject)) ??
        patterns[0]
      )?.name;
  const sharers = new Map(
    named
      .filter(
        one =>
          !(
            one.kind === 'service-account' &&
            one.name === subject &&
            one.issuer === issuer
          ),
      )
      .map(one => {
        // Of its own cluster the name alone tells.
        const { issuer: of, ...rest } = one;
        const sharer = of === issuer || !of ? rest : one;
        return [keyOf(sharer), sharer] as const;
      }),
  );
  return {
    ...answer,
    shapes: shapesOf(document, question, named),
    ...(pattern === undefined ? {} : { pattern }),
    isMeant: neverMatched(document, question).some(name =>
      matchesPattern(name, subject),
    ),
    conditions: [
      ...new Set(
        admitting.flatMap(({ statement }) => furtherKeys(statement, issuer)),
      ),
    ],
    sharers: [...sharers.values()],
  };
}
