import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import type { BackendFeature } from '@backstage/backend-plugin-api';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { letPortalPass, POD_IDENTITY_TRUST, type Sandbox } from 'eks-sandbox';
import type { TestPortal } from './portal';

const CLUSTER = 'payments-prod';
const ACCOUNT = { namespace: 'payments', serviceAccount: 'payments-api' };

/** A scheduler whose tasks run only when a test runs them. */
export function sweepsByHand(): {
  feature: BackendFeature;
  sweep(): Promise<void>;
} {
  const tasks = new Map<string, () => Promise<void>>();
  const { factory } = mockServices.scheduler.mock({
    scheduleTask: async task => {
      tasks.set(task.id, async () => task.fn(new AbortController().signal));
    },
  });
  return { feature: factory, sweep: () => tasks.get(`sweep:${CLUSTER}`)!() };
}

function trustOf(issuer: string) {
  const host = issuer.replace('https://', '');
  return {
    Version: '2012-10-17' as const,
    Statement: [
      {
        Effect: 'Allow' as const,
        Principal: {
          Federated: `arn:aws:iam::111122223333:oidc-provider/${host}`,
        },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${host}:sub`]: `system:serviceaccount:${ACCOUNT.namespace}:${ACCOUNT.serviceAccount}`,
          },
        },
      },
      ...[POD_IDENTITY_TRUST.Statement].flat(),
    ],
  };
}

/**
 * Has payments-api of payments-prod use IRSA, by a role of its component that lets Pod Identity in too, and waits until
 * the portal has seen its program in CloudTrail.
 *
 * @param lister - an administrator
 * @returns the ARN of the role
 */
export async function putOnIrsa(
  { sandbox, scaffolder }: TestPortal,
  sweep: () => Promise<void>,
  lister: string,
): Promise<string> {
  const { aws, credentials } = sandbox;
  const cluster = sandbox.cluster(CLUSTER);
  const { namespace, serviceAccount } = ACCOUNT;
  aws.iam.putOidcProvider({ url: cluster.issuer });
  const { arn } = aws.iam.putRole({
    name: 'payments-api-irsa',
    tags: { 'backstage.io/entity-ref': 'component:default/payments-api' },
    trust: trustOf(cluster.issuer),
  });
  letPortalPass(aws, credentials, [arn]);
  await cluster.change(
    'serviceaccounts',
    namespace,
    serviceAccount,
    ({ metadata }) => {
      metadata.annotations = { 'eks.amazonaws.com/role-arn': arn };
    },
  );
  await cluster.change(
    'deployments',
    namespace,
    serviceAccount,
    ({ spec: { template } }) => {
      template.metadata.annotations = {
        'sandbox.example.com/sdk': 'boto3/1.44.8',
      };
    },
  );
  await cluster.waitFor('deployments', namespace, serviceAccount, () =>
    cluster
      .list('pods', namespace)
      .every(
        ({ metadata, spec }) =>
          spec.serviceAccountName !== serviceAccount ||
          Boolean(metadata.annotations?.['sandbox.example.com/sdk']),
      ),
  );
  aws.set({ lookupsPerSecond: 1_000 });
  const client = new PodIdentityClient({
    discoveryApi: {
      getBaseUrl: async () => `${scaffolder.url}/api/eks-pod-identity`,
    },
    fetchApi: {
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set('authorization', mockCredentials.user.header(lister));
        return fetch(input, { ...init, headers });
      },
    },
  });
  for (;;) {
    await sweep();
    const { items } = await client.listAccess({
      q: `${namespace}/${serviceAccount}`,
    });
    if (items[0]?.programs?.length) return arn;
    await sandbox.clock.advance(10_000);
  }
}

/**
 * From then on the portal cannot see by itself whether a workload works.
 *
 * @returns makes that undone
 */
export function hideCloudTrail({ aws, credentials }: Sandbox): () => void {
  const { read } = credentials.roles;
  const before = Object.fromEntries(
    Object.entries(aws.iam.role(read).inline).map(([name, text]) => [
      name,
      JSON.parse(text),
    ]),
  );
  aws.iam.updateRole(read, {
    inline: {
      ...before,
      forbidden: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Deny', Action: 'cloudtrail:LookupEvents', Resource: '*' },
        ],
      },
    },
  });
  return () => aws.iam.updateRole(read, { inline: before });
}
