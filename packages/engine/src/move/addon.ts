import type { AddonUpdate } from '../inventory/addons';
import { aws, bash, type Command } from '../text/bash';
import type { Subject } from './subject';

/**
 * Gives an add-on of EKS the association of the service account, or takes it away, and waits until EKS has done so. The
 * list of an update is all that the add-on has afterwards, so that it stops where the add-on has another number of
 * associations than was read. The role for IRSA goes with it: without it EKS may take the annotation off, which is the way
 * back (https://github.com/hashicorp/terraform-provider-aws/issues/30645).
 */
export function updateAddon(
  { account, cluster, role }: Subject,
  { name, others }: AddonUpdate,
  what: 'associate' | 'disassociate',
): Command {
  const { arn: roleArn } = role.role;
  const isNew = what === 'associate';
  const own = isNew ? [{ serviceAccount: account.name, roleArn }] : [];
  const list = JSON.stringify([...others, ...own]);
  const addon = ['--cluster-name', cluster.name, '--region', cluster.region];
  addon.push('--addon-name', name);
  const count = 'length(not_null(addon.podIdentityAssociations, `[]`))';
  const found = aws`eks describe-addon ${addon} --query ${count} --output text`;
  const before = String(others.length + (isNew ? 0 : 1));
  const changed = 'The add-on has other associations now: make the plan again.';
  return bash`{ [ "$(${found})" = ${before} ] || { echo ${changed} >&2; false; }; } &&
${aws`eks update-addon ${addon} --service-account-role-arn ${
  account.annotated?.roleArn ?? roleArn
} --pod-identity-associations ${list} --query update.status --output text`} &&
${aws`eks wait addon-active ${addon}`}`;
}

/** What an update does, and what it needs; sentences. */
export const aboutUpdate = ({ role }: Subject): string[] => [
  'This is the decision: EKS makes the association and replaces the pods of the add-on by itself. Nothing holds them back until new pods are proven, as the move of another service account does: one that starts in the seconds in which the webhook knows the association and EKS Auth does not yet is refused at its first request.',
  'Do it while neither the cluster nor its nodes nor the agent are being updated.',
  'The list is all that the add-on has: EKS deletes the associations that it leaves out. The role for IRSA stays, because it is the way back; its pods take Pod Identity first.',
  ...(role.mayAssume
    ? [
        'Its sessions carry session tags, which the association of an add-on cannot leave out. The role may assume others, whose trust policies then have to allow sts:TagSession.',
      ]
    : []),
  'Where a tool keeps the add-on, such as Terraform or CloudFormation, make the same change there, or its next run takes this one back.',
  'It takes the right iam:PassRole on the role, too.',
];
