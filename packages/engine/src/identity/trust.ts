import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import { accountOfArn, partitionOfArn } from '../aws/arn';
import { IdentityTarget, isOurSid, moveSid, trustSid } from './names';
import { sameStatement } from '../iam/policyCompare';
import {
  parsePolicyDocument,
  PolicyDocument,
  PolicyStatement,
} from '../iam/policyDocument';

/** Pods that our trust statement admits. */
export type TrustScope = NonNullable<AssociateInput['trustScope']>;

/** The service principal that assumes the role. The same name in every partition (AWS: "EKS Pod Identity role"). */
export const POD_IDENTITY_SERVICE = 'pods.eks.amazonaws.com';

/** Longest trust policy, unless the quota was raised. Source: IAM and STS quotas, "Role trust policy length"; it counts no white space. */
export const TRUST_POLICY_LENGTH = 2048;

/** The two actions a Pod Identity trust needs. */
export const TRUST_ACTIONS = ['sts:AssumeRole', 'sts:TagSession'] as const;

function scopeCondition(
  scope: TrustScope,
  target: IdentityTarget,
): Record<string, string> | undefined {
  if (scope === 'account') return undefined;
  const condition: Record<string, string> = {
    'aws:RequestTag/eks-cluster-arn': target.clusterArn,
  };
  if (scope === 'cluster') return condition;
  condition['aws:RequestTag/kubernetes-namespace'] = target.namespace;
  if (scope === 'namespace') return condition;
  condition['aws:RequestTag/kubernetes-service-account'] =
    target.serviceAccount;
  return condition;
}

/** Our trust statement for a ref, identified by its Sid. */
export function trustStatement(
  scope: TrustScope,
  target: IdentityTarget,
): PolicyStatement {
  const condition = scopeCondition(scope, target);
  return {
    Sid: trustSid(target),
    Effect: 'Allow',
    Principal: { Service: POD_IDENTITY_SERVICE },
    Action: [...TRUST_ACTIONS],
    ...(condition ? { Condition: { StringEquals: condition } } : {}),
  };
}

/** The statement of a move, which lets these service accounts of the namespace in. */
export function moveStatement(
  target: IdentityTarget,
  names: readonly string[],
): PolicyStatement {
  return {
    ...trustStatement('serviceAccount', target),
    Sid: moveSid(target),
    Condition: {
      StringEquals: {
        ...scopeCondition('namespace', target),
        'aws:RequestTag/kubernetes-service-account':
          names.length === 1 ? names[0] : [...names],
      },
    },
  };
}

/** What the statements for a target role are narrowed by. */
export interface TargetTrust {
  /** The role of the association, which assumes the target. */
  roleArn: string;
  sessionTags: boolean;
  /** As DescribePodIdentityAssociation reports it; only used while session tags are off. */
  externalId?: string | string[];
}

/**
 * Statements for a target role: the account root with `aws:PrincipalArn`, so that a recreated source role still fits,
 * narrowed by request tags or by the external id.
 */
export function targetTrustStatements(
  target: IdentityTarget,
  { roleArn, sessionTags, externalId }: TargetTrust,
): PolicyStatement[] {
  const partition = partitionOfArn(roleArn);
  const base = {
    Effect: 'Allow',
    Principal: { AWS: `arn:${partition}:iam::${accountOfArn(roleArn)}:root` },
  };
  const ArnEquals = { 'aws:PrincipalArn': roleArn };
  if (sessionTags) {
    return [
      {
        ...base,
        Action: [...TRUST_ACTIONS],
        Condition: {
          ArnEquals,
          StringEquals: scopeCondition('serviceAccount', target),
        },
      },
    ];
  }
  return [
    {
      ...base,
      Action: 'sts:AssumeRole',
      Condition: {
        ArnEquals,
        ...(externalId
          ? { StringEquals: { 'sts:ExternalId': externalId } }
          : {}),
      },
    },
    {
      ...base,
      Action: 'sts:TagSession',
      // Sessions with tags of the same role are not meant.
      Condition: { ArnEquals, Null: { 'aws:TagKeys': 'true' } },
    },
  ];
}

/** A trust policy with only the given statement. */
export function trustPolicy(statement: PolicyStatement): PolicyDocument {
  return { Version: '2012-10-17', Statement: [statement] };
}

/** Statements of a trust policy, grouped by owner. */
export interface TrustParts {
  document: PolicyDocument;
  /** Ours for this ref. */
  own?: PolicyStatement;
  /** Ours for other refs. */
  siblings: PolicyStatement[];
  /** Everything else: never touched. */
  foreign: PolicyStatement[];
}

/** Reads a trust policy and finds our statements in it. */
export function readTrust(
  document: unknown,
  target: IdentityTarget,
): TrustParts {
  const parsed = parsePolicyDocument(document);
  const sid = trustSid(target);
  const parts: TrustParts = { document: parsed, siblings: [], foreign: [] };
  for (const statement of parsed.Statement) {
    if (statement.Sid === sid) parts.own = statement;
    else if (isOurSid(statement.Sid)) parts.siblings.push(statement);
    else parts.foreign.push(statement);
  }
  return parts;
}

/** The policy with our statement added or replaced; everything else unchanged. */
export function withStatement(
  policy: unknown,
  statement: PolicyStatement,
): PolicyDocument {
  const document = parsePolicyDocument(policy);
  let placed = false;
  const statements = document.Statement.map(current => {
    if (current.Sid !== statement.Sid) return current;
    placed = true;
    return statement;
  });
  return {
    ...document,
    Statement: placed ? statements : [...statements, statement],
  };
}

/** The policy without our statement for this ref; everything else unchanged. */
export function withoutStatement(
  document: PolicyDocument,
  target: IdentityTarget,
): PolicyDocument {
  const sid = trustSid(target);
  return {
    ...document,
    Statement: document.Statement.filter(statement => statement.Sid !== sid),
  };
}

/** Trust scope of a statement of ours; `undefined` when it was edited. */
export function scopeOfStatement(
  statement: PolicyStatement,
  target: IdentityTarget,
): TrustScope | undefined {
  const scopes: TrustScope[] = [
    'serviceAccount',
    'namespace',
    'cluster',
    'account',
  ];
  return scopes.find(scope =>
    sameStatement(statement, trustStatement(scope, target)),
  );
}
