import { ec2Package } from '../../aws/ec2Package';
import { endpointServiceNames } from '../../aws/partition';
import type { Collector } from './collecting';
import { known, lacking } from './fact';
import { lackOfAws } from './lacks';
import type { VpcEndpointFact } from './types';

/** The agent asks eks-auth; the probe, and many an SDK, asks sts. */
export const NEEDED_SERVICES = ['eks-auth', 'sts'] as const;

/**
 * Asked only of private-only clusters, and only in runs that start a pod: the answer changes no verdict, and EC2 is
 * not asked for anything else.
 */
export const collectVpcEndpoints: Collector<'vpcEndpoints'> = async c => {
  const cluster = await c.get('cluster');
  if (!cluster.known) return cluster;
  if (!cluster.value || cluster.value.endpointPublicAccess) {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'Not looked at: the cluster is not private-only.',
    });
  }
  if (c.request.probe !== 'pod') {
    return lacking({
      kind: 'not-in-probe',
      sentence:
        'The cluster is private-only; whether its VPC has endpoints for eks-auth and sts is looked at in runs that start a pod.',
    });
  }
  const { vpcId } = cluster.value;
  if (!vpcId) {
    return lacking({
      kind: 'unreachable',
      sentence: 'EKS does not say in which VPC the cluster is.',
    });
  }
  const names = new Map(
    NEEDED_SERVICES.flatMap(service =>
      endpointServiceNames(c.read.cluster.region, service).map(
        name => [name, service] as const,
      ),
    ),
  );
  try {
    const { DescribeVpcEndpointsCommand } = ec2Package();
    const found: VpcEndpointFact[] = [];
    let token: string | undefined;
    do {
      const { VpcEndpoints = [], NextToken } = await c.read.aws.ec2.send(
        new DescribeVpcEndpointsCommand({
          Filters: [
            { Name: 'vpc-id', Values: [vpcId] },
            { Name: 'service-name', Values: [...names.keys()] },
          ],
          NextToken: token,
        }),
        { abortSignal: c.signal },
      );
      for (const endpoint of VpcEndpoints) {
        const serviceName = endpoint.ServiceName ?? '';
        const service = names.get(serviceName);
        if (service) {
          found.push({
            id: endpoint.VpcEndpointId ?? '',
            service,
            serviceName,
            type: endpoint.VpcEndpointType ?? 'Interface',
            // EC2 writes it small, its documentation and the SDK's types with a capital.
            state: (endpoint.State ?? 'unknown').replace(/^[A-Z]/, letter =>
              letter.toLowerCase(),
            ),
            privateDns: endpoint.PrivateDnsEnabled === true,
          });
        }
      }
      token = NextToken || undefined;
    } while (token);
    return known(found);
  } catch (error) {
    return lacking(
      lackOfAws(error, { action: 'ec2:DescribeVpcEndpoints', resource: '*' }),
    );
  }
};
