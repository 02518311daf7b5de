import { endpointServiceNames } from '../../aws/partition';
import type { ClusterConfig } from '../../clusters/types';
import { apart, aws } from '../../text/bash';
import { NEEDED_SERVICES } from '../cluster/awsVpcEndpoints';
import type { FactTypes } from '../framework/facts';
import type { VpcEndpointFact } from '../framework/facts/cluster';
import type { Fix } from '../framework/fix';
import {
  createEndpoint,
  describeEndpointsCommand,
  judgeVpcEndpoints,
} from '../cluster/vpcEndpointFixes';

/** What is known of the way from the nodes to EKS Auth. */
export interface EksAuthPath {
  config: Pick<ClusterConfig, 'region' | 'partition'>;
  cluster: FactTypes['cluster'] | undefined;
  /** Undefined where they were not read. */
  endpoints: readonly VpcEndpointFact[] | undefined;
}

const PROXY =
  'Behind a proxy, update the agent add-on to 0.1.36 or later and configure the proxy there.';

function withEndpoints(
  serving: readonly VpcEndpointFact[],
  region: string,
): Fix {
  return {
    cause:
      'The VPC has the endpoints for eks-auth and sts, so something between the node and the endpoint drops the packets: a security group, a network ACL or the policy of the endpoint.',
    actions: [
      'Let the security group of the endpoint for eks-auth take port 443 from the nodes.',
      'Check that the policy of that endpoint allows eks-auth:AssumeRoleForPodIdentity.',
      PROXY,
    ],
    commands: [
      aws`ec2 describe-vpc-endpoints --region ${region} --vpc-endpoint-ids ${serving.map(
        ({ id }) => id,
      )}`,
    ],
  };
}

/** Packets arrive, and something answers for EKS Auth: an endpoint would not help. */
function refused(region: string): Fix {
  const [service] = endpointServiceNames(region, 'eks-auth');
  return {
    cause:
      'Something between the node and EKS Auth refuses the connection: a firewall, a proxy, or a name that leads to another host.',
    actions: ['Let its owner allow HTTPS from the nodes to EKS Auth.', PROXY],
    commands: [
      aws`ec2 describe-vpc-endpoints --region ${region} --filters ${`Name=service-name,Values=${service}`} --query ${'VpcEndpoints[].[VpcEndpointId,VpcId,State,PrivateDnsEnabled,Groups[].GroupId]'}`,
    ],
  };
}

/** Why a node might not reach EKS Auth: what the report knows of its endpoints decides. */
export function eksAuthUnreachedFix(
  { config, cluster, endpoints }: EksAuthPath,
  /** The agent's own words, where it had any. */
  text?: string,
): Fix {
  const { region } = config;
  if (/connection refused/.test(text ?? '')) return refused(region);
  if (cluster && !cluster.endpointPublicAccess && endpoints) {
    const judged = judgeVpcEndpoints(endpoints, cluster, config);
    if ('serving' in judged) return withEndpoints(judged.serving, region);
    if (judged.trouble.fix) {
      return { ...judged.trouble.fix, cause: judged.trouble.message };
    }
  }
  const [service] = endpointServiceNames(region, 'eks-auth');
  return {
    cause: `The node cannot reach EKS Auth in time: a private subnet without NAT and without the VPC endpoint ${service} is the usual reason${
      cluster && !cluster.endpointPublicAccess
        ? ', and this cluster is private'
        : ''
    }.`,
    actions: [
      `Give the subnet of the node a NAT gateway, or create the interface endpoint ${service} (and the one for sts) in its VPC.`,
      PROXY,
    ],
    commands: apart([
      describeEndpointsCommand(region, cluster?.vpcId ?? '*'),
      // A hanging agent gives no words, and no endpoint would help it.
      ...(text && cluster
        ? NEEDED_SERVICES.flatMap(
            one => createEndpoint(one, region, cluster).command ?? [],
          )
        : []),
    ]),
  };
}
