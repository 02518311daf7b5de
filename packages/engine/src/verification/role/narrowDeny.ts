import type { Role } from '../../aws/role';
import { matchesPattern } from '../../iam/conditions';
import {
  asList,
  type PolicyDocument,
  type PolicyStatement,
} from '../../iam/policyDocument';
import type { ChainingDeny } from '../../identity/roleChaining';
import type { Command } from '../../text/bash';
import { listed } from '../../text/listed';
import type { CheckContext } from '../framework/check';
import type { Fix } from '../framework/fix';
import { replaceInlineCommand } from './commands';
import { foreignDeny } from './owner';

/** A statement that denies these actions; `inline` where it stands in an inline policy of the role. */
export interface DenyToNarrow {
  /** Name of its policy. */
  policy: string;
  actions: readonly string[];
  inline?: { index: number; document: PolicyDocument };
}

/** The statement without the actions, which may leave it none; undefined where a pattern denies one of them. */
function without(
  statement: PolicyStatement,
  actions: readonly string[],
): PolicyStatement | undefined {
  const unwanted = actions.map(action => action.toLowerCase());
  const Action = asList(statement.Action).filter(
    one => !unwanted.includes(String(one).toLowerCase()),
  );
  const byPattern =
    statement.NotAction !== undefined ||
    Action.some(one =>
      unwanted.some(action =>
        matchesPattern(String(one).toLowerCase(), action),
      ),
    );
  return byPattern ? undefined : { ...statement, Action };
}

const deniesNothing = ({ Effect, Action }: PolicyStatement) =>
  Effect === 'Deny' && Array.isArray(Action) && Action.length === 0;

/**
 * The commands of an administrator that take actions out of statements that deny them, one for each inline policy; none
 * where a Deny stands in another place, or denies an action by a pattern.
 */
export function commandsWithout(
  role: Role,
  denies: readonly DenyToNarrow[],
  { cluster }: CheckContext,
): Command[] {
  const policies = new Map<string, PolicyDocument['Statement']>();
  const documents = new Map<string, PolicyDocument>();
  for (const { policy, actions, inline } of denies) {
    if (!inline) return [];
    documents.set(policy, inline.document);
    const statements = policies.get(policy) ?? [...inline.document.Statement];
    const narrowed = without(statements[inline.index], actions);
    if (!narrowed) return [];
    statements[inline.index] = narrowed;
    policies.set(policy, statements);
  }
  return [...policies].map(([name, statements]) => {
    const Statement = statements.filter(one => !deniesNothing(one));
    const document = { ...documents.get(name)!, Statement };
    return replaceInlineCommand(role, { name, document }, cluster);
  });
}

/** What the commands do, as a sentence. */
export const whatTheyChange = (
  { length }: readonly Command[],
  actions: readonly string[],
) =>
  length === 1
    ? `The command below takes ${listed(
        actions,
      )} out and leaves the rest of the policy as it was when this report was made.`
    : `The commands below take ${listed(
        actions,
      )} out and leave the rest of the policies as it was when this report was made.`;

/** How a sentence names them. */
export const labelsOf = (denies: readonly ChainingDeny[]) =>
  denies.map(({ label }) => label).join(' and ');

/** The fix for a Deny that keeps a role of the portal from its target role. It has commands where only inline policies deny. */
export function againstDenies(
  role: Role,
  denies: readonly ChainingDeny[],
  context: CheckContext,
): Pick<Fix, 'actions' | 'commands'> {
  const commands = commandsWithout(
    role,
    denies.map(({ from: { name = '', document, inline }, index, actions }) => ({
      policy: name,
      actions,
      ...(inline && { inline: { index, document } }),
    })),
    context,
  );
  const actions = [...new Set(denies.flatMap(one => one.actions))];
  return {
    actions: [
      foreignDeny(`${labelsOf(denies)} of the role ${role.name}`, context),
      ...(commands.length > 0 ? [whatTheyChange(commands, actions)] : []),
    ],
    ...(commands.length > 0 ? { commands } : {}),
  };
}
