import { CliError, EXIT } from './cliError';

/** A parsed command line of `aws`. */
export interface CliArguments {
  /** All arguments that are not options: service, operation, paths. */
  positional: string[];
  options: Record<string, string>;
  flags: Set<string>;
}

const FLAGS = new Set([
  'debug',
  'no-verify-ssl',
  'no-paginate',
  'no-sign-request',
  'no-cli-pager',
  'cli-auto-prompt',
  'no-cli-auto-prompt',
  'version',
  'recursive',
  'human-readable',
  'summarize',
  'help',
]);

const USAGE =
  'usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]\nTo see help text, you can run:\n\n  aws help\n  aws <command> help\n  aws <command> <subcommand> help\n';

export const usageError = (text: string) =>
  new CliError(`${USAGE}\n${text}`, EXIT.usage);

export function parseArguments(argv: string[]): CliArguments {
  const result: CliArguments = {
    positional: [],
    options: {},
    flags: new Set(),
  };
  const rest = [...argv];
  while (rest.length > 0) {
    const word = rest.shift()!;
    if (!word.startsWith('--')) {
      result.positional.push(word);
      continue;
    }
    const [name, inline] = word.slice(2).split(/=(.*)/s);
    if (FLAGS.has(name)) {
      result.flags.add(name);
    } else {
      const value = inline ?? rest.shift();
      if (value === undefined) {
        throw usageError(
          `aws: error: argument --${name}: expected one argument`,
        );
      }
      result.options[name] = value;
    }
  }
  return result;
}

/** @throws CliError when the option is missing */
export function required(args: CliArguments, name: string): string {
  const value = args.options[name];
  if (!value) {
    throw usageError(
      `aws: error: the following arguments are required: --${name}`,
    );
  }
  return value;
}
