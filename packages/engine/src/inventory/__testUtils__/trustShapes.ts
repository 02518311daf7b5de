import type { AccessVerdict } from 'backstage-plugin-eks-pod-identity-common';
import { ASSUMES, POD_IDENTITY } from './accessCase';
import type { AccessWorld } from './AccessWorld';

type Statement = Record<string, unknown>;

/** How the trust policy of a role is written, and what becomes of a move by hand. */
export interface Shape {
  trust(w: AccessWorld, name: string, roleArn: string): Statement[];
  verdict: AccessVerdict;
  /** The row prints a statement, without which the move fails. */
  needsStatement?: boolean;
  /** What ends the move, or what is so before it. */
  ends?: 'EKS refuses the role' | 'IRSA is refused today';
  assumes?: boolean;
  /** What it says of IRSA is for the service account alone, so that it is left over after a move. */
  isOwn?: boolean;
}

const OTHER = '0123456789ABCDEF0123456789ABCDEF';
const issuer = `oidc.eks.eu-west-1.amazonaws.com/id/${OTHER}`;
const itself = (roleArn: string) => ({
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: 'sts:AssumeRole',
  Condition: { ArnLike: { 'aws:PrincipalArn': roleArn } },
});

export const SHAPES: Record<string, Shape> = {
  exact: {
    trust: (w, name) => [w.oidc(name)],
    verdict: 'needs-owner',
    needsStatement: true,
    isOwn: true,
  },
  dual: {
    trust: (w, name) => [w.oidc(name), POD_IDENTITY],
    verdict: 'ready',
    isOwn: true,
  },
  // With assume_role_condition_test = "StringLike" of terraform-aws-iam
  like: {
    trust: (w, name) => [
      w.oidc('', { StringLike: { ...w.sub(name), ...w.aud() } }),
      POD_IDENTITY,
    ],
    verdict: 'ready',
    isOwn: true,
  },
  // Of iam-assumable-role-with-oidc
  'tag-session': {
    trust: (w, name) => [
      w.oidc(
        '',
        { StringEquals: w.sub(name) },
        { Action: ['sts:TagSession', 'sts:AssumeRoleWithWebIdentity'] },
      ),
      POD_IDENTITY,
    ],
    verdict: 'ready',
    isOwn: true,
  },
  several: {
    trust: (w, name) => [
      w.oidc('', { StringEquals: { ...w.sub(name, 'worker'), ...w.aud() } }),
      POD_IDENTITY,
    ],
    verdict: 'ready',
  },
  'several-clusters': {
    trust: (w, name) => [
      w.oidc(name),
      {
        ...w.oidc(''),
        Principal: {
          Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}`,
        },
        Condition: {
          StringEquals: {
            [`${issuer}:sub`]: `system:serviceaccount:a:${name
              .split('/')
              .at(-1)}`,
          },
        },
      },
      POD_IDENTITY,
    ],
    verdict: 'ready',
  },
  pattern: {
    trust: (w, name) => [
      w.oidc('', { StringLike: w.sub(`${name.slice(0, -2)}*`) }),
      POD_IDENTITY,
    ],
    verdict: 'by-rule',
  },
  'no-subject': {
    trust: w => [w.oidc('', { StringEquals: w.aud() }), POD_IDENTITY],
    verdict: 'by-rule',
  },
  'no-audience': {
    trust: (w, name) => [
      w.oidc('', { StringEquals: w.sub(name) }),
      POD_IDENTITY,
    ],
    verdict: 'ready',
    isOwn: true,
  },
  'never-matches': {
    trust: (w, name) => [
      w.oidc('', { StringEquals: w.sub(`${name.slice(0, -2)}*`) }),
    ],
    verdict: 'broken',
    ends: 'IRSA is refused today',
  },
  'other-audience': {
    trust: (w, name) => [
      w.oidc('', { StringEquals: { ...w.sub(name), ...w.aud('vault') } }),
    ],
    verdict: 'broken',
    ends: 'IRSA is refused today',
  },
  conditions: {
    trust: (w, name) => [
      w.oidc('', {
        StringEquals: { ...w.sub(name), ...w.aud() },
        StringNotEquals: { 'aws:SourceVpc': 'vpc-none' },
      }),
      POD_IDENTITY,
    ],
    verdict: 'needs-owner',
  },
  itself: {
    trust: (w, name, roleArn) => [w.oidc(name), POD_IDENTITY, itself(roleArn)],
    verdict: 'ready',
    isOwn: true,
  },
  'dead-principal': {
    trust: (w, name) => [
      w.oidc(name),
      POD_IDENTITY,
      {
        Effect: 'Allow',
        Principal: { AWS: 'AIDACKCEVSQ6C2EXAMPLE' },
        Action: 'sts:AssumeRole',
      },
    ],
    verdict: 'ready',
    isOwn: true,
  },
  // The cluster was made again since
  'dead-provider': {
    trust: (w, name) => [
      {
        ...w.oidc(name),
        Principal: {
          Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}`,
        },
      },
    ],
    verdict: 'broken',
    ends: 'IRSA is refused today',
  },
  assumes: {
    trust: (w, name) => [w.oidc(name)],
    verdict: 'needs-owner',
    needsStatement: true,
    assumes: true,
    isOwn: true,
  },
  'other-account': {
    trust: () => [],
    verdict: 'needs-target',
    ends: 'EKS refuses the role',
  },
};

/** What the makers of roles leave on them, and what the look calls them. */
export const MAKERS: Record<
  string,
  { called?: string; tags?: Record<string, string>; suffix?: string }
> = {
  cli: {},
  stack: {
    called: 'CloudFormation',
    tags: { 'aws:cloudformation:stack-name': 'payments' },
  },
  eksctl: {
    called: 'eksctl',
    tags: {
      'aws:cloudformation:stack-name': 'eksctl-payments-addon',
      'alpha.eksctl.io/iamserviceaccount-name': 'shop/api',
    },
  },
  terraform: { called: 'Terraform', tags: { ManagedBy: 'Terraform' } },
  untagged: { called: 'Terraform', suffix: '-20240611093027514200000003' },
  ack: { called: 'ACK', tags: { 'services.k8s.aws/namespace': 'infra' } },
};

/** Whether EKS takes a role of the shape for an association, as it stands. */
export const isTaken = (access: AccessWorld, shape: string) =>
  SHAPES[shape].trust(access, '', '').includes(POD_IDENTITY);

/** The role of such a pair, as its maker leaves it; returns its ARN. */
export function roleOfShape(
  access: AccessWorld,
  name: string,
  pair: { shape: string; maker: string },
  subject = name,
): string {
  const { trust, assumes } = SHAPES[pair.shape];
  const { tags, suffix = '' } = MAKERS[pair.maker];
  const role = `r-${name}${suffix}`;
  if (pair.shape === 'other-account') {
    return `arn:aws:iam::444455556666:role/${role}`;
  }
  return access.role(role, trust(access, subject, access.arn(role)), {
    tags,
    ...(assumes ? ASSUMES : {}),
  });
}
