import { CommandContext, CustomCommand, defineCommand } from 'just-bash';
import { SimulatedClock } from '../../../core/contract';
import { PodNetwork } from '../network';
import {
  CliArguments,
  checkOptions,
  notInSandbox,
  parseArguments,
  usageError,
} from './arguments';
import { CLI_VERSION } from './cliName';
import { CliError, connectTimeout, EXIT } from './cliError';
import { configureList } from './configure';
import { CredentialContext, resolveCredentials } from './credentials';
import { configuredProfile, readProfiles } from './profiles';
import { S3_COMMANDS } from './s3';
import { CliResult, Command, printed, ServiceContext } from './sdk';
import { STS_COMMANDS } from './sts';

export interface AwsCommandOptions {
  clock: SimulatedClock;
  network: PodNetwork;
  /** Base URL of the sandbox's AWS side, which pods do not see. */
  endpoint: () => string;
  /** Waits for what its start takes of the container's processor. */
  start: (signal: AbortSignal) => Promise<void>;
}

const VERSION = `aws-cli/${CLI_VERSION} Python/3.12.8 Linux/6.1.0 docker/x86_64.amzn.2023`;

const DEFAULT_TIMEOUT_SECONDS = 60;
const DEFAULT_ATTEMPTS = 3;
const USUAL_REGION = 'us-east-1';

const CONFIGURE_LIST = 'configure list';

/** Commands that call a service, by `service operation`. */
const COMMANDS: Record<string, Command> = { ...STS_COMMANDS, ...S3_COMMANDS };

const secondsOption = (args: CliArguments, name: string) =>
  Number(args.options[name] ?? DEFAULT_TIMEOUT_SECONDS) * 1000;

/** The `aws` command in containers. */
export function awsCommand(options: AwsCommandOptions): CustomCommand {
  return defineCommand('aws', async (argv, ctx) => {
    try {
      await options.start(ctx.signal ?? new AbortController().signal);
      return await run(argv, ctx, options);
    } catch (error) {
      if (!(error instanceof CliError)) {
        throw error;
      }
      const { message, exitCode } = error;
      return { stdout: '', stderr: `\n${message}\n`, exitCode };
    }
  });
}

async function run(
  argv: string[],
  ctx: CommandContext,
  options: AwsCommandOptions,
): Promise<CliResult> {
  const args = parseArguments(argv);
  if (args.flags.has('version')) {
    return printed(`${VERSION}\n`);
  }
  const name = commandName(args.positional);
  const command = COMMANDS[name];
  checkOptions(args, name, command?.options ?? []);
  const lookup = credentialContext(args, ctx, options);
  if (name === CONFIGURE_LIST) {
    return configureList(lookup);
  }
  const region = await regionOf(args, lookup);
  const endpoint = options.endpoint();
  const found = await resolveCredentials({
    ...lookup,
    stsConfig: { endpoint, region },
  });
  return command.run({
    args,
    endpoint,
    region,
    credentials: found?.identity,
    reach: reachThrough(args, lookup),
    connectTimeoutMs: secondsOption(args, 'cli-connect-timeout'),
    readTimeoutMs: secondsOption(args, 'cli-read-timeout'),
    signal: ctx.signal,
  });
}

/** @throws CliError for a command that the sandbox, or the CLI, does not have */
function commandName([service, operation]: string[]): string {
  if (!service) {
    throw usageError('the following arguments are required: command');
  }
  if (operation === undefined && service === 's3') {
    throw new CliError(
      'usage: aws [options] s3 <subcommand> [parameters]\naws: error: too few arguments',
      EXIT.usage,
    );
  }
  if (operation === undefined && ['s3api', 'sts'].includes(service)) {
    throw usageError('the following arguments are required: operation');
  }
  const name = operation === undefined ? service : `${service} ${operation}`;
  if (name !== CONFIGURE_LIST && !Object.hasOwn(COMMANDS, name)) {
    const known = [CONFIGURE_LIST, ...Object.keys(COMMANDS)].sort();
    throw notInSandbox(`"${name}". It supports: ${known.join(', ')}`);
  }
  return name;
}

function credentialContext(
  args: CliArguments,
  ctx: CommandContext,
  { clock, network, endpoint }: AwsCommandOptions,
): CredentialContext {
  const env = { ...ctx.exportedEnv };
  return {
    env,
    home: env.HOME ?? '/root',
    profile: args.options.profile,
    readFile: path => ctx.fs.readFile(ctx.fs.resolvePath(ctx.cwd, path)),
    network,
    clock,
    signal: ctx.signal,
    stsConfig: { endpoint: endpoint(), region: USUAL_REGION },
  };
}

async function regionOf(
  args: CliArguments,
  lookup: CredentialContext,
): Promise<string> {
  const { env } = lookup;
  const profiles = await readProfiles(lookup);
  return (
    args.options.region ??
    env.AWS_REGION ??
    env.AWS_DEFAULT_REGION ??
    profiles.get(configuredProfile(lookup))?.region ??
    USUAL_REGION
  );
}

/** What a call finds where the pod's network drops its packets. */
function reachThrough(
  args: CliArguments,
  { env, network, clock, signal }: CredentialContext,
): ServiceContext['reach'] {
  return async (service, url) => {
    if (network.isBlocked(service)) {
      const attempts = Number(env.AWS_MAX_ATTEMPTS) || DEFAULT_ATTEMPTS;
      const timeoutMs = secondsOption(args, 'cli-connect-timeout');
      await clock.sleep(timeoutMs * attempts, signal);
      throw new CliError(connectTimeout(url), EXIT.general);
    }
    return network.endpointFor(service);
  };
}
