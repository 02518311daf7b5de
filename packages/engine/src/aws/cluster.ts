import type { Cluster } from '@aws-sdk/client-eks';
import { packages } from '../async/packages';
import { orUndefined } from './orUndefined';
import type { AwsClients } from './types';

interface Session {
  cluster: { name: string };
  aws: Pick<AwsClients, 'eks'>;
}

/** The cluster of that name; `undefined` when there is none. */
export async function describeCluster(
  { cluster, aws }: Session,
  abortSignal?: AbortSignal,
): Promise<Cluster | undefined> {
  const answer = await orUndefined(
    aws.eks.send(
      new packages.eks.DescribeClusterCommand({ name: cluster.name }),
      {
        abortSignal,
      },
    ),
  );
  if (answer && !answer.cluster) {
    throw new Error('DescribeCluster answered without a cluster');
  }
  return answer?.cluster;
}

/** Names of the managed node groups; every page, unless `most` are enough. */
export async function listNodegroups(
  { cluster, aws }: Session,
  { most = Infinity }: { most?: number } = {},
  abortSignal?: AbortSignal,
): Promise<string[]> {
  const names: string[] = [];
  const pages = packages.eks.paginateListNodegroups(
    { client: aws.eks },
    { clusterName: cluster.name },
    { abortSignal },
  );
  for await (const { nodegroups = [] } of pages) {
    names.push(...nodegroups);
    if (names.length >= most) break;
  }
  return names.slice(0, most);
}

/** What a node group says of its nodes. */
export interface Nodegroup {
  /** ARN of their role; absent where it names none. */
  roleArn?: string;
  /** Absent where EKS made one of its own. */
  launchTemplate?: { id: string; version: string };
}

export async function readNodegroup(
  { cluster, aws }: Session,
  nodegroupName: string,
  abortSignal?: AbortSignal,
): Promise<Nodegroup> {
  const { nodegroup } = await aws.eks.send(
    new packages.eks.DescribeNodegroupCommand({
      clusterName: cluster.name,
      nodegroupName,
    }),
    { abortSignal },
  );
  const { id, version } = nodegroup?.launchTemplate ?? {};
  return {
    roleArn: nodegroup?.nodeRole,
    ...(id && version ? { launchTemplate: { id, version } } : {}),
  };
}

/** How far the instance metadata service of nodes reaches, by their launch template; nothing where it leaves that open. */
export async function metadataOptionsOf(
  { aws }: { aws: Pick<AwsClients, 'ec2'> },
  { id, version }: NonNullable<Nodegroup['launchTemplate']>,
  abortSignal?: AbortSignal,
): Promise<{ hopLimit?: number; disabled: boolean }> {
  const { LaunchTemplateVersions = [] } = await aws.ec2.send(
    new packages.ec2.DescribeLaunchTemplateVersionsCommand({
      LaunchTemplateId: id,
      Versions: [version],
    }),
    { abortSignal },
  );
  const options =
    LaunchTemplateVersions[0]?.LaunchTemplateData?.MetadataOptions;
  return {
    hopLimit: options?.HttpPutResponseHopLimit,
    disabled: options?.HttpEndpoint === 'disabled',
  };
}

/** An endpoint in a VPC. */
export interface VpcEndpoint {
  id: string;
  /** `com.amazonaws.eu-west-1.sts` */
  serviceName: string;
  /** `Interface`, … */
  type: string;
  /** `available`, `pending`, … */
  state: string;
  privateDns: boolean;
}

/** The endpoints of a VPC for services of these names; every page. */
export async function listVpcEndpoints(
  { aws }: { aws: Pick<AwsClients, 'ec2'> },
  { vpcId, serviceNames }: { vpcId: string; serviceNames: string[] },
  abortSignal?: AbortSignal,
): Promise<VpcEndpoint[]> {
  const found: VpcEndpoint[] = [];
  const pages = packages.ec2.paginateDescribeVpcEndpoints(
    { client: aws.ec2 },
    {
      Filters: [
        { Name: 'vpc-id', Values: [vpcId] },
        { Name: 'service-name', Values: serviceNames },
      ],
    },
    { abortSignal },
  );
  for await (const { VpcEndpoints = [] } of pages) {
    for (const endpoint of VpcEndpoints) {
      found.push({
        id: endpoint.VpcEndpointId ?? '',
        serviceName: endpoint.ServiceName ?? '',
        type: endpoint.VpcEndpointType ?? 'Interface',
        // EC2 answers in lower case; its documentation and the SDK's types capitalise it.
        state: (endpoint.State ?? 'unknown').replace(/^[A-Z]/, letter =>
          letter.toLowerCase(),
        ),
        privateDns: endpoint.PrivateDnsEnabled === true,
      });
    }
  }
  return found;
}
