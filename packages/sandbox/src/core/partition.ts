/** A separate set of AWS accounts and regions, with its own ARNs and addresses. */
export interface Partition {
  /** As in ARNs. */
  id: 'aws' | 'aws-cn' | 'aws-us-gov';
  dnsSuffix: string;
  /** Of services that answer over IPv4 and IPv6, such as EKS Auth. */
  dualStackSuffix: string;
}

const AWS: Partition = {
  id: 'aws',
  dnsSuffix: 'amazonaws.com',
  dualStackSuffix: 'api.aws',
};

const CHINA: Partition = {
  id: 'aws-cn',
  dnsSuffix: 'amazonaws.com.cn',
  dualStackSuffix: 'api.amazonwebservices.com.cn',
};

/** The partition of a region. */
export function partitionOf(region: string): Partition {
  if (region.startsWith('cn-')) {
    return CHINA;
  }
  return region.startsWith('us-gov-') ? { ...AWS, id: 'aws-us-gov' } : AWS;
}

/** ARN of a resource that belongs to a region. */
export const regionalArn = (
  service: string,
  { region, accountId }: { region: string; accountId: string },
  rest: string,
) => `arn:${partitionOf(region).id}:${service}:${region}:${accountId}:${rest}`;
