import {
  fromTemporaryCredentials,
  fromWebToken,
} from '@aws-sdk/credential-providers';
import type { AwsCredentialIdentity } from '@smithy/types';
import { SimulatedClock } from '../../../core/contract';
import { NetworkError, PodNetwork } from '../network';
import {
  CliError,
  connectTimeout,
  couldNotConnect,
  EXIT,
  readTimeout,
  serviceError,
} from './cliError';
import { namedAsCli } from './cliName';
import { configuredProfile, Profile, readProfiles } from './profiles';

const seconds = () => Math.floor(Date.now() / 1000);

export interface CredentialContext {
  env: Record<string, string>;
  home: string;
  profile?: string;
  readFile(path: string): Promise<string>;
  network: PodNetwork;
  clock: SimulatedClock;
  signal?: AbortSignal;
  /** STS endpoint for the SDK's own providers. */
  stsConfig: { endpoint: string; region: string };
}

export interface FoundCredentials {
  identity: AwsCredentialIdentity;
  /** The provider, as named by `aws configure list`. */
  source:
    | 'env'
    | 'assume-role'
    | 'assume-role-with-web-identity'
    | 'shared-credentials-file'
    | 'config-file'
    | 'container-role'
    | 'iam-role';
}

/** botocore's container metadata fetcher: two-second timeouts, three attempts, a second's pause after each failure. */
const FETCHER = { timeoutMs: 2_000, attempts: 3, pauseMs: 1_000 };

/** The instance metadata service gets one attempt with a one-second timeout. */
const IMDS_TIMEOUT_MS = 1_000;
const IMDS = 'http://169.254.169.254/latest';

const CONTAINER_HOSTS = [
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::23',
  'localhost',
  '127.0.0.1',
];

type Provider = (
  context: CredentialContext,
) => Promise<FoundCredentials | undefined>;

const fromEnvironment: Provider = async ({ env, profile }) => {
  if (!env.AWS_ACCESS_KEY_ID || profile) {
    return undefined;
  }
  if (!env.AWS_SECRET_ACCESS_KEY) {
    throw new CliError(
      'Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY',
      EXIT.configuration,
    );
  }
  return {
    source: 'env',
    identity: {
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
    },
  };
};

const staticKeys = (profile: Profile): AwsCredentialIdentity | undefined =>
  profile.aws_access_key_id && profile.aws_secret_access_key
    ? {
        accessKeyId: profile.aws_access_key_id,
        secretAccessKey: profile.aws_secret_access_key,
        ...(profile.aws_session_token && {
          sessionToken: profile.aws_session_token,
        }),
      }
    : undefined;

const fromAssumeRoleProfile: Provider = async context => {
  const profiles = await readProfiles(context);
  const profile = profiles.get(configuredProfile(context));
  if (!profile?.role_arn || profile.web_identity_token_file) {
    return undefined;
  }
  const source = profiles.get(profile.source_profile ?? '');
  const master = source && staticKeys(source);
  if (!master) {
    throw new CliError(
      `Error when retrieving credentials from assume-role: Unable to find the source profile "${profile.source_profile}"`,
      EXIT.general,
    );
  }
  const identity = await fromTemporaryCredentials({
    masterCredentials: master,
    params: {
      RoleArn: profile.role_arn,
      RoleSessionName:
        profile.role_session_name ?? `botocore-session-${seconds()}`,
      ...(profile.external_id && { ExternalId: profile.external_id }),
    },
    clientConfig: context.stsConfig,
    clientPlugins: [namedAsCli('sts.assume-role')],
  })().catch(error => {
    throw stsError(error, 'AssumeRole');
  });
  return { source: 'assume-role', identity };
};

const fromWebIdentity: Provider = async context => {
  const { env } = context;
  const profile = (await readProfiles(context)).get(configuredProfile(context));
  const file =
    env.AWS_WEB_IDENTITY_TOKEN_FILE ?? profile?.web_identity_token_file;
  const roleArn = env.AWS_ROLE_ARN ?? profile?.role_arn;
  if (!file || context.profile) {
    return undefined;
  }
  if (!roleArn) {
    throw new CliError(
      'The provided profile or the current environment is configured to assume role with web identity but has no role ARN configured. Ensure that the profile has the role_arn configuration set or the AWS_ROLE_ARN env var is set.',
      EXIT.configuration,
    );
  }
  const identity = await fromWebToken({
    roleArn,
    webIdentityToken: await readToken(context, file),
    roleSessionName:
      env.AWS_ROLE_SESSION_NAME ?? `botocore-session-${seconds()}`,
    clientConfig: context.stsConfig,
    clientPlugins: [namedAsCli('sts.assume-role-with-web-identity')],
  })().catch(error => {
    throw stsError(error, 'AssumeRoleWithWebIdentity');
  });
  return { source: 'assume-role-with-web-identity', identity };
};

const fromSharedFile: Provider = async context => {
  const profile = (await readProfiles(context)).get(configuredProfile(context));
  const identity = profile && staticKeys(profile);
  return identity && { source: 'shared-credentials-file', identity };
};

async function readToken(
  context: CredentialContext,
  file: string,
): Promise<string> {
  try {
    return await context.readFile(file);
  } catch {
    throw new CliError(
      `[Errno 2] No such file or directory: '${file}'`,
      EXIT.general,
    );
  }
}

const containerError = (text: string) =>
  new CliError(
    `Error when retrieving credentials from container-role: Error retrieving metadata: ${text}`,
    EXIT.general,
  );

const fromContainer: Provider = async context => {
  const { env } = context;
  const url = env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (!url) {
    return undefined;
  }
  const headers: Record<string, string> = {};
  if (env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE) {
    headers.Authorization = await readToken(
      context,
      env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
    );
  } else if (env.AWS_CONTAINER_AUTHORIZATION_TOKEN) {
    headers.Authorization = env.AWS_CONTAINER_AUTHORIZATION_TOKEN;
  }
  if (/[\r\n]/.test(headers.Authorization ?? '')) {
    throw new CliError(
      'Auth token value is not a legal header value',
      EXIT.general,
    );
  }
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (!CONTAINER_HOSTS.includes(host)) {
    throw new CliError(
      `Unsupported host '${host}'.  Can only retrieve metadata from a loopback address or one of these hosts: ${CONTAINER_HOSTS.join(
        ', ',
      )}`,
      EXIT.general,
    );
  }
  const body = await fetchContainerCredentials(context, url, headers);
  return {
    source: 'container-role',
    identity: {
      accessKeyId: body.AccessKeyId,
      secretAccessKey: body.SecretAccessKey,
      sessionToken: body.Token,
    },
  };
};

async function fetchContainerCredentials(
  context: CredentialContext,
  url: string,
  headers: Record<string, string>,
): Promise<Record<string, string>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await oneContainerRequest(context, url, headers);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      await context.clock.sleep(FETCHER.pauseMs, context.signal);
      if (attempt >= FETCHER.attempts) throw error;
    }
  }
}

async function oneContainerRequest(
  { network, signal }: CredentialContext,
  url: string,
  headers: Record<string, string>,
): Promise<Record<string, string>> {
  const unreachable =
    'Received error when attempting to retrieve container metadata: ';
  let response;
  try {
    response = await network.request(url, {
      headers,
      connectTimeoutMs: FETCHER.timeoutMs,
      readTimeoutMs: FETCHER.timeoutMs,
      signal,
    });
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    throw containerError(unreachable + networkText(error));
  }
  if (response.status !== 200) {
    throw containerError(
      `Received non 200 response ${response.status} from container metadata: ${response.body}`,
    );
  }
  try {
    return JSON.parse(response.body);
  } catch {
    throw containerError(
      'Unable to parse JSON returned from container metadata',
    );
  }
}

export function networkText(error: NetworkError): string {
  switch (error.failure) {
    case 'connect-timeout':
      return connectTimeout(error.url);
    case 'read-timeout':
      return readTimeout(error.url);
    default:
      return couldNotConnect(error.url);
  }
}

/** Credentials of the node by the instance metadata service; undefined where it gives none. */
export async function resolveFromNode({
  env,
  network,
  signal,
}: Pick<CredentialContext, 'env' | 'network' | 'signal'>): Promise<
  AwsCredentialIdentity | undefined
> {
  if (env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') {
    return undefined;
  }
  const timeouts = {
    connectTimeoutMs: IMDS_TIMEOUT_MS,
    readTimeoutMs: IMDS_TIMEOUT_MS,
    signal,
  };
  try {
    const token = await network.request(`${IMDS}/api/token`, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' },
      ...timeouts,
    });
    const headers = { 'x-aws-ec2-metadata-token': token.body };
    const base = `${IMDS}/meta-data/iam/security-credentials/`;
    const role = await network.request(base, { headers, ...timeouts });
    if (role.status !== 200) return undefined;
    const answer = await network.request(base + role.body.trim(), {
      headers,
      ...timeouts,
    });
    if (answer.status !== 200) return undefined;
    const body = JSON.parse(answer.body);
    return {
      accessKeyId: body.AccessKeyId,
      secretAccessKey: body.SecretAccessKey,
      sessionToken: body.Token,
    };
  } catch (error) {
    if (error instanceof NetworkError) return undefined;
    throw error;
  }
}

const fromInstanceMetadata: Provider = async context => {
  const identity = await resolveFromNode(context);
  return identity && { source: 'iam-role', identity };
};

function stsError(error: any, operation: string): CliError {
  if (error?.$metadata?.httpStatusCode) {
    return serviceError(error.Code ?? error.name, operation, error.message);
  }
  return new CliError(String(error?.message ?? error), EXIT.general);
}

/** In botocore's order: the first provider that finds something decides, even if it then fails. */
const CHAIN: Provider[] = [
  fromEnvironment,
  fromAssumeRoleProfile,
  fromWebIdentity,
  fromSharedFile,
  fromContainer,
  fromInstanceMetadata,
];

/**
 * Undefined when no provider has any.
 *
 * @throws CliError with botocore's message
 */
export async function resolveCredentials(
  context: CredentialContext,
): Promise<FoundCredentials | undefined> {
  for (const provider of CHAIN) {
    const found = await provider(context);
    if (found) {
      return found;
    }
  }
  return undefined;
}
