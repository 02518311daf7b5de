import type { TemplateExample } from '@backstage/plugin-scaffolder-node';
import { stringify } from 'yaml';

export const examples: TemplateExample[] = [
  {
    description:
      'Give a component its own identity with read access to S3; the role is created',
    example: stringify({
      steps: [
        {
          id: 'associate',
          name: 'Give the component an AWS identity',
          action: 'eks:pod-identity:associate',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'payments-api',
            entityRef: 'component:default/payments-api',
            managedPolicyArns: [
              'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
            ],
          },
        },
      ],
    }),
  },
  {
    description:
      'Use an existing role, and leave the service account to the component’s Helm chart',
    example: stringify({
      steps: [
        {
          id: 'associate',
          name: 'Give the component an AWS identity',
          action: 'eks:pod-identity:associate',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'payments-ledger',
            entityRef: 'component:default/payments-ledger',
            roleArn: 'arn:aws:iam::111122223333:role/payments-ledger',
            createServiceAccount: 'never',
          },
        },
      ],
    }),
  },
];
