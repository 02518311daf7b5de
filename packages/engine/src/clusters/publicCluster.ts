import type { PodIdentityCluster } from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig } from './types';

/** A cluster as extensions see it, without its settings. @public */
export function publicCluster({
  id,
  name,
  title,
  region,
  accountId,
  partition,
  arn,
}: ClusterConfig): PodIdentityCluster {
  return { id, name, title, region, accountId, partition, arn };
}
