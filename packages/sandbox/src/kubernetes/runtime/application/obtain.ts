import { resolveFromNode } from '../aws/credentials';
import { parseProfiles, Profile } from '../aws/profiles';
import { NetworkError, PodNetwork } from '../network';
import { isAtLeast, KeySource, SdkModel } from './sdks';

/** Keys as they stand in the environment, in a file or in an answer. */
export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Obtained {
  keys: Keys;
  source: KeySource;
  /** How long they can be used; absent for those that do not end. */
  lifeMs?: number;
}

/** What an SDK sees of its container. */
export interface Surroundings {
  sdk: SdkModel;
  version: string;
  env: Record<string, string>;
  network: PodNetwork;
  readFile(path: string): Promise<string>;
  /** STS's AssumeRoleWithWebIdentity. */
  exchange(roleArn: string, token: string): Promise<Keys>;
  signal: AbortSignal;
}

/** Why there are no credentials, in the program's words. */
export class NoKeys extends Error {}

type Source = (around: Surroundings) => Promise<Obtained | undefined>;

const HOUR_MS = 3_600_000;
const AGENT = '169.254.170.23';

const fromEnvironment: Source = async ({ env, sdk }) => {
  if (!env.AWS_ACCESS_KEY_ID) return undefined;
  if (!env.AWS_SECRET_ACCESS_KEY) {
    if (!sdk.failsOnPartialKeys) return undefined;
    throw new NoKeys(
      'Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY',
    );
  }
  return {
    source: 'environment',
    keys: {
      accessKeyId: env.AWS_ACCESS_KEY_ID,
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY,
      sessionToken: env.AWS_SESSION_TOKEN || undefined,
    },
  };
};

const fromWebIdentity: Source = async ({ env, sdk, readFile, exchange }) => {
  const { AWS_ROLE_ARN: roleArn, AWS_WEB_IDENTITY_TOKEN_FILE: file } = env;
  if (!roleArn || !file) {
    if (roleArn && sdk.failsOnRoleAlone) {
      throw new NoKeys(
        'To use assume role profiles the web identity token file is needed',
      );
    }
    return undefined;
  }
  const token = await readFile(file).catch(() => {
    throw new NoKeys(`No such file or directory: '${file}'`);
  });
  return {
    source: 'irsa',
    keys: await exchange(roleArn, token),
    lifeMs: HOUR_MS,
  };
};

async function profilesOf({
  env,
  sdk,
  readFile,
}: Surroundings): Promise<Map<string, Profile>> {
  const home = `${env.HOME ?? '/root'}/.aws`;
  const shared = sdk.readsSharedFile
    ? env.AWS_SHARED_CREDENTIALS_FILE
    : undefined;
  const texts = [
    env.AWS_CONFIG_FILE ?? `${home}/config`,
    shared ?? `${home}/credentials`,
  ].map(file => readFile(file).catch(() => ''));
  return parseProfiles(await Promise.all(texts));
}

const fromProfile: Source = async around => {
  const { env, sdk } = around;
  const profiles = await profilesOf(around);
  const named = sdk.needsProfileOf
    ?.map(variable => env[variable])
    .find(name => name && !profiles.has(name));
  if (named) {
    throw new NoKeys(`The config profile (${named}) could not be found`);
  }
  const found = profiles.get(env.AWS_PROFILE ?? 'default');
  return found?.aws_access_key_id && found.aws_secret_access_key
    ? {
        source: 'profile',
        keys: {
          accessKeyId: found.aws_access_key_id,
          secretAccessKey: found.aws_secret_access_key,
          sessionToken: found.aws_session_token,
        },
      }
    : undefined;
};

/** Whether requests to the agent go to a proxy, as Go and Rust read `NO_PROXY`. */
function isProxied({ env, sdk }: Surroundings): boolean {
  const exempted = (env.NO_PROXY ?? env.no_proxy ?? '')
    .split(',')
    .some(entry => ['*', AGENT, '169.254.0.0/16'].includes(entry.trim()));
  return (
    sdk.proxiesAgent === true &&
    Boolean(env.HTTP_PROXY ?? env.http_proxy) &&
    !exempted
  );
}

async function tokenOf({ env, readFile }: Surroundings) {
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  return file ? readFile(file) : env.AWS_CONTAINER_AUTHORIZATION_TOKEN ?? '';
}

async function askAgent(around: Surroundings, token: string) {
  const { env, sdk, network, signal } = around;
  const url = env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (isProxied(around)) {
    throw new NoKeys(
      `Get "${url}": proxyconnect tcp: dial tcp: lookup ${
        new URL(env.HTTP_PROXY ?? env.http_proxy).hostname
      }: no such host`,
    );
  }
  const answer = await network
    .request(url, {
      headers: { Authorization: token },
      connectTimeoutMs: sdk.patienceMs,
      readTimeoutMs: sdk.patienceMs,
      signal,
    })
    .catch(error => {
      if (!(error instanceof NetworkError)) throw error;
      throw new NoKeys(`${url}: ${error.failure}`);
    });
  if (answer.status !== 200) {
    throw new NoKeys(`${url} answered ${answer.status}: ${answer.body}`);
  }
  return JSON.parse(answer.body) as Record<string, string>;
}

const fromContainer: Source = async around => {
  const { env, sdk, version } = around;
  if (!env.AWS_CONTAINER_CREDENTIALS_FULL_URI) return undefined;
  if (env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI && !sdk.ignoresEcs) {
    throw new NoKeys('169.254.170.2 does not answer');
  }
  let fallsBack = sdk.becomesNode;
  try {
    if (sdk.works && !isAtLeast(version, sdk.works)) {
      throw new NoKeys(sdk.says);
    }
    const token = await tokenOf(around).catch(() => {
      fallsBack = sdk.becomesNodeWithoutToken;
      throw new NoKeys('The token file is missing');
    });
    if (/[\r\n]/.test(token)) {
      fallsBack = false;
      throw new NoKeys('The token is not a legal header value');
    }
    const body = await askAgent(around, token);
    return {
      source: 'container',
      keys: {
        accessKeyId: body.AccessKeyId,
        secretAccessKey: body.SecretAccessKey,
        sessionToken: body.Token,
      },
      lifeMs: Date.parse(body.Expiration) - Date.now(),
    };
  } catch (error) {
    if (error instanceof NoKeys && fallsBack) return undefined;
    throw error;
  }
};

const fromNode: Source = async ({ env, network, signal }) => {
  const keys = await resolveFromNode({ env, network, signal });
  return keys && { source: 'node', keys, lifeMs: HOUR_MS };
};

const SOURCES: Record<KeySource, Source> = {
  environment: fromEnvironment,
  irsa: fromWebIdentity,
  profile: fromProfile,
  container: fromContainer,
  node: fromNode,
};

/** A setting of Java that names the one source to use. */
const PINNED = /\bWebIdentityToken\w*CredentialsProvider\b/;

/**
 * Credentials as an SDK finds them.
 *
 * @throws NoKeys
 */
export async function obtainKeys(around: Surroundings): Promise<Obtained> {
  const { env, sdk } = around;
  const isPinned = PINNED.test(env.JAVA_TOOL_OPTIONS ?? '');
  for (const name of isPinned ? (['irsa'] as const) : sdk.chain) {
    const found = await SOURCES[name](around);
    if (found) return found;
  }
  throw new NoKeys('Unable to locate credentials');
}
