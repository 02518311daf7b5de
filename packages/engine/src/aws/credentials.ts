import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { Clock } from '../async/clock';
import { type Retries, withRetries } from '../async/retryRule';
import { classifyAwsError } from './classify';
import { AwsCredentialsError } from './errors';
import { partitionOfRegion } from './partition';
import {
  type AskedBy,
  askedByProxies,
  type AwsTimeouts,
  createRequestHandler,
} from './requestHandler';
import { awsProspectOf, createRetryStrategy } from './retryStrategy';
import { voiceOf, type Voice } from '../text/voice';
import { capitalised } from '../text/capitalised';

/** Keys of one principal, as the SDK's clients take them. Never logged. */
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Wall time; absent for keys that do not expire. */
  expiration?: Date;
}

/**
 * Source of an account's keys, before any role is assumed, and without an account of the main ones. `AwsCredentialsManager`
 * of `@backstage/integration-aws-node` is one.
 */
export interface AccountCredentials {
  getCredentialProvider(options: { accountId?: string }): Promise<{
    sdkCredentialProvider: (by?: AskedBy) => Promise<AwsKeys>;
  }>;
}

/** Returns the keys of one account under one role, cached and renewed. */
export type CredentialsProvider = () => Promise<AwsKeys>;

/** Session name in CloudTrail and in STS ARNs. */
export const SESSION_NAME = 'backstage-eks-pod-identity';

/** Keys are renewed this long before they expire. */
const REFRESH_EARLY_MS = 5 * 60_000;

/**
 * Caches the result of `load` until shortly before it expires; parallel callers share one load. The SDK caches
 * credentials per client, so three clients and the token signer would each assume the role.
 */
export function cachedCredentials(
  clock: Clock,
  load: CredentialsProvider,
): CredentialsProvider {
  let kept: AwsKeys | undefined;
  let loading: Promise<AwsKeys> | undefined;
  return async () => {
    if (
      kept &&
      (!kept.expiration ||
        kept.expiration.getTime() - REFRESH_EARLY_MS > clock.now())
    ) {
      return kept;
    }
    loading ??= load().finally(() => {
      loading = undefined;
    });
    try {
      kept = await loading;
    } catch (error) {
      // Renewing early leaves time for another attempt while the old keys still work.
      if (!kept?.expiration || kept.expiration.getTime() <= clock.now()) {
        throw error;
      }
    }
    return kept;
  };
}

function sentenceFor(error: unknown): string {
  const { code, message } = classifyAwsError(error);
  return code === 'Error' ? message : `${code}: ${message}`;
}

/** The keys are not at fault: AWS was not reached, as where the proxy has no address, or it is busy. */
const isOfTheWay = (error: unknown): boolean =>
  (error as Error).name === 'ServiceUnavailableError' ||
  classifyAwsError(error).kind === 'unreachable' ||
  awsProspectOf(error) !== undefined;

/** Backstage's word that it knows no way to the account; AWS and the SDK name theirs. */
const isUnnamed = (error: unknown) => classifyAwsError(error).code === 'Error';

interface Account {
  accountId: string;
  region: string;
  voice?: Voice;
}

/** What to correct in app-config. Without a region Backstage asks the STS of the partition `aws`, where other keys are unknown. */
function accountRemedy(
  error: unknown,
  { region, voice }: Account,
  forRole: boolean,
): string {
  const partition = partitionOfRegion(region);
  const { noCredentials, noWay = noCredentials } = voiceOf({ voice });
  const remedy = !forRole && isUnnamed(error) ? noWay : noCredentials;
  return partition !== 'aws' &&
    classifyAwsError(error).code === 'InvalidClientTokenId'
    ? `Set the region of aws.mainAccount, or of the account in aws.accounts, in app-config to one of the partition ${partition}, such as ${region}: without it Backstage looks in the partition aws.`
    : remedy;
}

/**
 * The account's credentials from Backstage's `aws:` configuration, for a cluster. `forRole`: a role of the account is assumed
 * with them, which the main ones may do where the configuration does not name the account.
 *
 * @throws AwsCredentialsError naming the account and the configuration to add; AWS's own error when it is busy or away
 */
export function accountCredentials(
  manager: AccountCredentials,
  cluster: Account,
  timing: Pick<Retries, 'clock' | 'retryPauseMs'> &
    AwsTimeouts & { forRole: boolean },
): CredentialsProvider {
  const { accountId } = cluster;
  const by = askedByProxies(timing);
  // Backstage's manager and the SDK's providers ask STS with clients of their own.
  const ask = async () => {
    const { sdkCredentialProvider } = await manager
      .getCredentialProvider({ accountId })
      .catch(error => {
        if (!timing.forRole || !isUnnamed(error)) throw error;
        return manager.getCredentialProvider({});
      });
    return sdkCredentialProvider(by);
  };
  return async () => {
    try {
      return await withRetries({ ...timing, prospectOf: awsProspectOf }, ask);
    } catch (error) {
      if (isOfTheWay(error)) throw error;
      throw new AwsCredentialsError(
        `${capitalised(
          voiceOf(cluster).me,
        )} has no AWS credentials for account ${accountId} (${sentenceFor(
          error,
        ).replace(/\.$/, '')}). ${accountRemedy(
          error,
          cluster,
          timing.forRole,
        )}`,
        { accountId, cause: error },
      );
    }
  };
}

/**
 * Credentials of a role that `base` assumes through the regional STS, cached until shortly before they expire.
 *
 * @throws AwsCredentialsError naming the role and its setting; AWS's own error when it is busy or away
 */
export function assumedRole(
  options: AwsTimeouts & {
    base: CredentialsProvider;
    roleArn: string;
    accountId: string;
    region: string;
    clock: Clock;
    /** Where the role is configured, for the error. */
    setting: string;
    retryPauseMs: number;
    voice?: Voice;
  },
): CredentialsProvider {
  const { me, my } = voiceOf(options);
  const assume = fromTemporaryCredentials({
    masterCredentials: options.base,
    params: { RoleArn: options.roleArn, RoleSessionName: SESSION_NAME },
    clientConfig: {
      region: options.region,
      customUserAgent: SESSION_NAME,
      retryStrategy: createRetryStrategy(options.clock, options.retryPauseMs),
      requestHandler: createRequestHandler(options),
    },
  });
  return cachedCredentials(options.clock, async () => {
    try {
      return await assume();
    } catch (error) {
      if (error instanceof AwsCredentialsError || isOfTheWay(error)) {
        throw error;
      }
      throw new AwsCredentialsError(
        `${capitalised(me)} could not assume ${options.roleArn}, which ${
          options.setting
        } names (${sentenceFor(error).replace(
          /\.$/,
          '',
        )}). Let the role's trust policy name ${my} own principal, and let that principal call sts:AssumeRole on the role.`,
        { accountId: options.accountId, cause: error },
      );
    }
  });
}
