import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';

/** How a cluster is reached, as the command line says it. */
export interface ClusterFlags {
  cluster?: string;
  region?: string;
  profile?: string;
  assumeRole?: string;
  kubernetes?: 'eks' | 'kubeconfig' | 'in-cluster' | 'none';
  kubeconfig?: string;
  context?: string;
  config?: string;
  portalId?: string;
  probeImage?: string;
  /** Seconds. */
  requestTimeout?: number;
  quiet?: boolean;
}

/** A value of this form; what the engine says of another one names a setting of a portal. */
const written = (form: RegExp, problem: string) => (text: string) => {
  if (!form.test(text)) throw new InvalidArgumentError(problem);
  return text;
};

export const between = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(
      `It must be a whole number from ${least} to ${most}.`,
    );
  }
  return value;
};

/** The ARN of an IAM role. */
export const roleArn = written(
  /^arn:aws[a-z-]*:iam::\d{12}:role\/[\u0021-\u007e]+$/,
  'Write the ARN of an IAM role, such as arn:aws:iam::111122223333:role/read.',
);

const PROXIES = `
Proxies:
  HTTPS_PROXY, HTTP_PROXY and NO_PROXY count for AWS and Kubernetes, and before them the
  proxy-url of a kubeconfig. Private endpoints of clusters belong in NO_PROXY.`;

/** Adds the options of every command that reads a cluster. */
export function clusterOptions(command: Command): Command {
  return command
    .option(
      '-c, --cluster <name>',
      "EKS cluster (with --config: its id there); default: that of the kubeconfig's context",
    )
    .option(
      '-r, --region <region>',
      'AWS region; default: that of the context, or as the AWS CLI',
    )
    .option('--profile <name>', 'profile of the AWS configuration')
    .option('--assume-role <arn>', 'IAM role to read and verify with', roleArn)
    .addOption(
      new Option('--kubernetes <access>', 'how to reach the Kubernetes API')
        .choices(['eks', 'kubeconfig', 'in-cluster', 'none'])
        .default(undefined, 'eks, or kubeconfig with one of the next two'),
    )
    .option('--kubeconfig <file>', 'kubeconfig to use')
    .option(
      '--context <name>',
      'context of the kubeconfig; default: its current one',
    )
    .option(
      '--config <file>',
      "a portal's app-config.yaml: its section eksPodIdentity names the clusters",
    )
    .option(
      '--portal-id <id>',
      'portal whose identities are "ours"',
      written(
        /^[\p{L}\p{N}_.:/=+\-@]{1,256}$/u,
        'It must fit into an AWS tag value and hold no spaces.',
      ),
    )
    .option(
      '--probe-image <image>',
      'image of the probe pod, with the AWS CLI',
      written(/^\S+$/, 'Write the address of a container image.'),
    )
    .option(
      '--request-timeout <seconds>',
      'longest wait for one answer of AWS or Kubernetes; default: 15',
      between(1, 600),
    )
    .option('-q, --quiet', 'no progress on standard error')
    .addHelpText('after', PROXIES);
}
