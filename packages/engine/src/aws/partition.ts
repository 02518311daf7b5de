import { partition } from '@aws-sdk/util-endpoints';

/** True for text that looks like a region of any partition; the SDK takes any text for one of `aws`. */
export function isRegion(text: string): boolean {
  return /^[a-z]{2,4}(-[a-z]+){1,2}-\d+$/.test(text);
}

/** `aws`, `aws-cn`, `aws-us-gov`, … */
export function partitionOfRegion(region: string): string {
  return partition(region).name;
}

/**
 * Names that the VPC endpoint service of an AWS service may have, the likelier first. Outside the commercial and
 * GovCloud partitions some services begin with the partition's own DNS suffix turned round (`cn.com.amazonaws.`) and
 * others with the usual prefix; which one is nowhere written down for all, so both count.
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

/** Host of the region's own STS endpoint, which the cluster's authenticator expects in a token. */
export function stsHost(region: string): string {
  return `sts.${region}.${partition(region).dnsSuffix}`;
}
