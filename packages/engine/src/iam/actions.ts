import { matchesPattern } from './conditionOperators';
import {
  asList,
  type PolicyDocument,
  type PolicyStatement,
} from './policyDocument';

/** Whether a statement is about this action; names of actions ignore case. */
export function actionMatches(
  statement: PolicyStatement,
  action: string,
): boolean {
  const matches = (patterns: unknown) =>
    asList(patterns).some(pattern =>
      matchesPattern(String(pattern).toLowerCase(), action.toLowerCase()),
    );
  return statement.NotAction !== undefined
    ? !matches(statement.NotAction)
    : matches(statement.Action);
}

/** Whether a statement of the document allows this action on anything, whatever its conditions. */
export function mayAllow({ Statement }: PolicyDocument, action: string) {
  return Statement.some(
    statement =>
      statement.Effect === 'Allow' && actionMatches(statement, action),
  );
}
