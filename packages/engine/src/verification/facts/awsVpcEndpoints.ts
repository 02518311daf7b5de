import { listVpcEndpoints } from '../../aws/cluster';
import { endpointServiceNames } from '../../aws/partition';
import type { Collector } from './collecting';
import { known, lacking } from './fact';
import { lackOfAws } from './lacks';

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
    const endpoints = await listVpcEndpoints(
      c.read,
      { vpcId, serviceNames: [...names.keys()] },
      c.signal,
    );
    return known(
      endpoints.flatMap(endpoint => {
        const service = names.get(endpoint.serviceName);
        return service ? [{ ...endpoint, service }] : [];
      }),
    );
  } catch (error) {
    return lacking(
      lackOfAws(error, { action: 'ec2:DescribeVpcEndpoints', resource: '*' }),
    );
  }
};
