import { aws, bash, type Command } from '../../text/bash';
import type { Fix } from '../framework/fix';

/** The instance of a node whose agent has no credentials of its own. */
export interface NodeInstance {
  region: string;
  nodeName?: string;
  /** Undefined of a node that is no instance, or that could not be read. */
  instanceId?: string;
  /** Role of its node group, where it is known. */
  roleName?: string;
}

function look({ region, nodeName, instanceId }: NodeInstance): Command {
  const which = instanceId
    ? bash`--instance-ids ${instanceId}`
    : bash`--filters ${`Name=private-dns-name,Values=${nodeName ?? '*'}`}`;
  return aws`ec2 describe-instances --region ${region} ${which} --query 'Reservations[].Instances[].[InstanceId,IamInstanceProfile.Arn,MetadataOptions.HttpEndpoint]'`;
}

/** What gives an agent the credentials of its node again; its own words tell which of two things is missing. */
export function nodeCredentialsFix(instance: NodeInstance, text: string): Fix {
  const { region, instanceId, roleName } = instance;
  if (/StatusCode: 404/.test(text)) {
    const cause =
      'Its instance metadata service answers that the node has no role: the instance has no instance profile, or the profile no role.';
    if (instanceId && roleName) {
      const profile = aws`iam list-instance-profiles-for-role --role-name ${roleName} --region ${region} --query 'InstanceProfiles[0].InstanceProfileName' --output text`;
      return {
        cause,
        actions: [
          `Give the instance the profile of the role ${roleName} with this command, and the agent has credentials within a minute.`,
          'Other nodes of the group may lack it as well: its launch template has the profile for new ones.',
        ],
        commands: [
          aws`ec2 associate-iam-instance-profile --region ${region} --instance-id ${instanceId} --iam-instance-profile Name="$(${profile})"`,
        ],
      };
    }
    return {
      cause,
      actions: [
        'Look at the instance of the node with this command.',
        'If it names no instance profile, attach that of the node role.',
      ],
      commands: [look(instance)],
    };
  }
  if (instanceId && /deadline exceeded|canceled/.test(text)) {
    return {
      cause:
        'Its instance metadata service does not answer: it is switched off for the instance, or something on the node drops packets to 169.254.169.254.',
      actions: [
        'Switch it on for the instance with this command; pods stay as far from it as they are.',
        'Other nodes of the group may have it off as well: its launch template decides for new ones.',
      ],
      commands: [
        aws`ec2 modify-instance-metadata-options --region ${region} --instance-id ${instanceId} --http-endpoint enabled`,
      ],
    };
  }
  return {
    cause:
      'The node has no instance profile, or its instance metadata service is off or does not answer.',
    actions: [
      'Look at the instance of the node with this command.',
      'If it names no instance profile, attach the one of the node role; if HttpEndpoint is disabled, enable it.',
    ],
    commands: [look(instance)],
  };
}
