import type { Sandbox } from 'eks-sandbox';
import { bareAccount, CLUSTER } from './bareAccount';

/** The namespace and the service account of a portal that runs in the cluster. */
export const addPortalNamespace = (sandbox: Sandbox) =>
  sandbox.cluster(CLUSTER).apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'backstage' } },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'backstage', namespace: 'backstage' },
    },
  ]);

/** A further cluster, in the account of its administrator, in which the pods of payments-ledger have an identity. */
export async function addTeamCluster(
  sandbox: Sandbox,
  name: string,
  admin = sandbox.credentials.admin,
): Promise<void> {
  const { aws } = sandbox;
  const [, , , , accountId] = admin.arn.split(':');
  await sandbox.createCluster({ name, accountId });
  aws.eks.putAccessEntry(name, {
    principalArn: admin.arn,
    policies: [{ name: 'AmazonEKSClusterAdminPolicy' }],
  });
  await aws.eks.putAddon(name, { addonName: 'eks-pod-identity-agent' });
  const role = aws.iam.putRole({ accountId, name: `${name}-ledger` });
  const metadata = { name: 'payments-ledger', namespace: 'payments' };
  aws.eks.putAssociation(name, {
    namespace: metadata.namespace,
    serviceAccount: metadata.name,
    roleArn: role.arn,
  });
  const labels = { app: metadata.name };
  await sandbox.cluster(name).apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'payments' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: metadata.name,
            containers: [{ name: 'main', image: 'amazon/aws-cli' }],
          },
        },
      },
    },
  ]);
}

/**
 * Takes from an account everything that a portal brings, RBAC too, but for what it signs in with: the role of the portal,
 * or, with `pod`, nothing but the service account in which it runs; and with that more clusters, one of another account.
 */
export async function adopterAccount(
  sandbox: Sandbox,
  keys: string,
): Promise<void> {
  await bareAccount(sandbox);
  const { backstage, secondAdmin } = sandbox.credentials;
  const cluster = sandbox.cluster(CLUSTER);
  for (const use of ['read', 'verify', 'write']) {
    const name = `backstage-eks-pod-identity-${use}`;
    await cluster.delete('clusterrolebindings', undefined, name);
    await cluster.delete('clusterroles', undefined, name);
  }
  if (keys === 'pod') {
    await addPortalNamespace(sandbox);
    await addTeamCluster(sandbox, 'shop-prod');
    await addTeamCluster(sandbox, 'orders-prod', secondAdmin);
  } else {
    // In the account of the roles their trust in it by name is enough
    const role = sandbox.aws.iam.putRole({ name: 'backstage-portal' });
    const session = sandbox.aws.iam.sessionOf({ roleArn: role.arn });
    Object.assign(backstage, session);
  }
}
