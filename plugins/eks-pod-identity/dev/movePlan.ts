import {
  type MovePlan,
  movePlanSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { arn } from './accessRows';

/** Of a service account whose role lets Pod Identity in, and whose pods are on IRSA. */
export const movePlan: MovePlan = movePlanSchema.parse({
  ref: {
    cluster: 'payments-prod',
    namespace: 'payments',
    serviceAccount: 'api',
  },
  at: new Date().toISOString(),
  verdict: 'ready',
  sentence:
    'Ready to move: its programs, its pods and its role work with Pod Identity.',
  reasons: [],
  role: { arn: arn('payments-api') },
  before: {
    notes: [
      'Look first that aws acts on account 111122223333, and kubectl on cluster payments-prod: every command below does what it says there.',
    ],
    commands:
      'aws sts get-caller-identity --region eu-west-1 --query Account --output text',
  },
  stages: [
    {
      id: 'trust',
      title: 'Let Pod Identity use role payments-api beside IRSA',
      state: 'done',
      notes: ['Its trust policy lets the service account in by Pod Identity.'],
    },
    {
      id: 'rehearsal',
      title: 'Rehearse with a service account that nothing uses',
      state: 'left-out',
      notes: [
        'The trust policy admits api alone, so that no other service account can try it first. The pod of the gate is the first proof.',
      ],
    },
    {
      id: 'association',
      title: 'Associate payments/api with role payments-api',
      state: 'to-do',
      notes: [
        'This is the decision: from here on every pod that starts, by an autoscaler, a drain, a deployment or a CronJob, takes Pod Identity. Running pods keep IRSA.',
        'This needs EKS rights.',
      ],
      commands: `aws eks create-pod-identity-association --cluster-name payments-prod --region eu-west-1 --namespace payments --service-account api --role-arn ${arn(
        'payments-api',
      )}`,
    },
    {
      id: 'gate',
      title: 'Prove that new pods obtain the role by Pod Identity',
      state: 'to-do',
      notes: [
        'The second command runs a pod under the service account itself.',
      ],
      commands:
        'eks-pod-identity gate payments/api --cluster payments-prod --region eu-west-1',
      until: 'Both commands end with 0.',
    },
  ],
  back: {
    possible: true,
    notes: ['Images that came since the move were not seen on IRSA.'],
    before: 'kubectl -n payments rollout restart deployment/api',
    commands:
      'eks-pod-identity gate payments/api --cluster payments-prod --region eu-west-1 --road irsa',
    again:
      'aws eks create-pod-identity-association --cluster-name payments-prod --region eu-west-1 --namespace payments --service-account api',
  },
});
