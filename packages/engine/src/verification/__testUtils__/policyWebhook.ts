import type { KubeObject, KubernetesClusterHandle } from 'eks-sandbox';

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

/** A policy engine that runs and changes the pods that it is asked about. */
export async function policyEngine(
  kube: KubernetesClusterHandle,
  change: (pod: KubeObject) => object[],
  rest: object = {},
): Promise<void> {
  const { webhooks } = policyWebhook({ namespaceSelector: {}, ...rest });
  const namespace = 'kyverno';
  const labels = { app: 'engine' };
  await kube.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kyverno-svc', namespace },
      spec: { selector: labels, ports: [{ port: 443, targetPort: 9443 }] },
    },
  ]);
  await kube.waitFor('serviceaccounts', namespace, 'default', Boolean);
  await kube.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'engine', namespace, labels },
    spec: {
      containers: [
        { name: 'engine', image: 'engine', command: ['sleep', 'infinity'] },
      ],
    },
  });
  await kube.waitFor('pods', namespace, 'engine', pod =>
    pod?.status?.conditions?.some(
      (one: { type: string; status: string }) =>
        one.type === 'Ready' && one.status === 'True',
    ),
  );
  kube.answerWebhooks(namespace, 'kyverno-svc', (review: any) => ({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    response: {
      uid: review.request.uid,
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(
        JSON.stringify(change(review.request.object)),
      ).toString('base64'),
    },
  }));
  await kube.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'policy' },
    webhooks,
  });
}
