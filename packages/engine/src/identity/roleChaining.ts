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
}

interface Judgement {
  answer: Answer;
  /** Deny statements that forbid it, as `statement "y" of policy "x"`. */
  denies: string[];
  reasons: string[];
}

function judge(
  documents: readonly NamedDocument[],
  action: string,
  arn: string,
  context: ConditionContext,
): Judgement {
  const relevant = documents.flatMap(({ name, document }) =>
    document.Statement.flatMap((statement, index) => {
      const touched = touches(statement, action, arn);
      if (touched === 'no') return [];
      const finding = evaluateConditions(statement.Condition, context, {
        variables: document.Version === '2012-10-17' ? undefined : 'none',
      });
      const sid = statement.Sid ? `"${statement.Sid}"` : index + 1;
      return {
        label: `statement ${sid}${name ? ` of policy "${name}"` : ''}`,
        effect: statement.Effect,
        answer: everyOf([touched, finding.answer]),
        reasons:
          touched === 'unknown'
            ? ['its resource holds a policy variable']
            : finding.reasons,
      };
    }),
  );
  const of = (effect: string, answer: Answer) =>
    relevant.filter(one => one.effect === effect && one.answer === answer);
  const denies = of('Deny', 'yes').map(({ label }) => label);
  if (denies.length) {
    return {
      answer: 'no',
      denies,
      reasons: denies.map(label => `${label} (Deny) forbids ${action}`),
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
    denies: [...new Set(judged.flatMap(({ denies }) => denies))],
    reasons: [...new Set(judged.flatMap(({ reasons }) => reasons))],
    lacks: judged
      .filter(({ answer, denies }) => answer === 'no' && !denies.length)
      .map(({ action }) => action),
  };
}
