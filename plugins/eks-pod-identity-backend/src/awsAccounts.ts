import type { RootConfigService } from '@backstage/backend-plugin-api';
import { DefaultAwsCredentialsManager } from '@backstage/integration-aws-node';
import type { EngineConfig, EngineOptions } from 'eks-pod-identity-engine';
import { readKeys, usesProxies } from 'eks-pod-identity-engine/portal';

/**
 * Backstage's credentials of each account. For an account that its configuration does not name, Backstage asks STS which
 * one the main credentials belong to, with a client that knows no proxies: where the environment names one, that is asked
 * here, with the same credentials.
 */
export function awsAccounts(
  rootConfig: RootConfigService,
  timings: EngineConfig['timings'],
): EngineOptions['credentials'] {
  const manager = DefaultAwsCredentialsManager.fromConfig(rootConfig);
  const aws = rootConfig.getOptionalConfig('aws');
  if (!usesProxies() || aws?.has('accountDefaults.roleName')) return manager;
  const named = (aws?.getOptionalConfigArray('accounts') ?? []).map(account =>
    account.getString('accountId'),
  );
  const main = aws?.getOptionalConfig('mainAccount');
  const accessKeyId = main?.getOptionalString('accessKeyId');
  const readMain = () =>
    readKeys({
      region: main?.getOptionalString('region') ?? 'us-east-1',
      profile: main?.getOptionalString('profile'),
      timeouts: {
        requestTimeoutMs: timings.requestTimeout,
        connectTimeoutMs: timings.connectTimeout,
      },
      ...(main && accessKeyId
        ? {
            keys: {
              accessKeyId,
              secretAccessKey: main.getString('secretAccessKey'),
            },
          }
        : {}),
    });
  let reading: ReturnType<typeof readMain> | undefined;
  return {
    async getCredentialProvider({ accountId }) {
      if (accountId && named.includes(accountId)) {
        return manager.getCredentialProvider({ accountId });
      }
      reading ??= readMain().catch(error => {
        reading = undefined;
        throw error;
      });
      const keys = await reading;
      if (accountId && keys.accountId !== accountId) {
        throw new Error(
          `There is no AWS integration that matches ${accountId}: the main credentials belong to ${keys.accountId}.`,
        );
      }
      return keys.credentials.getCredentialProvider({ accountId });
    },
  };
}
