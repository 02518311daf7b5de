import type {
  PermissionCheck,
  ProbeLevel,
  ReportStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import type { LifecycleWorld } from '../../packages/engine/src/lifecycle/__testUtils__/LifecycleWorld';
import type { Manifest } from 'eks-sandbox';
import { OF_NODES } from './expectedOfNodes';
import { OF_PERMISSIONS } from './expectedOfPermissions';
import { OF_PODS } from './expectedOfPods';
import type { Shell } from './shell';

interface Identity {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

/** What others do; says what it was. */
type Deed = (after: {
  world: LifecycleWorld;
  shell: Shell;
  ref: Identity;
  said: string;
  /** The fix that is printed. */
  command: string;
}) => Promise<string>;

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
  mend?: 'command' | 'template' | 'wait' | 'none' | Deed;
  /** What is tried instead of a verification. */
  operation?: 'associate' | 'teardown';
  /** The operation does not fail. */
  succeeds?: boolean;
  /** An identity that the portal makes before it is broken, in place of the usual one. */
  given?: string;
  /** Why the fix is not a command. */
  why?: string;
  /** Status at the end; default verified. */
  ends?: ReportStatus;
  /** Simulated seconds for each of the machine, where a time-out of the portal is tried; default 10. */
  rate?: number;
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
const ADMISSION = { cause: 'admission.injects', status: 'failed' } as const;
const ACCESS = {
  cause: 'access.kubernetes',
  status: 'inconclusive',
} as const;
/** A ServiceAccount of the demo without an identity. */
const API = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
};
const INSTALLED = { cause: 'agent.installed', status: 'failed' } as const;

const SHADOWED = { cause: 'workloads.shadowed', status: 'degraded' } as const;
const UNSUPPORTED = {
  cause: 'workloads.unsupported',
  status: 'degraded',
} as const;

/** Adds the statement of a refusal to the portal's write role. */
const addStatement =
  (sid: string): Deed =>
  async ({ shell, said }) => {
    const statement = /statement (\{.*?\})\. /.exec(said)?.[1];
    if (!statement) throw new Error(`No statement is printed: ${said}`);
    const { code, stderr } = await shell(
      `aws iam put-role-policy --region eu-west-1 --role-name backstage-eks-write --policy-name ${sid} --policy-document '{"Version":"2012-10-17","Statement":[${statement}]}'`,
    );
    if (code !== 0) throw new Error(stderr);
    return `added to the write role: ${statement.replace(/\s+/g, ' ')}`;
  };

const restoreWebhooks: Deed = async ({ world, ref }) => {
  const kube = world.sandbox.cluster(ref.cluster);
  const other = world.sandbox
    .connections()
    .find(({ name }) => name !== ref.cluster)!;
  const [hook] = world.sandbox
    .cluster(other.name)
    .list('mutatingwebhookconfigurations');
  const { apiVersion, kind, metadata, webhooks } = hook as never as Manifest;
  await kube.apply({
    apiVersion,
    kind,
    metadata: { name: metadata.name },
    webhooks,
  });
  return 'AWS made the configuration again';
};

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
  'association-changed-under-pods': {
    ...INJECTED,
    says: /older than the last change of the association/,
  },
  'association-with-another-role': {
    cause: 'association.matches',
    status: 'failed',
    role: 'arn:aws:iam::111122223333:role/payments-ledger',
    says: /has role \S+payments-ledger-other instead of \S+payments-ledger\./,
  },
  'association-of-an-add-on': {
    ...INJECTED,
    says: /older than the last change of the association/,
  },
  'association-quota-reached': {
    status: 'failed',
    operation: 'associate',
    says: /ResourceLimitExceededException/,
    mend: async ({ world, ref }) => {
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
    status: 'degraded',
    says: /use the IRSA role/,
  },
  'identity-of-default': {
    cause: 'service-account.own',
    status: 'degraded',
    ref: {
      cluster: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'default',
    },
    says: /is on the ServiceAccount default/,
    mend: 'none',
    ends: 'degraded',
    why: 'A workload needs a ServiceAccount of its own: which pods shall have the identity its owner decides.',
  },
  'trust-denies': {
    ...TRUST,
    says: /Statement "NotHere" \(Deny\) forbids sts:AssumeRole/,
    mend: async ({ world, ref }) => {
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
    mend: async ({ world, ref, shell, command }) => {
      const { code, stderr } = await shell(command);
      if (code === 0) return command;
      // An AWS CLI before July 2025, as Debian 13 has it
      if (!/Unknown options: --no-disable-session-tags/.test(stderr)) {
        throw new Error(stderr);
      }
      const { eks } = world.sandbox.aws;
      const { associationId } = eks
        .associations(ref.cluster)
        .find(one => one.serviceAccount === ref.serviceAccount)!;
      eks.updateAssociation(ref.cluster, associationId, {
        disableSessionTags: false,
      });
      return `${command} (this AWS CLI is too old for it: turned on in the sandbox)`;
    },
  },
  'target-role-not-granted': {
    cause: 'role.target',
    status: 'failed',
    says: /may not assume \S+444455556666:role\/payments-ledger-archive/,
  },
  'webhook-selector-edited': {
    ...ADMISSION,
    says: /namespaceSelector of webhook \S+ leaves out namespace payments/,
  },
  'webhook-gone': {
    ...ADMISSION,
    says: /MutatingWebhookConfiguration pod-identity-webhook is gone/,
    mend: restoreWebhooks,
    why: 'EKS makes the configuration, with a certificate that only EKS knows.',
  },
  'webhook-down': {
    ...ADMISSION,
    says: /The webhook does not answer/,
    mend: async ({ world, ref }) => {
      world.sandbox.cluster(ref.cluster).setWebhook({});
      return 'AWS brought the webhook back';
    },
    why: 'The webhook is part of the control plane.',
  },
  'webhook-down-on-one-server': {
    ...ADMISSION,
    status: 'degraded',
    says: /it depends on which API server answers/,
    mend: async ({ world, ref }) => {
      world.sandbox.cluster(ref.cluster).setWebhook({});
      return 'AWS brought the webhook back';
    },
    why: 'The webhook is part of the control plane.',
  },
  'webhook-overruled': {
    ...ADMISSION,
    says: /Another admission webhook takes the rest away/,
    mend: async ({ world, ref }) => {
      await world.sandbox.cluster(ref.cluster).clearTrouble();
      return 'the owner of the other webhook excepted the variables';
    },
    why: 'What another webhook changes only its owner knows.',
  },
  'policy-webhook-gone': {
    cause: 'admission.injects',
    status: 'inconclusive',
    says: /webhook validate\.policy-engine\.example does not answer/,
    mend: async ({ shell }) => {
      await shell(
        'kubectl delete validatingwebhookconfiguration policy-engine',
      );
      return 'its owner deleted the configuration';
    },
    why: 'Whether the policy engine shall come back or go its owner decides.',
  },
  'webhook-hangs': {
    status: 'verified',
    rate: 1,
    says: /An admission webhook is slow: a new pod is admitted after 1\d/,
    why: 'The identity works; the webhook belongs to another team.',
  },
  'namespace-terminating': {
    cause: 'service-account.exists',
    status: 'failed',
    says: /is being deleted/,
    mend: async ({ world, ref, shell, command }) => {
      await world.sandbox
        .cluster(ref.cluster)
        .change('namespaces', undefined, ref.namespace, ({ metadata }) => {
          metadata.finalizers = [];
        });
      const { code, stderr } = await shell(command);
      if (code !== 0) throw new Error(stderr);
      return command;
    },
    why: 'First the owner of the finalizer has to let the namespace go; then the commands run as printed.',
  },
  'role-spreads-slowly': {
    status: 'verified',
    operation: 'associate',
    ref: API,
    succeeds: true,
    says: /"applied":true/,
    why: 'The associate waits by itself.',
  },
  'portal-may-not-pass-roles': {
    status: 'failed',
    operation: 'associate',
    ref: API,
    says: /iam:PassedToService/,
    mend: addStatement('PassRolesToPodIdentityOnly'),
    why: 'The platform team adds the statement that is printed to the write role.',
  },
  'portal-may-not-delete-associations': {
    status: 'failed',
    operation: 'teardown',
    given: 'payments-prod/payments/reports',
    says: /eks:DeletePodIdentityAssociation[\s\S]*podidentityassociation\/payments-prod\//,
    mend: addStatement('ChangeAssociations'),
    why: 'The platform team adds the statement that is printed to the write role.',
  },
  'role-in-an-instance-profile': {
    status: 'verified',
    operation: 'teardown',
    given: 'payments-prod/payments/reports',
    succeeds: true,
    says: /instance profile/,
    mend: async ({ world, ref }) => {
      world.sandbox.aws.iam.putInstanceProfile({ name: ref.serviceAccount });
      return 'the owner took the role out of the profile';
    },
    why: 'What uses the profile its owner knows.',
  },
  'agent-used-by-others': {
    status: 'verified',
    operation: 'teardown',
    given: 'payments-prod/payments/reports',
    succeeds: true,
    says: /"kind":"teardown","applied":true/,
    why: 'Nothing is to be mended.',
  },
  'portal-not-admitted': { ...ACCESS, says: /does not know the portal's role/ },
  'portal-not-admitted-by-config-map': {
    ...ACCESS,
    says: /authentication mode of the cluster is CONFIG_MAP/,
  },
  'portal-without-rights': { ...ACCESS, says: /is not allowed to get/ },
  'verify-role-not-admitted': {
    ...ACCESS,
    says: /backstage-eks-verify/,
  },
  'api-not-reached': {
    ...ACCESS,
    says: /did not answer|closed|reset|network path/,
    mend: async ({ world, ref }) => {
      world.sandbox.faults.clear();
      world.sandbox.aws.eks.updateCluster(ref.cluster, {
        endpointPublicAccess: true,
      });
      return 'the network team opened a way';
    },
    why: 'The way from the portal to the cluster belongs to the network.',
  },
  'api-goes-away': {
    status: 'verified',
    says: /Verified/,
    why: 'The portal asks again by itself.',
  },
  'api-throttles': {
    ...ACCESS,
    rate: 1,
    says: /puts off the calls of the portal \(429\)/,
    mend: async ({ world }) => {
      world.sandbox.faults.clear();
      return 'waited until the cluster had time again';
    },
    why: 'Waiting is the fix.',
  },
  'clock-ahead': {
    ...ACCESS,
    says: /clock of the portal's host is 60 minutes behind/,
    mend: async ({ world }) => {
      world.sandbox.faults.skewMs = 0;
      return 'the clock was set right';
    },
    why: 'The clock of the portal’s host is not AWS’s to set.',
  },
  ...OF_NODES,
  ...OF_PERMISSIONS,
  ...OF_PODS,
};
