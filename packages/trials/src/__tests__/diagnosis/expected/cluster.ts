import type { Manifest } from 'eks-sandbox';
import { must } from '../shell';
import type { Deed, Expected } from './expected';

const ADMISSION = { cause: 'admission.injects', status: 'broken' } as const;
const INSTALLED = { cause: 'agent.installed', status: 'broken' } as const;

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

/** Agent, webhooks and policies of the cluster. */
export const OF_CLUSTER: Record<string, Expected> = {
  'agent-missing': { ...INSTALLED, says: /is not installed/ },
  'agent-daemonset-deleted': {
    ...INSTALLED,
    says: /its DaemonSet is not in the cluster/,
  },
  'agent-throttled': {
    cause: 'credentials.agent-answers',
    status: 'could-not-check',
    says: /limiting requests/,
    repair: async ({ world, ref }) => {
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
    status: 'no-pod-has-it',
    says: /might not reach the agent: NetworkPolicy restrict/,
  },
  'network-policy-for-all': {
    cause: 'workloads.network',
    status: 'no-pod-has-it',
    says: /NetworkPolicy default-deny/,
  },
  'webhook-selector-edited': {
    ...ADMISSION,
    says: /namespaceSelector of webhook \S+ leaves out namespace payments/,
  },
  'webhook-gone': {
    ...ADMISSION,
    says: /MutatingWebhookConfiguration pod-identity-webhook is gone/,
    repair: restoreWebhooks,
    why: 'EKS makes the configuration, with a certificate that only EKS knows.',
  },
  'webhook-down': {
    ...ADMISSION,
    says: /The webhook does not answer/,
    repair: async ({ world, ref }) => {
      world.sandbox.cluster(ref.cluster).setWebhook({});
      return 'AWS brought the webhook back';
    },
    why: 'The webhook is part of the control plane.',
  },
  'webhook-down-on-one-server': {
    status: 'verified',
    says: /it depends on which API server answers/,
    repair: 'none',
    why: 'The pods that run have the identity: that the next ones may lack it is a note. The webhook is part of the control plane.',
  },
  'webhook-overruled': {
    ...ADMISSION,
    says: /Another admission webhook takes the rest away/,
    repair: async ({ world, ref }) => {
      await world.sandbox.cluster(ref.cluster).clearTrouble();
      return 'the owner of the other webhook excepted the variables';
    },
    why: 'What another webhook changes only its owner knows.',
  },
  'policy-webhook-gone': {
    cause: 'admission.injects',
    status: 'could-not-check',
    says: /webhook validate\.policy-engine\.example does not answer/,
    repair: async ({ shell }) => {
      await must(
        shell,
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
    status: 'broken',
    says: /is being deleted/,
    repair: async ({ world, ref, shell, command }) => {
      await world.sandbox
        .cluster(ref.cluster)
        .change('namespaces', undefined, ref.namespace, ({ metadata }) => {
          metadata.finalizers = [];
        });
      await must(shell, command);
      return command;
    },
    ends: 'no-workload',
    why: 'First the owner of the finalizer has to let the namespace go; then the commands run as printed.',
  },
};
