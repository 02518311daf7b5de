import { endpointServiceName, newVpcEndpoint } from '../ec2/vpcEndpoints';
import { VpcEndpointRecord } from '../state/types';
import { World } from '../state/world';
import { ClusterRef, EksDirect } from './eks';

/** A VPC endpoint to create in the VPC of a cluster. */
export interface VpcEndpointInput {
  /** The cluster whose VPC the endpoint belongs to. */
  cluster: ClusterRef;
  /** `eks-auth`, `sts` and so on, or a full name such as `cn.com.amazonaws.cn-north-1.sts`. */
  service: string;
  /** Default available. */
  state?: VpcEndpointRecord['state'];
  type?: VpcEndpointRecord['type'];
  /** Default true. */
  privateDnsEnabled?: boolean;
  tags?: Record<string, string>;
  /** JSON, of what passes it. */
  policy?: string;
}

/** Direct access to EC2's state, bypassing permissions and checks. */
export class Ec2Direct {
  readonly #world: World;
  readonly #eks: EksDirect;

  constructor(world: World, eks: EksDirect) {
    this.#world = world;
    this.#eks = eks;
  }

  /** Creates an endpoint in the VPC of a cluster; others for the same service stay. */
  putVpcEndpoint(input: VpcEndpointInput): VpcEndpointRecord {
    const { accountId, region, vpc } = this.#eks.cluster(input.cluster);
    return newVpcEndpoint(this.#world, accountId, {
      region,
      vpcId: vpc.vpcId,
      serviceName: input.service.includes('amazonaws')
        ? input.service
        : endpointServiceName(region, input.service),
      type: input.type ?? 'Interface',
      state: input.state ?? 'available',
      privateDnsEnabled: input.privateDnsEnabled ?? true,
      subnetIds: [...vpc.subnetIds],
      securityGroupIds: [vpc.clusterSecurityGroupId],
      tags: input.tags ?? {},
      policy: input.policy,
    });
  }

  /** Removes an endpoint. */
  removeVpcEndpoint(vpcEndpointId: string): void {
    for (const account of this.#world.state.accounts.values()) {
      account.vpcEndpoints.delete(vpcEndpointId);
    }
  }

  /** The endpoints in the VPC of a cluster. */
  vpcEndpoints(cluster: ClusterRef): VpcEndpointRecord[] {
    const { accountId, vpc } = this.#eks.cluster(cluster);
    return [...this.#world.account(accountId).vpcEndpoints.values()].filter(
      endpoint => endpoint.vpcId === vpc.vpcId,
    );
  }
}
