/** ARN of the OpenID Connect provider of an issuer URL. */
export function oidcProviderArn(accountId: string, issuerUrl: string): string {
  const host = issuerUrl.replace(/^https:\/\//, '').replace(/\/$/, '');
  return `arn:aws:iam::${accountId}:oidc-provider/${host}`;
}
