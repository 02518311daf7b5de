import type { MovePlan } from 'backstage-plugin-eks-pod-identity-common';
import { aws, bash } from '../text/bash';
import { ABOUT_PROOF, proveIrsa } from './otherAccount';
import { inTurn, type Subject, told } from './subject';

/** On what the commands of every stage act, to be seen before the first of them. */
export function before(subject: Subject): NonNullable<MovePlan['before']> {
  const { account, addon, cluster, target } = subject;
  const { accountId, endpoint, name, region } = cluster;
  const server = 'jsonpath={.clusters[0].cluster.server}{"\\n"}';
  const isToProve = target !== undefined && !account.association;
  return told(
    [
      ...(target
        ? [
            `This goes by hand from its first stage to its last: no operation moves a service account whose role is of another account. Two of the stages are for the owner of role ${target}.`,
          ]
        : []),
      ...(addon
        ? [
            `This goes by hand from its first stage to its last: EKS moves the add-on ${addon.name} by an update, and no operation moves its service account.`,
          ]
        : []),
      `Look first that aws acts on account ${accountId}, and kubectl on cluster ${name}${
        endpoint ? ` (${endpoint})` : ''
      }: every command below does what it says there.`,
      ...(isToProve
        ? [
            'The last command shows that its role lets it in by IRSA today: an annotation may name any role. Where it fails, go no further. It prints no key.',
            ABOUT_PROOF,
          ]
        : []),
    ],
    inTurn([
      aws`sts get-caller-identity --region ${region} --query Account --output text`,
      bash`kubectl config view --minify --output ${server}`,
      ...(isToProve ? [proveIrsa(subject, target)] : []),
    ]),
  );
}
