import type { AccessVerdict } from 'backstage-plugin-eks-pod-identity-common';
import { ASSUMES, POD_IDENTITY } from './accessCase';
import type { AccessWorld } from './AccessWorld';

type Statement = Record<string, unknown>;

/** How the trust policy of a role is written, and what becomes of a move by hand. */
interface Shape {
  trust(w: AccessWorld, name: string, roleArn: string): Statement[];
  verdict: AccessVerdict;
  /** The row prints a statement, without which the move fails. */
  needsStatement?: boolean;
  /** What ends the move, or what is so before it. */
  ends?: 'EKS refuses the role' | 'IRSA is refused today';
  assumes?: boolean;
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
  },
  dual: {
    trust: (w, name) => [w.oidc(name), POD_IDENTITY],
    verdict: 'ready',
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
            [`${issuer}:sub`]: `system:serviceaccount:a:${name}`,
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
  },
  assumes: {
    trust: (w, name) => [w.oidc(name)],
    verdict: 'needs-owner',
    needsStatement: true,
    assumes: true,
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

/** The role of such a pair, as its maker leaves it; returns its ARN. */
export function roleOfShape(
  access: AccessWorld,
  name: string,
  pair: { shape: string; maker: string },
): string {
  const { trust, assumes } = SHAPES[pair.shape];
  const { tags, suffix = '' } = MAKERS[pair.maker];
  const role = `r-${name}${suffix}`;
  if (pair.shape === 'other-account') {
    return `arn:aws:iam::444455556666:role/${role}`;
  }
  return access.role(role, trust(access, name, access.arn(role)), {
    tags,
    ...(assumes ? ASSUMES : {}),
  });
}
