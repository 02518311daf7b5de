import type { TemplateExample } from '@backstage/plugin-scaffolder-node';
import { stringify } from 'yaml';

export const examples: TemplateExample[] = [
  {
    description: 'Remove a component’s AWS identity',
    example: stringify({
      steps: [
        {
          id: 'teardown',
          name: 'Remove the AWS identity',
          action: 'eks:pod-identity:teardown',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'payments-api',
            entityRef: 'component:default/payments-api',
          },
        },
      ],
    }),
  },
  {
    description:
      'Remove it even though workloads that use it are running; they lose access to AWS',
    example: stringify({
      steps: [
        {
          id: 'teardown',
          name: 'Remove the AWS identity',
          action: 'eks:pod-identity:teardown',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'payments-api',
            entityRef: 'component:default/payments-api',
            force: true,
          },
        },
      ],
    }),
  },
  {
    description:
      'Roll back what this task created if a later step fails; everything else stays as it was',
    example: stringify({
      steps: [
        {
          id: 'associate',
          name: 'Give the component an AWS identity',
          action: 'eks:pod-identity:associate',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'fraud-scorer',
            entityRef: 'component:default/fraud-scorer',
          },
        },
        {
          id: 'verify',
          name: 'Prove that it works',
          action: 'eks:pod-identity:verify',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'fraud-scorer',
            entityRef: 'component:default/fraud-scorer',
            permissionChecks: [{ name: 'list-buckets', command: ['s3', 'ls'] }],
            failOn: 'broken',
          },
        },
        {
          id: 'roll-back',
          name: 'Roll back',
          if: '${{ failure() }}',
          action: 'eks:pod-identity:teardown',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'fraud-scorer',
            entityRef: 'component:default/fraud-scorer',
            createdByTask: '${{ context.task.id }}',
            onlyCreatedByTask: true,
          },
        },
      ],
    }),
  },
];
