import { actionMatches } from '../iam/actions';
import {
  type Answer,
  type ConditionFinding,
  evaluateConditions,
} from '../iam/conditions';
import {
  parsePolicyDocument,
  PolicyDocument,
  PolicyStatement,
} from '../iam/policyDocument';
import { capitalised } from '../text/capitalised';
import { POD_IDENTITY_SERVICE, TRUST_ACTIONS } from './trust';
import {
  isOfOnePod,
  isOfSessionTags,
  trustContext,
  TrustQuestion,
} from './trustContext';
import { deadPrincipals, principalAnswer } from './trustPrincipals';

export type { TrustQuestion } from './trustContext';

/** The two actions. */
type TrustAction = (typeof TRUST_ACTIONS)[number];

/** What a trust policy lacks to admit the ref. */
type MissingTrust = 'principal' | 'condition' | 'no-deny' | TrustAction;

/** A statement that the answer rests on. */
interface DecidingStatement {
  /** `statement "Sid"`, or `statement 2`, counted from 1. */
  name: string;
  /** Its place in the policy, from 0. */
  index: number;
  effect: 'Allow' | 'Deny';
}

/** Answer of {@link analyseTrustPolicy}. */
export interface TrustFinding {
  /** `denies` only when that is certain; what cannot be evaluated is `cannot-tell`. */
  verdict: 'allows' | 'denies' | 'cannot-tell';
  missing: MissingTrust[];
  /** The statements that the verdict rests on; none where the policy lacks one. */
  deciding: DecidingStatement[];
  /** One sentence each, for people to read. */
  reasons: string[];
  /** Those of them that quote nothing of the policy. */
  lacks: string[];
  /** What an `allows` takes for granted, one sentence each. */
  notes: string[];
  /** Nothing but the name or uid of the pod is open. */
  dependsOnPod: boolean;
  /** It `allows` the source role by name, which needs no permission of that role within one account. */
  byName: boolean;
}

interface StatementFinding extends DecidingStatement, ConditionFinding {
  principal: Answer;
  byName: boolean;
  acts: boolean;
}

function judge(
  statement: PolicyStatement,
  index: number,
  { question, version }: { question: TrustQuestion; version?: string },
  action: TrustAction,
): StatementFinding {
  const name = `statement ${
    statement.Sid ? JSON.stringify(statement.Sid) : index + 1
  }`;
  const effect = statement.Effect === 'Deny' ? 'Deny' : 'Allow';
  const principal = principalAnswer(statement, question);
  const acts = actionMatches(statement, action);
  const base = {
    name,
    index,
    effect,
    principal: principal.answer,
    byName: principal.byName === true,
    acts,
  } as const;
  if (principal.answer === 'no' || !acts) {
    const nothing = { reasons: [], failed: [], undecided: [], assumed: [] };
    return { ...base, ...nothing, answer: 'no' };
  }
  const { answer, reasons, ...keys } = evaluateConditions(
    statement.Condition,
    trustContext(question, action),
    {
      name: capitalised(name),
      variables: version === '2012-10-17' ? undefined : 'none',
      lean: effect === 'Allow' ? 'yes' : 'no',
    },
  );
  const open = answer !== 'no' && principal.reason;
  return {
    ...base,
    ...keys,
    answer: open ? 'unknown' : answer,
    reasons: open
      ? [...reasons, `${capitalised(name)}: ${principal.reason}`]
      : reasons,
    undecided: open ? [...keys.undecided, 'principal'] : keys.undecided,
  };
}

/** First those that name the caller, then those that take least for granted. */
function byStrength(a: StatementFinding, b: StatementFinding): number {
  return (
    Number(b.byName) - Number(a.byName) || a.assumed.length - b.assumed.length
  );
}

/** The most failing statements that an answer quotes. A shared role has one for each of its refs. */
const QUOTED = 2;

/** Those of which the fewest conditions fail: the others are for other refs. */
function nearest(statements: StatementFinding[]): StatementFinding[] {
  const least = Math.min(...statements.map(({ failed }) => failed.length));
  return statements
    .filter(({ failed }) => failed.length === least)
    .slice(0, QUOTED);
}

/** How the statements answer one action, and which of them decide. */
interface ActionFinding {
  answer: Answer;
  missing?: MissingTrust;
  deciding: StatementFinding[];
  /** How many more statements fail like those that decide. */
  others?: number;
}

function judgeAction(
  { Statement, Version }: PolicyDocument,
  question: TrustQuestion,
  action: TrustAction,
): ActionFinding {
  const judged = Statement.filter(({ Effect }) =>
    ['Allow', 'Deny'].includes(Effect ?? ''),
  ).map(statement =>
    judge(
      statement,
      Statement.indexOf(statement),
      { question, version: Version },
      action,
    ),
  );
  const of = (effect: string, answer: Answer) =>
    judged.filter(one => one.effect === effect && one.answer === answer);
  const denies = of('Deny', 'yes');
  if (denies.length) {
    return { answer: 'no', missing: 'no-deny', deciding: denies };
  }
  const allows = of('Allow', 'yes');
  const perhaps = allows.length ? [] : of('Allow', 'unknown');
  if (!allows.length && !perhaps.length) {
    const reached = of('Allow', 'no').filter(one => one.principal !== 'no');
    const near = reached.filter(one => one.acts);
    let missing: MissingTrust = action;
    if (!reached.length) missing = 'principal';
    else if (near.length) missing = 'condition';
    const deciding = nearest(near);
    const others = near.length - deciding.length;
    return { answer: 'no', missing, deciding, others };
  }
  const open = [...perhaps, ...of('Deny', 'unknown')];
  if (open.length) return { answer: 'unknown', deciding: open };
  const [first] = [...allows].sort(byStrength);
  const spared = of('Deny', 'no').filter(one => one.assumed.length);
  return { answer: 'yes', deciding: [first, ...spared] };
}

/** Why no statement lets the caller in, without a word of the policy. */
function lacksOf(
  missing: ReadonlySet<MissingTrust>,
  question: TrustQuestion,
): string[] {
  const who = question.sourceRoleArn ?? `the service ${POD_IDENTITY_SERVICE}`;
  return [
    ...(missing.has('principal') ? [`No statement lets ${who} in`] : []),
    ...TRUST_ACTIONS.filter(action => missing.has(action)).map(
      action => `No statement allows ${action} to ${who}`,
    ),
  ];
}

/** One sentence for each Deny, with the actions that it forbids. */
function denials(found: [TrustAction, ActionFinding][]): string[] {
  const forbidden = new Map<string, string[]>();
  for (const [action, { missing, deciding }] of found) {
    if (missing !== 'no-deny') continue;
    for (const { name } of deciding) {
      forbidden.set(name, [...(forbidden.get(name) ?? []), action]);
    }
  }
  return [...forbidden].map(
    ([name, actions]) =>
      `${capitalised(name)} (Deny) forbids ${actions.join(' and ')}`,
  );
}

const TAGS_ARE_OFF =
  'Session tags are off for this association, so the request carries none';

/** Conditions that fail because the request carries no tags. */
function failsWithoutTags(
  question: TrustQuestion,
  statements: StatementFinding[],
): boolean {
  return (
    !question.sessionTags &&
    statements.some(({ failed }) => failed.some(isOfSessionTags))
  );
}

/** Unique ids in the place of the source role: a role of that ARN was deleted. */
function deadSources(
  document: PolicyDocument,
  missing: ReadonlySet<MissingTrust>,
  { sourceRoleArn }: TrustQuestion,
): string[] {
  if (!sourceRoleArn || missing.has('no-deny')) return [];
  const dead = document.Statement.filter(
    ({ Effect }) => Effect === 'Allow',
  ).flatMap(deadPrincipals);
  return [...new Set(dead)].map(
    id =>
      `It trusts ${id}, the unique id of a role or user that was deleted; a role that is made again under the same name is another principal`,
  );
}

const NOTES: Record<string, string> = {
  'aws:sourcearn':
    'AWS does not document which aws:SourceArn Pod Identity sends; it is likely the ARN of the cluster',
  'aws:sourceorgid':
    'EKS sends aws:SourceOrgId for accounts that belong to an organization',
};

function notesOf(statements: StatementFinding[]): string[] {
  const keys = new Set(statements.flatMap(({ assumed }) => assumed));
  return [...keys].map(
    key =>
      NOTES[key] ??
      `AWS does not document ${key} for Pod Identity in particular`,
  );
}

const NOTHING_FOUND: TrustFinding = {
  verdict: 'cannot-tell',
  missing: [],
  deciding: [],
  reasons: [],
  lacks: [],
  notes: [],
  dependsOnPod: false,
  byName: false,
};

/** Each statement once. */
function named(statements: StatementFinding[]): DecidingStatement[] {
  const byName = new Map(
    statements.map(({ name, index, effect }) => [
      index,
      { name, index, effect },
    ]),
  );
  return [...byName.values()];
}

function denied(
  document: PolicyDocument,
  question: TrustQuestion,
  refused: [TrustAction, ActionFinding][],
): Pick<TrustFinding, 'missing' | 'reasons' | 'lacks'> {
  const missing = new Set(refused.flatMap(([, one]) => one.missing ?? []));
  const statements = refused.flatMap(([, { deciding }]) => deciding);
  const lacks = [
    ...lacksOf(missing, question),
    ...(failsWithoutTags(question, statements) ? [TAGS_ARE_OFF] : []),
  ];
  const others = Math.max(0, ...refused.map(([, one]) => one.others ?? 0));
  const reasons = [
    ...lacks,
    ...deadSources(document, missing, question),
    ...denials(refused),
    ...statements.flatMap(one => one.reasons),
    ...(others
      ? [
          `${others} more ${
            others === 1 ? 'statement fits' : 'statements fit'
          } no better`,
        ]
      : []),
  ];
  return { missing: [...missing], lacks, reasons: [...new Set(reasons)] };
}

function undecided(
  open: [TrustAction, ActionFinding][],
): Pick<TrustFinding, 'reasons' | 'dependsOnPod'> {
  const statements = open.flatMap(([, { deciding }]) => deciding);
  const reasons = statements.flatMap(one => one.reasons);
  const lacksTagSession = open.some(([, { answer }]) => answer === 'no');
  if (lacksTagSession) {
    reasons.push(
      'sts:TagSession is not allowed; with session tags off AWS might not ask for it',
    );
  }
  const keys = statements.flatMap(one => one.undecided);
  if (keys.includes('aws:sourcearn')) {
    reasons.push(
      `${NOTES['aws:sourcearn']}, and one report says that a condition on the association fails (awslabs/mountpoint-s3-csi-driver#781)`,
    );
  }
  return {
    reasons: [...new Set(reasons)],
    dependsOnPod: keys.length > 0 && !lacksTagSession && keys.every(isOfOnePod),
  };
}

/**
 * Judges whether this trust policy admits the pods of this service account.
 *
 * Evaluated are principals, actions (wildcards and `NotAction` too), Deny, and every documented condition operator on
 * the keys whose value is known; everything else is `cannot-tell`. `sts:TagSession` missing while session tags are off
 * is `cannot-tell` as well, because AWS does not document whether it needs it then.
 */
export function analyseTrustPolicy(
  policy: unknown,
  question: TrustQuestion,
): TrustFinding {
  let document: PolicyDocument;
  try {
    document = parsePolicyDocument(policy);
  } catch (error) {
    return { ...NOTHING_FOUND, reasons: [(error as Error).message] };
  }
  const found = TRUST_ACTIONS.map(
    action =>
      [action, judgeAction(document, question, action)] as [
        TrustAction,
        ActionFinding,
      ],
  );
  const needed = found.filter(
    ([action]) => action === 'sts:AssumeRole' || question.sessionTags,
  );
  const refused = needed.filter(([, { answer }]) => answer === 'no');
  const open = found.filter(([, { answer }]) => answer !== 'yes');
  const decided = [refused, open, found].find(list => list.length)!;
  const statements = decided.flatMap(([, { deciding }]) => deciding);
  const finding: TrustFinding = {
    ...NOTHING_FOUND,
    verdict: 'allows',
    deciding: named(statements),
  };
  if (refused.length) {
    return {
      ...finding,
      ...denied(document, question, refused),
      verdict: 'denies',
    };
  }
  return open.length
    ? { ...finding, ...undecided(open), verdict: 'cannot-tell' }
    : {
        ...finding,
        notes: notesOf(statements),
        byName: needed.every(([, { deciding }]) => deciding[0].byName),
      };
}
