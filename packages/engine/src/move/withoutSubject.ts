import { sameStatement } from '../iam/policyCompare';
import {
  asList,
  parsePolicyDocument,
  type PolicyDocument,
  type PolicyStatement,
} from '../iam/policyDocument';
import {
  ACTION,
  issuerOf,
  SUBJECT,
  type WebIdentityQuestion,
} from '../identity/webIdentityStatement';
import { readWebIdentityTrust } from '../identity/webIdentityTrust';
import { conditionsOf } from './trustStage';

/** Operators by which a statement names whom it admits. */
const NAMING = /^(ForAnyValue:)?String(Equals|Like)(IfExists)?$/;

const subjectOf = ({ namespace, serviceAccount }: WebIdentityQuestion) =>
  `${SUBJECT}${namespace}:${serviceAccount}`;

/** The statement with other subjects in the place of those that it compares. */
function withSubjects(
  statement: PolicyStatement,
  { providerArn }: WebIdentityQuestion,
  change: (values: unknown[]) => unknown[],
): PolicyStatement {
  const key = `${issuerOf(providerArn)}:sub`.toLowerCase();
  const Condition = Object.fromEntries(
    Object.entries(conditionsOf(statement)).map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        Object.entries(keys).map(([name, values]) => [
          name,
          name.toLowerCase() === key ? change(asList(values)) : values,
        ]),
      ),
    ]),
  );
  return { ...statement, Condition };
}

/**
 * Takes the subject of the service account out of a statement. This changes no one else's access, because the statement has
 * the provider of the cluster as its only principal.
 *
 * @returns the statement itself if it does not name the service account; `gone` if it names no other; `unclear` if more than
 *   the name would have to go
 */
function withoutSubject(
  statement: PolicyStatement,
  question: WebIdentityQuestion,
): PolicyStatement | 'gone' | 'unclear' {
  const key = `${issuerOf(question.providerArn)}:sub`.toLowerCase();
  const subject = subjectOf(question);
  const compared = Object.entries(conditionsOf(statement)).flatMap(
    ([operator, keys]) =>
      Object.keys(keys)
        .filter(name => name.toLowerCase() === key)
        .map(name => ({ operator, values: asList(keys[name]) })),
  );
  if (!compared.some(({ values }) => values.includes(subject))) {
    return statement;
  }
  const [{ operator, values }, ...more] = compared;
  const { Federated, ...others } =
    typeof statement.Principal === 'object' && statement.Principal !== null
      ? (statement.Principal as Record<string, unknown>)
      : {};
  const isPlain =
    more.length === 0 &&
    NAMING.test(operator) &&
    statement.Effect === 'Allow' &&
    asList(statement.Action).includes(ACTION) &&
    Object.keys(others).length === 0 &&
    asList(Federated).join() === question.providerArn;
  if (!isPlain) return 'unclear';
  const kept = values.filter(value => value !== subject);
  return kept.length === 0
    ? 'gone'
    : withSubjects(statement, question, () => kept);
}

/** Whether a statement names it, whatever else it asks for. */
export const isNamed = (
  trustPolicy: unknown,
  question: WebIdentityQuestion,
): boolean =>
  parsePolicyDocument(trustPolicy).Statement.some(
    one => withoutSubject(one, question) !== one,
  );

/**
 * A trust policy that no longer lets the service account in by IRSA.
 *
 * @returns the policy then, and the statements that name it as they stand; undefined where none does, or where that
 *   takes more than its name
 */
export function takenOut(
  trustPolicy: unknown,
  question: WebIdentityQuestion,
): { then: PolicyDocument; taken: PolicyStatement[] } | undefined {
  const document = parsePolicyDocument(trustPolicy);
  const found = document.Statement.map(one => ({
    one,
    then: withoutSubject(one, question),
  }));
  const taken = found.flatMap(({ one, then }) => (then === one ? [] : [one]));
  const left = found.flatMap(({ then }) =>
    typeof then === 'string' ? [] : [then],
  );
  if (
    taken.length === 0 ||
    left.length === 0 ||
    found.some(({ then }) => then === 'unclear')
  ) {
    return undefined;
  }
  const then = { ...document, Statement: left };
  return readWebIdentityTrust(then, question).answer === 'no'
    ? { then, taken }
    : undefined;
}

/**
 * A trust policy that lets the service account in by IRSA again, by statements that were taken out of it: where the rest of
 * one stands as it was left, its subject comes back to it; else one of this subject alone is added.
 *
 * @param taken - as they stood; a record of them may have been edited
 * @returns the policy then; undefined where one of them does not name it plainly, or they would not let it in
 */
export function putBack(
  trustPolicy: unknown,
  taken: readonly PolicyStatement[],
  question: WebIdentityQuestion,
): PolicyDocument | undefined {
  const document = parsePolicyDocument(trustPolicy);
  if (readWebIdentityTrust(document, question).answer === 'yes') {
    return document;
  }
  let Statement = document.Statement;
  for (const one of taken) {
    const rest = withoutSubject(one, question);
    if (rest === one || rest === 'unclear') return undefined;
    const place =
      rest === 'gone'
        ? -1
        : Statement.findIndex(found => sameStatement(found, rest));
    const { Sid, ...own } = withSubjects(one, question, () => [
      subjectOf(question),
    ]);
    const isFree = Sid && !Statement.some(found => found.Sid === Sid);
    Statement =
      place < 0
        ? [...Statement, isFree ? { Sid, ...own } : own]
        : Statement.map((found, index) => (index === place ? one : found));
  }
  const then = { ...document, Statement };
  return readWebIdentityTrust(then, question).answer === 'yes'
    ? then
    : undefined;
}
