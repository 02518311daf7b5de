import { accountOfArn, nameOfArn, rolePathOfArn } from '../../aws/arn';
import type { Association } from '../../aws/association';
import { identityTarget } from '../../identity/names';
import { trustStatement } from '../../identity/trust';
import { aws } from '../../text/bash';
import type { CheckContext } from '../framework/check';
import type { Fix } from '../framework/fix';
import { changeAssociationCommand } from './commands';
import { associationOwner } from './owner';
import { voiceOf } from '../../text/voice';
import { capitalised } from '../../text/capitalised';

/** The portal recreates a role for its own association only; for any other, the command does it by hand. */
export function roleGoneFix(
  arn: string,
  linked: Association | undefined,
  context: CheckContext,
): Fix {
  const restart = 'Then restart the pods that use it.';
  const owner = linked && associationOwner(linked, context);
  if (!owner || owner.portal) {
    return {
      cause: linked
        ? 'The role was deleted after the association was made, which EKS does not prevent.'
        : 'No role of this name exists.',
      actions: [
        `${capitalised(
          voiceOf(context.cluster).again,
        )}: this creates a role and sets it on the association.`,
        restart,
      ],
      rerun: 'as-before',
    };
  }
  const gone = `The role was deleted after the association was made, which EKS does not prevent. The association belongs to ${owner.name}.`;
  if (linked.disableSessionTags) {
    return {
      cause: gone,
      actions: [
        `${owner.where}, or create the role ${nameOfArn(
          arn,
        )} again. Session tags are off, so its trust policy cannot name the service account: every association of the account could use it.`,
        restart,
      ],
    };
  }
  const trust = {
    Version: '2012-10-17',
    Statement: [
      trustStatement(
        'serviceAccount',
        identityTarget(context.cluster, context.ref),
      ),
    ],
  };
  return {
    cause: gone,
    actions: [
      `${
        owner.where
      }. Or create the role again with this command, in account ${accountOfArn(
        arn,
      )}, and attach the policies that it had.`,
      restart,
    ],
    commands: [
      aws`iam create-role --role-name ${nameOfArn(arn)} --path ${rolePathOfArn(
        arn,
      )} --region ${
        context.cluster.region
      } --assume-role-policy-document ${JSON.stringify(trust)}`,
    ],
  };
}

/** No role can be created under a name that another path has already. */
export function otherPathFix(
  namesake: string,
  association: Association,
  context: CheckContext,
): Fix {
  const { portal, where, undone } = associationOwner(association, context);
  const command = portal
    ? undefined
    : changeAssociationCommand(
        association,
        { roleArn: namesake },
        context.cluster,
      );
  return {
    cause:
      'The role was recreated at another path. Its ARN is another one, and IAM takes the same name only once.',
    actions: [
      command
        ? `If ${namesake} is the role that is meant, set it on the association with the command below.`
        : `If ${namesake} is the role that is meant: ${where}, with that role.`,
      'Else let its owner rename or delete it, and create the role of the association again.',
      'Then restart the pods that use it.',
      ...(command ? undone : []),
    ],
    commands: command && [command],
    ...(portal ? { rerun: 'with-changes' as const } : {}),
  };
}
