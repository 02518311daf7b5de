import { breaking, Scenario } from './scenario';
import type { Stage } from './stage';

const WEBHOOK = 'pod-identity-webhook';

const policy = (stage: Stage, name: string, podSelector: object) =>
  stage.kube.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: stage.namespace },
    spec: {
      podSelector,
      policyTypes: ['Egress'],
      egress: [
        { ports: [{ port: 53, protocol: 'UDP' }] },
        { ports: [{ port: 443, protocol: 'TCP' }] },
      ],
    },
  });

/** Registers a webhook for new pods at a Service. */
function webhook(
  stage: Stage,
  name: string,
  more: { failurePolicy: 'Fail' | 'Ignore'; timeoutSeconds: number },
) {
  return stage.kube.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: `validate.${name}.example`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        ...more,
        clientConfig: {
          service: { name: `${name}-svc`, namespace: name, path: '/validate' },
        },
        rules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['pods'],
          },
        ],
      },
    ],
  });
}

/** The cluster between the pods and the agent: webhooks, policies, room for pods. */
export const clusterScenarios: Record<string, Scenario> = {
  'network-policy-for-all': breaking({
    rows: ['21'],
    description:
      'Adds a NetworkPolicy that lets the pods of the namespace out to DNS and HTTPS only.',
    shows: 'Pods do not reach the agent.',
    break: stage => policy(stage, 'default-deny', {}),
  }),
  'network-policy-for-the-workload': breaking({
    rows: ['21'],
    description:
      'Adds a NetworkPolicy like it that selects the pods of the Deployment only.',
    shows: 'The probe reaches the agent, the workload does not.',
    break: stage =>
      policy(stage, 'restrict', {
        matchLabels: { 'app.kubernetes.io/name': stage.name },
      }),
  }),
  'webhook-gone': breaking({
    rows: ['29'],
    description:
      'Deletes the configuration of the webhook and restarts the pods.',
    shows: 'New pods do not receive the identity.',
    async break(stage) {
      await stage.kube.delete(
        'mutatingwebhookconfigurations',
        undefined,
        WEBHOOK,
      );
      await stage.restart();
    },
  }),
  'webhook-selector-edited': breaking({
    rows: ['29'],
    description:
      'Edits the namespaceSelector of the webhook and restarts the pods.',
    shows: 'The webhook leaves the namespace out.',
    async break(stage) {
      await stage.kube.change(
        'mutatingwebhookconfigurations',
        undefined,
        WEBHOOK,
        ({ webhooks }) => {
          webhooks[0].namespaceSelector = {
            matchLabels: { 'pod-identity': 'enabled' },
          };
        },
      );
      await stage.restart();
    },
  }),
  'webhook-down': breaking({
    rows: ['29'],
    description:
      'Lets the webhook not answer on any API server, and restarts the pods.',
    shows: 'New pods do not receive the identity.',
    async break(stage) {
      await stage.later();
      stage.kube.setWebhook({ down: true });
      await stage.restart();
    },
  }),
  'webhook-down-on-one-server': breaking({
    rows: ['29'],
    description: 'Lets the webhook not answer on one of two API servers.',
    shows: 'Some new pods receive the identity, others do not.',
    break: stage => stage.kube.setWebhook({ down: true }, 0),
  }),
  'webhook-overruled': breaking({
    rows: ['29'],
    description:
      'Adds a webhook that takes away the variables of Pod Identity, and restarts the pods.',
    shows: 'A part of what the webhook adds is missing.',
    async break(stage) {
      stage.kube.addWebhook({
        name: 'variables.policy.example.com',
        supportsDryRun: true,
        mutate: pod => {
          for (const container of pod.spec.containers) {
            container.env = container.env?.filter(
              ({ name }: { name: string }) =>
                !name.startsWith('AWS_CONTAINER_'),
            );
          }
        },
      });
      await stage.restart();
    },
  }),
  'quota-full': breaking({
    rows: ['48'],
    description: 'Adds a ResourceQuota that the running pods use up.',
    shows: 'The probe pod cannot be created.',
    break: ({ kube, namespace }) =>
      kube.apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'small', namespace },
        spec: { hard: { pods: '1' } },
      }),
  }),
  'limit-range-too-narrow': breaking({
    rows: ['48'],
    description: 'Adds a LimitRange that asks for large containers.',
    shows: 'The probe pod cannot be created.',
    break: ({ kube, namespace }) =>
      kube.apply({
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'large-only', namespace },
        spec: { limits: [{ type: 'Container', min: { memory: '1Gi' } }] },
      }),
  }),
  'nodes-tainted': breaking({
    rows: ['48', 'E9'],
    description: 'Taints every node.',
    shows: 'No node takes the probe pod.',
    break: ({ kube }) =>
      kube.taint([{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }]),
  }),
  'probe-image-not-pulled': breaking({
    rows: ['48'],
    description:
      'Lets nodes pull from one registry only, and takes away what they have pulled.',
    shows: 'The probe pod does not start.',
    break({ kube }) {
      kube.setImages(['registry.acme.example/*']);
      kube.forgetImages();
    },
  }),
  'policy-webhook-gone': breaking({
    rows: ['E5'],
    description:
      'Registers a webhook of a policy engine that is gone and fails closed.',
    shows: 'Pods cannot be created; the webhook is named.',
    break: stage =>
      webhook(stage, 'policy-engine', {
        failurePolicy: 'Fail',
        timeoutSeconds: 5,
      }),
  }),
  'webhook-hangs': breaking({
    rows: ['E6'],
    description: 'Registers a webhook that takes 10 s and fails open.',
    shows: 'Each pod takes ten seconds to create; the webhook is named.',
    async break(stage) {
      await stage.kube.apply([
        {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'slow-policy' },
        },
      ]);
      await stage.kube.waitFor(
        'serviceaccounts',
        'slow-policy',
        'default',
        object => object !== undefined,
      );
      await stage.kube.apply([
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'slow-policy-svc', namespace: 'slow-policy' },
          spec: { ports: [{ port: 443 }], selector: { app: 'slow-policy' } },
        },
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: {
            name: 'slow-policy-0',
            namespace: 'slow-policy',
            labels: { app: 'slow-policy' },
          },
          spec: {
            containers: [
              {
                name: 'policy',
                image: 'registry.example.com/policy:3.2',
                command: ['sleep', 'infinity'],
              },
            ],
          },
        },
      ]);
      await stage.kube.waitFor(
        'pods',
        'slow-policy',
        'slow-policy-0',
        pod => pod?.status?.phase === 'Running',
      );
      stage.kube.answerWebhooks('slow-policy', 'slow-policy-svc', 'hangs');
      await webhook(stage, 'slow-policy', {
        failurePolicy: 'Ignore',
        timeoutSeconds: 10,
      });
    },
  }),
  'namespace-terminating': breaking({
    rows: ['E7'],
    description: 'Deletes the namespace, which a finalizer keeps from going.',
    shows: 'The namespace is being deleted.',
    async break({ kube, namespace }) {
      await kube.change('namespaces', undefined, namespace, ({ metadata }) => {
        metadata.finalizers = ['example.com/keep'];
      });
      await kube.delete('namespaces', undefined, namespace);
    },
  }),
};
