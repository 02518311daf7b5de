import { type Command, InvalidArgumentError, Option } from 'commander';
import { between, clusterOptions, roleArn } from './connect/flags';
import { EXIT_TEXT } from './exitCodes';
import { ACCESS_FORMATS } from './output/access';
import {
  type Format,
  FORMATS,
  PIPELINE_FORMATS,
  type ReportFile,
} from './output/reports';

const UNITS: Record<string, number> = {
  '': 1_000,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** `90`, `90s`, `5m`: milliseconds. */
function duration(text: string): number {
  const [, count, unit] = /^(\d+)([smh]?)$/.exec(text) ?? [];
  if (!count) {
    throw new InvalidArgumentError('Write it as 90s, 5m or 1h.');
  }
  return Number(count) * UNITS[unit];
}

const failOn = () =>
  new Option(
    '--fail-on <what>',
    'what ends it with another code than 0: broken; inconclusive adds an answer that is missing; degraded adds pods without the identity; never nothing',
  )
    // Not of the library, which a mere --help does not load.
    .choices(['never', 'broken', 'failed', 'inconclusive', 'degraded'])
    .default('degraded');

const requireProof = () =>
  new Option('--require-proof', 'end with 3 unless the status is Verified');

const beforeDeploy = () =>
  new Option(
    '--before-deploy',
    'end with 0 where nothing uses the service account yet',
  );

const restartLater = () =>
  new Option(
    '--restart-later',
    'end with 0 on Restart needed where a test pod has obtained the role',
  );

const noCloudTrail = () =>
  new Option(
    '--no-cloudtrail',
    'do not read from CloudTrail which SDKs ask by IRSA: no verdict is "ready" then',
  );

const output = (formats: readonly Format[]) =>
  new Option('-o, --output <format>', 'form of the result')
    .choices(formats)
    .default('text');

/** `junit=report.xml`, beside those before it. */
function reportFile(text: string, before: ReportFile[]): ReportFile[] {
  const [, name, file] = /^([a-z-]+)=(.+)$/.exec(text) ?? [];
  const format = PIPELINE_FORMATS.find(one => one === name);
  if (!format) {
    throw new InvalidArgumentError(
      `Write it as FORMAT=FILE, such as junit=report.xml; the formats are those of --output: ${PIPELINE_FORMATS.join(
        ', ',
      )}.`,
    );
  }
  return [...before, { format, file }];
}

const namespace = [
  '-n, --namespace <name>',
  'of a service account that is written without one; default: that of the kubeconfig, where the cluster is its',
] as const;

/** Not of the library, which a mere --help does not load; a test compares them. */
export const VERDICTS = [
  'broken',
  'blocked',
  'left-over',
  'unknown',
  'not-allowed',
  'needs-target',
  'by-rule',
  'add-on',
  'needs-owner',
  'ready-tags-off',
  'ready',
  'no-move',
];

export function inventoryCommand(program: Command): Command {
  return clusterOptions(
    program
      .command('inventory')
      .description(
        'List every AWS identity of a cluster, by Pod Identity, IRSA or keys, and what stands between each and Pod Identity',
      ),
  )
    .addOption(
      new Option('-n, --namespace <name...>', 'only these namespaces').default(
        [],
        'all',
      ),
    )
    .addOption(noCloudTrail())
    .addOption(
      new Option(
        '--fail-on <verdict...>',
        'end with 1 where a service account has one of these verdicts',
      )
        .choices(VERDICTS)
        .default([], 'none'),
    )
    .addOption(
      new Option('-o, --output <format>', 'form of the result')
        .choices(ACCESS_FORMATS)
        .default('text'),
    )
    .addHelpText('after', EXIT_TEXT);
}

export function planCommand(program: Command): Command {
  return clusterOptions(
    program
      .command('plan')
      .description(
        'Say what an associate with this input would change, or how a service account moves from IRSA to Pod Identity; changes nothing',
      )
      .argument('[file]', 'YAML of the input, or of the step; - reads stdin'),
  )
    .option(
      '--move <service-account>',
      'NAMESPACE/NAME, or NAME: the stages of its move, with their commands, and the way back',
    )
    .option(...namespace)
    .addOption(noCloudTrail())
    .addOption(
      new Option('-o, --output <format>', 'form of the result')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', EXIT_TEXT);
}

export function gateCommand(program: Command): Command {
  return clusterOptions(
    program
      .command('gate')
      .description(
        'Wait until every API server gives new pods of a service account its role; dry runs, nothing is stored',
      )
      .argument('<service-account>', 'NAMESPACE/NAME, or NAME'),
  )
    .option(...namespace)
    .addOption(
      new Option('--road <road>', 'by which they are to get it')
        .choices(['pod-identity', 'irsa'])
        .default('pod-identity'),
    )
    .option('--timeout <seconds>', 'longest wait', between(1, 3600), 300)
    .addHelpText('after', EXIT_TEXT);
}

export function judgeCommand(program: Command): Command {
  return program
    .command('judge')
    .description(
      'Judge the facts of a bundle again, with the checks of this version',
    )
    .argument('<file>', 'bundle of "verify --bundle" or of a portal')
    .addOption(failOn())
    .addOption(requireProof())
    .addOption(beforeDeploy())
    .addOption(restartLater())
    .addOption(output(FORMATS))
    .addHelpText('after', EXIT_TEXT);
}

export function verifyCommand(program: Command): Command {
  return clusterOptions(
    program
      .command('verify')
      .description(
        'Verify the identity of a service account or a workload, or of all that a namespace or a cluster has',
      )
      .argument(
        '[service-account]',
        'NAMESPACE/NAME, or NAME with --namespace or in that of the kubeconfig; or KIND/NAME of a workload (deployment, statefulset, daemonset, cronjob, job, pod, or as kubectl shortens them)',
      ),
  )
    .option(
      '-n, --namespace <name>',
      'namespace of the service account or the workload; without one, every association of this namespace',
    )
    .option('-A, --all-namespaces', 'every association of the cluster')
    .option('-a, --all', 'the same, or with --namespace those of that one')
    .option(
      '-l, --selector <labels>',
      'of several: those whose service accounts have these labels, as kubectl takes them',
    )
    .option(
      '--owner <ref>',
      'of several: those that a portal has made for components of this owner, such as group:default/payments',
    )
    .option(
      '--concurrency <count>',
      'of several: identities at a time',
      between(1, 64),
      4,
    )
    .addOption(
      new Option(
        '--probe <level>',
        'pod runs a short-lived pod; admission only dry-runs one; none only reads',
      )
        .choices(['pod', 'admission', 'none'])
        .default('pod'),
    )
    .option(
      '--per-node-group',
      'run one more pod in each other node group in use, one after the other',
    )
    .option(
      '--cloudtrail',
      'also read from CloudTrail which pods obtained the role, with which SDK, and what AWS denied them',
    )
    .option('--expect-role <arn>', 'role that the pod must obtain', roleArn)
    .option(
      '--wait <duration>',
      'verify again while waiting may help, for this long at most',
      duration,
    )
    .option(
      '--timeout <seconds>',
      'longest time for one verification; with --all also for the list of what there is to verify',
      between(1, 3600),
      300,
    )
    .option(
      '--bundle <file>',
      'write the facts to a file, without secrets: to judge them elsewhere',
    )
    .addOption(failOn())
    .addOption(requireProof())
    .addOption(beforeDeploy())
    .addOption(restartLater())
    .addOption(output(PIPELINE_FORMATS))
    .addOption(
      new Option(
        '--report <format=file>',
        'write a report of this format to a file too; may be given several times',
      )
        .argParser(reportFile)
        .default([], 'none'),
    )
    .addOption(
      new Option(
        '--manifests <path>',
        'file or folder with the manifests that were deployed: github and code-quality show a finding on its line; may be given several times',
      )
        .argParser((path, before: string[]) => [...before, path])
        .default([], 'none'),
    )
    .addHelpText('after', EXIT_TEXT);
}
