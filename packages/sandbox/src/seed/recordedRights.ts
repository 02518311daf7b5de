import type { Manifest } from '../kubernetes';
import { PORTAL_GROUPS } from './accounts';

const RBAC = 'rbac.authorization.k8s.io';
const LOOK = ['get', 'list', 'watch'];

const READ = [
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

const RULES = {
  read: READ,
  verify: [
    ...READ,
    { apiGroups: [''], resources: ['pods'], verbs: ['create', 'delete'] },
  ],
  write: [
    ...READ,
    {
      apiGroups: [''],
      resources: ['serviceaccounts'],
      verbs: ['create', 'update', 'patch', 'delete'],
    },
    { apiGroups: [''], resources: ['namespaces'], verbs: ['create'] },
  ],
};

/**
 * The RBAC that the portal's roles had when the answers of a real cluster were recorded: more than the portal needs, so
 * that they can also ask for what is not there.
 */
export const recordedRights = (): Manifest[] =>
  (['read', 'verify', 'write'] as const).flatMap(use => {
    const name = PORTAL_GROUPS[use];
    return [
      {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRole',
        metadata: { name },
        rules: RULES[use],
      },
      {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name },
        subjects: [{ apiGroup: RBAC, kind: 'Group', name }],
      },
    ];
  });
