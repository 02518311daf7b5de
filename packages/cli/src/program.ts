import {
  Argument,
  Command,
  CommanderError,
  InvalidArgumentError,
  Option,
} from 'commander';
import { version } from '../package.json';
import { admissionPolicies } from './commands/admissionPolicies';
import { doctor } from './commands/doctor';
import { explain } from './commands/explain';
import { gate } from './commands/gate';
import { inventory } from './commands/inventory';
import { judge } from './commands/judge';
import { plan } from './commands/plan';
import { verify } from './commands/verify';
import { clusterOptions } from './connect/flags';
import { EXIT, EXIT_TEXT, exitOf } from './exitCodes';
import type { Io } from './io';
import { ACCESS_FORMATS, accessSchema } from './output/access';
import { moveSchema } from './output/move';
import { FORMATS, reportsSchema } from './output/reports';

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

/** Of what each command prints as JSON; `move` is "plan --move". */
const SCHEMAS = {
  verify: reportsSchema,
  inventory: accessSchema,
  move: moveSchema,
};

const between = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(
      `It must be a whole number from ${least} to ${most}.`,
    );
  }
  return value;
};

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

const output = () =>
  new Option('-o, --output <format>', 'form of the result')
    .choices(FORMATS)
    .default('text');

/**
 * Runs the program.
 *
 * @returns its exit code
 */
export async function run(argv: string[], io: Io): Promise<number> {
  let code: number = EXIT.ok;
  const program = programOf(io, async work => {
    code = await work();
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    const { message, ...ending } = exitOf(error as Error, io.signal);
    io.stderr.write(`eks-pod-identity: ${message}\n`);
    return ending.code;
  }
}

function programOf(
  io: Io,
  ending: (work: () => Promise<number>) => Promise<void>,
): Command {
  const program = new Command('eks-pod-identity')
    .description(
      'Proves that pods on Amazon EKS obtain their AWS identity, and explains what is wrong where they do not. It changes nothing.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: text => io.stderr.write(text),
    })
    .showHelpAfterError('Add --help for what there is.')
    .addHelpText('after', EXIT_TEXT);
  verifyCommand(program).action((subject, flags) =>
    ending(() => verify(subject, flags, io)),
  );
  planCommand(program).action((file, flags) =>
    ending(() => plan(file, flags, io)),
  );
  program
    .command('explain')
    .description('Explain a check of a report, or list all checks')
    .argument('[check]', 'its id, such as role.trust-policy')
    .action(id => ending(() => explain(id, io)));
  program
    .command('schema')
    .description('Print the JSON schema of what "--output json" prints')
    .addArgument(
      new Argument('[command]', 'of which command')
        .choices(Object.keys(SCHEMAS))
        .default('verify'),
    )
    .action((command: keyof typeof SCHEMAS) =>
      ending(async () => {
        const schema = SCHEMAS[command]();
        io.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
        return EXIT.ok;
      }),
    );
  gateCommand(program).action((subject, flags) =>
    ending(() => gate(subject, flags, io)),
  );
  inventoryCommand(program).action(flags => ending(() => inventory(flags, io)));
  clusterOptions(
    program
      .command('doctor')
      .description(
        'Try harmlessly what verifying needs on a cluster, and name all gaps at once',
      ),
  )
    .option(
      '-n, --namespace <name...>',
      'namespaces in which rights are looked at',
      [],
    )
    .option('--write', 'also what changing needs (default: with a write role)')
    .addOption(
      new Option('-o, --output <format>', 'form of the result')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', EXIT_TEXT)
    .action(flags => ending(() => doctor(flags, io)));
  judgeCommand(program).action((file, flags) =>
    ending(() => judge(file, flags, io)),
  );
  program
    .command('admission-policies')
    .description(
      "Print the ValidatingAdmissionPolicies that hold a portal's roles on a cluster to its probe and to restarts",
    )
    .option('--config <file>', "the portal's app-config.yaml")
    .option('-c, --cluster <id>', 'with --config: the cluster, by its id there')
    .option('--probe-image <image>', 'without --config: image of the probe')
    .action(flags => ending(() => admissionPolicies(flags, io)));
  return program;
}

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

function inventoryCommand(program: Command): Command {
  return clusterOptions(
    program
      .command('inventory')
      .description(
        'List every AWS identity of a cluster, by Pod Identity, IRSA or keys, and what stands between each and Pod Identity',
      ),
  )
    .option('-n, --namespace <name...>', 'only these namespaces', [])
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

function planCommand(program: Command): Command {
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
      'NAMESPACE/NAME: the stages of its move, with their commands, and the way back',
    )
    .addOption(noCloudTrail())
    .addOption(
      new Option('-o, --output <format>', 'form of the result')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', EXIT_TEXT);
}

function gateCommand(program: Command): Command {
  return clusterOptions(
    program
      .command('gate')
      .description(
        'Wait until every API server gives new pods of a service account its role; dry runs, nothing is stored',
      )
      .argument('<service-account>', 'NAMESPACE/NAME'),
  )
    .addOption(
      new Option('--road <road>', 'by which they are to get it')
        .choices(['pod-identity', 'irsa'])
        .default('pod-identity'),
    )
    .option('--timeout <seconds>', 'longest wait', between(1, 3600), 300)
    .addHelpText('after', EXIT_TEXT);
}

function judgeCommand(program: Command): Command {
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
    .addOption(output())
    .addHelpText('after', EXIT_TEXT);
}

function verifyCommand(program: Command): Command {
  return clusterOptions(
    program
      .command('verify')
      .description(
        'Verify the identity of a service account, or of all that a cluster has',
      )
      .argument('[service-account]', 'NAMESPACE/NAME'),
  )
    .option('-a, --all', 'every association of the cluster')
    .option('-n, --namespace <name>', 'with --all: only this namespace')
    .option(
      '--concurrency <count>',
      'with --all: identities at a time',
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
    .option('--expect-role <arn>', 'role that the pod must obtain')
    .option(
      '--wait <duration>',
      'verify again while waiting may help, for this long at most',
      duration,
    )
    .option(
      '--timeout <seconds>',
      'longest time for one verification',
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
    .addOption(output())
    .addHelpText('after', EXIT_TEXT);
}
