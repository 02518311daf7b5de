const NAME = 'x.policy.example.com';

/** The webhook of a policy engine whose Service is not there; it fails closed unless `rest` says otherwise. */
export const policyWebhook = (rest: object = {}) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'policy' },
  webhooks: [
    {
      name: NAME,
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      clientConfig: {
        service: { name: 'kyverno-svc', namespace: 'kyverno', port: 443 },
      },
      rules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE'],
          resources: ['pods'],
        },
      ],
      ...rest,
    },
  ],
});

const RBAC = 'rbac.authorization.k8s.io';

/** Lets the portal list registrations of webhooks, a right that it can do without. */
export const LIST_WEBHOOKS = [
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: 'list-webhooks' },
    rules: [
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: [
          'mutatingwebhookconfigurations',
          'validatingwebhookconfigurations',
        ],
        verbs: ['list'],
      },
    ],
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'list-webhooks' },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'list-webhooks' },
    subjects: [{ apiGroup: RBAC, kind: 'Group', name: 'backstage-readers' }],
  },
];
