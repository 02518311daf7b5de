import {
  parsePolicyDocument,
  PolicyDocument,
  PolicyStatement,
} from '../iam/policyDocument';
import { trustSid } from './names';
import { targetTrustStatements, trustStatement } from './trust';
import {
  analyseTrustPolicy,
  TrustFinding,
  TrustQuestion,
} from './trustAnalysis';
import { isOfOnePod } from './trustContext';
import { deadPrincipals, withoutDeadPrincipals } from './trustPrincipals';

/** Statements that let a ref in. */
export interface NeededTrust {
  statements: PolicyStatement[];
  /** Whom they let in besides the ref, in one sentence; undefined where only the ref gets in. */
  opens?: string;
}

/** The statements that let the ref in, as narrow as its request allows. */
export function neededTrust(question: TrustQuestion): NeededTrust {
  const { sourceRoleArn, sessionTags, externalId } = question;
  if (!sourceRoleArn) {
    return sessionTags
      ? { statements: [trustStatement('serviceAccount', question)] }
      : {
          statements: [trustStatement('account', question)],
          opens:
            'Without session tags no statement can tell this service account from another: it would let every association of the account use the role',
        };
  }
  const sid = trustSid(question);
  const statements = targetTrustStatements(question, {
    roleArn: sourceRoleArn,
    sessionTags,
    externalId,
  }).map((statement, index) => ({
    Sid: index === 0 ? sid : `${sid}Tags`,
    ...statement,
  }));
  return sessionTags || externalId
    ? { statements }
    : {
        statements,
        opens: `Without session tags and without an external id no statement can tell this service account from another: it would let every pod that holds ${sourceRoleArn} go on to the role`,
      };
}

/** How to change a trust policy so that it lets the ref in, and no other that was kept out. */
export interface TrustEdit {
  /** The complete new document; undefined where none would help. */
  document?: PolicyDocument;
  /** Sids of statements that it replaces. */
  replaced: string[];
  /** Unique ids of deleted principals that it leaves out, because IAM does not store them again. */
  removed: string[];
  /** What may or does still keep the ref out, one sentence each. */
  obstacles: string[];
}

/** Nothing but a Deny is in doubt, against which no further Allow helps. */
export function onlyDenies({ verdict, deciding }: TrustFinding): boolean {
  return (
    verdict === 'cannot-tell' &&
    deciding.length > 0 &&
    deciding.every(({ effect }) => effect === 'Deny')
  );
}

/** Replaces the Allow with the same Sid; a Deny keeps its place, and the new statement gets another Sid. */
function place(
  statements: PolicyStatement[],
  statement: PolicyStatement,
): PolicyStatement[] {
  const taken = statements.find(({ Sid }) => Sid === statement.Sid);
  if (!taken) return [...statements, statement];
  return taken.Effect === 'Allow'
    ? statements.map(one => (one === taken ? statement : one))
    : place(statements, { ...statement, Sid: `${statement.Sid}Allow` });
}

/** The conditions of a statement on single pods, which an edit must not drop: that would open the role to all pods. */
function podConditions(statement: PolicyStatement): Record<string, object> {
  const blocks = Object.entries((statement.Condition ?? {}) as object).map(
    ([operator, keys]) =>
      [
        operator,
        Object.fromEntries(
          Object.entries((keys ?? {}) as object).filter(([key]) =>
            isOfOnePod(key.toLowerCase()),
          ),
        ),
      ] as const,
  );
  return Object.fromEntries(
    blocks.filter(([, keys]) => Object.keys(keys).length > 0),
  );
}

/** The statement with further conditions. */
function narrowed(
  statement: PolicyStatement,
  conditions: Record<string, object>,
): PolicyStatement {
  const Condition = { ...(statement.Condition as Record<string, object>) };
  for (const [operator, keys] of Object.entries(conditions)) {
    Condition[operator] = { ...Condition[operator], ...keys };
  }
  return { ...statement, Condition };
}

/** The policy with the statements, and without deleted principals. */
function edited(
  before: PolicyDocument,
  statements: PolicyStatement[],
  { deciding }: TrustFinding,
): PolicyDocument {
  const kept = before.Statement.map(withoutDeadPrincipals).filter(
    (one): one is PolicyStatement => one !== undefined,
  );
  const pods = deciding
    .filter(({ effect }) => effect === 'Allow')
    .map(({ index }) => podConditions(before.Statement[index]))
    .find(conditions => Object.keys(conditions).length > 0);
  const added = statements.map(one => (pods ? narrowed(one, pods) : one));
  // A Version of its own would turn plain text of other statements into variables.
  return {
    ...before,
    Statement: added.reduce<PolicyStatement[]>(place, kept),
  };
}

/** The edit of a trust policy that keeps this ref out; every other statement stays. */
export function trustEdit(
  policy: unknown,
  finding: TrustFinding,
  question: TrustQuestion,
): TrustEdit {
  const edit: TrustEdit = { replaced: [], removed: [], obstacles: [] };
  const { statements, opens } = neededTrust(question);
  if (finding.missing.includes('no-deny') || onlyDenies(finding)) {
    return { ...edit, obstacles: finding.reasons };
  }
  if (opens) return { ...edit, obstacles: [opens] };
  let before: PolicyDocument;
  try {
    before = parsePolicyDocument(policy);
  } catch (error) {
    return { ...edit, obstacles: [(error as Error).message] };
  }
  const document = edited(before, statements, finding);
  const after = analyseTrustPolicy(document, question);
  const sids = before.Statement.map(({ Sid }) => Sid);
  return {
    document: after.verdict === 'denies' ? undefined : document,
    replaced: statements.flatMap(({ Sid }) =>
      Sid && sids.includes(Sid) && after.verdict !== 'denies' ? [Sid] : [],
    ),
    removed: [...new Set(before.Statement.flatMap(deadPrincipals))],
    obstacles: after.reasons,
  };
}
