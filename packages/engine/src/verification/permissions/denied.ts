import type { Association } from '../../aws/association';
import { accountOfArn, nameOfArn } from '../../aws/arn';
import type { DenialLayer } from '../../aws/denial';
import type { CheckContext } from '../framework/check';
import type { Fix, Snippet } from '../framework/fix';
import type { RulingFact } from '../framework/facts/permissions';
import type { PermissionReading } from './permissionErrors';
import {
  changeAssociationCommand,
  freeName,
  putInlineCommand,
} from '../role/commands';
import { associationOwner, roleOwner } from '../role/owner';
import type { ActingRole } from './actingRole';
import { againstDeny, shown } from './explicitDeny';
import { type Voice, voiceOf } from '../../text/voice';
import { capitalised } from '../../text/capitalised';

const BY_ORGANIZATION = (layer: string) =>
  `Ask the owners of the AWS organization: a ${layer} forbids it, whatever the role allows.`;

/** What to do where the layer does not allow the action. */
const TO_ALLOW: Record<Exclude<DenialLayer, 'identity policy'>, string> = {
  'resource policy':
    'Let the owner of the resource allow the role in its policy (bucket, key, queue or topic).',
  'permissions boundary':
    "Let the owner of the role's permissions boundary allow it; a policy on the role alone does not help.",
  'session policy':
    'Let the session policy of the association allow it; a policy on the role alone does not help.',
  'service control policy': BY_ORGANIZATION('service control policy'),
  'resource control policy': BY_ORGANIZATION('resource control policy'),
  'VPC endpoint policy':
    'Let the owner of the VPC endpoint allow it in the policy of the endpoint.',
};

const withPolicy = (again: string) =>
  `${capitalised(again)} with a policy that allows it.`;

const toAllowIn = (layer: DenialLayer, { again }: Voice) =>
  layer === 'identity policy' ? withPolicy(again) : TO_ALLOW[layer];

/** The policy allows it already, so either AWS has not spread it yet or a condition does not hold. */
function allowedAlready(
  { action, layer }: PermissionReading,
  allows: readonly RulingFact[],
): Fix {
  const sure = allows.find(one => !one.conditional);
  return {
    cause: sure
      ? `No ${layer} allowed it when the pod asked, but ${shown(
          sure,
        )} allows ${action} now: it is new, and AWS needs some seconds to spread it.`
      : `${capitalised(
          allows.map(shown).join(' and '),
        )} would allow ${action}, but its condition did not hold, or the statement is new.`,
    actions: sure
      ? ['Verify again in a minute.']
      : [
          'Compare the condition with the request: region, source, tags and time.',
          'If the policy was changed in the last minutes, verify again.',
        ],
  };
}

/** Adds the statement to a role that the portal does not change itself. */
function byCommand(
  { arn, role, inline }: ActingRole,
  { action, resource = '*' }: { action: string; resource?: string },
  context: CheckContext,
): Pick<Fix, 'actions' | 'commands'> {
  const name = `Allow-${action.replace(/[^\w+=,.@-]/g, '-')}`;
  const document = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
  };
  return {
    actions: [
      `If the workload is meant to do it, run the command below as the owner of the role ${nameOfArn(
        arn,
      )} (account ${accountOfArn(
        arn,
      )}): it adds an inline policy and leaves the others alone.`,
      ...(resource === '*'
        ? [
            'AWS does not name a resource, so the command allows the action on every resource. Restrict it if the action supports that.',
          ]
        : []),
      ...(role ? roleOwner(role, context).undone : []),
    ],
    commands: [
      putInlineCommand(
        role ?? { name: nameOfArn(arn), arn },
        { name: freeName(name, inline), document },
        context.cluster,
      ),
    ],
  };
}

const statementOf = (action: string, resource = '*'): Snippet => ({
  language: 'json',
  text: JSON.stringify(
    { Effect: 'Allow', Action: action, Resource: resource },
    null,
    2,
  ),
});

/** The association, where its lack of session tags may be why a resource refuses. */
const untagged = (
  { layer }: PermissionReading,
  acting: ActingRole | undefined,
): Association | undefined =>
  layer === 'resource policy' && acting?.association.disableSessionTags
    ? acting.association
    : undefined;

/** What is known of the layer, to follow a sentence: the name of the boundary, or that tags are off. */
function moreOf(
  reading: PermissionReading,
  acting: ActingRole | undefined,
): string {
  const { layer } = reading;
  if (untagged(reading, acting)) {
    return ' Session tags are off for this association, so a policy that grants by aws:PrincipalTag, as kubernetes-namespace or kubernetes-service-account, does not match its pods.';
  }
  const arn = acting?.role?.permissionsBoundaryArn;
  return layer === 'permissions boundary' && arn
    ? ` That of the role ${nameOfArn(acting.arn)} is ${nameOfArn(arn)}.`
    : '';
}

/** A role of ours gets policies by an associate alone, and back what was detached beside it. */
function byAssociate(
  { lost }: ActingRole,
  statement: Snippet | undefined,
  { again }: Voice,
): Omit<Fix, 'cause'> {
  if (lost.length === 0) {
    return {
      actions: [withPolicy(again)],
      rerun: 'with-changes',
      snippet: statement,
    };
  }
  return {
    actions: [
      `The role has lost ${lost.join(
        ' and ',
      )}, which it had been given: ${again} with the same policies.`,
      'If it is denied then too, run it with a policy that allows it.',
    ],
    rerun: 'as-before',
  };
}

/** No policy that asks for a session tag matches a pod whose session has none. */
function turnTagsOn(
  association: Association,
  context: CheckContext,
): Omit<Fix, 'cause'> {
  const { portal, where, undone } = associationOwner(association, context);
  const ask = 'If the policy of the resource asks for one of these tags';
  const otherwise = `Else: ${TO_ALLOW['resource policy']}`;
  if (association.policy) {
    return {
      actions: [
        `${ask}, remove the session policy of the association, without which EKS takes none while tags are on, and turn session tags on.`,
        otherwise,
      ],
    };
  }
  if (portal) {
    return {
      actions: [`${ask}: ${where}, with session tags on.`, otherwise],
      rerun: 'with-changes',
    };
  }
  const command = changeAssociationCommand(
    association,
    { disableSessionTags: false },
    context.cluster,
  );
  return {
    actions: [
      command
        ? `${ask}, turn session tags on with the command below.`
        : `${ask}: ${where}, with session tags on.`,
      otherwise,
      ...undone,
    ],
    commands: command && [command],
  };
}

function toAllow(
  reading: PermissionReading,
  acting: ActingRole | undefined,
  context: CheckContext,
): Omit<Fix, 'cause'> {
  const { layer, action, resource } = reading;
  const voice = voiceOf(context.cluster);
  const association = untagged(reading, acting);
  if (association) return turnTagsOn(association, context);
  const statement = action ? statementOf(action, resource) : undefined;
  if (layer === 'session policy' && action && acting) {
    const { where } = associationOwner(acting.association, context);
    return {
      actions: [
        TO_ALLOW[layer],
        `${where}, with this statement in its session policy.`,
      ],
      snippet: statement,
    };
  }
  const ours = acting?.role && roleOwner(acting.role, context).portal;
  if (layer === 'identity policy' && ours) {
    return byAssociate(acting, statement, voice);
  }
  if (layer === 'identity policy' && action && acting) {
    return byCommand(acting, { action, resource }, context);
  }
  return {
    actions: [
      layer
        ? toAllowIn(layer, voice)
        : 'Compare the policies of the role, its boundary and the policy of the resource.',
    ],
    snippet: !layer || layer === 'identity policy' ? statement : undefined,
  };
}

/** What to do about a denied command, by the layer that AWS names and the statements in force. */
export function deniedFix(
  reading: PermissionReading,
  rulings: readonly RulingFact[],
  acting: ActingRole | undefined,
  context: CheckContext,
): Fix {
  const { layer, explicit, action } = reading;
  // What another layer says does not make up for this one.
  const about = rulings.filter(
    one => one.action === action && one.layer === layer,
  );
  if (explicit && layer) {
    return againstDeny(
      reading,
      about.filter(one => one.effect === 'Deny'),
      acting,
      context,
    );
  }
  const allows = about.filter(one => one.effect === 'Allow');
  if (allows.length) {
    return allowedAlready(reading, allows);
  }
  return {
    cause: layer
      ? `AWS names the layer: no ${layer} allows it.${moreOf(reading, acting)}`
      : 'The message does not say which policy is in the way.',
    ...toAllow(reading, acting, context),
  };
}
