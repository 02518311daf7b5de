import { CliError, EXIT } from './cliError';

/** A parsed command line of `aws`. */
export interface CliArguments {
  /** All arguments that are not options: service, operation, path. */
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

/** The options of every command that the sandbox's `aws` heeds, or that change nothing here. */
const GLOBAL = [
  'debug',
  'no-verify-ssl',
  'no-paginate',
  'no-cli-pager',
  'no-cli-auto-prompt',
  'color',
  'output',
  'query',
  'region',
  'profile',
  'cli-connect-timeout',
  'cli-read-timeout',
];

const USAGE =
  'usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]\nTo see help text, you can run:\n\n  aws help\n  aws <command> help\n  aws <command> <subcommand> help\n';

export const usageError = (text: string) =>
  new CliError(`${USAGE}\naws: error: ${text}\n`, EXIT.usage);

/** Names the sandbox as the limit, because the real CLI may know what was asked for. */
export const notInSandbox = (text: string) =>
  new CliError(
    `aws: error: the aws of the sandbox's pods does not support ${text}.`,
    EXIT.usage,
  );

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
        throw usageError(`argument --${name}: expected one argument`);
      }
      result.options[name] = value;
    }
  }
  return result;
}

/** @throws CliError for an option that would be ignored */
export function checkOptions(
  { options, flags }: CliArguments,
  command: string,
  known: readonly string[],
): void {
  const unknown = [...Object.keys(options), ...flags].find(
    name => !GLOBAL.includes(name) && !known.includes(name),
  );
  if (unknown) {
    throw notInSandbox(`--${unknown} of "${command}"`);
  }
}

/** @throws CliError when one of the options is missing */
export function required(args: CliArguments, ...names: string[]): string[] {
  const missing = names.filter(name => !args.options[name]);
  if (missing.length > 0) {
    throw usageError(
      `the following arguments are required: ${missing
        .map(name => `--${name}`)
        .join(', ')}`,
    );
  }
  return names.map(name => args.options[name]);
}
