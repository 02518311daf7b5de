import { readWebIdentityTrust } from '../webIdentityTrust';

export const ISSUER =
  'oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789ABCDEF0123456789';
export const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
export const GITHUB =
  'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com';
export const ROLE = 'arn:aws:iam::111122223333:role/shop-api';
export const API = 'system:serviceaccount:shop:api';

export const QUESTION = {
  roleArn: ROLE,
  providerArn: PROVIDER,
  namespace: 'shop',
  serviceAccount: 'api',
  audience: 'sts.amazonaws.com',
};

export const read = (...statements: object[]) =>
  readWebIdentityTrust(
    { Version: '2012-10-17', Statement: statements },
    QUESTION,
  );
export const oidc = (condition: object | undefined, more: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: PROVIDER },
  Action: 'sts:AssumeRoleWithWebIdentity',
  ...(condition ? { Condition: condition } : {}),
  ...more,
});
export const sub = (value: unknown) => ({ [`${ISSUER}:sub`]: value });
export const aud = { [`${ISSUER}:aud`]: 'sts.amazonaws.com' };

export const OTHER_PROVIDER = PROVIDER.replace(/.{32}$/, '0'.repeat(32));
export const exact = oidc(
  { StringEquals: { ...sub(API), ...aud } },
  { Sid: 'Api' },
);
