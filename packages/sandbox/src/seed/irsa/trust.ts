import type { AwsDirect } from '../../aws/direct';
import { document, PolicyDocument, Statement } from '../../aws/policy/document';
import { SECOND_ACCOUNT } from '../accounts';
import shapes from './shapes.json';

/** An audience that is not the usual one; service accounts that ask with it say so in an annotation. */
export const OTHER_AUDIENCE = 'eks.internal.example';

/** Of other clusters: one that is there, and one that was rebuilt, so that no account trusts its issuer any more. */
const OTHER_ISSUER = 'B716D3F0A1C24E5F8C0D9E7B6A5F4C3D';
const GONE_ISSUER = '5C4A0F9E2B7D48138E6F1A2B3C4D5E6F';

/** Where a role is to be used. */
interface Place {
  aws: AwsDirect;
  /** `https://oidc.eks…` */
  issuer: string;
  namespace: string;
  /** Of the service account. */
  name: string;
  roleArn: string;
}

/**
 * How the trust policies of roles look that IRSA uses: T1 one service account, T2 several by a list, T3 several clusters, T4
 * a whole namespace, T5 a pattern under StringEquals, which never matches, T6 no audience, as two modules of Terraform write
 * it, T7 no subject, T8 another audience, T9 role and issuer of another account, T10 a condition that Pod Identity does not
 * carry over, T11 Pod Identity let in already, T12 as eksctl makes it, T13 an issuer that is gone, T14 one that may assume
 * itself.
 */
export type TrustShape = keyof typeof shapes;

export const TRUST_SHAPES = Object.keys(shapes) as TrustShape[];

/** A trust policy of that shape; accounts trust the issuers that it needs from then on. */
export function trustOfShape(
  shape: TrustShape,
  { aws, issuer, namespace, name, roleArn }: Place,
): PolicyDocument {
  const accountId = shape === 'T9' ? SECOND_ACCOUNT : aws.mainAccount;
  const ofId = (id: string) => issuer.replace(/[^/]*$/, id);
  const trusted = (url: string) =>
    aws.iam.putOidcProvider({
      accountId,
      url,
      clientIds: ['sts.amazonaws.com', OTHER_AUDIENCE],
    });
  const host = issuer.replace('https://', '');
  const other = ofId(OTHER_ISSUER);
  const provider = trusted(issuer);
  const values: Record<string, string> = {
    host,
    provider,
    otherHost: other.replace('https://', ''),
    otherProvider: shape === 'T3' ? trusted(other) : '',
    goneHost: ofId(GONE_ISSUER).replace('https://', ''),
    goneProvider: provider.replace(/[^/]*$/, GONE_ISSUER),
    subject: `system:serviceaccount:${namespace}:${name}`,
    namespace: `system:serviceaccount:${namespace}`,
    otherAudience: OTHER_AUDIENCE,
    roleArn,
  };
  const text = JSON.stringify(shapes[shape]).replace(
    /\$\{(\w+)\}/g,
    (_, key) => values[key],
  );
  return document(...(JSON.parse(text) as Statement[]));
}
