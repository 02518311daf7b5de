import { Partition } from '../../core/partition';
import { epochSeconds } from '../protocol/json';
import { AccessEntryRecord } from '../state/types';
import { needEntry, writeAccessEntry } from './accessEntries';
import { EksOperation } from './context';
import { invalidParameter, notFound } from './errors';
import { pageOf, readBody, requireText } from './input';

const POLICY_NAMES = [
  'AmazonEKSAdminPolicy',
  'AmazonEKSAdminViewPolicy',
  'AmazonEKSClusterAdminPolicy',
  'AmazonEKSEditPolicy',
  'AmazonEKSViewPolicy',
];

export const accessPolicyArn = (partition: Partition, name: string) =>
  `arn:${partition.id}:eks::aws:cluster-access-policy/${name}`;

function policyView(policy: AccessEntryRecord['policies'][number]) {
  return {
    policyArn: policy.policyArn,
    accessScope: policy.scope,
    associatedAt: epochSeconds(policy.associatedAt),
    modifiedAt: epochSeconds(policy.modifiedAt),
  };
}

function readScope(
  value: unknown,
): AccessEntryRecord['policies'][number]['scope'] {
  const scope = (value ?? {}) as { type?: string; namespaces?: string[] };
  if (scope.type === 'cluster') {
    return { type: 'cluster', namespaces: [] };
  }
  if (scope.type === 'namespace' && scope.namespaces?.length) {
    return { type: 'namespace', namespaces: scope.namespaces };
  }
  throw invalidParameter(
    scope.type === 'namespace'
      ? 'The namespaces parameter must not be empty when the access scope type is namespace.'
      : 'The specified access scope type is invalid.',
  );
}

const associateAccessPolicy: EksOperation = context => {
  const body = readBody(context.call.request, {
    policyArn: 'string',
    accessScope: 'object',
  });
  const { cluster, entry } = needEntry(context);
  const policyArn = requireText(body, 'policyArn');
  const scope = readScope(body.accessScope);
  if (
    !POLICY_NAMES.some(
      name => accessPolicyArn(context.world.partition, name) === policyArn,
    )
  ) {
    throw notFound('The specified policyArn could not be found.', {
      clusterName: cluster.name,
    });
  }
  const now = context.world.now();
  const before = entry.policies.find(p => p.policyArn === policyArn);
  const policy = {
    policyArn,
    scope,
    associatedAt: before?.associatedAt ?? now,
    modifiedAt: now,
  };
  writeAccessEntry(context.world, cluster, entry.principalArn, {
    ...entry,
    policies: [
      ...entry.policies.filter(p => p.policyArn !== policyArn),
      policy,
    ],
  });
  return {
    clusterName: cluster.name,
    principalArn: entry.principalArn,
    associatedAccessPolicy: policyView(policy),
  };
};

const disassociateAccessPolicy: EksOperation = context => {
  const { cluster, entry } = needEntry(context);
  const { policyArn } = context.path;
  if (!entry.policies.some(policy => policy.policyArn === policyArn)) {
    throw notFound(
      'The specified policyArn could not be found on this access entry.',
      { clusterName: cluster.name },
    );
  }
  writeAccessEntry(context.world, cluster, entry.principalArn, {
    ...entry,
    policies: entry.policies.filter(policy => policy.policyArn !== policyArn),
  });
  return {};
};

const listAssociatedAccessPolicies: EksOperation = context => {
  const { cluster, entry } = needEntry(context);
  const { items, nextToken } = pageOf(context.call.request, entry.policies);
  return {
    clusterName: cluster.name,
    principalArn: entry.principalArn,
    associatedAccessPolicies: items.map(policyView),
    nextToken,
  };
};

const listAccessPolicies: EksOperation = context => {
  context.need({ action: 'eks:ListAccessPolicies', resource: '*' });
  const { items, nextToken } = pageOf(context.call.request, POLICY_NAMES);
  return {
    accessPolicies: items.map(name => ({
      name,
      arn: accessPolicyArn(context.world.partition, name),
    })),
    nextToken,
  };
};

/** The policies of EKS that access entries may have. */
export const accessPolicyOperations: Record<string, EksOperation> = {
  AssociateAccessPolicy: associateAccessPolicy,
  DisassociateAccessPolicy: disassociateAccessPolicy,
  ListAssociatedAccessPolicies: listAssociatedAccessPolicies,
  ListAccessPolicies: listAccessPolicies,
};
