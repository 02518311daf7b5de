import type { CredentialRole } from '../clusters/types';
import type { KubernetesRight } from '../verification/framework/rights';

const rights = (
  group: string,
  resources: string[],
  verbs: string[],
): KubernetesRight[] =>
  resources.flatMap(resource =>
    verbs.map(verb => ({ ...(group ? { group } : {}), resource, verb })),
  );

/** In the whole cluster, for each role of the portal. A test compares with deploy/rbac.yaml. */
export const IN_CLUSTER: readonly KubernetesRight[] = [
  ...rights('', ['namespaces', 'serviceaccounts'], ['get', 'list']),
  ...rights('', ['pods', 'nodes'], ['list']),
  ...rights('apps', ['deployments', 'statefulsets', 'daemonsets'], ['list']),
  ...rights('batch', ['jobs', 'cronjobs'], ['list']),
  ...rights('networking.k8s.io', ['networkpolicies'], ['list']),
  {
    group: 'admissionregistration.k8s.io',
    resource: 'mutatingwebhookconfigurations',
    name: 'pod-identity-webhook',
    verb: 'get',
  },
];

/** In each namespace that the portal may use. */
export const IN_NAMESPACE: Record<CredentialRole, readonly KubernetesRight[]> =
  {
    read: [],
    verify: [
      ...rights('', ['pods'], ['create', 'get', 'list', 'watch', 'delete']),
      ...rights('', ['events'], ['list']),
    ],
    write: [
      ...rights('', ['serviceaccounts'], ['create', 'delete']),
      ...rights('', ['pods'], ['delete']),
    ],
  };
