import { endpointServiceNames } from '../../aws/partition';
import type { ClusterConfig } from '../../clusters/types';
import type { Outcome } from '../framework/check';
import { note } from '../framework/check';
import { NEEDED_SERVICES } from './awsVpcEndpoints';
import type { FactTypes } from '../framework/facts';
import type { VpcEndpointFact } from '../framework/facts/cluster';
import { apart, aws, bash, type Command } from '../../text/bash';

/** Final states: another endpoint has to be created. */
const GONE = ['deleting', 'deleted', 'rejected', 'failed', 'expired'];

const usable = (endpoint: VpcEndpointFact) =>
  endpoint.type === 'Interface' &&
  endpoint.state === 'available' &&
  endpoint.privateDns;

/** The endpoint of a service that is closest to working. */
function best(
  endpoints: readonly VpcEndpointFact[],
  service: VpcEndpointFact['service'],
): VpcEndpointFact | undefined {
  const rank = (endpoint: VpcEndpointFact) => {
    if (usable(endpoint)) return 0;
    if (endpoint.state === 'available') return 1;
    return GONE.includes(endpoint.state) ? 3 : 2;
  };
  return endpoints
    .filter(endpoint => endpoint.service === service)
    .sort((a, b) => rank(a) - rank(b))[0];
}

/** Lists the relevant endpoints; a sentence takes it in one line. */
export function describeEndpointsCommand(
  region: string,
  vpcId: string,
  newLine = bash` \\
  `,
): Command {
  const names = NEEDED_SERVICES.flatMap(service =>
    endpointServiceNames(region, service),
  );
  return aws`ec2 describe-vpc-endpoints --region ${region}${newLine}--filters Name=vpc-id,Values=${vpcId} Name=service-name,Values=${names.join(
    ',',
  )}${newLine}--query 'VpcEndpoints[].[VpcEndpointId,ServiceName,State,PrivateDnsEnabled]' --output table`;
}

interface Trouble {
  sentence: string;
  /** The command that fixes it, if there is one. */
  command?: Command;
  action: string;
}

/** Where the endpoints of a cluster belong. */
export type ClusterNetwork = Pick<
  NonNullable<FactTypes['cluster']>,
  'vpcId' | 'subnetIds' | 'securityGroupId'
>;

/** Puts an interface endpoint into the network of a cluster: a sentence, and the command where its subnets are known. */
export function createEndpoint(
  service: VpcEndpointFact['service'],
  region: string,
  { vpcId = '', subnetIds, securityGroupId }: ClusterNetwork,
) {
  const [serviceName, ...others] = endpointServiceNames(region, service);
  // An endpoint takes one subnet of each zone, and the cluster may have several.
  const subnets = aws`ec2 describe-subnets --region ${region} --subnet-ids ${subnetIds} --query 'Subnets[].[AvailabilityZone,SubnetId]' --output text`;
  return {
    command:
      subnetIds.length && securityGroupId
        ? aws`ec2 create-vpc-endpoint --region ${region} --vpc-id ${vpcId} \\
  --vpc-endpoint-type Interface --service-name ${serviceName} --private-dns-enabled \\
  --subnet-ids $(${subnets} | sort -u -k1,1 | cut -f2) \\
  --security-group-ids ${securityGroupId}`
        : undefined,
    action: `Create an interface endpoint for ${serviceName} in the subnets of the cluster, one in each zone, with private DNS and a security group that lets the nodes in on port 443, such as that of the cluster.${
      others.length
        ? ` Where AWS does not know that name, it is ${others.join(' or ')}.`
        : ''
    }`,
  };
}

function troubleOf(
  endpoint: VpcEndpointFact | undefined,
  service: VpcEndpointFact['service'],
  region: string,
  network: ClusterNetwork,
): Trouble | undefined {
  const [serviceName] = endpointServiceNames(region, service);
  const create = createEndpoint(service, region, network);
  if (!endpoint) {
    return { sentence: `there is no endpoint for ${serviceName}`, ...create };
  }
  if (usable(endpoint)) return undefined;
  const { id, state, type } = endpoint;
  const named = `the endpoint ${id} for ${endpoint.serviceName}`;
  if (GONE.includes(state)) {
    return { sentence: `${named} is ${state}`, ...create };
  }
  if (state !== 'available') {
    return {
      sentence: `${named} is ${state}`,
      action:
        state === 'pendingAcceptance'
          ? `Let the owner of the service accept ${id}.`
          : `Wait until ${id} is available, then verify again.`,
    };
  }
  if (type !== 'Interface') {
    return { sentence: `${named} is no interface endpoint`, ...create };
  }
  return {
    sentence: `${named} has private DNS off`,
    command: aws`ec2 modify-vpc-endpoint --region ${region} --vpc-endpoint-id ${id} --private-dns-enabled`,
    action: `Switch private DNS on for ${id}; the VPC needs DNS resolution and DNS hostnames for it. Without it the usual names lead past the endpoint.`,
  };
}

/** Judges which endpoints serve the nodes of a private-only cluster, and advises on the others. */
export function judgeVpcEndpoints(
  endpoints: readonly VpcEndpointFact[],
  network: ClusterNetwork,
  { region }: Pick<ClusterConfig, 'region'>,
): { serving: VpcEndpointFact[] } | { trouble: Outcome } {
  const { vpcId = '' } = network;
  const chosen = NEEDED_SERVICES.map(service => ({
    service,
    endpoint: best(endpoints, service),
  }));
  const troubles = chosen
    .map(({ service, endpoint }) =>
      troubleOf(endpoint, service, region, network),
    )
    .filter((trouble): trouble is Trouble => trouble !== undefined);
  if (!troubles.length) {
    return { serving: chosen.flatMap(({ endpoint }) => endpoint ?? []) };
  }
  const names = chosen.map(
    ({ service }) => endpointServiceNames(region, service)[0],
  );
  return {
    trouble: note(
      `The cluster is private-only, and in its VPC ${vpcId} ${troubles
        .map(({ sentence }) => sentence)
        .join(', and ')}.`,
      {
        expected: `${names.join(' and ')}: available, with private DNS`,
        observed:
          endpoints
            .map(
              ({ id, serviceName, state, privateDns }) =>
                `${id} ${serviceName}: ${state}, private DNS ${
                  privateDns ? 'on' : 'off'
                }`,
            )
            .join('; ') || 'none of the two',
        resource: { kind: 'vpc', name: vpcId },
        fix: {
          cause:
            'Without a way to the internet the agent reaches EKS Auth, and SDKs reach STS, only through a VPC endpoint.',
          actions: [
            ...new Set(troubles.map(({ action }) => action)),
            'If pods get their credentials nevertheless, the nodes have another route (a NAT gateway, a proxy, endpoints in another VPC), and nothing needs to be done.',
          ],
          commands: apart([
            describeEndpointsCommand(region, vpcId),
            ...troubles.flatMap(({ command }) => command ?? []),
          ]),
        },
      },
    ),
  };
}
