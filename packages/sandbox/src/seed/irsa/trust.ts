import type { AwsDirect } from '../../aws/direct';
import { POD_IDENTITY_TRUST } from '../../aws/direct/iam';
import {
  ConditionElement,
  document,
  many,
  PolicyDocument,
  Statement,
} from '../../aws/policy/document';
import { SECOND_ACCOUNT } from '../accounts';

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

const SUB = 'sub';
const AUD = 'aud';

/** One statement, for one issuer; condition keys without a colon are the issuer's. */
function web(
  { aws, issuer }: Pick<Place, 'aws' | 'issuer'>,
  conditions: ConditionElement,
  { gone = false, accountId = undefined as string | undefined } = {},
): Statement {
  const clientIds = ['sts.amazonaws.com', OTHER_AUDIENCE];
  const host = issuer.replace('https://', '');
  const account = accountId ?? aws.mainAccount;
  const Federated = gone
    ? `arn:aws:iam::${account}:oidc-provider/${host}`
    : aws.iam.putOidcProvider({ accountId, url: issuer, clientIds });
  const keyed = (values: ConditionElement[string]) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key.includes(':') ? key : `${host}:${key}`,
        value,
      ]),
    );
  return {
    Effect: 'Allow',
    Principal: { Federated },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: Object.fromEntries(
      Object.entries(conditions).map(([operator, values]) => [
        operator,
        keyed(values),
      ]),
    ),
  };
}

const subject = ({ namespace, name }: Place) =>
  `system:serviceaccount:${namespace}:${name}`;

const aud = { [AUD]: 'sts.amazonaws.com' };
const exactly = (place: Place) => ({ [SUB]: subject(place), ...aud });
const usual = (place: Place) => web(place, { StringEquals: exactly(place) });
const wholeNamespace = ({ namespace }: Place) => ({
  [SUB]: `system:serviceaccount:${namespace}:*`,
});
const inCluster = (place: Place, id: string) => ({
  ...place,
  issuer: place.issuer.replace(/[^/]*$/, id),
});

/** How the trust policies of roles look that IRSA uses, from one service account to dead issuers. */
const SHAPES = {
  /** One service account. */
  T1: place => [usual(place)],
  /** Several service accounts, by a list. */
  T2: place => [
    web(place, {
      StringEquals: {
        ...aud,
        [SUB]: [subject(place), `${subject(place)}-worker`],
      },
    }),
  ],
  /** Several clusters, a statement each. */
  T3: place => [usual(place), usual(inCluster(place, OTHER_ISSUER))],
  /** A whole namespace. */
  T4: place => [
    web(place, { StringLike: wholeNamespace(place), StringEquals: aud }),
  ],
  /** A pattern under StringEquals, which never matches. */
  T5: place => [
    web(place, { StringEquals: { ...wholeNamespace(place), ...aud } }),
  ],
  /** No audience, as two modules of Terraform write it. */
  T6: place => [
    {
      ...web(place, { StringEquals: { [SUB]: subject(place) } }),
      Action: ['sts:TagSession', 'sts:AssumeRoleWithWebIdentity'],
    },
  ],
  /** No subject: every pod of the cluster. */
  T7: place => [web(place, { StringEquals: aud })],
  /** Another audience. */
  T8: place => [
    web(place, { StringEquals: { ...exactly(place), [AUD]: OTHER_AUDIENCE } }),
  ],
  /** The role, and the issuer that it trusts, are of another account. */
  T9: place => [
    web(place, { StringEquals: exactly(place) }, { accountId: SECOND_ACCOUNT }),
  ],
  /** A condition that Pod Identity does not carry over. */
  T10: place => [
    web(place, {
      StringEquals: exactly(place),
      IpAddress: { 'aws:SourceIp': '203.0.113.0/24' },
    }),
  ],
  /** Pod Identity is let in already. */
  T11: place => [usual(place), ...many(POD_IDENTITY_TRUST.Statement)],
  /** As eksctl makes it. */
  T12: place => [usual(place)],
  /** The issuer is gone. */
  T13: place => {
    const rebuilt = inCluster(place, GONE_ISSUER);
    return [web(rebuilt, { StringEquals: exactly(place) }, { gone: true })];
  },
  /** It may assume itself, as a module of Terraform writes it. */
  T14: place => [
    usual(place),
    {
      Sid: 'ExplicitSelfRoleAssumption',
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: 'sts:AssumeRole',
      Condition: { ArnLike: { 'aws:PrincipalArn': place.roleArn } },
    },
  ],
} satisfies Record<string, (place: Place) => Statement[]>;

export type TrustShape = keyof typeof SHAPES;

export const TRUST_SHAPES = Object.keys(SHAPES) as TrustShape[];

/** A trust policy of that shape; accounts trust the issuers that it needs from then on. */
export const trustOfShape = (shape: TrustShape, place: Place): PolicyDocument =>
  document(...SHAPES[shape](place));
