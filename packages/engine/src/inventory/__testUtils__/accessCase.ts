import type {
  AccessRoad,
  AccessVerdict,
  TrustShape,
} from 'backstage-plugin-eks-pod-identity-common';
import { type AccessWorld, type RunInput } from './AccessWorld';

export const NEW = 'boto3/1.44.8';
export const OLD = 'boto3/1.28.85';
export const POD_IDENTITY = {
  Effect: 'Allow',
  Principal: { Service: 'pods.eks.amazonaws.com' },
  Action: ['sts:AssumeRole', 'sts:TagSession'],
};
export const ASSUMES = {
  inline: {
    chain: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Resource: 'arn:aws:iam::444455556666:role/partner',
        },
      ],
    },
  },
};

/** A service account, and what the look has to say of it. */
export interface AccessCase {
  name: string;
  roads: AccessRoad[];
  verdict: AccessVerdict;
  says: RegExp;
  shapes?: TrustShape[];
  further?: RegExp;
  trustSays?: RegExp;
  /** Its condition holds at least these. */
  statement?: Record<string, string>;
  /** AWS recorded it before the look. */
  asks?: boolean;
  run(world: AccessWorld): RunInput;
  then?(world: AccessWorld): Promise<unknown>;
}

/** Of a role that both roads let in. */
export const dual = (w: AccessWorld, name: string, more?: object) =>
  w.role(`r-${name}`, [w.oidc(name), POD_IDENTITY], more);
