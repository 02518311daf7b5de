interface Partition {
  id: string;
  /** Region prefix, such as `cn-`. */
  region: RegExp;
  dnsSuffix: string;
}

/** Source: the AWS SDKs' partitions.json. */
const PARTITIONS: Partition[] = [
  { id: 'aws-cn', region: /^cn-\w+-\d+$/, dnsSuffix: 'amazonaws.com.cn' },
  { id: 'aws-us-gov', region: /^us-gov-\w+-\d+$/, dnsSuffix: 'amazonaws.com' },
  { id: 'aws-iso', region: /^us-iso-\w+-\d+$/, dnsSuffix: 'c2s.ic.gov' },
  { id: 'aws-iso-b', region: /^us-isob-\w+-\d+$/, dnsSuffix: 'sc2s.sgov.gov' },
  {
    id: 'aws-iso-e',
    region: /^eu-isoe-\w+-\d+$/,
    dnsSuffix: 'cloud.adc-e.uk',
  },
  { id: 'aws-iso-f', region: /^us-isof-\w+-\d+$/, dnsSuffix: 'csp.hci.ic.gov' },
  { id: 'aws-eusc', region: /^eusc-(de)-\w+-\d+$/, dnsSuffix: 'amazonaws.eu' },
];

const DEFAULT: Partition = {
  id: 'aws',
  region: /^[a-z]{2}-[a-z]+-\d+$/,
  dnsSuffix: 'amazonaws.com',
};

function find(region: string): Partition {
  return PARTITIONS.find(partition => partition.region.test(region)) ?? DEFAULT;
}

/** True for text that looks like a region of any partition. */
export function isRegion(text: string): boolean {
  return find(text).region.test(text);
}

/** `aws`, `aws-cn`, `aws-us-gov`, … */
export function partitionOfRegion(region: string): string {
  return find(region).id;
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
  const own = find(region).dnsSuffix.split('.').reverse().join('.');
  const usual = `com.amazonaws.${region}.${service}`;
  return own === 'com.amazonaws'
    ? [usual]
    : [`${own}.${region}.${service}`, usual];
}

/** Host of the region's own STS endpoint, which the cluster's authenticator expects in a token. */
export function stsHost(region: string): string {
  return `sts.${region}.${find(region).dnsSuffix}`;
}
