import type { TemplateExample } from '@backstage/plugin-scaffolder-node';
import { stringify } from 'yaml';

const target = {
  clusterName: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
  entityRef: 'component:default/payments-api',
};

export const examples: TemplateExample[] = [
  {
    description:
      'Rehearse the move with a service account of its own; nothing of the workload is touched',
    example: stringify({
      steps: [
        {
          id: 'rehearse',
          name: 'Rehearse the move',
          action: 'eks:pod-identity:migrate',
          input: target,
        },
      ],
    }),
  },
  {
    description: 'Move it, and verify where nothing waits to be confirmed',
    example: stringify({
      steps: [
        {
          id: 'migrate',
          name: 'Move to Pod Identity',
          action: 'eks:pod-identity:migrate',
          input: { ...target, until: 'moved' },
        },
        {
          id: 'verify',
          name: 'Prove that it works',
          if: "${{ steps.migrate.output.state == 'moved' }}",
          action: 'eks:pod-identity:verify',
          input: target,
        },
      ],
    }),
  },
  {
    description:
      'Go on after you have seen that the first workload works by Pod Identity',
    example: stringify({
      steps: [
        {
          id: 'migrate',
          name: 'Go on with the move',
          action: 'eks:pod-identity:migrate',
          input: {
            ...target,
            until: 'moved',
            confirmed: ['Deployment payments-api'],
          },
        },
      ],
    }),
  },
];
