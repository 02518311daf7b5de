import { epochSeconds } from '../protocol/json';
import { ClusterRecord } from '../state/types';
import { World } from '../state/world';
import {
  EksContext,
  EksOperation,
  eksArn,
  existingCluster,
  needOnCluster,
} from './context';
import { pageOf } from './input';

const LOG_TYPES = [
  'api',
  'audit',
  'authenticator',
  'controllerManager',
  'scheduler',
];

const VERSIONS = ['1.34', '1.33', '1.32', '1.31', '1.30'];
const DEFAULT_VERSION = '1.33';

/** The cluster as DescribeCluster shows it. */
function clusterView(world: World, cluster: ClusterRecord) {
  const key = {
    accountId: cluster.accountId,
    region: cluster.region,
    name: cluster.name,
  };
  const connection = world.kubernetes?.connection(key);
  const autoMode = cluster.autoMode;
  return {
    name: cluster.name,
    arn: cluster.arn,
    createdAt: epochSeconds(cluster.createdAt),
    version: cluster.version,
    endpoint: connection?.endpoint,
    roleArn: cluster.roleArn,
    resourcesVpcConfig: {
      subnetIds: cluster.vpc.subnetIds,
      securityGroupIds: [],
      clusterSecurityGroupId: cluster.vpc.clusterSecurityGroupId,
      vpcId: cluster.vpc.vpcId,
      endpointPublicAccess: cluster.endpointPublicAccess,
      endpointPrivateAccess: cluster.endpointPrivateAccess,
      publicAccessCidrs: cluster.endpointPublicAccess
        ? cluster.publicAccessCidrs
        : [],
    },
    kubernetesNetworkConfig: {
      ...(cluster.ipFamily === 'ipv6'
        ? { serviceIpv6Cidr: 'fd30:93f6:2a1c::/108' }
        : { serviceIpv4Cidr: '172.20.0.0/16' }),
      ipFamily: cluster.ipFamily,
      elasticLoadBalancing: { enabled: autoMode !== undefined },
    },
    logging: { clusterLogging: [{ types: LOG_TYPES, enabled: false }] },
    identity: world.kubernetes
      ? { oidc: { issuer: world.kubernetes.issuer(key) } }
      : undefined,
    status: cluster.status,
    certificateAuthority: connection
      ? { data: connection.certificateAuthorityData }
      : {},
    platformVersion: cluster.platformVersion,
    tags: cluster.tags,
    health: { issues: cluster.issues },
    accessConfig: {
      authenticationMode: cluster.authenticationMode,
    },
    upgradePolicy: { supportType: 'EXTENDED' },
    deletionProtection: cluster.deletionProtection,
    ...(autoMode && {
      computeConfig: {
        enabled: true,
        nodePools: autoMode.nodePools,
        nodeRoleArn: autoMode.nodeRoleArn,
      },
      storageConfig: { blockStorage: { enabled: true } },
    }),
    ...(cluster.outpostConfig && { outpostConfig: cluster.outpostConfig }),
    ...(cluster.connectorConfig && {
      connectorConfig: cluster.connectorConfig,
    }),
    ...(cluster.remoteNetworkConfig && {
      remoteNetworkConfig: cluster.remoteNetworkConfig,
    }),
  };
}

const listClusters: EksOperation = context => {
  context.need({
    action: 'eks:ListClusters',
    resource: eksArn(context, 'cluster/*'),
  });
  const names = [...context.account.clusters.values()]
    .filter(cluster => cluster.region === context.call.region)
    .map(cluster => cluster.name)
    .sort();
  const { items, nextToken } = pageOf(context.call.request, names);
  return { clusters: items, nextToken };
};

const describeCluster: EksOperation = (context: EksContext) => {
  needOnCluster(context);
  return { cluster: clusterView(context.world, existingCluster(context)) };
};

/** The versions for which the sandbox has add-ons, without their dates ("DescribeClusterVersions", EKS API Reference). */
const describeClusterVersions: EksOperation = context => {
  context.need({ action: 'eks:DescribeClusterVersions', resource: '*' });
  const { request } = context.call;
  const { clusterVersions, defaultOnly } = request.query;
  const wanted = [clusterVersions ?? VERSIONS].flat();
  const versions = VERSIONS.filter(
    version =>
      wanted.includes(version) &&
      (defaultOnly !== 'true' || version === DEFAULT_VERSION),
  ).map(clusterVersion => ({
    clusterVersion,
    clusterType: 'eks',
    defaultVersion: clusterVersion === DEFAULT_VERSION,
    status: 'standard-support',
    versionStatus: 'STANDARD_SUPPORT',
  }));
  const { items, nextToken } = pageOf(request, versions);
  return { clusterVersions: items, nextToken };
};

export const clusterOperations: Record<string, EksOperation> = {
  ListClusters: listClusters,
  DescribeCluster: describeCluster,
  DescribeClusterVersions: describeClusterVersions,
};
