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
  parsePolicyDocument,
  type PolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import { capitalised } from '../text/capitalised';
import { POD_IDENTITY_SERVICE } from './trust';
import { deadPrincipals } from './trustPrincipals';
import {
  ACTION,
  accountPrincipals,
  admittedBy,
  comparedWith,
  EVERY,
  furtherKeys,
  IRSA_AUDIENCE,
  isPattern,
  issuerOf,
  mayBeItself,
  nameOf,
  neverMatches,
  principals,
  PROVIDER,
  SUBJECT,
  type WebIdentityQuestion,
} from './webIdentityStatement';

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
      { name: capitalised(name), variables, lean },
    );
    return { statement, name, answer, reasons };
  });
}

/** Why no statement allows the provider to ask for the role. */
function whyNone(
  { Statement }: PolicyDocument,
  { providerArn }: WebIdentityQuestion,
): string {
  const trusted = Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(
    one => principals(one, 'Federated'),
  );
  if (trusted.includes(providerArn)) {
    return `No statement allows ${ACTION} to ${providerArn}`;
  }
  const other = trusted.find(one => /:oidc-provider\/oidc\.eks\./.test(one));
  return other
    ? `It trusts ${other}, which is not the provider of this cluster`
    : `No statement lets ${providerArn} in`;
}

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
    const reasons = [whyNone(document, question)];
    return { answer: 'no', reasons, admitting: [] };
  }
  if (admitting.length === 0 && perhaps.length === 0) {
    return {
      answer: 'no',
      reasons: allows.flatMap(one => one.reasons),
      admitting,
    };
  }
  const open = denies.filter(({ answer }) => answer === 'unknown');
  const unsure = admitting.length ? open : [...perhaps, ...open];
  return {
    answer: unsure.length ? 'unknown' : 'yes',
    reasons: unsure.flatMap(one => one.reasons),
    admitting: admitting.length ? admitting : perhaps,
  };
}

/** Everybody whom the Allow statements name, in their order; itself left out. */
function namedBy(document: PolicyDocument, roleArn: string): AccessSharer[] {
  return document.Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(
    statement => {
      const federated = principals(statement, 'Federated').flatMap(provider =>
        provider.includes(PROVIDER)
          ? admittedBy(statement, provider)
          : [{ kind: 'provider' as const, name: provider }],
      );
      const services = principals(statement, 'Service')
        .filter(name => name !== POD_IDENTITY_SERVICE)
        .map(name => ({ kind: 'service' as const, name }));
      const others = accountPrincipals(statement)
        .filter(name => name !== roleArn)
        .map(name => ({ kind: 'principal' as const, name }));
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
    [
      'assumes-itself',
      allows
        .flatMap(accountPrincipals)
        .some(name => mayBeItself(name, question.roleArn)),
    ],
  ];
  return holds.filter(([, is]) => is).map(([shape]) => shape);
}

/** What statements that allow the provider of the cluster compare that no name matches. */
function neverMatched(
  { Statement }: PolicyDocument,
  { providerArn }: WebIdentityQuestion,
): string[] {
  return Statement.filter(
    one =>
      one.Effect === 'Allow' &&
      principals(one, 'Federated').includes(providerArn),
  )
    .flatMap(one => comparedWith(one, `${issuerOf(providerArn)}:sub`))
    .filter(neverMatches)
    .map(({ value }) => nameOf(value));
}

/** Whether a pattern is of the service account: of its `shop/api`, or of its whole subject, as `system:serviceaccount:*`. */
const fits = (
  pattern: string,
  { namespace, serviceAccount }: WebIdentityQuestion,
) =>
  [
    `${namespace}/${serviceAccount}`,
    `${SUBJECT}${namespace}:${serviceAccount}`,
  ].some(name => matchesPattern(pattern, name));

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
    : (patterns.find(({ name }) => fits(name, question)) ?? patterns[0])?.name;
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
        const sharer = of === issuer ? rest : one;
        return [keyOf(sharer), sharer] as const;
      }),
  );
  return {
    ...answer,
    shapes: shapesOf(document, question, named),
    pattern,
    isMeant: neverMatched(document, question).some(name =>
      fits(name, question),
    ),
    conditions: [
      ...new Set(
        admitting.flatMap(({ statement }) => furtherKeys(statement, issuer)),
      ),
    ],
    sharers: [...sharers.values()],
  };
}
