/** SDKs whose order of credentials was measured. The AWS CLI behaves as Python. */
export const SDKS = [
  'Python',
  'JavaScript v3',
  'JavaScript v2',
  'Go v2',
  'Go v1',
  'Java v2',
  'Java v1',
  'Rust',
] as const;
export type Sdk = (typeof SDKS)[number];

/** A program or library as it names itself in a user agent. */
export interface SdkProgram {
  /** `boto3`: as people call it. */
  name: string;
  /** The measured SDK that it is; absent for one that was not measured. */
  sdk?: Sdk;
  /** What stands before `/<version>`, in lower case. */
  product: string;
  /** First part of its versions, where two SDKs share a product. */
  major?: number;
  /** The oldest version that was measured to work with Pod Identity. */
  works?: string;
  /** The newest version that was measured not to. */
  fails?: string;
  /** What it says instead. */
  says?: string;
  /** The oldest version of AWS's table. */
  aws?: string;
}

/**
 * In the order in which a user agent is searched: a program before the library that it is made of. Measured with the
 * real address of the agent and the default chain of a client for STS. `fails` is a sure finding, `aws` is worth a note.
 */
export const SDK_PROGRAMS: readonly SdkProgram[] = [
  {
    name: 'AWS CLI v1',
    sdk: 'Python',
    product: 'aws-cli',
    major: 1,
    works: '1.30.0',
    fails: '1.29.85',
    says: "Unsupported host '169.254.170.23'.",
    aws: '1.30.0',
  },
  {
    name: 'AWS CLI v2',
    sdk: 'Python',
    product: 'aws-cli',
    major: 2,
    works: '2.36.7',
    aws: '2.15.0',
  },
  {
    name: 'boto3',
    sdk: 'Python',
    product: 'boto3',
    works: '1.29.0',
    // Botocore 1.31.85, which it comes with.
    fails: '1.28.85',
    says: "Unsupported host '169.254.170.23'.",
    aws: '1.34.41',
  },
  {
    name: 'botocore',
    sdk: 'Python',
    product: 'botocore',
    works: '1.32.0',
    fails: '1.31.85',
    says: "Unsupported host '169.254.170.23'.",
    aws: '1.34.41',
  },
  {
    name: 'JavaScript v2',
    sdk: 'JavaScript v2',
    product: 'aws-sdk-nodejs',
    major: 2,
    works: '2.1550.0',
    fails: '2.1549.0',
    aws: '2.1550.0',
  },
  {
    name: 'JavaScript v3',
    sdk: 'JavaScript v3',
    product: 'aws-sdk-js',
    major: 3,
    works: '3.502.0',
    fails: '3.501.0',
    says: '169.254.170.23 is not a valid container metadata service hostname',
    aws: '3.458.0',
  },
  {
    name: 'Go v2',
    sdk: 'Go v2',
    product: 'aws-sdk-go-v2',
    // Its user agent names the core module; `config` decides, of which 1.25.0 works and 1.22.3 does not.
    works: '1.22.2',
    says: 'invalid endpoint host, "169.254.170.23", only loopback hosts are allowed',
    aws: 'release-2023-11-14',
  },
  {
    name: 'Go v1',
    sdk: 'Go v1',
    product: 'aws-sdk-go',
    works: '1.47.11',
    fails: '1.47.10',
    aws: '1.47.11',
  },
  {
    name: 'Java v2',
    sdk: 'Java v2',
    product: 'aws-sdk-java',
    major: 2,
    works: '2.21.29',
    fails: '2.21.25',
    aws: '2.21.30',
  },
  {
    name: 'Java v1',
    sdk: 'Java v1',
    product: 'aws-sdk-java',
    major: 1,
    works: '1.12.746',
    fails: '1.12.715',
    aws: '1.12.746',
  },
  // Its user agent names the runtime, not aws-config.
  {
    name: 'Rust',
    sdk: 'Rust',
    product: 'aws-sdk-rust',
    aws: 'release-2024-03-13',
  },
  { name: 'C++', product: 'aws-sdk-cpp', aws: '1.11.263' },
  { name: '.NET', product: 'aws-sdk-dotnet-coreclr', aws: '3.7.734.0' },
  { name: '.NET', product: 'aws-sdk-dotnet-core', aws: '3.7.734.0' },
  { name: '.NET', product: 'aws-sdk-dotnet', aws: '3.7.734.0' },
  { name: 'PHP', product: 'aws-sdk-php', aws: '3.287.1' },
  { name: 'Ruby', product: 'aws-sdk-ruby3', aws: '3.188.0' },
  { name: 'Kotlin', product: 'aws-sdk-kotlin', aws: '1.0.1' },
];

/** The table's row of a program that a user agent named. */
export function programOf(name: string | undefined): SdkProgram | undefined {
  return SDK_PROGRAMS.find(one => one.name === name);
}

/** Less than, equal to or greater than 0, as the one version is older, the same or newer. */
function compareVersions(one: string, other: string): number {
  const left = one.split('.').map(Number);
  const right = other.split('.').map(Number);
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether that version, or an older one of the same program, was measured to work with Pod Identity. */
export const isMeasured = (
  { works }: Pick<SdkProgram, 'works'>,
  version: string | undefined,
): boolean =>
  works !== undefined &&
  version !== undefined &&
  compareVersions(version, works) >= 0;

/** Whether a version works with Pod Identity: `too-old` and `works` were measured, `below-aws` is below AWS's table only. */
export function ageOf(
  { works, fails, aws }: SdkProgram,
  version: string | undefined,
): 'too-old' | 'below-aws' | 'works' | 'unknown' {
  if (!version) return 'unknown';
  if (fails && compareVersions(version, fails) <= 0) return 'too-old';
  if (aws && /^\d/.test(aws) && compareVersions(version, aws) < 0) {
    return 'below-aws';
  }
  return isMeasured({ works }, version) ? 'works' : 'unknown';
}

/**
 * SDKs by which components of EKS nodes call AWS as the node: kubelet, its credential provider, the VPC CNI, the agent,
 * CSI drivers and the SSM agent are in Go; Bottlerocket's own are in Rust; the boot script of Amazon Linux 2 runs the AWS
 * CLI.
 */
export const SDKS_OF_NODES: readonly string[] = [
  'Go v1',
  'Go v2',
  'Rust',
  'AWS CLI v1',
  'AWS CLI v2',
];

/** Products by which components and add-ons of nodes name themselves, whatever SDK they use; in lower case. */
export const PRODUCTS_OF_NODES: readonly string[] = [
  'amazon-ecr-credential-helper',
  'amazon-ssm-agent',
  'amazon-vpc-cni-k8s',
  'aws-ebs-csi-driver',
  'aws-efs-csi-driver',
  'aws-fluent-bit-plugin',
  'aws-node-termination-handler',
  'cwagent',
  'ecr-credential-provider',
  'efs-utils',
  'eks-node-monitoring-agent',
  'eks-pod-identity-agent',
  'elbv2.k8s.aws',
  'karpenter.sh',
  'kubelet',
  'nodeadm',
];
