import { partition } from '@aws-sdk/util-endpoints';

/** True for text that looks like a region of any partition; the SDK assigns any text to partition `aws`. @public */
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

/** IAM has one endpoint for each partition, in this region ("IAM endpoints and quotas", AWS General Reference). */
const IAM_REGIONS: Record<string, string> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
  'aws-eusc': 'eusc-de-east-1',
  'aws-iso': 'us-iso-east-1',
  'aws-iso-b': 'us-isob-east-1',
};

/** The region in which CloudTrail records calls to IAM, for a cluster in this one. */
export function regionOfIam(region: string): string {
  return IAM_REGIONS[partitionOfRegion(region)] ?? region;
}

/** Host of the region's own STS endpoint, which the cluster's authenticator expects in a token. */
export function stsHost(region: string): string {
  return `sts.${region}.${partition(region).dnsSuffix}`;
}
