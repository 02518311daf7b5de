import { Answer, evaluateConditions, matchesPattern } from '../iam/conditions';
import { TRUST_ACTIONS } from './trust';
import { asList, PolicyDocument, PolicyStatement } from '../iam/policyDocument';

function names(patterns: unknown, value: string, foldCase: boolean): boolean {
  const fold = (text: string) => (foldCase ? text.toLowerCase() : text);
  return asList(patterns).some(pattern =>
    matchesPattern(fold(String(pattern)), fold(value)),
  );
}

function touches(statement: PolicyStatement, action: string, arn: string) {
  const acts =
    statement.NotAction !== undefined
      ? !names(statement.NotAction, action, true)
      : names(statement.Action, action, true);
  const reaches =
    statement.NotResource !== undefined
      ? !names(statement.NotResource, arn, false)
      : names(statement.Resource, arn, false);
  return acts && reaches;
}

function judge(
  statements: PolicyStatement[],
  action: string,
  arn: string,
): { answer: Answer; reasons: string[] } {
  const relevant = statements
    .filter(statement => touches(statement, action, arn))
    // The request is unknown here, so no condition can be evaluated.
    .map(statement => ({
      effect: statement.Effect,
      ...evaluateConditions(statement.Condition, new Map()),
    }));
  const denies = relevant.filter(s => s.effect === 'Deny');
  const allows = relevant.filter(s => s.effect === 'Allow');
  if (denies.some(s => s.answer === 'yes')) {
    return { answer: 'no', reasons: [`a Deny statement forbids ${action}`] };
  }
  if (!allows.length) return { answer: 'no', reasons: [] };
  const sure = allows.some(s => s.answer === 'yes') && !denies.length;
  return {
    answer: sure ? 'yes' : 'unknown',
    reasons: sure ? [] : relevant.flatMap(s => s.reasons),
  };
}

/** Whether these permission documents let their role assume the target role and pass its session tags on. */
export function allowsRoleChaining(
  documents: PolicyDocument[],
  targetRoleArn: string,
): { answer: Answer; reasons: string[] } {
  const statements = documents.flatMap(document => document.Statement);
  const answers = TRUST_ACTIONS.map(action =>
    judge(statements, action, targetRoleArn),
  );
  const reasons = [...new Set(answers.flatMap(({ reasons: r }) => r))];
  if (answers.some(({ answer }) => answer === 'no')) {
    return { answer: 'no', reasons };
  }
  return answers.some(({ answer }) => answer === 'unknown')
    ? { answer: 'unknown', reasons }
    : { answer: 'yes', reasons: [] };
}
