import type { Expected } from './expected';
import { setSessionTags } from './sessionTags';

const TRUST = { cause: 'role.trust-policy', status: 'broken' } as const;
const INJECTED = {
  cause: 'workloads.injected',
  status: 'restart-needed',
} as const;

/** Associations, service accounts, roles and their trust policies. */
export const OF_IDENTITY: Record<string, Expected> = {
  'association-spreads-slowly': {
    ...INJECTED,
    says: /run without the identity/,
  },
  'pods-older-than-association': {
    ...INJECTED,
    says: /run without the identity/,
  },
  'association-missing': {
    cause: 'association.exists',
    status: 'broken',
    says: /has no Pod Identity association/,
    repair: 'template',
    why: 'The portal knows no role for it; its template makes role and association.',
  },
  'association-deleted-under-pods': {
    cause: 'association.exists',
    status: 'broken',
    says: /has no Pod Identity association/,
    repair: 'template',
    why: 'The portal knows no role for it; its template makes role and association.',
  },
  'association-of-a-near-name': {
    cause: 'association.exists',
    status: 'broken',
    says: /has no Pod Identity association/,
    repair: 'template',
    why: 'The portal knows no role for it; its template makes role and association.',
  },
  'workload-under-default': {
    cause: 'workloads.service-account',
    status: 'no-pod-has-it',
    says: /runs under the service account default/,
  },
  'workload-under-another-service-account': {
    cause: 'workloads.service-account',
    status: 'no-pod-has-it',
    says: /runs under the service account payments-ledger-legacy/,
  },
  'service-account-missing': {
    cause: 'service-account.exists',
    status: 'broken',
    says: /service account payments\/payments-ledger does not exist/,
  },
  'namespace-missing': {
    cause: 'service-account.exists',
    status: 'broken',
    says: /namespace payments does not exist/,
    ends: 'no-workload',
  },
  'trust-for-irsa-only': {
    ...TRUST,
    says: /does not trust EKS Pod Identity/,
  },
  'trust-without-tag-session': { ...TRUST, says: /allows sts:TagSession/ },
  'trust-for-another-namespace': {
    ...TRUST,
    says: /allows namespace "orders", not "payments"/,
  },
  'trust-for-another-cluster': {
    ...TRUST,
    says: /allows cluster "orders-prod", not "payments-prod"/,
  },
  'trust-in-other-letters': {
    ...TRUST,
    says: /allows service account "PAYMENTS-LEDGER", not "payments-ledger"/,
  },
  'role-deleted': {
    cause: 'role.exists',
    status: 'broken',
    says: /does not exist/,
  },
  'role-recreated': { ...INJECTED, says: /older than the role/ },
  'target-role-trusts-another': {
    cause: 'role.target',
    status: 'broken',
    says: /The target role payments-ledger-archive does not trust/,
  },
  'target-role-trusts-a-deleted-role': {
    cause: 'role.target',
    status: 'broken',
    says: /the unique id of a role or user that was deleted/,
  },
  'association-changed-under-pods': {
    ...INJECTED,
    says: /older than the last change of the association/,
  },
  'association-with-another-role': {
    cause: 'association.matches',
    status: 'broken',
    role: 'arn:aws:iam::111122223333:role/payments-ledger',
    says: /has role \S+payments-ledger-other instead of \S+payments-ledger\./,
  },
  'association-of-an-add-on': {
    ...INJECTED,
    says: /older than the last change of the association/,
  },
  'association-quota-reached': {
    status: 'broken',
    operation: 'associate',
    says: /ResourceLimitExceededException/,
    repair: async ({ world, ref }) => {
      const { eks } = world.sandbox.aws;
      const orphan = eks
        .associations(ref.cluster)
        .find(one => one.namespace === 'team-other')!;
      eks.deleteAssociation(ref.cluster, orphan.associationId);
      return 'deleted an association that nothing uses';
    },
    why: 'Which associations are no longer needed their owners know.',
  },
  'irsa-annotation': {
    cause: 'service-account.irsa',
    status: 'restart-needed',
    says: /use the IRSA role/,
  },
  'identity-of-default': {
    status: 'verified',
    ref: {
      cluster: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'default',
    },
    says: /is on the service account default/,
    repair: 'none',
    why: 'A workload needs a service account of its own: which pods shall have the identity its owner decides.',
  },
  'trust-denies': {
    ...TRUST,
    says: /Statement "NotHere" \(Deny\) forbids sts:AssumeRole/,
    repair: async ({ world, ref }) => {
      const { iam } = world.sandbox.aws;
      const arn = `arn:aws:iam::111122223333:role/${ref.serviceAccount}`;
      const { Statement, ...rest } = JSON.parse(iam.role(arn).trust);
      iam.updateRole(arn, {
        trust: {
          ...rest,
          Statement: Statement.filter(
            ({ Sid }: { Sid?: string }) => Sid !== 'NotHere',
          ),
        },
      });
      return 'took the statement that is named away';
    },
    why: 'A Deny is a decision of the role’s owner.',
  },
  'trust-needs-tags-that-are-off': {
    ...TRUST,
    says: /Session tags are off for this association/,
    repair: setSessionTags(true),
  },
  'target-role-not-granted': {
    cause: 'role.target',
    status: 'broken',
    says: /is not allowed to assume \S+444455556666:role\/payments-ledger-archive/,
  },
};
