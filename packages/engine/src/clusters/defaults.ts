import type { EngineConfig } from './types';

/**
 * Image of the probe pod: AWS's own AWS CLI image (bash, head, base64 and aws are all the probe needs), pinned
 * by version and by the digest of its multi-architecture index (amd64 and arm64).
 */
export const DEFAULT_PROBE_IMAGE =
  'public.ecr.aws/aws-cli/aws-cli:2.37.4@sha256:fdd8d1fcbea9c371678dee5a40df8b178c7a781b4586605756ee28114c97ead6';

/** Namespaces of Kubernetes itself. */
export const DEFAULT_DENIED_NAMESPACES = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
];

/**
 * AWS managed policies that may be attached unless configured otherwise: they read settings, and the data of no team.
 * Those of S3, DynamoDB and CloudWatch (logs) read what every team in the account has stored.
 */
export const DEFAULT_MANAGED_POLICIES = [
  'AmazonSQSReadOnlyAccess',
  'AmazonSNSReadOnlyAccess',
];

/**
 * Commands that a permission check may run unless configured otherwise: reading ones, each with its useful options.
 * None accepts a file, an endpoint, a profile or an output.
 */
export const DEFAULT_PROBE_COMMANDS: Record<string, string[]> = {
  's3 ls': ['--recursive', '--page-size', '--human-readable', '--summarize'],
  's3api head-bucket': ['--bucket', '--expected-bucket-owner'],
  's3api list-buckets': ['--max-items', '--prefix'],
  'dynamodb describe-table': ['--table-name'],
  'sqs get-queue-url': ['--queue-name', '--queue-owner-aws-account-id'],
  'sns get-topic-attributes': ['--topic-arn'],
  'kms describe-key': ['--key-id'],
};

/** AWS managed policies that a command without the name of a resource can test, unless configured otherwise. */
export const DEFAULT_POLICY_TESTS: Record<string, string[]> = {
  AmazonS3ReadOnlyAccess: ['s3', 'ls'],
  AmazonS3FullAccess: ['s3', 'ls'],
};

/** Options of the AWS CLI that take no value, besides all that begin with `--no-`. */
export const OPTIONS_WITHOUT_VALUE = [
  '--human-readable',
  '--recursive',
  '--summarize',
];

/**
 * Options that no configuration can allow: they read files, send signed requests to other hosts, print secrets, or
 * let a check pass without the pod's identity.
 */
export const NEVER_OPTIONS = [
  '--ca-bundle',
  '--cli-auto-prompt',
  '--cli-input-json',
  '--cli-input-yaml',
  '--debug',
  '--endpoint-url',
  '--generate-cli-skeleton',
  '--no-sign-request',
  '--no-verify-ssl',
  '--profile',
];

const MINUTE = 60_000;

export const DEFAULT_TIMINGS: EngineConfig['timings'] = {
  leaseTtl: 30_000,
  leaseHeartbeat: 10_000,
  rolePropagation: 2 * MINUTE,
  associationGone: MINUTE,
  agentInstall: 10 * MINUTE,
  gateDeadline: 90_000,
  gateMinPause: 250,
  gateMaxPause: 2_000,
  probeDeadline: 3 * MINUTE,
  probeGrace: 30_000,
  probeInterval: MINUTE,
  sweepInterval: MINUTE,
  retryPause: 250,
  requestTimeout: 15_000,
  connectTimeout: 5_000,
};

export const DEFAULT_LIMITS: EngineConfig['limits'] = {
  operationsPerUser: 50,
  changesPerServiceAccount: 5,
  proofsPerServiceAccount: 5,
  plansPerCaller: 4,
  identitiesPerEntity: 30,
  identitiesPerOwner: 300,
  operationsPerUserPerDay: 1000,
  operationsPerOwnerPerDay: 5000,
  eventsPerUserPerDay: 100_000,
};

export const DEFAULT_SWEEP: EngineConfig['sweep'] = {
  frequencyMs: 30 * MINUTE,
  timeoutMs: 5 * MINUTE,
  maxAgeMs: 24 * 60 * MINUTE,
};

export const DEFAULT_LOCATORS_REFRESH_MS = 10 * MINUTE;
