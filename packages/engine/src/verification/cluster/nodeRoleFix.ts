import type { ClusterConfig } from '../../clusters/types';
import { aws } from '../../text/bash';

const USUAL = 'AmazonEKSWorkerNodePolicy';
/** The one of its kind that the roles of Auto Mode have: EKS Auth and nothing else. */
const MINIMAL = 'AmazonEKSWorkerNodeMinimalPolicy';

/** Roles of nodes, to be let in by EKS Auth. */
export interface NodeRole {
  name: string;
  /** It is the role of the nodes of Auto Mode. */
  auto?: boolean;
}

const policyOf = ({ auto }: NodeRole) => (auto ? MINIMAL : USUAL);

/** How roles of nodes get the right to call eks-auth:AssumeRoleForPodIdentity: a sentence and the command. */
export function letNodesAsk(
  roles: readonly NodeRole[],
  { partition, region }: Pick<ClusterConfig, 'partition' | 'region'>,
) {
  const policies = [...new Set(roles.map(policyOf))].join(' and ') || USUAL;
  if (!roles.length) {
    return { actions: [`Attach ${policies} to the role of the node.`] };
  }
  return {
    actions: [
      `Attach ${policies} with this command: it allows eks-auth:AssumeRoleForPodIdentity.`,
    ],
    commands: roles.map(role => {
      const arn = `arn:${partition}:iam::aws:policy/${policyOf(role)}`;
      return aws`iam attach-role-policy --role-name ${role.name} --policy-arn ${arn} --region ${region}`;
    }),
  };
}
