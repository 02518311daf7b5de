import type { Sandbox } from 'eks-sandbox';

/** Puts so many associations, and nothing else, into a cluster of the sandbox: `team-<n>/sa-000` and so on. */
export function putBulkAssociations(
  sandbox: Sandbox,
  cluster: string,
  count: number,
  options: {
    namespaces?: number;
    tagsOf?(index: number): Record<string, string>;
  } = {},
) {
  const { eks, iam } = sandbox.aws;
  for (const { associationId } of eks.associations(cluster)) {
    eks.deleteAssociation(cluster, associationId);
  }
  eks.putAssociations(
    cluster,
    Array.from({ length: count }, (_, index) => ({
      namespace: `team-${index % (options.namespaces ?? 6)}`,
      serviceAccount: `sa-${String(index).padStart(3, '0')}`,
      roleArn: iam.putRole({ name: `bulk-${index}` }).arn,
      tags: options.tagsOf?.(index) ?? {},
    })),
  );
}
