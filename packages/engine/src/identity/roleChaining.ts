import { actionMatches } from '../iam/actions';
import { answerOf, everyOf } from '../iam/conditionOperators';
import {
  Answer,
  ConditionContext,
  evaluateConditions,
  matchesPattern,
} from '../iam/conditions';
import { TRUST_ACTIONS } from './trust';
import { asList, PolicyDocument, PolicyStatement } from '../iam/policyDocument';

const names = (patterns: unknown, arn: string) =>
  asList(patterns).some(pattern => matchesPattern(String(pattern), arn));

/** Whether the statement is about this action on this role; resources with policy variables are not filled in. */
function touches(
  statement: PolicyStatement,
  action: string,
  arn: string,
): Answer {
  if (!actionMatches(statement, action)) return 'no';
  const excluded = statement.NotResource !== undefined;
  const resources = excluded ? statement.NotResource : statement.Resource;
  if (names(resources, arn)) return answerOf(!excluded);
  return asList(resources).some(one => String(one).includes('${'))
    ? 'unknown'
    : answerOf(excluded);
}

/** A permission document, with the name of its policy. */
export interface NamedDocument {
  name?: string;
  document: PolicyDocument;
  /** Of an inline policy. */
  inline?: true;
}

/** A statement that denies the actions on the target role. */
export interface ChainingDeny {
  /** As `statement "y" of policy "x"`. */
  label: string;
  /** Its policy, and its place in it. */
  from: NamedDocument;
  index: number;
  actions: string[];
}

interface Judgement {
  answer: Answer;
  denies: ChainingDeny[];
  reasons: string[];
}

function judge(
  documents: readonly NamedDocument[],
  action: string,
  arn: string,
  context: ConditionContext,
): Judgement {
  const relevant = documents.flatMap(from => {
    const { name, document } = from;
    return document.Statement.map((statement, index) => {
      const touched = touches(statement, action, arn);
      const finding = evaluateConditions(statement.Condition, context, {
        variables: document.Version === '2012-10-17' ? undefined : 'none',
      });
      const sid = statement.Sid ? `"${statement.Sid}"` : index + 1;
      return {
        from,
        index,
        label: `statement ${sid}${name ? ` of policy "${name}"` : ''}`,
        effect: statement.Effect,
        answer: everyOf([touched, finding.answer]),
        reasons:
          touched === 'unknown'
            ? ['its resource holds a policy variable']
            : finding.reasons,
      };
    });
  });
  const of = (effect: string, answer: Answer) =>
    relevant.filter(one => one.effect === effect && one.answer === answer);
  const denies = of('Deny', 'yes').map(({ label, from, index }) => ({
    label,
    from,
    index,
    actions: [action],
  }));
  if (denies.length) {
    return {
      answer: 'no',
      denies,
      reasons: denies.map(({ label }) => `${label} (Deny) forbids ${action}`),
    };
  }
  const allows = of('Allow', 'yes');
  const perhaps = [
    ...(allows.length ? [] : of('Allow', 'unknown')),
    ...of('Deny', 'unknown'),
  ];
  if (!allows.length && !perhaps.some(({ effect }) => effect === 'Allow')) {
    return { answer: 'no', denies, reasons: [] };
  }
  return {
    answer: perhaps.length ? 'unknown' : 'yes',
    denies,
    reasons: perhaps.flatMap(({ label, reasons }) =>
      reasons.map(reason => `${label}: ${reason}`),
    ),
  };
}

/** Whether a role may assume its target role. */
export interface RoleChaining extends Judgement {
  /** The actions that nothing allows. */
  lacks: string[];
}

/** Each statement once, with all that it denies. */
function eachOnce(denies: readonly ChainingDeny[]): ChainingDeny[] {
  const found: ChainingDeny[] = [];
  for (const deny of denies) {
    const same = found.find(
      ({ from, index }) => from === deny.from && index === deny.index,
    );
    if (same) same.actions.push(...deny.actions);
    else found.push({ ...deny, actions: [...deny.actions] });
  }
  return found;
}

/**
 * Whether these permission documents let their role assume the target role and pass its session tags on.
 *
 * @param contextOf - what is known of the request of an action; default: nothing
 */
export function allowsRoleChaining(
  documents: readonly NamedDocument[],
  targetRoleArn: string,
  contextOf: (action: string) => ConditionContext = () => new Map(),
): RoleChaining {
  const judged = TRUST_ACTIONS.map(action => ({
    action,
    ...judge(documents, action, targetRoleArn, contextOf(action)),
  }));
  return {
    answer: everyOf(judged.map(({ answer }) => answer)),
    denies: eachOnce(judged.flatMap(({ denies }) => denies)),
    reasons: [...new Set(judged.flatMap(({ reasons }) => reasons))],
    lacks: judged
      .filter(({ answer, denies }) => answer === 'no' && !denies.length)
      .map(({ action }) => action),
  };
}
