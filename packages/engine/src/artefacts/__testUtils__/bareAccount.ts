import { DeletePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import type { Sandbox } from 'eks-sandbox';
import { systemClock } from '../../async/clock';
import { createTokenSource } from '../../aws/eksToken';
import { BOUNDARY } from '../../lifecycle/__testUtils__/lifecyclePortal';
import { principalPolicy } from '../../aws/portalRights';

export const CLUSTER = 'payments-prod';
const ROLES = 'arn:aws:iam::111122223333:role/backstage-eks';
const USES = ['read', 'verify', 'write'] as const;

/**
 * Takes from an account what the demo has of a portal: roles, boundary and access entries. The portal's own principal is
 * a new user with the documented policy, for roles that have the documented names.
 */
export async function bareAccount(sandbox: Sandbox): Promise<void> {
  const { aws, credentials } = sandbox;
  for (const use of USES) {
    aws.eks.deleteAccessEntry(CLUSTER, credentials.roles[use]);
    aws.iam.deleteRole(credentials.roles[use]);
    credentials.roles[use] = `${ROLES}-${use}`;
  }
  for (const { arn, boundaryArn } of aws.iam.roles()) {
    if (boundaryArn === BOUNDARY) {
      aws.iam.updateRole(arn, { boundaryArn: undefined });
    }
  }
  const iam = new IAMClient({
    endpoint: sandbox.awsEndpoint,
    region: sandbox.region,
    credentials: credentials.admin,
  });
  await iam.send(new DeletePolicyCommand({ PolicyArn: BOUNDARY }));
  iam.destroy();
  const { user, key } = aws.iam.putUser({
    name: 'backstage-portal',
    inline: { assuming: principalPolicy(Object.values(credentials.roles)) },
  });
  Object.assign(credentials.backstage, {
    arn: user.arn,
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey,
  });
}

/** A kubeconfig with a token, because `aws eks get-token` for each command would take longer than the command. */
export async function adminKubeconfig(sandbox: Sandbox): Promise<string> {
  const { endpoint, certificateAuthorityData } = sandbox
    .connections()
    .find(({ name }) => name === CLUSTER)!;
  const token = createTokenSource({
    clusterName: CLUSTER,
    region: sandbox.region,
    clock: systemClock,
    credentials: async () => sandbox.credentials.admin,
  });
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'admin',
    contexts: [{ name: 'admin', context: { cluster: CLUSTER, user: 'admin' } }],
    users: [{ name: 'admin', user: { token: await token.get() } }],
    clusters: [
      {
        name: CLUSTER,
        cluster: {
          server: endpoint,
          'certificate-authority-data': certificateAuthorityData,
        },
      },
    ],
  });
}
