/** The namespace of what follows. */
export const SHOP = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop' },
};

/** A service account of the namespace, whose annotation names the role, and a workload of it. */
export const onIrsa = (name: string, roleArn: string, namespace = 'shop') => [
  {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name,
      namespace,
      annotations: { 'eks.amazonaws.com/role-arn': roleArn },
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: {
          labels: { app: name },
          annotations: { 'sandbox.example.com/sdk': 'boto3/1.44.8' },
        },
        spec: {
          serviceAccountName: name,
          containers: [{ name: 'app', image: 'registry.example.com/app' }],
        },
      },
    },
  },
];

/** The statement of a trust policy that lets service accounts of the namespace in by IRSA. */
export function irsaStatement(
  { issuer: url }: { issuer: string },
  ...names: string[]
) {
  const issuer = url.replace('https://', '');
  const subjects = names.map(name => `system:serviceaccount:shop:${name}`);
  return {
    Effect: 'Allow' as const,
    Principal: {
      Federated: `arn:aws:iam::111122223333:oidc-provider/${issuer}`,
    },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: {
        [`${issuer}:sub`]: subjects.length > 1 ? subjects : subjects[0],
      },
    },
  };
}
