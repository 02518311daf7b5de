import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { packages } from '../async/packages';
import type { AccountCredentials } from './credentials';
import { AwsCredentialsError } from './errors';

/** Whose keys a program outside of a portal uses, and where. @public */
export interface LocalKeys {
  credentials: AccountCredentials;
  accountId: string;
  /** Of the caller. */
  arn: string;
  region: string;
}

/**
 * The keys of the shell, the pod or the machine that a program runs in, as every AWS tool finds them.
 *
 * @throws AwsCredentialsError where there are none, or no region
 * @public
 */
export async function localKeys(options: {
  region?: string;
  profile?: string;
}): Promise<LocalKeys> {
  const { profile } = options;
  const region = options.region ?? (await configuredRegion(profile));
  const provider = fromNodeProviderChain({
    profile,
    clientConfig: { region },
  });
  const sts = new packages.sts.STSClient({ region, credentials: provider });
  try {
    const { Account: accountId = '', Arn: arn = '' } = await sts.send(
      new packages.sts.GetCallerIdentityCommand({}),
    );
    return {
      credentials: {
        getCredentialProvider: async () => ({
          sdkCredentialProvider: provider,
        }),
      },
      accountId,
      arn,
      region,
    };
  } catch (error) {
    throw new AwsCredentialsError(
      `AWS gave no answer to "who am I" in ${region}: ${
        (error as Error).message
      }`,
      { accountId: '', cause: error },
    );
  } finally {
    sts.destroy();
  }
}

async function configuredRegion(profile: string | undefined): Promise<string> {
  const sts = new packages.sts.STSClient({ profile });
  try {
    return await sts.config.region();
  } catch (error) {
    throw new AwsCredentialsError(
      'No AWS region is set: name one, or set AWS_REGION.',
      { accountId: '', cause: error },
    );
  } finally {
    sts.destroy();
  }
}
