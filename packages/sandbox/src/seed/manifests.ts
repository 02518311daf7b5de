import { Manifest } from '../kubernetes';
import { PORTAL_GROUPS } from './accounts';
import portalRights from './portalRights.json';

/** The ClusterRole that the docs name for a use of the portal. */
export const portalClusterRole = (use: keyof typeof PORTAL_GROUPS) =>
  `backstage-eks-pod-identity-${use}`;

/**
 * The RBAC of the portal's three roles in a cluster. `documented` is that of docs/permissions.md, with the rule for
 * namespaces: a test of the engine compares both. `recorded` is what they had when the answers of a real cluster were
 * recorded: more than the portal needs, so that they can also ask for what is not there.
 */
export const portalRbac = (
  rights: keyof typeof portalRights.rbac = 'documented',
): Manifest[] => portalRights.rbac[rights];

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
