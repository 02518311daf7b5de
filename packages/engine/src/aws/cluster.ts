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

/** ARN of the role of a node group's nodes; `undefined` when it names none. */
export async function nodeRoleArnOf(
  { cluster, aws }: Session,
  nodegroupName: string,
  abortSignal?: AbortSignal,
): Promise<string | undefined> {
  const { nodegroup } = await aws.eks.send(
    new packages.eks.DescribeNodegroupCommand({
      clusterName: cluster.name,
      nodegroupName,
    }),
    { abortSignal },
  );
  return nodegroup?.nodeRole;
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
