import { webhookConfiguration } from './admission/podIdentityWebhook';
import {
  CLUSTER_ADMIN_RULES,
  DISCOVERY_URLS,
  PolicyRule,
} from './auth/ruleSets';
import { InternalClient } from './controllers/client';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

const CLUSTER_ROLES: Record<string, PolicyRule[]> = {
  'cluster-admin': CLUSTER_ADMIN_RULES,
  'system:discovery': [{ verbs: ['get'], nonResourceURLs: DISCOVERY_URLS }],
  'system:public-info-viewer': [
    {
      verbs: ['get'],
      nonResourceURLs: [
        '/healthz',
        '/livez',
        '/readyz',
        '/version',
        '/version/',
      ],
    },
  ],
  'system:basic-user': [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    {
      verbs: ['create'],
      apiGroups: ['authentication.k8s.io'],
      resources: ['selfsubjectreviews'],
    },
  ],
};

const BINDINGS: [role: string, groups: string[]][] = [
  ['cluster-admin', ['system:masters']],
  ['system:discovery', ['system:authenticated']],
  ['system:basic-user', ['system:authenticated']],
  [
    'system:public-info-viewer',
    ['system:authenticated', 'system:unauthenticated'],
  ],
];

const BOOTSTRAPPING = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };

/** Creates the objects that every new cluster has. */
export async function bootstrap(client: InternalClient): Promise<void> {
  for (const name of NAMESPACES) {
    await client.create('namespaces', undefined, { metadata: { name } });
  }
  for (const [name, rules] of Object.entries(CLUSTER_ROLES)) {
    await client.create('clusterroles', undefined, {
      metadata: { name, labels: BOOTSTRAPPING },
      rules,
    });
  }
  for (const [role, groups] of BINDINGS) {
    await client.create('clusterrolebindings', undefined, {
      metadata: { name: role, labels: BOOTSTRAPPING },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: role,
      },
      subjects: groups.map(name => ({
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'Group',
        name,
      })),
    });
  }
  const { apiVersion, kind, ...webhook } = webhookConfiguration();
  await client
    .as('eks-internal')
    .create('mutatingwebhookconfigurations', undefined, webhook);
  await client.create('services', 'default', {
    metadata: {
      name: 'kubernetes',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      clusterIP: '10.100.0.1',
      ports: [{ name: 'https', port: 443, targetPort: 443 }],
    },
  });
}
