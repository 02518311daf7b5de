import type { TemplateExample } from '@backstage/plugin-scaffolder-node';
import { stringify } from 'yaml';

export const examples: TemplateExample[] = [
  {
    description:
      'Prove from inside a pod that the component obtains its role and can list S3 buckets',
    example: stringify({
      steps: [
        {
          id: 'verify',
          name: 'Prove that it works',
          action: 'eks:pod-identity:verify',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'payments-api',
            entityRef: 'component:default/payments-api',
            permissionChecks: [{ name: 'list-buckets', command: ['s3', 'ls'] }],
          },
        },
      ],
    }),
  },
  {
    description:
      'Only read, run no pod, and never fail the step: the report is the result',
    example: stringify({
      steps: [
        {
          id: 'verify',
          name: 'Check the AWS identity',
          action: 'eks:pod-identity:verify',
          input: {
            clusterName: 'payments-prod',
            namespace: 'payments',
            serviceAccount: 'payments-api',
            entityRef: 'component:default/payments-api',
            probe: 'none',
            failOn: 'never',
          },
        },
      ],
    }),
  },
];
