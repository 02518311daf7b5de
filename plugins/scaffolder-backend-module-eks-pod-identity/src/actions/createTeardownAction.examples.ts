import { example, targetOf } from './example';

const target = targetOf('payments-api');
const created = targetOf('fraud-scorer');

const tearDown = (input: object) => ({
  id: 'teardown',
  name: 'Remove the AWS identity',
  action: 'eks:pod-identity:teardown',
  input,
});

export const examples = [
  example('Remove a component’s AWS identity', tearDown(target)),
  example(
    'Remove it even though workloads that use it are running; they lose access to AWS',
    tearDown({ ...target, force: true }),
  ),
  example(
    'Roll back what this task created if a later step fails; everything else stays as it was',
    {
      id: 'associate',
      name: 'Give the component an AWS identity',
      action: 'eks:pod-identity:associate',
      input: created,
    },
    {
      id: 'verify',
      name: 'Prove that it works',
      action: 'eks:pod-identity:verify',
      input: {
        ...created,
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
        ...created,
        createdByTask: '${{ context.task.id }}',
        onlyCreatedByTask: true,
      },
    },
  ),
];
