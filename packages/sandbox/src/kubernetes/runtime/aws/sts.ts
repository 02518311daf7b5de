import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { partitionOf } from '../../../core/partition';
import { required } from './arguments';
import { invalidParameter } from './cliError';
import { render } from './output';
import {
  clientConfig,
  Command,
  printable,
  printed,
  ServiceContext,
  withClient,
} from './sdk';

function withSts<T>(
  context: ServiceContext,
  operation: string,
  call: (
    client: STSClient,
    options: { abortSignal?: AbortSignal },
  ) => Promise<T>,
): Promise<T> {
  const { region } = context;
  const url = `https://sts.${region}.${partitionOf(region).dnsSuffix}/`;
  return withClient(
    context,
    { service: 'sts', operation, url },
    () => new STSClient(clientConfig(context)),
    call,
  );
}

async function getCallerIdentity(context: ServiceContext) {
  const { UserId, Account, Arn } = await withSts(
    context,
    'GetCallerIdentity',
    (client, options) => client.send(new GetCallerIdentityCommand({}), options),
  );
  return printed(render({ UserId, Account, Arn }, context.args.options));
}

/** The limits that the CLI checks before it sends anything. */
function checkAssumeRole(arn: string, name: string, seconds?: number) {
  const short = Object.entries({
    RoleArn: [arn, 20] as const,
    RoleSessionName: [name, 2] as const,
  }).flatMap(([field, [value, least]]) =>
    value.length < least
      ? [
          `Invalid length for parameter ${field}, value: ${value.length}, valid min length: ${least}`,
        ]
      : [],
  );
  if (seconds !== undefined && seconds < 900) {
    short.push(
      `Invalid value for parameter DurationSeconds, value: ${seconds}, valid min value: 900`,
    );
  }
  if (short.length > 0) {
    throw invalidParameter(short.join('\n'));
  }
}

async function assumeRole(context: ServiceContext) {
  const { args } = context;
  const [arn, name] = required(args, 'role-arn', 'role-session-name');
  const duration = args.options['duration-seconds'];
  const seconds = duration === undefined ? undefined : Number(duration);
  checkAssumeRole(arn, name, seconds);
  const { Credentials, AssumedRoleUser, PackedPolicySize } = await withSts(
    context,
    'AssumeRole',
    (client, options) =>
      client.send(
        new AssumeRoleCommand({
          RoleArn: arn,
          RoleSessionName: name,
          DurationSeconds: seconds,
          ExternalId: args.options['external-id'],
          Policy: args.options.policy,
        }),
        options,
      ),
  );
  return printed(
    render(
      printable({ Credentials, AssumedRoleUser, PackedPolicySize }),
      args.options,
    ),
  );
}

/** `aws sts …` */
export const STS_COMMANDS: Record<string, Command> = {
  'sts get-caller-identity': { run: getCallerIdentity },
  'sts assume-role': {
    options: [
      'role-arn',
      'role-session-name',
      'duration-seconds',
      'external-id',
      'policy',
    ],
    run: assumeRole,
  },
};
