import { Manifest } from '../kubernetes';
import { PORTAL_GROUPS } from './accounts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/**
 * What the portal's roles may do in a cluster: the ClusterRoles of docs/permissions.md, with the rule for namespaces.
 * A test of the engine compares both.
 */
const PORTAL_RULES: Record<keyof typeof PORTAL_GROUPS, Rule[]> = {
  read: [
    {
      apiGroups: [''],
      resources: ['namespaces', 'serviceaccounts'],
      verbs: ['get', 'list'],
    },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['list'] },
    {
      apiGroups: ['apps'],
      resources: ['deployments', 'statefulsets', 'daemonsets'],
      verbs: ['list'],
    },
    { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: ['list'] },
    {
      apiGroups: ['networking.k8s.io'],
      resources: ['networkpolicies'],
      verbs: ['list'],
    },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['mutatingwebhookconfigurations'],
      resourceNames: ['pod-identity-webhook'],
      verbs: ['get'],
    },
  ],
  verify: [
    {
      apiGroups: [''],
      resources: ['pods'],
      verbs: ['create', 'get', 'list', 'watch', 'delete'],
    },
    { apiGroups: [''], resources: ['events'], verbs: ['list'] },
  ],
  write: [
    {
      apiGroups: [''],
      resources: ['serviceaccounts'],
      verbs: ['create', 'delete'],
    },
    { apiGroups: [''], resources: ['pods'], verbs: ['delete'] },
    { apiGroups: [''], resources: ['namespaces'], verbs: ['create'] },
  ],
};

/** The ClusterRole that the docs name for a use of the portal. */
export const portalClusterRole = (use: keyof typeof PORTAL_GROUPS) =>
  `backstage-eks-pod-identity-${use}`;

const RBAC = 'rbac.authorization.k8s.io';

/** The optional right to read why an agent crashes. */
function agentLog(): Manifest[] {
  const metadata = {
    name: 'backstage-eks-pod-identity-agent-log',
    namespace: 'kube-system',
  };
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods/log'], verbs: ['get'] }],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: metadata.name },
      subjects: [{ apiGroup: RBAC, kind: 'Group', name: PORTAL_GROUPS.read }],
    },
  ];
}

/** The optional right to restart workloads. */
function restart(): Manifest[] {
  const name = 'backstage-eks-pod-identity-restart';
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        {
          apiGroups: ['apps'],
          resources: ['deployments', 'statefulsets', 'daemonsets'],
          verbs: ['get', 'patch'],
        },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: RBAC, kind: 'Group', name: PORTAL_GROUPS.write }],
    },
  ];
}

/** The RBAC of the portal's three roles in a cluster; everyone of them reads. */
export function portalRbac(): Manifest[] {
  const groups = {
    read: Object.values(PORTAL_GROUPS),
    verify: [PORTAL_GROUPS.verify],
    write: [PORTAL_GROUPS.write],
  };
  const ofRoles = (['read', 'verify', 'write'] as const).flatMap(use => {
    const name = portalClusterRole(use);
    return [
      {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRole',
        metadata: { name },
        rules: PORTAL_RULES[use],
      },
      {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: {
          apiGroup: RBAC,
          kind: 'ClusterRole',
          name,
        },
        subjects: groups[use].map(group => ({
          apiGroup: RBAC,
          kind: 'Group',
          name: group,
        })),
      },
    ];
  });
  return [...ofRoles, ...agentLog(), ...restart()];
}

export const namespace = (
  name: string,
  labels: Record<string, string> = {},
): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

export const serviceAccount = (
  ns: string,
  name: string,
  annotations: Record<string, string> = {},
): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: ns, annotations },
});

/** A Deployment that runs for ever under the service account of the same name. */
export function deployment(
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
