import { partition } from '@aws-sdk/util-endpoints';

/** True for text that looks like a region of any partition; the SDK assigns any text to partition `aws`. */
export function isRegion(text: string): boolean {
  return /^[a-z]{2,4}(-[a-z]+){1,2}-\d+$/.test(text);
}

/** `aws`, `aws-cn`, `aws-us-gov`, … */
export function partitionOfRegion(region: string): string {
  return partition(region).name;
}

/**
 * Possible names of an AWS service's VPC endpoint service, the likelier first. Outside the commercial and GovCloud
 * partitions some services begin with the partition's reversed DNS suffix (`cn.com.amazonaws.`) and others with the
 * usual prefix; AWS does not document which for all, so both count.
 */
export function endpointServiceNames(
  region: string,
  service: string,
): [string, ...string[]] {
  const own = partition(region).dnsSuffix.split('.').reverse().join('.');
  const usual = `com.amazonaws.${region}.${service}`;
  return own === 'com.amazonaws'
    ? [usual]
    : [`${own}.${region}.${service}`, usual];
}

/**
 * The region in which CloudTrail records what the global endpoint of STS was asked, whichever region answers; undefined where
 * there is none, because partitions other than `aws` have regional endpoints alone ("AWS STS Regions and endpoints", IAM User Guide).
 */
export function regionOfGlobalSts(partitionName: string): string | undefined {
  return partitionName === 'aws' ? 'us-east-1' : undefined;
}

/** Host of the region's own STS endpoint, which the cluster's authenticator expects in a token. */
export function stsHost(region: string): string {
  return `sts.${region}.${partition(region).dnsSuffix}`;
}
