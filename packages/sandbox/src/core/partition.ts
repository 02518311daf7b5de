/** A separate set of AWS accounts and regions, with its own ARNs and addresses. */
export interface Partition {
  /** As in ARNs. */
  id: 'aws' | 'aws-cn' | 'aws-us-gov';
  dnsSuffix: string;
}

/** The partition of a region. */
export function partitionOf(region: string): Partition {
  if (region.startsWith('cn-')) {
    return { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn' };
  }
  return {
    id: region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws',
    dnsSuffix: 'amazonaws.com',
  };
}
