import { count, Scenario } from './scenario';

/** Many associations, for lists and sweeps. */
export const bulkAssociations: Scenario = {
  rows: [],
  description:
    'Creates `count` associations (default 300), each with its own role, in `namespaces` namespaces (default 10) of `cluster`.',
  run({ aws }, input) {
    const cluster = String(input.cluster ?? '');
    const wanted = count(input, 'count', 300);
    const namespaces = count(input, 'namespaces', 10);
    const { accountId, name } = aws.eks.key(cluster);
    const inputs = Array.from({ length: wanted }, (_, index) => {
      const namespace = `team-${index % namespaces}`;
      const serviceAccount = `service-${index}`;
      const role = aws.iam.putRole({
        accountId,
        name: `bulk-${name.slice(0, 30)}-${index}`,
        attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
      });
      return { namespace, serviceAccount, roleArn: role.arn };
    });
    return { made: aws.eks.putAssociations(cluster, inputs).length };
  },
};
