import { example, targetOf } from './example';

const associate = (input: object) => ({
  id: 'associate',
  name: 'Give the component an AWS identity',
  action: 'eks:pod-identity:associate',
  input,
});

export const examples = [
  example(
    'Give a component its own identity with read access to S3; the role is created',
    associate({
      ...targetOf('payments-api'),
      managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    }),
  ),
  example(
    'Use an existing role, and leave the service account to the component’s Helm chart',
    associate({
      ...targetOf('payments-ledger'),
      roleArn: 'arn:aws:iam::111122223333:role/payments-ledger',
      createServiceAccount: 'never',
    }),
  ),
];
