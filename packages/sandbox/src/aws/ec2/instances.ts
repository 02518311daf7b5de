import { ClusterKey, NodeInstance } from '../../core/contract';
import { current } from '../../core/propagated';
import { AwsError } from '../errors';
import { XmlValue } from '../protocol/xml';
import { ClusterRecord, InstanceProfileRecord } from '../state/types';
import { Ec2Context, Ec2Operation, ec2Arn, need, needToPass } from './context';
import { filtered, FilterValues } from './filters';
import { QueryParameters } from '../protocol/query';
import { subnetsIn } from './subnets';

/** A node of a cluster as EC2 sees it. */
interface Instance extends NodeInstance {
  cluster: ClusterRecord;
  key: ClusterKey;
  profile?: InstanceProfileRecord;
  tags: Record<string, string>;
}

const instanceNotFound = (id: string) =>
  new AwsError(
    'InvalidInstanceID.NotFound',
    `The instance ID '${id}' does not exist`,
  );

/** The instances of the caller's account and region; every instance of the sandbox is a node. */
function instancesIn({ world, account, call }: Ec2Context): Instance[] {
  return [...account.clusters.values()]
    .filter(({ region }) => region === call.region)
    .flatMap(cluster => {
      const key = {
        accountId: cluster.accountId,
        region: cluster.region,
        name: cluster.name,
      };
      return (world.kubernetes?.instances(key) ?? []).map(node => ({
        ...node,
        cluster,
        key,
        profile: node.hasProfile
          ? profileOfRole(account.instanceProfiles.values(), node.roleArn)
          : undefined,
        tags: {
          'eks:cluster-name': cluster.name,
          [`kubernetes.io/cluster/${cluster.name}`]: 'owned',
        },
      }));
    });
}

function profileOfRole(
  profiles: Iterable<InstanceProfileRecord>,
  roleArn: string,
): InstanceProfileRecord | undefined {
  const name = roleArn.split('/').pop();
  return [...profiles].find(({ roleName }) => roleName === name);
}

/** Instances and associations have ids of their own; the sandbox keeps one association for each instance. */
const associationId = ({ instanceId }: NodeInstance) =>
  `iip-assoc-${instanceId.slice(2)}`;

const profileView = ({ arn, id }: InstanceProfileRecord) => ({ arn, id });

const optionsView = (
  { imdsEnabled, imdsHopLimit }: NodeInstance,
  state: 'applied' | 'pending',
): XmlValue => ({
  state,
  httpTokens: 'required',
  httpPutResponseHopLimit: imdsHopLimit,
  httpEndpoint: imdsEnabled ? 'enabled' : 'disabled',
  httpProtocolIpv6: 'disabled',
  instanceMetadataTags: 'disabled',
});

function view({ account, call }: Ec2Context, instance: Instance): XmlValue {
  const { cluster, zone } = instance;
  const subnet = subnetsIn(account, call.region).find(
    one => one.vpcId === cluster.vpc.vpcId && one.zone === zone,
  );
  return {
    instanceId: instance.instanceId,
    instanceState: { code: 16, name: 'running' },
    privateDnsName: instance.name,
    privateIpAddress: instance.ip,
    instanceType: 'm5.large',
    placement: { availabilityZone: zone, tenancy: 'default' },
    subnetId: subnet?.subnetId,
    vpcId: cluster.vpc.vpcId,
    groupSet: {
      item: [
        {
          groupId: cluster.vpc.clusterSecurityGroupId,
          groupName: `eks-cluster-sg-${cluster.name}`,
        },
      ],
    },
    iamInstanceProfile: instance.profile && profileView(instance.profile),
    metadataOptions: optionsView(instance, 'applied'),
    tagSet: {
      item: Object.entries(instance.tags).map(([key, value]) => ({
        key,
        value,
      })),
    },
  };
}

const INSTANCE_FILTERS: FilterValues<Instance> = {
  'availability-zone': ({ zone }) => [zone],
  'iam-instance-profile.arn': ({ profile }) => (profile ? [profile.arn] : []),
  'instance-id': ({ instanceId }) => [instanceId],
  'instance-state-name': () => ['running'],
  'private-dns-name': ({ name }) => [name],
  'private-ip-address': ({ ip }) => [ip],
  'vpc-id': ({ cluster }) => [cluster.vpc.vpcId],
};

const describeInstances: Ec2Operation = context => {
  const { account, parameters } = context;
  const ids = parameters.list('InstanceId');
  const filters = parameters.filters();
  // All instances fit into a page.
  parameters.pageSize();
  need(context, ['*']);
  parameters.done();
  const all = instancesIn(context);
  const missing = ids.find(id => !all.some(one => one.instanceId === id));
  if (missing) {
    throw instanceNotFound(missing);
  }
  const found = all.filter(one => !ids.length || ids.includes(one.instanceId));
  return {
    reservationSet: {
      item: filtered(found, filters, INSTANCE_FILTERS).map(instance => ({
        reservationId: `r-${instance.instanceId.slice(2)}`,
        ownerId: account.id,
        groupSet: { item: [] },
        instancesSet: { item: [view(context, instance)] },
      })),
    },
  };
};

/** The instance that a call names; needs the right on it. */
function theInstance(context: Ec2Context, id: string): Instance {
  need(context, [ec2Arn(context, `instance/${id}`)]);
  const found = instancesIn(context).find(one => one.instanceId === id);
  if (!found) {
    throw instanceNotFound(id);
  }
  return found;
}

const associationView = (
  instance: Instance,
  profile: InstanceProfileRecord,
  state: 'associating' | 'associated',
): XmlValue => ({
  associationId: associationId(instance),
  instanceId: instance.instanceId,
  iamInstanceProfile: profileView(profile),
  state,
});

const describeAssociations: Ec2Operation = context => {
  const { parameters } = context;
  const ids = parameters.list('AssociationId');
  const filters = parameters.filters();
  parameters.pageSize();
  need(context, ['*']);
  parameters.done();
  const found = filtered(instancesIn(context), filters, {
    'instance-id': ({ instanceId }) => [instanceId],
    state: () => ['associated'],
  }).filter(one => !ids.length || ids.includes(associationId(one)));
  return {
    iamInstanceProfileAssociationSet: {
      item: found.flatMap(one =>
        one.profile ? [associationView(one, one.profile, 'associated')] : [],
      ),
    },
  };
};

function theProfile({ account, parameters }: Ec2Context) {
  const { Name, Arn } = parameters.structure(
    'IamInstanceProfile',
  ) as QueryParameters;
  const found = [...account.instanceProfiles.values()].find(
    ({ name, arn }) => name === Name || arn === Arn,
  );
  if (!found) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${Name ?? Arn}) for parameter iamInstanceProfile.${
        Name ? 'name' : 'arn'
      } is invalid. Invalid IAM Instance Profile ${Name ? 'name' : 'ARN'}`,
    );
  }
  return found;
}

const associateProfile: Ec2Operation = context => {
  const { world, account, parameters } = context;
  const id = parameters.required('InstanceId');
  const profile = theProfile(context);
  parameters.done();
  const instance = theInstance(context, id);
  const role = current(account.roles.get(profile.roleName ?? ''));
  if (role) {
    needToPass(context, role.arn);
  }
  if (instance.profile) {
    throw new AwsError(
      'IncorrectState',
      `There is an existing association for instance ${id}`,
    );
  }
  world.kubernetes?.changeInstance(instance.key, id, {
    hasProfile: role !== undefined,
    ...(role && { roleArn: role.arn }),
  });
  return {
    iamInstanceProfileAssociation: associationView(
      instance,
      profile,
      'associating',
    ),
  };
};

const modifyMetadataOptions: Ec2Operation = context => {
  const { world, parameters } = context;
  const id = parameters.required('InstanceId');
  const endpoint = parameters.oneOf('HttpEndpoint', ['enabled', 'disabled']);
  const limit = parameters.text('HttpPutResponseHopLimit');
  // The sandbox knows version 2 only.
  parameters.oneOf('HttpTokens', ['required', 'optional']);
  parameters.done();
  const hops = limit === undefined ? undefined : Number(limit);
  if (
    hops !== undefined &&
    !(Number.isInteger(hops) && hops >= 1 && hops <= 64)
  ) {
    throw new AwsError(
      'InvalidParameterValue',
      `Invalid value '${limit}' for httpPutResponseHopLimit. The value must be between 1 and 64`,
    );
  }
  const instance = theInstance(context, id);
  const change = {
    ...(endpoint && { imdsEnabled: endpoint === 'enabled' }),
    ...(hops && { imdsHopLimit: hops }),
  };
  world.kubernetes?.changeInstance(instance.key, id, change);
  return {
    instanceId: id,
    instanceMetadataOptions: optionsView({ ...instance, ...change }, 'pending'),
  };
};

export const instanceOperations: Record<string, Ec2Operation> = {
  DescribeInstances: describeInstances,
  DescribeIamInstanceProfileAssociations: describeAssociations,
  AssociateIamInstanceProfile: associateProfile,
  ModifyInstanceMetadataOptions: modifyMetadataOptions,
};
