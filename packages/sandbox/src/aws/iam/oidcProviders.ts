import { members } from '../protocol/xml';
import { World } from '../state/world';
import type { IamOperation } from './context';

/** ARN of the OpenID Connect provider of an issuer URL. */
export function oidcProviderArn(
  world: World,
  accountId: string,
  issuerUrl: string,
): string {
  const host = issuerUrl.replace(/^https:\/\//, '').replace(/\/$/, '');
  return world.iamArn(accountId, `oidc-provider/${host}`);
}

/** Takes no parameters and has no pages ("ListOpenIDConnectProviders", IAM API Reference). */
const listOpenIdConnectProviders: IamOperation = context => {
  context.parameters.done();
  context.need({
    action: 'iam:ListOpenIDConnectProviders',
    // An action on a list is authorised on no resource of its own
    resource: '*',
  });
  const providers = [...context.account.oidcProviders.values()];
  return {
    OpenIDConnectProviderList: members(
      providers.map(({ arn }) => ({ Arn: arn })),
    ),
  };
};

/** Operations on the issuers that an account trusts. */
export const oidcProviderOperations: Record<string, IamOperation> = {
  ListOpenIDConnectProviders: listOpenIdConnectProviders,
};
