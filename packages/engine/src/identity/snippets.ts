import type { ClusterConfig } from '../clusters/types';
import { aws, type Command } from '../text/bash';
import type { IdentityTarget } from './names';
import { TargetTrust, targetTrustStatements, TRUST_ACTIONS } from './trust';

/** Trust policy of a target role, for its owner to paste. */
export function targetTrustPolicy(
  target: IdentityTarget,
  options: TargetTrust,
): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: targetTrustStatements(target, options),
    },
    null,
    2,
  );
}

/** The one inline policy of a role that assumes a target role. */
export function targetAssumePolicy(targetRoleArn: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: [...TRUST_ACTIONS],
        Resource: targetRoleArn,
      },
    ],
  };
}

/** The command that installs the agent, for the cluster's owner. */
export function installAgentCommand(
  cluster: Pick<ClusterConfig, 'name' | 'region'>,
): Command {
  return aws`eks create-addon --cluster-name ${cluster.name} --addon-name eks-pod-identity-agent --region ${cluster.region}`;
}
