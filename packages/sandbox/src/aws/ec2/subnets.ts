import { AwsError } from '../errors';
import { AccountState, ClusterRecord } from '../state/types';
import { Ec2Context, Ec2Operation, ec2Arn, need } from './context';
import { filtered, FilterValues } from './filters';

/** A subnet of the VPC of a cluster. */
interface Subnet {
  subnetId: string;
  vpcId: string;
  zone: string;
  cidr: string;
  tags: Record<string, string>;
}

/** The zones of a cluster's subnets: the first of the list is in zone a. */
const zoneOf = ({ region }: ClusterRecord, index: number) =>
  `${region}${'abc'[index % 3]}`;

/** The subnets of all clusters of an account in a region. */
export function subnetsIn(account: AccountState, region: string): Subnet[] {
  return [...account.clusters.values()]
    .filter(cluster => cluster.region === region)
    .flatMap(cluster =>
      cluster.vpc.subnetIds.map((subnetId, index) => ({
        subnetId,
        vpcId: cluster.vpc.vpcId,
        zone: zoneOf(cluster, index),
        cidr: `10.0.${64 * index}.0/18`,
        tags: {},
      })),
    );
}

const FILTERS: FilterValues<Subnet> = {
  'availability-zone': ({ zone }) => [zone],
  'subnet-id': ({ subnetId }) => [subnetId],
  'vpc-id': ({ vpcId }) => [vpcId],
};

const view = (context: Ec2Context) => (subnet: Subnet) => ({
  subnetId: subnet.subnetId,
  subnetArn: ec2Arn(context, `subnet/${subnet.subnetId}`),
  state: 'available',
  ownerId: context.account.id,
  vpcId: subnet.vpcId,
  cidrBlock: subnet.cidr,
  availableIpAddressCount: 16_000,
  availabilityZone: subnet.zone,
  defaultForAz: false,
  mapPublicIpOnLaunch: false,
});

const describeSubnets: Ec2Operation = context => {
  const { account, call, parameters } = context;
  const ids = parameters.list('SubnetId');
  const filters = parameters.filters();
  // No VPC of the sandbox has more than a page of subnets.
  parameters.pageSize();
  need(context, ['*']);
  parameters.done();
  const all = subnetsIn(account, call.region);
  const missing = ids.find(id => !all.some(({ subnetId }) => subnetId === id));
  if (missing) {
    throw new AwsError(
      'InvalidSubnetID.NotFound',
      `The subnet ID '${missing}' does not exist`,
    );
  }
  const found = all.filter(
    ({ subnetId }) => !ids.length || ids.includes(subnetId),
  );
  return {
    subnetSet: { item: filtered(found, filters, FILTERS).map(view(context)) },
  };
};

export const subnetOperations: Record<string, Ec2Operation> = {
  DescribeSubnets: describeSubnets,
};
