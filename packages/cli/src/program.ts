import {
  Command,
  CommanderError,
  InvalidArgumentError,
  Option,
} from 'commander';
import { version } from '../package.json';
import { verify } from './commands/verify';
import { clusterOptions } from './connect/flags';
import { EXIT, EXIT_TEXT, exitOf } from './exitCodes';
import type { Io } from './io';
import { FAIL_ON, FORMATS } from './output/reports';

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

const between = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new InvalidArgumentError(
      `It must be a whole number from ${least} to ${most}.`,
    );
  }
  return value;
};

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
  return program;
}

function verifyCommand(program: Command): Command {
  return clusterOptions(
    program
      .command('verify')
      .description(
        'Verify the identity of a ServiceAccount, or of all that a cluster has',
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
    .option('--expect-role <arn>', 'role that the pod must obtain')
    .option(
      '--wait <duration>',
      'verify again until it is as it should be, for this long at most',
      duration,
    )
    .option(
      '--timeout <seconds>',
      'longest time for one verification',
      between(1, 3600),
      300,
    )
    .addOption(
      new Option(
        '--fail-on <verdict>',
        'least severe verdict that is a finding',
      )
        .choices(FAIL_ON)
        .default('inconclusive'),
    )
    .addOption(
      new Option('-o, --output <format>', 'form of the result')
        .choices(FORMATS)
        .default('text'),
    )
    .addHelpText('after', EXIT_TEXT);
}
