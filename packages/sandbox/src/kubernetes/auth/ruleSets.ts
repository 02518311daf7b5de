/** One RBAC PolicyRule. */
export interface PolicyRule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export const CLUSTER_ADMIN_RULES: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
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

/** Rules of an EKS access policy by its ARN; the sandbox knows that of cluster administrators. */
export const rulesOfAccessPolicy = (policyArn: string): PolicyRule[] =>
  policyArn.endsWith('/AmazonEKSClusterAdminPolicy') ? CLUSTER_ADMIN_RULES : [];
