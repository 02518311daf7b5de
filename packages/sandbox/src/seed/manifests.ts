import { Manifest } from '../kubernetes';
import { PORTAL_GROUPS } from './accounts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const LOOK = ['get', 'list', 'watch'];

const READ_RULES: Rule[] = [
  {
    apiGroups: [''],
    resources: ['namespaces', 'nodes', 'serviceaccounts', 'pods', 'events'],
    verbs: LOOK,
  },
  {
    apiGroups: ['apps'],
    resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'],
    verbs: LOOK,
  },
  { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: LOOK },
  {
    apiGroups: ['networking.k8s.io'],
    resources: ['networkpolicies'],
    verbs: LOOK,
  },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['mutatingwebhookconfigurations'],
    verbs: ['get'],
  },
];

const PROBE_RULES: Rule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['create', 'delete'] },
];

const WRITE_RULES: Rule[] = [
  {
    apiGroups: [''],
    resources: ['serviceaccounts'],
    verbs: ['create', 'update', 'patch', 'delete'],
  },
  { apiGroups: [''], resources: ['namespaces'], verbs: ['create'] },
];

/** The RBAC rules of the portal's three roles in a cluster. */
export function portalRbac(): Manifest[] {
  const rules = {
    read: READ_RULES,
    verify: [...READ_RULES, ...PROBE_RULES],
    write: [...READ_RULES, ...WRITE_RULES],
  };
  return (['read', 'verify', 'write'] as const).flatMap(use => {
    const name = PORTAL_GROUPS[use];
    return [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name },
        rules: rules[use],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name,
        },
        subjects: [
          { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name },
        ],
      },
    ];
  });
}

const namespace = (
  name: string,
  labels: Record<string, string> = {},
): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

const serviceAccount = (
  ns: string,
  name: string,
  annotations: Record<string, string> = {},
): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: ns, annotations },
});

/** A Deployment that runs for ever under the service account of the same name. */
function deployment(
  ns: string,
  name: string,
  more: {
    replicas?: number;
    nodeSelector?: Record<string, string>;
    labels?: Record<string, string>;
  } = {},
): Manifest {
  const app = { 'app.kubernetes.io/name': name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: ns, labels: { ...app, ...more.labels } },
    spec: {
      replicas: more.replicas ?? 1,
      selector: { matchLabels: app },
      template: {
        metadata: { labels: app },
        spec: {
          serviceAccountName: name,
          ...(more.nodeSelector && { nodeSelector: more.nodeSelector }),
          containers: [
            {
              name: 'app',
              image: `registry.acme.example/${ns}/${name}:1.4.2`,
              command: ['sleep', 'infinity'],
              resources: { requests: { cpu: '50m', memory: '64Mi' } },
            },
          ],
        },
      },
    },
  };
}

const workload = (
  ns: string,
  name: string,
  more?: Parameters<typeof deployment>[2],
) => [serviceAccount(ns, name), deployment(ns, name, more)];

/** The workloads of each demo cluster. */
export const DEMO_MANIFESTS: Record<string, Manifest[]> = {
  'payments-prod': [
    namespace('payments', {
      'pod-security.kubernetes.io/enforce': 'baseline',
    }),
    ...workload('payments', 'payments-api', { replicas: 2 }),
    ...workload('payments', 'payments-ledger', { replicas: 2 }),
    ...workload('payments', 'invoice-archiver'),
    serviceAccount('kube-system', 'ebs-csi-controller-sa'),
  ],
  'platform-auto': [
    namespace('platform'),
    namespace('shop'),
    ...workload('platform', 'audit-exporter'),
    ...workload('platform', 'cost-reporter'),
    ...workload('shop', 'cart-api', { replicas: 2 }),
  ],
  'orders-legacy': [
    namespace('shop'),
    namespace('jobs'),
    ...workload('shop', 'product-search', { replicas: 2 }),
    ...workload('shop', 'image-resizer'),
  ],
};
