import { example, targetOf } from './example';

const target = targetOf('payments-api');

export const examples = [
  example(
    'Prove from inside a pod that the component obtains its role and can list S3 buckets',
    {
      id: 'verify',
      name: 'Prove that it works',
      action: 'eks:pod-identity:verify',
      input: {
        ...target,
        permissionChecks: [{ name: 'list-buckets', command: ['s3', 'ls'] }],
      },
    },
  ),
  example(
    'Only read, run no pod, and never fail the step: the report is the result',
    {
      id: 'verify',
      name: 'Check the AWS identity',
      action: 'eks:pod-identity:verify',
      input: { ...target, probe: 'none', failOn: 'never' },
    },
  ),
];
