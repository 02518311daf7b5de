import { portalClusterRole, type Sandbox } from 'eks-sandbox';
import { createTags } from 'eks-pod-identity-engine/portal';

/** Puts so many associations, and nothing else, into a cluster of the sandbox: `team-<n>/sa-000` and so on. */
export function putBulkAssociations(
  sandbox: Sandbox,
  cluster: string,
  count: number,
  options: {
    namespaces?: number;
    /** Those are of the portal `test-portal`, for that component. */
    entityOf?(index: number): string | undefined;
  } = {},
) {
  const { eks, iam } = sandbox.aws;
  for (const { associationId } of eks.associations(cluster)) {
    eks.deleteAssociation(cluster, associationId);
  }
  eks.putAssociations(
    cluster,
    Array.from({ length: count }, (_, index) => {
      const namespace = `team-${index % (options.namespaces ?? 6)}`;
      const serviceAccount = `sa-${String(index).padStart(3, '0')}`;
      const entityRef = options.entityOf?.(index);
      return {
        namespace,
        serviceAccount,
        roleArn: iam.putRole({ name: `bulk-${index}` }).arn,
        tags: entityRef
          ? createTags(
              {
                portalId: 'test-portal',
                cluster: { name: cluster, region: 'eu-west-1' },
                namespace,
                serviceAccount,
              },
              { tags: {}, entityRef },
            )
          : {},
      };
    }),
  );
}

/**
 * Lets a sweep take its time at every namespace, so that it can be met while it looks around: the portal may list pods
 * neither in the whole cluster nor in a namespace, and Kubernetes takes its time to refuse.
 */
export async function slowDownLooks(
  sandbox: Sandbox,
  cluster: string,
  ms: number,
) {
  await sandbox
    .cluster(cluster)
    .change('clusterroles', undefined, portalClusterRole('read'), role => {
      role.rules = role.rules.map((rule: { resources: string[] }) => ({
        ...rule,
        resources: rule.resources.filter(resource => resource !== 'pods'),
      }));
    });
  sandbox.latency.set('kubernetes:list pods', ms);
}

/** Gives back the right that `slowDownLooks` took. */
export async function letPodsBeListed(sandbox: Sandbox, cluster: string) {
  await sandbox
    .cluster(cluster)
    .change('clusterroles', undefined, portalClusterRole('read'), role => {
      role.rules.push({
        apiGroups: [''],
        resources: ['pods'],
        verbs: ['list'],
      });
    });
}
