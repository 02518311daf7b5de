import type { Cluster } from '@aws-sdk/client-eks';
import { AGENT_ADDON, describeAgentAddon } from '../../aws/addon';
import type { ClusterConfig } from '../../clusters/types';
import { foreign } from '../../text/foreign';
import type { Collector } from '../framework/collecting';
import { known, lacking } from '../framework/fact';
import type { ClusterFact } from '../framework/facts/cluster';
import { askAws } from '../access/askAws';
import { lackOfAws } from '../access/lacks';

/** ARN pattern of the agent's add-on: EKS authorises it there, with an id at the end. */
function addonArn(cluster: ClusterConfig): string {
  return `arn:${cluster.partition}:eks:${cluster.region}:${cluster.accountId}:addon/${cluster.name}/${AGENT_ADDON}/*`;
}

/** What checks know of a described cluster. */
export function clusterFact(
  answer: Cluster,
  cluster: ClusterConfig,
): ClusterFact {
  let kind: 'eks' | 'outposts' | 'connector' = 'eks';
  if (answer.outpostConfig) kind = 'outposts';
  if (answer.connectorConfig) kind = 'connector';
  const vpc = answer.resourcesVpcConfig;
  return {
    name: answer.name ?? cluster.name,
    arn: answer.arn ?? cluster.arn,
    status: answer.status ?? 'UNKNOWN',
    version: answer.version,
    platformVersion: answer.platformVersion,
    kind,
    authenticationMode: answer.accessConfig?.authenticationMode,
    autoMode: answer.computeConfig?.enabled === true,
    autoNodeRoleArn: answer.computeConfig?.nodeRoleArn,
    endpointPublicAccess: vpc?.endpointPublicAccess ?? true,
    endpointPrivateAccess: vpc?.endpointPrivateAccess ?? false,
    publicAccessCidrs: vpc?.publicAccessCidrs ?? [],
    vpcId: vpc?.vpcId,
    subnetIds: vpc?.subnetIds ?? [],
    securityGroupId: vpc?.clusterSecurityGroupId,
    ipFamily: answer.kubernetesNetworkConfig?.ipFamily,
    issuer: answer.identity?.oidc?.issuer?.replace(/^https:\/\//, ''),
    healthIssues: (answer.health?.issues ?? []).map(issue =>
      foreign(`${issue.code}: ${issue.message}`),
    ),
  };
}

export const collectCluster: Collector<'cluster'> = async c => {
  const { cluster } = c.read;
  try {
    const answer = await c.read.describeCluster({
      signal: c.signal,
      fresh: true,
    });
    return known(clusterFact(answer, cluster));
  } catch (error) {
    if ((error as Error).name === 'NotFoundError') return known(null);
    return lacking(
      lackOfAws(
        error,
        { action: 'eks:DescribeCluster', resource: cluster.arn },
        c.read,
      ),
    );
  }
};

export const collectAddon: Collector<'addon'> = async c => {
  const { cluster } = c.read;
  return askAws(
    c.read,
    { action: 'eks:DescribeAddon', resource: addonArn(cluster) },
    async () => (await describeAgentAddon(c.read, c.signal)) ?? null,
  );
};
