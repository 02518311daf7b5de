import { AwsError } from '../errors';
import { XmlValue } from '../protocol/xml';
import { ClusterRecord, VpcEndpointRecord } from '../state/types';
import { World } from '../state/world';
import { filtered, FilterValues } from './filters';
import { subnetsIn } from './subnets';
import { Ec2Context, Ec2Operation, clustersIn, ec2Arn, need } from './context';
import { partitionOf } from '../../core/partition';

/** Time until a new interface endpoint is available, simulated milliseconds. */
const PENDING_MS = 20_000;
/** Services that a private cluster needs endpoints for (EKS user guide, "Deploy private clusters"). */
const SERVICES = [
  'autoscaling',
  'ec2',
  'ecr.api',
  'ecr.dkr',
  'eks',
  'eks-auth',
  'elasticloadbalancing',
  'logs',
  'sts',
];

/** Services whose endpoint service has the usual name in China too; AWS does not document which they all are. */
const USUAL_EVERYWHERE = ['autoscaling', 'elasticloadbalancing', 'logs'];

/** `com.amazonaws.eu-west-1.eks-auth`, `cn.com.amazonaws.cn-north-1.eks-auth` */
export function endpointServiceName(region: string, service: string): string {
  const { dnsSuffix } = partitionOf(
    USUAL_EVERYWHERE.includes(service) ? 'us-east-1' : region,
  );
  return `${dnsSuffix.split('.').reverse().join('.')}.${region}.${service}`;
}

/** The host name that clients in a VPC with private DNS use for a service. */
function privateName(serviceName: string, region: string): string {
  const service = serviceName.split(`.${region}.`)[1] ?? serviceName;
  const { dnsSuffix, dualStackSuffix } = partitionOf(region);
  return service === 'eks-auth'
    ? `eks-auth.${region}.${dualStackSuffix}`
    : `${service}.${region}.${dnsSuffix}`;
}

/** The endpoint's current state; a pending one becomes available after a while. */
function stateOf(world: World, endpoint: VpcEndpointRecord): string {
  const { availableAt } = endpoint;
  return availableAt !== undefined && availableAt > world.now()
    ? 'pending'
    : endpoint.state;
}

/** The endpoint in the VPC of a cluster that the usual name of a service leads to. */
export function endpointFor(
  world: World,
  { accountId, region, vpc }: ClusterRecord,
  service: string,
): VpcEndpointRecord | undefined {
  return [...world.account(accountId).vpcEndpoints.values()].find(
    endpoint =>
      endpoint.vpcId === vpc.vpcId &&
      endpoint.type === 'Interface' &&
      endpoint.privateDnsEnabled &&
      endpoint.serviceName.endsWith(`${region}.${service}`) &&
      stateOf(world, endpoint) === 'available',
  );
}

/** Adds an endpoint to an account. */
export function newVpcEndpoint(
  world: World,
  accountId: string,
  input: Omit<VpcEndpointRecord, 'vpcEndpointId' | 'createdAt'>,
): VpcEndpointRecord {
  const record: VpcEndpointRecord = {
    vpcEndpointId: `vpce-0${world.ids.hex(16)}`,
    createdAt: world.now(),
    ...input,
  };
  world.account(accountId).vpcEndpoints.set(record.vpcEndpointId, record);
  return record;
}

function view(context: Ec2Context, endpoint: VpcEndpointRecord): XmlValue {
  const { world, account } = context;
  const list = (values: XmlValue[]) => ({ item: values });
  return {
    vpcEndpointId: endpoint.vpcEndpointId,
    vpcEndpointType: endpoint.type,
    policyDocument: endpoint.policy,
    vpcId: endpoint.vpcId,
    serviceName: endpoint.serviceName,
    state: stateOf(world, endpoint),
    routeTableIdSet: list([]),
    subnetIdSet: list(endpoint.subnetIds),
    groupSet: list(endpoint.securityGroupIds.map(groupId => ({ groupId }))),
    ipAddressType: 'ipv4',
    privateDnsEnabled: endpoint.privateDnsEnabled,
    requesterManaged: false,
    creationTimestamp: new Date(endpoint.createdAt).toISOString(),
    tagSet: list(
      Object.entries(endpoint.tags).map(([key, value]) => ({ key, value })),
    ),
    ownerId: account.id,
    serviceRegion: endpoint.region,
  };
}

const filterValues = (world: World): FilterValues<VpcEndpointRecord> => ({
  'ip-address-type': () => ['ipv4'],
  'service-name': endpoint => [endpoint.serviceName],
  'service-region': endpoint => [endpoint.region],
  'tag-key': endpoint => Object.keys(endpoint.tags),
  'vpc-endpoint-id': endpoint => [endpoint.vpcEndpointId],
  'vpc-endpoint-state': endpoint => [stateOf(world, endpoint)],
  'vpc-endpoint-type': endpoint => [endpoint.type],
  'vpc-id': endpoint => [endpoint.vpcId],
});

function startOf(token: string | undefined): number {
  if (token === undefined) {
    return 0;
  }
  const found = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!found) {
    throw new AwsError(
      'InvalidNextToken',
      'The specified NextToken is not valid.',
    );
  }
  return Number(found[1]);
}

const describeVpcEndpoints: Ec2Operation = context => {
  const { world, call, account, parameters } = context;
  const filters = parameters.filters();
  const ids = parameters.list('VpcEndpointId');
  const size = parameters.pageSize();
  const start = startOf(parameters.text('NextToken'));
  need(context, ['*']);
  parameters.done();
  const all = [...account.vpcEndpoints.values()].filter(
    endpoint => endpoint.region === call.region,
  );
  for (const id of ids) {
    if (!all.some(({ vpcEndpointId }) => vpcEndpointId === id)) {
      throw new AwsError(
        'InvalidVpcEndpointId.NotFound',
        `The Vpc Endpoint Id '${id}' does not exist`,
      );
    }
  }
  const found = filtered(
    all.filter(
      ({ vpcEndpointId }) => !ids.length || ids.includes(vpcEndpointId),
    ),
    filters,
    filterValues(world),
  );
  const end = start + size;
  return {
    vpcEndpointSet: {
      item: found.slice(start, end).map(endpoint => view(context, endpoint)),
    },
    nextToken:
      end < found.length
        ? Buffer.from(`from:${end}`).toString('base64url')
        : undefined,
  };
};

/** Refuses a second endpoint with the same private DNS name in the VPC. */
function assertNameIsFree(
  context: Ec2Context,
  wanted: Pick<VpcEndpointRecord, 'vpcId' | 'serviceName'>,
  self?: string,
): void {
  const taken = [...context.account.vpcEndpoints.values()].some(
    endpoint =>
      endpoint.vpcEndpointId !== self &&
      endpoint.vpcId === wanted.vpcId &&
      endpoint.serviceName === wanted.serviceName &&
      endpoint.privateDnsEnabled,
  );
  if (taken) {
    throw new AwsError(
      'InvalidParameter',
      `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${privateName(
        wanted.serviceName,
        context.call.region,
      )} in the VPC ${wanted.vpcId}`,
    );
  }
}

const createVpcEndpoint: Ec2Operation = context => {
  const { world, call, account, parameters } = context;
  const vpcId = parameters.required('VpcId');
  const serviceName = parameters.required('ServiceName');
  const type = parameters.text('VpcEndpointType') ?? 'Gateway';
  const subnetIds = parameters.list('SubnetId');
  const securityGroupIds = parameters.list('SecurityGroupId');
  const privateDnsEnabled = parameters.boolean('PrivateDnsEnabled') ?? true;
  const tags = parameters.tags('vpc-endpoint');
  const policy = parameters.text('PolicyDocument');
  need(
    context,
    [
      `vpc/${vpcId}`,
      'vpc-endpoint/*',
      ...subnetIds.map(id => `subnet/${id}`),
      ...securityGroupIds.map(id => `security-group/${id}`),
    ].map(rest => ec2Arn(context, rest)),
  );
  parameters.done();
  const clusters = clustersIn(context, vpcId);
  if (!clusters.length) {
    throw new AwsError(
      'InvalidVpcId.NotFound',
      `The vpc ID '${vpcId}' does not exist`,
    );
  }
  if (
    !SERVICES.some(
      service => serviceName === endpointServiceName(call.region, service),
    )
  ) {
    throw new AwsError(
      'InvalidServiceName',
      `The Vpc Endpoint Service '${serviceName}' does not exist`,
    );
  }
  if (type !== 'Interface') {
    throw new AwsError(
      'InvalidParameter',
      `Endpoint type (${type}) does not match available service types ([Interface]).`,
    );
  }
  const subnets = clusters.flatMap(({ vpc }) => vpc.subnetIds);
  const groups = clusters.map(({ vpc }) => vpc.clusterSecurityGroupId);
  const noSubnet = subnetIds.find(id => !subnets.includes(id));
  if (noSubnet) {
    throw new AwsError(
      'InvalidSubnetId.NotFound',
      `The subnet ID '${noSubnet}' does not exist`,
    );
  }
  const zones = new Set<string>();
  for (const { subnetId, zone } of subnetsIn(account, call.region)) {
    if (!subnetIds.includes(subnetId)) continue;
    if (zones.has(zone)) {
      throw new AwsError(
        'DuplicateSubnetsInSameZone',
        `Found another VPC endpoint subnet in the availability zone of ${subnetId}. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service.`,
      );
    }
    zones.add(zone);
  }
  const noGroup = securityGroupIds.find(id => !groups.includes(id));
  if (noGroup) {
    throw new AwsError(
      'InvalidSecurityGroupId.NotFound',
      `The security group ID '${noGroup}' does not exist`,
    );
  }
  if (privateDnsEnabled) {
    assertNameIsFree(context, { vpcId, serviceName });
  }
  const made = newVpcEndpoint(world, account.id, {
    region: call.region,
    vpcId,
    serviceName,
    type,
    state: 'available',
    availableAt: world.now() + PENDING_MS,
    privateDnsEnabled,
    subnetIds,
    securityGroupIds,
    tags,
    policy,
  });
  return { vpcEndpoint: view(context, made) };
};

const modifyVpcEndpoint: Ec2Operation = context => {
  const { account, call, parameters } = context;
  const id = parameters.required('VpcEndpointId');
  const privateDnsEnabled = parameters.boolean('PrivateDnsEnabled');
  const policy = parameters.text('PolicyDocument');
  const reset = parameters.boolean('ResetPolicy');
  need(context, [ec2Arn(context, `vpc-endpoint/${id}`)]);
  parameters.done();
  const endpoint = account.vpcEndpoints.get(id);
  if (!endpoint || endpoint.region !== call.region) {
    throw new AwsError(
      'InvalidVpcEndpointId.NotFound',
      `The Vpc Endpoint Id '${id}' does not exist`,
    );
  }
  if (privateDnsEnabled) {
    assertNameIsFree(context, endpoint, id);
  }
  endpoint.privateDnsEnabled = privateDnsEnabled ?? endpoint.privateDnsEnabled;
  if (policy !== undefined || reset) endpoint.policy = policy;
  return { return: true };
};

export const vpcEndpointOperations: Record<string, Ec2Operation> = {
  DescribeVpcEndpoints: describeVpcEndpoints,
  CreateVpcEndpoint: createVpcEndpoint,
  ModifyVpcEndpoint: modifyVpcEndpoint,
};
