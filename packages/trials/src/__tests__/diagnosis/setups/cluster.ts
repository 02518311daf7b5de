import type { Stage } from 'eks-sandbox';
import { pod, running } from '../workload';
import { setProbe } from '../world';
import type { Setup } from './setup';

const URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';

/** A policy engine that changes pods as it likes. */
const policyEngine = (mutate: (one: any) => void) => (stage: Stage) => {
  stage.kube.addWebhook({
    name: 'mutate.policy-engine.example',
    supportsDryRun: true,
    matches: one => one.metadata.namespace === stage.namespace,
    mutate,
  });
  return stage.restart();
};

const POLICY = 'admissionregistration.k8s.io/v1';
const NEW_PODS = {
  resourceRules: [
    {
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['CREATE'],
      resources: ['pods'],
    },
  ],
};

/** A policy of admission for new pods, and its binding, which denies the others. */
export const admissionPolicy = (
  name: string,
  validation: { expression: string; message: string },
) => [
  {
    apiVersion: POLICY,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: { matchConstraints: NEW_PODS, validations: [validation] },
  },
  {
    apiVersion: POLICY,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  },
];

/** What the cluster does with its pods. */
export const OF_THE_CLUSTER: Record<string, Setup> = {
  'N20 port 80 in use on a node with one of the pods': {
    make: async stage => {
      const { kube } = stage;
      const [, { metadata }] = kube.list('nodes');
      await kube.apply(
        pod(stage, 'lone', { spec: { nodeName: metadata.name } }),
      );
      await stage.restart();
      await running(stage, 3);
      await kube.setAgentPort('in-use', metadata.name);
      // The probe goes elsewhere: there it would fail as this pod does.
      await kube.taint(
        [{ key: 'drained', effect: 'NoSchedule' }],
        metadata.name,
      );
    },
    status: 'partly-works',
    says: /port 80 of its node is in use[\s\S]*No ready agent is on the node/,
  },
  'N22 an admission policy that allows images of another registry only': {
    make: ({ kube }) =>
      kube.apply(
        admissionPolicy('registry', {
          expression:
            "object.spec.containers.all(c, c.image.startsWith('registry.other.example/'))",
          message: 'images of registry.other.example only',
        }),
      ),
    status: 'could-not-check',
    says: /ValidatingAdmissionPolicy 'registry'/,
  },
  'N23 a policy engine that puts pods under another account': {
    make: policyEngine(({ spec }) => {
      spec.serviceAccountName = 'default';
    }),
    status: 'broken',
    says: /admission puts them under the service account default/,
  },
  'N24 a policy engine that sets an address of its own': {
    make: policyEngine(({ spec }) => {
      for (const container of spec.containers) {
        container.env = [
          ...(container.env ?? []).filter((one: any) => one.name !== URI),
          { name: URI, value: 'http://127.0.0.1:9911/v1/credentials' },
        ];
      }
    }),
    status: 'broken',
    says: /its variables hold something else/,
  },
  'N25 an IRSA role on the account, pods from before the association': {
    make: async stage => {
      const { arn } = stage.role();
      const again = stage.dissociate();
      await stage.kube.change(
        'serviceaccounts',
        stage.namespace,
        stage.name,
        ({ metadata }) => {
          metadata.annotations = { 'eks.amazonaws.com/role-arn': arn };
        },
      );
      await stage.restart();
      again();
    },
    status: 'restart-needed',
    says: /IRSA/,
    ends: 'verified',
  },
  'N26 a LimitRange above the size of the probe and of the workload': {
    make: ({ kube, namespace }) =>
      kube.apply({
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'narrow', namespace },
        spec: {
          limits: [{ type: 'Container', min: { cpu: '1', memory: '1Gi' } }],
        },
      }),
    status: 'could-not-check',
    says: /LimitRange/,
    cause: 'admission.injects',
    repair: async ({ world, command }) => {
      await setProbe(world, command);
      return 'put it into app-config';
    },
    ends: 'verified',
  },
  'V08 a NetworkPolicy that opens the agent and nothing else': {
    make: ({ kube, namespace, name }) =>
      kube.apply({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'agent-only', namespace },
        spec: {
          podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
          policyTypes: ['Egress'],
          egress: [
            {
              to: [{ ipBlock: { cidr: '169.254.170.23/32' } }],
              ports: [{ port: 80, protocol: 'TCP' }],
            },
          ],
        },
      }),
    status: 'no-pod-has-it',
    says: /NetworkPolicy agent-only/,
    ends: 'verified',
  },
  'V09 packets of one node to EKS Auth are dropped': {
    make: async stage => {
      const [, other] = stage.kube.list('nodes');
      stage.kube.setEksAuthPath('dropped', other.metadata.name);
    },
    status: 'verified',
    says: /a fresh pod of payments.payments-ledger/,
    tells: /this is proven on 1 of 2 nodes in use/,
  },
  'V10 the agent of one node hangs, though ready': {
    make: async stage => {
      const [, other] = stage.kube.list('nodes');
      stage.kube.setAgent('hang', other.metadata.name);
    },
    status: 'verified',
    says: /a fresh pod of payments.payments-ledger/,
    tells: /this is proven on 1 of 2 nodes in use/,
  },
  'V11 the webhook leaves out the labels of the workload': {
    make: ({ kube, name }) =>
      kube.change(
        'mutatingwebhookconfigurations',
        undefined,
        'pod-identity-webhook',
        ({ webhooks }) => {
          webhooks[0].objectSelector = {
            matchExpressions: [
              {
                key: 'app.kubernetes.io/name',
                operator: 'NotIn',
                values: [name],
              },
            ],
          };
        },
      ),
    status: 'broken',
    says: /new pod of Deployment payments-ledger does not receive[\s\S]*objectSelector/,
    ends: 'verified',
  },
  'V16 the only policy of the role denies everything': {
    make: stage =>
      stage.aws.iam.updateRole(stage.role().arn, {
        attached: [],
        inline: {
          nothing: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
          },
        },
      }),
    permissions: [{ name: 'buckets', command: ['s3api', 'list-buckets'] }],
    status: 'broken',
    says: /explicit deny|denies/,
  },
};
