import type { TemplateExample } from '@backstage/plugin-scaffolder-node';
import { stringify } from 'yaml';

export const examples: TemplateExample[] = [
  {
    description: 'Take a component’s AWS identity away',
    example: stringify({
      steps: [
        {
          id: 'teardown',
          name: 'Take the AWS identity away',
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
      'Take it away although workloads that use it are running: they lose access to AWS',
    example: stringify({
      steps: [
        {
          id: 'teardown',
          name: 'Take the AWS identity away',
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
      'Roll back what this very task created when a later step has failed',
    example: stringify({
      steps: [
        {
          id: 'roll-back',
          name: 'Roll back',
          if: '${{ failure() }}',
          action: 'eks:pod-identity:teardown',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'payments-api',
            entityRef: 'component:default/payments-api',
            createdByTask: '${{ context.task.id }}',
          },
        },
      ],
    }),
  },
];
