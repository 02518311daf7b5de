import { CustomCommand, defineCommand } from 'just-bash';
import { SimulatedClock } from '../../../core/contract';
import { PodNetwork } from '../network';
import { CliArguments, parseArguments, usageError } from './arguments';
import { CliError, connectTimeout, EXIT } from './cliError';
import { CredentialContext, resolveCredentials } from './credentials';
import { configuredProfile, readProfiles } from './profiles';
import { OPERATIONS } from './services';

export interface AwsCommandOptions {
  clock: SimulatedClock;
  network: PodNetwork;
  /** Base URL of the sandbox's AWS side, which pods do not see. */
  endpoint: () => string;
}

const VERSION =
  'aws-cli/2.23.6 Python/3.12.8 Linux/6.1.0 docker/x86_64.amzn.2023';

const DEFAULT_TIMEOUT_SECONDS = 60;
const DEFAULT_ATTEMPTS = 3;

const secondsOption = (args: CliArguments, name: string) =>
  Number(args.options[name] ?? DEFAULT_TIMEOUT_SECONDS) * 1000;

const lastFour = (key: string) => `****************${key.slice(-4)}`;

async function configureList(context: CredentialContext): Promise<string> {
  const profile = configuredProfile(context);
  const found = await resolveCredentials(context).catch(() => undefined);
  const row = (name: string, value: string, type: string, where: string) =>
    `${name.padStart(10)} ${value.padStart(24)} ${type.padStart(
      16,
    )}    ${where}\n`;
  const { env } = context;
  const regionVariable = env.AWS_REGION ? 'AWS_REGION' : 'AWS_DEFAULT_REGION';
  return [
    row('Name', 'Value', 'Type', 'Location'),
    row('----', '-----', '----', '--------'),
    context.profile
      ? row('profile', profile, 'manual', '--profile')
      : row(
          'profile',
          env.AWS_PROFILE ?? '<not set>',
          env.AWS_PROFILE ? 'env' : 'None',
          env.AWS_PROFILE ? "['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']" : 'None',
        ),
    found
      ? row(
          'access_key',
          lastFour(found.identity.accessKeyId),
          found.source,
          '',
        )
      : row('access_key', '<not set>', 'None', 'None'),
    found
      ? row(
          'secret_key',
          lastFour(found.identity.secretAccessKey),
          found.source,
          '',
        )
      : row('secret_key', '<not set>', 'None', 'None'),
    env[regionVariable]
      ? row('region', env[regionVariable], 'env', `['${regionVariable}']`)
      : row('region', '<not set>', 'None', 'None'),
  ].join('');
}

/** The `aws` command in containers. */
export function awsCommand(options: AwsCommandOptions): CustomCommand {
  return defineCommand('aws', async (argv, ctx) => {
    const env = { ...ctx.exportedEnv };
    const readFile = (path: string) =>
      ctx.fs.readFile(ctx.fs.resolvePath(ctx.cwd, path));
    try {
      const stdout = await run(argv, env, readFile, options, ctx.signal);
      return { stdout, stderr: '', exitCode: 0 };
    } catch (error) {
      if (!(error instanceof CliError)) {
        throw error;
      }
      const stderr = error.message ? `\n${error.message}\n` : '';
      return { stdout: '', stderr, exitCode: error.exitCode };
    }
  });
}

async function run(
  argv: string[],
  env: Record<string, string>,
  readFile: (path: string) => Promise<string>,
  { clock, network, endpoint }: AwsCommandOptions,
  signal: AbortSignal | undefined,
): Promise<string> {
  const args = parseArguments(argv);
  if (args.flags.has('version')) {
    return `${VERSION}\n`;
  }
  const [service, operation] = args.positional;
  if (!service) {
    throw usageError(
      'aws: error: the following arguments are required: command',
    );
  }
  const home = env.HOME ?? '/root';
  const profileContext = { env, home, profile: args.options.profile, readFile };
  const profiles = await readProfiles(profileContext);
  const region =
    args.options.region ??
    env.AWS_REGION ??
    env.AWS_DEFAULT_REGION ??
    profiles.get(configuredProfile(profileContext))?.region ??
    'us-east-1';
  const connectTimeoutMs = secondsOption(args, 'cli-connect-timeout');
  const context: CredentialContext = {
    ...profileContext,
    region,
    network,
    clock,
    signal,
    stsConfig: { endpoint: endpoint(), region },
  };
  if (service === 'configure' && operation === 'list') {
    return configureList(context);
  }
  const call = OPERATIONS[`${service} ${operation}`];
  if (!call) {
    throw unknownOperation(service, operation);
  }
  const { identity } = await resolveCredentials(context);
  const apiName = service === 's3api' ? 's3' : service;
  if (network.isBlocked(apiName)) {
    const attempts = Number(env.AWS_MAX_ATTEMPTS) || DEFAULT_ATTEMPTS;
    await clock.sleep(connectTimeoutMs * attempts, signal);
    throw new CliError(
      connectTimeout(`https://${apiName}.${region}.amazonaws.com/`),
      EXIT.general,
    );
  }
  return call({
    args,
    endpoint: endpoint(),
    region,
    credentials: identity,
    connectTimeoutMs,
    readTimeoutMs: secondsOption(args, 'cli-read-timeout'),
    signal,
  });
}

/** An error that names the sandbox as the limit, because the real CLI may support the operation. */
function unknownOperation(
  service: string,
  operation: string | undefined,
): CliError {
  if (operation === undefined) {
    return usageError(
      'aws: error: the following arguments are required: subcommand',
    );
  }
  const known = ['configure list', ...Object.keys(OPERATIONS)].sort();
  return new CliError(
    `aws: error: the aws of the sandbox's pods does not support "${service} ${operation}". It supports: ${known.join(
      ', ',
    )}.`,
    EXIT.usage,
  );
}
