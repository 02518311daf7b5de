import { World } from '../state/world';

/** ARN of the OpenID Connect provider of an issuer URL. */
export function oidcProviderArn(
  world: World,
  accountId: string,
  issuerUrl: string,
): string {
  const host = issuerUrl.replace(/^https:\/\//, '').replace(/\/$/, '');
  return world.iamArn(accountId, `oidc-provider/${host}`);
}
