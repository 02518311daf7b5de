import type {
  AssociateResult,
  CheckResult,
  Plan,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
};

export const target = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
  entityRef: 'component:default/payments-api',
};

export const plan: Plan = {
  kind: 'associate',
  ref,
  steps: [
    {
      id: 'role',
      resource: { kind: 'role', name: 'eks-payments-1234' },
      change: 'create',
      after: { trustPolicy: { Version: '2012-10-17', Statement: [] } },
      owner: 'portal',
      reason: 'there is none yet',
      dependsOn: [],
    },
  ],
  warnings: ['the agent is not installed'],
  changes: true,
  conflicts: false,
};

export const associateResult: AssociateResult = {
  kind: 'associate',
  applied: true,
  changed: true,
  roleArn: 'arn:aws:iam::111122223333:role/eks-payments-1234',
  effectiveRoleArn: 'arn:aws:iam::111122223333:role/eks-payments-1234',
  roleName: 'eks-payments-1234',
  associationId: 'a-1',
  clusterName: 'payments-prod',
  eksClusterName: 'payments',
  namespace: 'payments',
  serviceAccount: 'payments-api',
  serviceAccountManifest: 'kind: ServiceAccount\n',
  effective: 'yes',
  plan,
  warnings: [],
  links: [{ title: 'Role', url: 'https://example.com/role' }],
};

export const failedCheck: CheckResult = {
  id: 'role.trust-policy',
  category: 'role',
  title: 'Trust policy',
  status: 'fail',
  message: 'The trust policy does not let EKS Pod Identity use the role.',
  fix: {
    cause: 'It names another service.',
    actions: ['Add the statement below to the trust policy.'],
  },
  docsUrl: 'https://example.com/docs/checks#role.trust-policy',
  durationMs: 3,
  attempts: 1,
};

export function reportOf(
  status: VerificationReport['status'],
  checks: CheckResult[] = [],
): VerificationReport {
  return {
    id: 'report-1',
    ref,
    trigger: 'action',
    status,
    proof: status === 'verified' ? 'credentials' : 'none',
    probe: 'pod',
    startedAt: '2026-11-24T10:00:00Z',
    finishedAt: '2026-11-24T10:00:09Z',
    checks,
    engineVersion: '0.1.0',
  };
}
