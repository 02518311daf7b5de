import { packages } from '../async/packages';
import type { AwsClients } from './types';

/** ARNs of the OIDC providers that the account trusts. AWS answers them all at once; an account has at most 700. */
export async function listOidcProviders(
  { aws }: { aws: Pick<AwsClients, 'iam'> },
  abortSignal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { OpenIDConnectProviderList = [] } = await aws.iam.send(
    new packages.iam.ListOpenIDConnectProvidersCommand({}),
    { abortSignal },
  );
  return new Set(OpenIDConnectProviderList.flatMap(({ Arn }) => Arn ?? []));
}
