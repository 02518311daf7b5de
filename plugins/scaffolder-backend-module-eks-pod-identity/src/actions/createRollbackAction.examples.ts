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
    description: 'Take a component that was moved to Pod Identity back to IRSA',
    example: stringify({
      steps: [
        {
          id: 'rollback',
          name: 'Go back to IRSA',
          action: 'eks:pod-identity:rollback',
          input: target,
        },
      ],
    }),
  },
  {
    description:
      'Take it back although its pods do not work by Pod Identity; they are not restarted once more before',
    example: stringify({
      steps: [
        {
          id: 'rollback',
          name: 'Go back to IRSA',
          action: 'eks:pod-identity:rollback',
          input: { ...target, broken: true },
        },
      ],
    }),
  },
];
