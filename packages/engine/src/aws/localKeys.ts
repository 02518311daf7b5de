import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import {
  InputError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { packages } from '../async/packages';
import { explainNoAnswer } from '../network/noAnswer';
import { usesProxies } from '../network/proxies';
import { PROGRAM } from '../text/voice';
import { fullStop } from '../text/fullStop';
import { classifyAwsError } from './classify';
import type { AccountCredentials, AwsKeys } from './credentials';
import { AwsCredentialsError, isExplained } from './errors';
import { isRegion } from './partition';
import { type AwsTimeouts, createRequestHandler } from './requestHandler';

/** Whose keys a program outside of a portal uses, and where. @public */
export interface LocalKeys {
  credentials: AccountCredentials;
  accountId: string;
  /** Of the caller. */
  arn: string;
  region: string;
}

/** The SDK warns of keys beside a profile, also where its caller has named the profile. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Where none are given. */
const TIMEOUTS: AwsTimeouts = {
  requestTimeoutMs: 15_000,
  connectTimeoutMs: 5_000,
};

/**
 * Finds keys as every AWS tool does, unless some are given, and asks AWS whose they are.
 *
 * @throws errors of the SDK
 * @public
 */
export async function readKeys(options: {
  region: string;
  profile?: string;
  keys?: Pick<AwsKeys, 'accessKeyId' | 'secretAccessKey'>;
  timeouts?: AwsTimeouts;
}): Promise<LocalKeys> {
  const { region, profile, keys, timeouts = TIMEOUTS } = options;
  const requestHandler = createRequestHandler(timeouts);
  // Of its own clients, that of IAM Identity Center takes nothing over from who asks, and has a region of its own.
  const chain = fromNodeProviderChain({
    profile,
    ...(profile ? { logger: SILENT } : {}),
    clientConfig: usesProxies() ? { requestHandler } : {},
  });
  const provider: typeof chain = keys ? async () => keys : chain;
  const sts = new packages.sts.STSClient({
    region,
    credentials: provider,
    requestHandler,
  });
  try {
    const { Account: accountId = '', Arn: arn = '' } = await sts.send(
      new packages.sts.GetCallerIdentityCommand({}),
    );
    return {
      credentials: {
        getCredentialProvider: async () => ({
          sdkCredentialProvider: by =>
            provider({
              callerClientConfig: {
                ...by?.callerClientConfig,
                region: async () => region,
              },
            }),
        }),
      },
      accountId,
      arn,
      region,
    };
  } finally {
    sts.destroy();
  }
}

/**
 * The keys of the shell, the pod or the machine that a program runs in, as every AWS tool finds them.
 *
 * @param options - `timeouts` of one call to AWS in milliseconds, by default 15 and for its connection 5 seconds;
 * `regionIn`: how a sentence names where the region is written, such as `--region`
 * @throws InputError for a region that is none; NotFoundError where none is set; AwsCredentialsError where there are no keys; ServiceUnavailableError where AWS cannot be reached
 * @public
 */
export async function localKeys(options: {
  region?: string;
  regionIn?: string;
  profile?: string;
  timeouts?: AwsTimeouts;
}): Promise<LocalKeys> {
  const { regionIn = 'the region' } = options;
  const region = options.region ?? (await configuredRegion(options.profile));
  if (!isRegion(region)) {
    throw new InputError(
      `"${region}" is not an AWS region such as eu-west-1. Correct ${regionIn}.`,
    );
  }
  try {
    return await readKeys({ ...options, region });
  } catch (error) {
    if (isExplained(error)) throw error;
    const info = classifyAwsError(error);
    const asked = `AWS gave no answer to "who am I" in ${region}: ${info.message}`;
    const explained =
      info.kind === 'unreachable'
        ? explainNoAnswer(info, 'AWS', PROGRAM, regionIn)
        : undefined;
    throw explained
      ? new ServiceUnavailableError(
          `${fullStop(asked)} ${explained.cause} ${explained.action}`,
        )
      : new AwsCredentialsError(asked, { accountId: '', cause: error });
  }
}

async function configuredRegion(profile: string | undefined): Promise<string> {
  const sts = new packages.sts.STSClient({ profile });
  try {
    return await sts.config.region();
  } catch {
    throw new NotFoundError('No AWS region is set.');
  } finally {
    sts.destroy();
  }
}
