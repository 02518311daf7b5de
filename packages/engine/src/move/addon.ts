import type { MoveStage } from 'backstage-plugin-eks-pod-identity-common';
import type { AddonUpdate } from '../inventory/addons';
import { aws, bash, type Command } from '../text/bash';
import { inTurn, type Subject, told } from './subject';

const optionsOf = ({ cluster }: Subject, { name }: AddonUpdate) => [
  ...['--cluster-name', cluster.name, '--region', cluster.region],
  ...['--addon-name', name],
];

/**
 * Gives an add-on of EKS the association of the service account, or takes it away. The list of an update is all that the
 * add-on has afterwards, so that it stops where the add-on has other associations than were read. The role for IRSA goes
 * with it: without it EKS may take the annotation off, which is the way back
 * (https://github.com/hashicorp/terraform-provider-aws/issues/30645).
 */
export function updateAddon(
  subject: Subject,
  addon: AddonUpdate,
  what: 'associate' | 'disassociate',
): Command {
  const { others, own, roleArn } = addon;
  const isNew = what === 'associate';
  const entries = [
    ...others.map(one => [one.serviceAccount, one.roleArn]),
    ...(isNew ? [[subject.account.name, subject.role.role.arn]] : []),
  ].map(([serviceAccount, role]) => ({ serviceAccount, roleArn: role }));
  // Before its association is made, and after it is gone, the others are all
  const read = isNew ? others : [...others, ...(own ? [own] : [])];
  const before = read
    .map(({ arn }) => arn)
    .sort()
    .join(',');
  const options = optionsOf(subject, addon);
  const sorted =
    'join(`,`, sort(not_null(addon.podIdentityAssociations, `[]`)))';
  const found = aws`eks describe-addon ${options} --query ${sorted} --output text`;
  const changed = 'The add-on has other associations now: make the plan again.';
  const more = [
    ...(roleArn ? ['--service-account-role-arn', roleArn] : []),
    ...['--pod-identity-associations', JSON.stringify(entries)],
    // What others have changed of its objects
    ...['--resolve-conflicts', 'PRESERVE'],
    ...['--query', 'update.status', '--output', 'text'],
  ];
  return bash`{ [ "$(${found})" = ${before} ] || { echo ${changed} >&2; false; }; } &&
${aws`eks update-addon ${options} ${more}`}`;
}

/** Until its update has ended. While its pods are replaced it may be DEGRADED, at which the waiter of the AWS CLI gives up. */
function awaitAddon(subject: Subject, addon: AddonUpdate): Command {
  const status = aws`eks describe-addon ${optionsOf(
    subject,
    addon,
  )} --query addon.status --output text`;
  return bash`{
  while status=$(${status}) && { [ "$status" = UPDATING ] || [ "$status" = DEGRADED ]; }; do sleep 5; done
  [ "$status" = ACTIVE ]
}`;
}

/** What an update does, and what it needs; sentences. */
const aboutUpdate = ({ role }: Subject): string[] => [
  'This is the decision: EKS makes the association and replaces the pods of the add-on by itself. Nothing holds them back until new pods are proven, as the move of another service account does: one that starts in the seconds in which the webhook knows the association and EKS Auth does not yet is refused at its first request.',
  'Do it while neither the cluster nor its nodes nor the agent are being updated.',
  'The list is all that the add-on has: EKS deletes the associations that it leaves out. The role for IRSA stays, because it is the way back; pods prefer Pod Identity.',
  'The command names neither a version nor a configuration of the add-on, so that EKS leaves both as they are.',
  ...(role.mayAssume
    ? [
        'Its sessions carry session tags, which the association of an add-on cannot leave out. The role may assume others, whose trust policies then have to allow sts:TagSession.',
      ]
    : []),
  'Where a tool keeps the add-on, such as Terraform or CloudFormation, make the same change there, or its next run takes this one back.',
  'It takes the right iam:PassRole on each role that it names, and an AWS CLI of June 2024 or later. It waits until the add-on is active again; where it stays DEGRADED, end it and look at the health of the add-on.',
];

/** The stage that makes the association, where an add-on has the service account. */
export const byUpdate = (
  subject: Subject,
  addon: AddonUpdate,
  isRehearsed: boolean,
): Omit<MoveStage, 'id' | 'title'> => ({
  state: 'to-do',
  ...(isRehearsed
    ? told(
        aboutUpdate(subject),
        inTurn([
          updateAddon(subject, addon, 'associate'),
          awaitAddon(subject, addon),
        ]),
      )
    : {
        notes: [
          'Without a rehearsal there is no command: EKS would replace all pods of the add-on before one of them is proven.',
        ],
      }),
  until: 'The add-on is active again.',
});
