import {
  ABSENT,
  Answer,
  ConditionContext,
  evaluateConditions,
  matchesPattern,
} from '../iam/conditions';
import { accountOfArn, partitionOfArn } from '../aws/arn';
import { POD_IDENTITY_SERVICE, TRUST_ACTIONS, trustStatement } from './trust';
import {
  asList,
  parsePolicyDocument,
  PolicyStatement,
} from '../iam/policyDocument';

/** The request that a trust policy is judged for. */
export interface TrustQuestion {
  clusterArn: string;
  clusterName: string;
  namespace: string;
  serviceAccount: string;
  /** False when the association has `disableSessionTags`: the request then carries no tags. */
  sessionTags: boolean;
  /** External id of the association, for a target role whose session carries no tags. */
  externalId?: string;
  /**
   * The role that assumes this one, for the trust of a **target** role. Without it the question is the first hop:
   * the service principal `pods.eks.amazonaws.com`.
   */
  sourceRoleArn?: string;
}

/** What a trust policy lacks to admit the ref. */
type MissingTrust = 'principal' | 'condition' | 'no-deny' | TrustAction;

/** The two actions. */
type TrustAction = (typeof TRUST_ACTIONS)[number];

/** Answer of {@link analyseTrustPolicy}. */
export interface TrustFinding {
  /** `denies` only when that is certain; what cannot be evaluated is `cannot-tell`. */
  verdict: 'allows' | 'denies' | 'cannot-tell';
  missing: MissingTrust[];
  /** One sentence each, for people to read. */
  reasons: string[];
  /** Those of them that quote nothing of the policy. */
  lacks: string[];
  /** The smallest statement that would admit the ref; for the first hop, the one that the portal writes. */
  fixStatement: object;
}

const REQUEST_TAGS = [
  'eks-cluster-arn',
  'eks-cluster-name',
  'kubernetes-namespace',
  'kubernetes-service-account',
] as const;

/** Tags whose value differs with every pod. */
const POD_TAGS = ['kubernetes-pod-name', 'kubernetes-pod-uid'];

/** Answers lookups of `aws:RequestTag/<anything>`: Pod Identity sends exactly six tags. */
class RequestContext extends Map<string, string | typeof ABSENT> {
  constructor(
    entries: Iterable<[string, string | typeof ABSENT]>,
    private readonly unknownKeys: ReadonlySet<string>,
  ) {
    super(entries);
  }

  get(key: string) {
    const known = super.get(key);
    if (known !== undefined) return known;
    if (key.startsWith('aws:requesttag/') && !this.unknownKeys.has(key)) {
      return ABSENT;
    }
    return undefined;
  }
}

function contextFor(
  question: TrustQuestion,
  action: TrustAction,
): ConditionContext {
  const values: Record<(typeof REQUEST_TAGS)[number], string> = {
    'eks-cluster-arn': question.clusterArn,
    'eks-cluster-name': question.clusterName,
    'kubernetes-namespace': question.namespace,
    'kubernetes-service-account': question.serviceAccount,
  };
  const entries: [string, string | typeof ABSENT][] = question.sessionTags
    ? REQUEST_TAGS.map(tag => [`aws:requesttag/${tag}`, values[tag]])
    : [];
  if (question.sourceRoleArn) {
    entries.push(
      ['aws:principalarn', question.sourceRoleArn],
      ['aws:principalaccount', accountOfArn(question.sourceRoleArn)],
    );
    // AWS sets it only where session tags are off, and it belongs to AssumeRole alone.
    if (action === 'sts:TagSession') entries.push(['sts:externalid', ABSENT]);
    else if (question.externalId && !question.sessionTags)
      entries.push(['sts:externalid', question.externalId]);
  }
  const unknownKeys = new Set(
    question.sessionTags ? POD_TAGS.map(tag => `aws:requesttag/${tag}`) : [],
  );
  return new RequestContext(entries, unknownKeys);
}

function principalsOf(principal: unknown, kind: 'AWS' | 'Service'): unknown[] {
  return asList((principal as Record<string, unknown> | undefined)?.[kind]);
}

function namesService(principal: unknown): boolean {
  return principalsOf(principal, 'Service').includes(POD_IDENTITY_SERVICE);
}

function isEverybody(principal: unknown): boolean {
  if (principal === '*') return true;
  return (
    typeof principal === 'object' &&
    principal !== null &&
    Object.values(principal).some(value => asList(value).includes('*'))
  );
}

/** An account, its root ARN and the role's own ARN all match the source role. */
function namesRole(principal: unknown, roleArn: string): boolean {
  const account = accountOfArn(roleArn);
  const partition = partitionOfArn(roleArn);
  const names = [account, `arn:${partition}:iam::${account}:root`, roleArn];
  return principalsOf(principal, 'AWS').some(value =>
    names.includes(String(value)),
  );
}

function principalAnswer(
  statement: PolicyStatement,
  question: TrustQuestion,
): { answer: Answer; reason?: string } {
  if (statement.NotPrincipal !== undefined) {
    return { answer: 'unknown', reason: 'it uses NotPrincipal' };
  }
  const named = question.sourceRoleArn
    ? namesRole(statement.Principal, question.sourceRoleArn)
    : namesService(statement.Principal);
  if (named) return { answer: 'yes' };
  if (isEverybody(statement.Principal)) {
    // A Deny for "*" covers service principals; whether EKS accepts an Allow for "*" is not documented.
    return statement.Effect === 'Deny' || question.sourceRoleArn
      ? { answer: 'yes' }
      : { answer: 'unknown', reason: 'its principal is "*"' };
  }
  return { answer: 'no' };
}

function actionMatches(statement: PolicyStatement, action: string): boolean {
  const matches = (patterns: unknown) =>
    asList(patterns).some(pattern =>
      matchesPattern(String(pattern).toLowerCase(), action.toLowerCase()),
    );
  return statement.NotAction !== undefined
    ? !matches(statement.NotAction)
    : matches(statement.Action);
}

interface StatementFinding {
  answer: Answer;
  principal: Answer;
  action: boolean;
  reasons: string[];
}

function judge(
  statement: PolicyStatement,
  label: string,
  question: TrustQuestion,
  action: TrustAction,
): StatementFinding {
  const principal = principalAnswer(statement, question);
  const acts = actionMatches(statement, action);
  if (principal.answer === 'no' || !acts) {
    return {
      answer: 'no',
      principal: principal.answer,
      action: acts,
      reasons: [],
    };
  }
  const conditions = evaluateConditions(
    statement.Condition,
    contextFor(question, action),
  );
  const reasons = conditions.reasons.map(reason => `${label}: ${reason}`);
  if (principal.reason) reasons.push(`${label}: ${principal.reason}`);
  let answer: Answer = conditions.answer;
  if (answer === 'yes' && principal.answer === 'unknown') answer = 'unknown';
  return { answer, principal: principal.answer, action: acts, reasons };
}

interface ActionFinding {
  answer: Answer;
  missing: MissingTrust[];
  reasons: string[];
}

function best(findings: StatementFinding[]): Answer {
  if (findings.some(finding => finding.answer === 'yes')) return 'yes';
  return findings.some(finding => finding.answer === 'unknown')
    ? 'unknown'
    : 'no';
}

function judgeAction(
  statements: PolicyStatement[],
  question: TrustQuestion,
  action: TrustAction,
): ActionFinding {
  const judged = statements.map((statement, i) => ({
    effect: statement.Effect,
    finding: judge(
      statement,
      `Statement ${statement.Sid ? `"${statement.Sid}"` : i + 1}`,
      question,
      action,
    ),
  }));
  const denies = judged.filter(j => j.effect === 'Deny').map(j => j.finding);
  const allows = judged.filter(j => j.effect === 'Allow').map(j => j.finding);
  const denied = best(denies);
  const allowed = best(allows);
  if (denied === 'yes') {
    return {
      answer: 'no',
      missing: ['no-deny'],
      reasons: [`A Deny statement forbids ${action} for this ServiceAccount`],
    };
  }
  if (allowed === 'no') {
    const principalOk = allows.some(f => f.principal !== 'no');
    const near = allows.filter(f => f.principal !== 'no' && f.action);
    let missing: MissingTrust = action;
    if (!principalOk) missing = 'principal';
    else if (near.length) missing = 'condition';
    const reasons = near.flatMap(f => f.reasons);
    return { answer: 'no', missing: [missing], reasons };
  }
  if (allowed === 'unknown' || denied === 'unknown') {
    const reasons = [...(allowed === 'unknown' ? allows : []), ...denies]
      .filter(f => f.answer === 'unknown')
      .flatMap(f => f.reasons);
    return { answer: 'unknown', missing: [], reasons };
  }
  return { answer: 'yes', missing: [], reasons: [] };
}

function fixStatement(question: TrustQuestion): object {
  if (!question.sourceRoleArn) {
    return trustStatement(
      question.sessionTags ? 'serviceAccount' : 'account',
      question,
    );
  }
  const partition = partitionOfArn(question.sourceRoleArn);
  return {
    Effect: 'Allow',
    Principal: {
      AWS: `arn:${partition}:iam::${accountOfArn(question.sourceRoleArn)}:root`,
    },
    Action: [...TRUST_ACTIONS],
    Condition: { ArnEquals: { 'aws:PrincipalArn': question.sourceRoleArn } },
  };
}

function describeMissing(
  missing: MissingTrust[],
  question: TrustQuestion,
): string[] {
  const who = question.sourceRoleArn ?? `the service ${POD_IDENTITY_SERVICE}`;
  const sentences: string[] = [];
  if (missing.includes('principal')) {
    sentences.push(`No statement lets ${who} in`);
  }
  for (const action of TRUST_ACTIONS) {
    if (missing.includes(action)) {
      sentences.push(`No statement allows ${action} to ${who}`);
    }
  }
  return sentences;
}

/**
 * Judges whether this trust policy admits the pods of this service account.
 *
 * Evaluated are principals, actions (wildcards and `NotAction` too), Deny, and the string, ARN and null conditions
 * on the request tags of Pod Identity; everything else is `cannot-tell`. `sts:TagSession` missing while session tags
 * are off is `cannot-tell` as well, because AWS does not document whether it needs it then.
 */
export function analyseTrustPolicy(
  document: unknown,
  question: TrustQuestion,
): TrustFinding {
  const fix = fixStatement(question);
  let statements: PolicyStatement[];
  try {
    statements = parsePolicyDocument(document).Statement;
  } catch (error) {
    return {
      verdict: 'cannot-tell',
      missing: [],
      reasons: [(error as Error).message],
      lacks: [],
      fixStatement: fix,
    };
  }
  const assume = judgeAction(statements, question, 'sts:AssumeRole');
  const tag = judgeAction(statements, question, 'sts:TagSession');
  const missing = new Set<MissingTrust>();
  const reasons = new Set<string>();
  const add = (finding: ActionFinding) => {
    finding.missing.forEach(item => missing.add(item));
    finding.reasons.forEach(reason => reasons.add(reason));
  };
  let verdict: TrustFinding['verdict'] = 'allows';
  if (assume.answer === 'no' || (question.sessionTags && tag.answer === 'no')) {
    verdict = 'denies';
    if (assume.answer === 'no') add(assume);
    if (question.sessionTags && tag.answer === 'no') add(tag);
  } else if (assume.answer === 'unknown' || tag.answer !== 'yes') {
    verdict = 'cannot-tell';
    add(assume);
    add(tag);
    if (tag.answer === 'no') {
      reasons.add(
        'sts:TagSession is not allowed; with session tags off AWS may not ask for it',
      );
    }
  }
  const list = [...missing];
  const sentences = verdict === 'denies' ? describeMissing(list, question) : [];
  return {
    verdict,
    missing: list,
    reasons: [...sentences, ...reasons],
    lacks: sentences,
    fixStatement: fix,
  };
}
