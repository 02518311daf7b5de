import type {
  PermissionCheck,
  ProbeLevel,
  ReportStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import type { LifecycleWorld } from '../../packages/engine/src/lifecycle/__testUtils__/LifecycleWorld';
import type { Shell } from './shell';

interface Identity {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

/** What a verification has to say of a scenario, and what mends it. */
export interface Expected {
  /** Check at the head of the report. */
  cause?: string;
  status: ReportStatus;
  /** In its message or its cause. */
  says: RegExp;
  /**
   * How the report's fix is done: the command that it prints (default), the portal's template, waiting, or a deed of
   * others, such as AWS or the owner of the manifest; `none` where nothing is to be mended.
   */
  mend?:
    | 'command'
    | 'template'
    | 'wait'
    | 'none'
    | ((world: {
        world: LifecycleWorld;
        shell: Shell;
        ref: Identity;
      }) => Promise<string>);
  /** Why the fix is not a command. */
  why?: string;
  /** Status at the end; default verified. */
  ends?: ReportStatus;
  /** Verifies at once, not ten minutes later. */
  fresh?: boolean;
  probe?: ProbeLevel;
  permissions?: PermissionCheck[];
  role?: string;
  ref?: Identity;
}

const TRUST = { cause: 'role.trust-policy', status: 'failed' } as const;
const INJECTED = { cause: 'workloads.injected', status: 'degraded' } as const;
const ANSWERS = {
  cause: 'credentials.agent-answers',
  status: 'failed',
} as const;
const INSTALLED = { cause: 'agent.installed', status: 'failed' } as const;

const SHADOWED = { cause: 'workloads.shadowed', status: 'degraded' } as const;
const UNSUPPORTED = {
  cause: 'workloads.unsupported',
  status: 'degraded',
} as const;

const BUCKETS: PermissionCheck = { command: 'aws s3api list-buckets' };
const PERMISSION = {
  cause: 'permissions.check-1',
  status: 'failed',
  permissions: [BUCKETS],
} as const;

/** By scenario. The compiler does not find one that is missing; the program does. */
export const EXPECTED: Record<string, Expected> = {
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
    status: 'failed',
    says: /has no Pod Identity association/,
    mend: 'template',
    why: 'The portal knows no role for it; its template makes role and association.',
  },
  'association-deleted-under-pods': {
    cause: 'association.exists',
    status: 'failed',
    says: /has no Pod Identity association/,
    mend: 'template',
    why: 'The portal knows no role for it; its template makes role and association.',
  },
  'association-of-a-near-name': {
    cause: 'association.exists',
    status: 'failed',
    says: /has no Pod Identity association/,
    mend: 'template',
    why: 'The portal knows no role for it; its template makes role and association.',
  },
  'workload-under-default': {
    cause: 'workloads.service-account',
    status: 'degraded',
    says: /runs under the ServiceAccount default/,
  },
  'workload-under-another-service-account': {
    cause: 'workloads.service-account',
    status: 'degraded',
    says: /runs under the ServiceAccount payments-ledger-legacy/,
  },
  'service-account-missing': {
    cause: 'service-account.exists',
    status: 'failed',
    says: /ServiceAccount payments\/payments-ledger does not exist/,
  },
  'namespace-missing': {
    cause: 'service-account.exists',
    status: 'failed',
    says: /namespace payments does not exist/,
  },
  'trust-for-irsa-only': {
    ...TRUST,
    says: /No statement lets the service pods\.eks\.amazonaws\.com in/,
  },
  'trust-without-tag-session': { ...TRUST, says: /allows sts:TagSession/ },
  'trust-for-another-namespace': {
    ...TRUST,
    says: /kubernetes-namespace = "orders" fails: it is "payments"/,
  },
  'trust-for-another-cluster': {
    ...TRUST,
    says: /eks-cluster-name = "orders-prod" fails: it is "payments-prod"/,
  },
  'trust-in-other-letters': {
    ...TRUST,
    says: /"PAYMENTS-LEDGER" fails: it is "payments-ledger"/,
  },
  'role-deleted': {
    cause: 'role.exists',
    status: 'failed',
    says: /does not exist/,
  },
  'role-recreated': { ...INJECTED, says: /older than the role/ },
  'target-role-trusts-another': {
    cause: 'role.target',
    status: 'failed',
    says: /The target role payments-ledger-archive does not let/,
  },
  'target-role-trusts-a-deleted-role': {
    cause: 'role.target',
    status: 'failed',
    says: /the unique id of a role or user that was deleted/,
  },
  'agent-missing': { ...INSTALLED, says: /is not installed/ },
  'agent-daemonset-deleted': {
    ...INSTALLED,
    says: /its DaemonSet is not in the cluster/,
  },
  'agent-throttled': {
    cause: 'credentials.agent-answers',
    status: 'inconclusive',
    says: /limiting requests/,
    mend: async ({ world, ref }) => {
      world.sandbox.cluster(ref.cluster).setAgent('normal');
      return 'waited until the burst was over';
    },
    why: 'Waiting is the fix.',
  },
  'auto-mode-beside-nodes-without-agent': {
    ...INSTALLED,
    says: /The agent is missing on the node that Auto Mode does not manage/,
  },
  'network-policy-for-the-workload': {
    cause: 'workloads.network',
    status: 'degraded',
    says: /may not reach the agent: NetworkPolicy restrict/,
  },
  'static-keys': { ...SHADOWED, says: /AWS_ACCESS_KEY_ID/ },
  'profile-named': { ...SHADOWED, says: /set AWS_PROFILE/ },
  'proxy-without-exemption': { ...UNSUPPORTED, says: /through a proxy/ },
  'security-groups-strict': { ...UNSUPPORTED, says: /strict mode/ },
  'pod-opted-out': { ...INJECTED, says: /opted out/ },
  'network-policy-for-all': {
    cause: 'workloads.network',
    status: 'inconclusive',
    says: /NetworkPolicy default-deny/,
  },
  'static-keys-by-env-from': {
    status: 'verified',
    says: /obtained the role/,
    mend: 'none',
    why: 'What the Secret holds is out of sight: a note names it, and what keys there would do.',
  },
  'aws-files-mounted': { ...SHADOWED, says: /mount a volume at ~\/\.aws/ },
  'address-preset': {
    ...SHADOWED,
    says: /AWS_CONTAINER_CREDENTIALS_FULL_URI to an address of their own/,
  },
  'container-left-out': {
    status: 'verified',
    says: /obtained the role/,
    mend: 'none',
    why: 'Containers beside the main one are left out on purpose: a note says how to take that back.',
  },
};
