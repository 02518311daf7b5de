import { epochSeconds } from '../protocol/json';
import {
  EksOperation,
  eksArn,
  existingCluster,
  needOnCluster,
} from './context';
import { notFound } from './errors';
import { pageOf } from './input';

const listNodegroups: EksOperation = context => {
  needOnCluster(context);
  const names = [...existingCluster(context).nodegroups.keys()].sort();
  const { items, nextToken } = pageOf(context.call.request, names);
  return { nodegroups: items, nextToken };
};

const describeNodegroup: EksOperation = context => {
  const { name, nodegroupName } = context.path;
  context.need({
    action: 'eks:DescribeNodegroup',
    resource: eksArn(context, `nodegroup/${name}/${nodegroupName}/*`),
  });
  const cluster = existingCluster(context);
  const group = cluster.nodegroups.get(nodegroupName);
  if (!group) {
    throw notFound(`No node group found for name: ${nodegroupName}.`, {
      clusterName: name,
      nodegroupName,
    });
  }
  return {
    nodegroup: {
      nodegroupName,
      nodegroupArn: eksArn(
        context,
        `nodegroup/${name}/${nodegroupName}/00c0ffee-0000-4000-8000-000000000001`,
      ),
      clusterName: name,
      version: cluster.version,
      releaseVersion: `${cluster.version}.3-20260901`,
      createdAt: epochSeconds(group.createdAt),
      modifiedAt: epochSeconds(group.createdAt),
      status: 'ACTIVE',
      capacityType: 'ON_DEMAND',
      scalingConfig: {
        minSize: 1,
        maxSize: Math.max(group.desiredSize, 4),
        desiredSize: group.desiredSize,
      },
      instanceTypes: group.instanceTypes,
      subnets: cluster.vpc.subnetIds,
      amiType: group.amiType,
      nodeRole: group.nodeRole,
      ...(group.launchTemplate && {
        launchTemplate: {
          id: group.launchTemplate.id,
          name: group.launchTemplate.name,
          version: String(group.launchTemplate.version),
        },
      }),
      labels: group.labels,
      diskSize: 20,
      health: { issues: [] },
      updateConfig: { maxUnavailable: 1 },
      tags: group.tags,
    },
  };
};

/** Operations on node groups and Fargate profiles. */
export const computeOperations: Record<string, EksOperation> = {
  ListNodegroups: listNodegroups,
  DescribeNodegroup: describeNodegroup,
};
