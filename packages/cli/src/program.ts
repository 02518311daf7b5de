import { Argument, Command, CommanderError, Option } from 'commander';
import { version } from '../package.json';
import {
  gateCommand,
  inventoryCommand,
  judgeCommand,
  planCommand,
  verifyCommand,
} from './commandLine';
import { admissionPolicies } from './commands/admissionPolicies';
import { doctor } from './commands/doctor';
import { explain } from './commands/explain';
import { gate } from './commands/gate';
import { inventory } from './commands/inventory';
import { judge } from './commands/judge';
import { plan } from './commands/plan';
import { verify } from './commands/verify';
import { completionOf, SHELLS, type Shell } from './completion/completion';
import { clusterOptions } from './connect/flags';
import { EXIT, EXIT_TEXT, exitOf } from './exitCodes';
import { type Io, NAME } from './io';
import { libraries } from './libraries';
import { accessSchema } from './output/access';
import { moveSchema } from './output/move';
import { reportsSchema } from './output/reports';

/** Of what each command prints as JSON; `move` is "plan --move". */
const SCHEMAS = {
  verify: reportsSchema,
  inventory: accessSchema,
  move: moveSchema,
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
    io.stderr.write(`eks-pod-identity: ${cleaned(message)}\n`);
    return ending.code;
  }
}

function cleaned(message: string): string {
  try {
    return libraries.common.plainLines(message);
  } catch {
    // They are what could not be loaded, and the message says so
    return message;
  }
}

function programOf(
  io: Io,
  ending: (work: () => Promise<number>) => Promise<void>,
): Command {
  const program = new Command(io.name ?? NAME)
    .description(
      'Proves that pods on Amazon EKS obtain their AWS identity, and explains what is wrong where they do not. It changes nothing.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: text => io.stderr.write(text),
    })
    .showHelpAfterError('Run it with --help for usage.')
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
        'Check the rights that verifying needs on a cluster, and name all gaps at once',
      ),
  )
    .addOption(
      new Option(
        '-n, --namespace <name...>',
        'namespaces in which rights are looked at',
      ).default([], 'all at once'),
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
  program
    .command('completion')
    .description(
      'Print the script with which a shell completes commands, options and choices',
    )
    .addArgument(new Argument('<shell>', 'of which shell').choices(SHELLS))
    .action((shell: Shell) =>
      ending(async () => {
        io.stdout.write(completionOf(shell, program));
        return EXIT.ok;
      }),
    );
  return program;
}
