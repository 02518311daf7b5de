import { nameOfArn } from '../aws/arn';
import type { ClusterConfig } from '../clusters/types';

/** Console host of each partition. The isolated partitions have no public console. */
const CONSOLE_HOSTS: Record<string, string> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
  'aws-eusc': 'console.amazonaws-eusc.eu',
};

/** Pages of the AWS console; each is undefined where the partition has no public console. @public */
export interface ConsoleLinks {
  cluster?: string;
  /** The cluster's Access tab, which lists its associations; the user guide documents no page of a single one. */
  association?: string;
  /** IAM is global in its partition, and so is its console. */
  role(roleArn: string): string | undefined;
}

/** Links to the AWS console for a cluster and its resources. @public */
export function consoleLinks(
  cluster: Pick<ClusterConfig, 'name' | 'partition' | 'region'>,
): ConsoleLinks {
  const host = CONSOLE_HOSTS[cluster.partition];
  if (!host) return { role: () => undefined };
  const region = encodeURIComponent(cluster.region);
  const page = `https://${region}.${host}/eks/clusters/${encodeURIComponent(
    cluster.name,
  )}?region=${region}`;
  return {
    cluster: page,
    association: `${page}&selectedTab=cluster-access-tab`,
    role: roleArn =>
      `https://${host}/iam/home#/roles/details/${encodeURIComponent(
        nameOfArn(roleArn),
      )}`,
  };
}

type Place = Parameters<typeof consoleLinks>[0];

/** A role as plans and reports name it. */
export const roleResource = (cluster: Place, arn: string) => ({
  kind: 'role' as const,
  name: arn,
  consoleUrl: consoleLinks(cluster).role(arn),
});

/** An association as plans and reports name it. */
export const associationResource = (cluster: Place, id: string) => ({
  kind: 'association' as const,
  name: id,
  consoleUrl: consoleLinks(cluster).association,
});
