import type { ClusterConfig } from 'eks-pod-identity-engine';

const CONSOLE_HOSTS: Record<string, string> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** AWS console pages; undefined in partitions whose console has no public address. */
export function consoleUrls(
  cluster: ClusterConfig | undefined,
  roleName: string | undefined,
): { association?: string; role?: string } {
  const host = cluster && CONSOLE_HOSTS[cluster.partition];
  if (!cluster || !host) return {};
  const region = encodeURIComponent(cluster.region);
  return {
    association: `https://${region}.${host}/eks/clusters/${encodeURIComponent(
      cluster.name,
    )}?region=${region}&selectedTab=cluster-access-tab`,
    role:
      roleName &&
      `https://${region}.${host}/iam/home?region=${region}#/roles/details/${encodeURIComponent(
        roleName,
      )}`,
  };
}

/** The last segment: a role ARN may carry a path. */
export function roleNameOf(roleArn: string | undefined): string | undefined {
  return roleArn?.split('/').pop();
}
