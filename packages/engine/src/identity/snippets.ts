import type { ClusterConfig } from '../clusters/types';
import { accountOfArn, partitionOfArn } from '../aws/arn';
import type { IdentityTarget } from './names';
import { TRUST_ACTIONS } from './trust';

/** What the trust policy of a target role must allow, for its owner to paste. */
export interface TargetTrustOptions {
  /** The role of the association, which assumes the target. */
  roleArn: string;
  sessionTags: boolean;
  /** As DescribePodIdentityAssociation reports it; only used while session tags are off. */
  externalId?: string;
}

/**
 * Statements for the trust policy of a target role: the account root with `aws:PrincipalArn`, so that a recreated
 * source role still fits, narrowed by request tags or by the external id.
 */
export function targetTrustPolicy(
  target: IdentityTarget,
  options: TargetTrustOptions,
): string {
  const partition = partitionOfArn(options.roleArn);
  const Principal = {
    AWS: `arn:${partition}:iam::${accountOfArn(options.roleArn)}:root`,
  };
  const ArnEquals = { 'aws:PrincipalArn': options.roleArn };
  const statements = options.sessionTags
    ? [
        {
          Effect: 'Allow',
          Principal,
          Action: [...TRUST_ACTIONS],
          Condition: {
            ArnEquals,
            StringEquals: {
              'aws:RequestTag/eks-cluster-arn': target.clusterArn,
              'aws:RequestTag/kubernetes-namespace': target.namespace,
              'aws:RequestTag/kubernetes-service-account':
                target.serviceAccount,
            },
          },
        },
      ]
    : [
        {
          Effect: 'Allow',
          Principal,
          Action: 'sts:AssumeRole',
          Condition: {
            ArnEquals,
            ...(options.externalId
              ? { StringEquals: { 'sts:ExternalId': options.externalId } }
              : {}),
          },
        },
        {
          Effect: 'Allow',
          Principal,
          Action: 'sts:TagSession',
          Condition: { ArnEquals },
        },
      ];
  return JSON.stringify(
    { Version: '2012-10-17', Statement: statements },
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
export function installAgentCommand(cluster: ClusterConfig): string {
  return `aws eks create-addon --cluster-name ${cluster.name} --addon-name eks-pod-identity-agent --region ${cluster.region}`;
}
