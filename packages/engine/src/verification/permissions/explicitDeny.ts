import type { DenialLayer } from '../../aws/denial';
import { isOurInlinePolicy } from '../../identity/names';
import { capitalised } from '../../text/capitalised';
import { voiceOf } from '../../text/voice';
import type { CheckContext } from '../framework/check';
import type { RulingFact } from '../framework/facts/permissions';
import type { Fix } from '../framework/fix';
import { commandsWithout, whatTheyChange } from '../role/narrowDeny';
import { foreignDeny, roleOwner } from '../role/owner';
import type { ActingRole } from './actingRole';
import type { PermissionReading } from './permissionErrors';

/** Where the statement is that has to go. */
const DENIED_IN: Record<DenialLayer, string> = {
  'identity policy': 'a policy of the role',
  'resource policy': 'the policy of the resource (bucket, key, queue or topic)',
  'permissions boundary': "the role's permissions boundary",
  'session policy': 'the session policy of the association',
  'service control policy': 'a service control policy of the AWS organization',
  'resource control policy':
    'a resource control policy of the AWS organization',
  'VPC endpoint policy': 'the policy of the VPC endpoint',
};

export const shown = ({ statement, policy }: RulingFact) =>
  `the statement ${statement} of the policy ${policy}`;

/** A Deny in a role of ours is taken back by an associate where one has put it there, and else by an administrator. */
function toNarrow(
  { layer, action = 'the action' }: PermissionReading,
  denies: readonly RulingFact[],
  { where, acting }: { where?: string; acting?: ActingRole },
  context: CheckContext,
): Pick<Fix, 'actions' | 'commands'> {
  const role = acting?.role;
  const ours = role && roleOwner(role, context).portal;
  if (!ours || layer !== 'identity policy' || denies.length === 0) {
    return {
      actions: [
        `Ask the owner of that policy to exclude ${action} from the Deny in ${where}.`,
      ],
    };
  }
  const foreign = denies.filter(({ policy }) => !isOurInlinePolicy(policy));
  const theirs = `${foreign.map(shown).join(' and ')} in the role ${role.name}`;
  const commands = commandsWithout(
    role,
    foreign.map(one => ({ ...one, actions: [action] })),
    context,
  );
  const again = capitalised(voiceOf(context.cluster).again);
  return {
    actions: [
      ...(foreign.length > 0 ? [foreignDeny(theirs, context)] : []),
      ...(commands.length > 0 ? [whatTheyChange(commands, [action])] : []),
      ...(foreign.length < denies.length
        ? [`${again} with an inline policy that does not deny ${action}.`]
        : []),
    ],
    ...(commands.length > 0 ? { commands } : {}),
  };
}

/** What to do about a statement that denies the action. */
export function againstDeny(
  reading: PermissionReading,
  denies: readonly RulingFact[],
  acting: ActingRole | undefined,
  context: CheckContext,
): Fix {
  const { layer, action = 'the action' } = reading;
  const where = denies.length
    ? denies.map(shown).join(' and ')
    : layer && DENIED_IN[layer];
  return {
    cause: denies.length
      ? `A Deny wins over every Allow, and ${where} denies ${action}.`
      : `AWS names the layer: a statement of the ${layer} denies it. A Deny wins over every Allow.`,
    ...toNarrow(reading, denies, { where, acting }, context),
  };
}
