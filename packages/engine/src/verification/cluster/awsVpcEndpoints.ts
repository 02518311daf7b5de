import { listVpcEndpoints } from '../../aws/cluster';
import { endpointServiceNames } from '../../aws/partition';
import type { Collector } from '../framework/collecting';
import { lacking } from '../framework/fact';
import { askAws } from '../access/askAws';

/** The agent calls eks-auth; the probe and many SDKs call sts. */
export const NEEDED_SERVICES = ['eks-auth', 'sts'] as const;

/**
 * Read only for private-only clusters, and only in runs that start a pod: it changes no verdict, and the portal needs
 * EC2 for nothing else.
 */
export const collectVpcEndpoints: Collector<'vpcEndpoints'> = async c => {
  const cluster = await c.get('cluster');
  if (!cluster.known) return cluster;
  if (!cluster.value || cluster.value.endpointPublicAccess) {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'Not checked: the cluster is not private-only.',
    });
  }
  if (c.request.probe !== 'pod') {
    return lacking({
      kind: 'not-in-probe',
      sentence:
        'The cluster is private-only; runs that start a pod check whether its VPC has endpoints for eks-auth and sts.',
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
  return askAws(
    c.read,
    { action: 'ec2:DescribeVpcEndpoints', resource: '*' },
    async () => {
      const endpoints = await listVpcEndpoints(
        c.read,
        { vpcId, serviceNames: [...names.keys()] },
        c.signal,
      );
      return endpoints.flatMap(endpoint => {
        const service = names.get(endpoint.serviceName);
        return service ? [{ ...endpoint, service }] : [];
      });
    },
  );
};
