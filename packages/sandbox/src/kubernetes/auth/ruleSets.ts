/** One RBAC PolicyRule. */
export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const rule = (
  group: string,
  resources: string,
  verbs: string[],
): PolicyRule => ({
  verbs,
  apiGroups: [group],
  resources: resources.split(' '),
});

const RBAC = 'rbac.authorization.k8s.io';

/** Rules of the `view` role and AmazonEKSViewPolicy: no secrets, no exec. */
export const VIEW_RULES: PolicyRule[] = [
  rule(
    '',
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
    READ,
  ),
  rule(
    '',
    'bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
    READ,
  ),
  rule('', 'namespaces', READ),
  rule('discovery.k8s.io', 'endpointslices', READ),
  rule(
    'apps',
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
    READ,
  ),
  rule(
    'autoscaling',
    'horizontalpodautoscalers horizontalpodautoscalers/status',
    READ,
  ),
  rule('batch', 'cronjobs cronjobs/status jobs jobs/status', READ),
  rule('networking.k8s.io', 'ingresses ingresses/status networkpolicies', READ),
  rule('policy', 'poddisruptionbudgets poddisruptionbudgets/status', READ),
];

/** Additional rules of `edit` and AmazonEKSEditPolicy: workloads, secrets, exec, but no roles. */
export const EDIT_RULES: PolicyRule[] = [
  rule(
    '',
    'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy',
    READ,
  ),
  rule('', 'pods pods/attach pods/exec pods/portforward pods/proxy', WRITE),
  rule('', 'pods/eviction', ['create']),
  rule(
    '',
    'configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
    WRITE,
  ),
  rule('', 'serviceaccounts', ['impersonate']),
  rule('', 'serviceaccounts/token', ['create']),
  rule(
    'apps',
    'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
    WRITE,
  ),
  rule('autoscaling', 'horizontalpodautoscalers', WRITE),
  rule('batch', 'cronjobs jobs', WRITE),
  rule('networking.k8s.io', 'ingresses networkpolicies', WRITE),
  rule('policy', 'poddisruptionbudgets', WRITE),
  rule('coordination.k8s.io', 'leases', [...READ, ...WRITE]),
  ...VIEW_RULES,
];

/** Additional rules of `admin` and AmazonEKSAdminPolicy: roles and bindings of the namespace. */
export const ADMIN_RULES: PolicyRule[] = [
  rule('authorization.k8s.io', 'localsubjectaccessreviews', ['create']),
  rule(RBAC, 'rolebindings roles', [...READ, ...WRITE]),
  ...EDIT_RULES,
];

export const CLUSTER_ADMIN_RULES: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

const ADMIN_VIEW_RULES: PolicyRule[] = [
  { verbs: READ, apiGroups: ['*'], resources: ['*'] },
];

export const DISCOVERY_URLS = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];

const EKS_POLICIES: Record<string, PolicyRule[]> = {
  AmazonEKSClusterAdminPolicy: CLUSTER_ADMIN_RULES,
  AmazonEKSAdminPolicy: ADMIN_RULES,
  AmazonEKSAdminViewPolicy: ADMIN_VIEW_RULES,
  AmazonEKSEditPolicy: EDIT_RULES,
  AmazonEKSViewPolicy: VIEW_RULES,
};

/** Rules of an EKS access policy by its ARN (`arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy`). */
export const rulesOfAccessPolicy = (policyArn: string): PolicyRule[] =>
  EKS_POLICIES[policyArn.slice(policyArn.lastIndexOf('/') + 1)] ?? [];
