import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { BOB } from '../testBackend';
import { BOBS, type InsiderClass, type InsiderWorld } from './InsiderWorld';

const ACCOUNT = 'arn:aws:iam::111122223333';
const ROLE = 'reports';

/** A role of Bob's that he may use and that the portal edits; what its trust policy says is its owner's. */
function putRole(world: InsiderWorld, condition: object): void {
  const kube = world.portal.sandbox.cluster('payments-prod');
  world.iam.putOidcProvider({ url: kube.issuer });
  const issuer = kube.issuer.replace('https://', '');
  world.iam.putRole({
    name: ROLE,
    tags: {
      [MARK_TAGS.entityRef]: BOBS,
      'backstage.io/entity-uid': 'shop-first',
      'backstage.io/edit-trust': 'test-portal',
    },
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `${ACCOUNT}:oidc-provider/${issuer}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: JSON.parse(
            JSON.stringify(condition).replaceAll('ISSUER', issuer),
          ),
        },
      ],
    },
  });
}

/** Bob names the role in an annotation of his own, and writes what the webhook of Pod Identity gives to pods into a template. */
const plant = async ({ portal }: InsiderWorld) => {
  const metadata = { namespace: 'payments', name: 'bobs' };
  await portal.sandbox.cluster('payments-prod').apply([
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        ...metadata,
        annotations: {
          'eks.amazonaws.com/role-arn': `${ACCOUNT}:role/${ROLE}`,
        },
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'bobs' } },
        template: {
          metadata: { labels: { app: 'bobs' } },
          spec: {
            serviceAccountName: 'bobs',
            containers: [
              {
                name: 'app',
                image: 'registry.example.com/app',
                env: [
                  {
                    name: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
                    value: 'http://169.254.170.23/v1/credentials',
                  },
                  {
                    name: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
                    value: '/var/run/planted/token',
                  },
                ],
                volumeMounts: [
                  { name: 'planted', mountPath: '/var/run/planted' },
                ],
              },
            ],
            volumes: [
              {
                name: 'planted',
                projected: {
                  sources: [
                    {
                      serviceAccountToken: {
                        audience: 'pods.eks.amazonaws.com',
                        path: 'token',
                        expirationSeconds: 86_400,
                      },
                    },
                  ],
                },
              },
            ],
          },
        },
      },
    },
  ] as any);
  await portal.sandbox.clock.advance(60_000);
};

const attempt = (what: string, condition: object) => ({
  what,
  given: async (world: InsiderWorld) => {
    putRole(world, condition);
    await plant(world);
  },
  attempt: (world: InsiderWorld) =>
    world.run(BOB, {
      kind: 'migrate',
      input: {
        clusterName: 'prod',
        namespace: 'payments',
        serviceAccount: 'bobs',
        entityRef: BOBS,
        until: 'moved',
      },
    }),
  refused: /does not let this service account in/,
});

/** Roles that the portal edits, and pods that look as if a move had been cut off. */
export const openedTrusts: InsiderClass = {
  section: {
    guardrails: { roles: { editTrust: [`${ACCOUNT}:role/*`] } },
  },
  kubernetes: 'eks',
  attempts: [
    attempt('open a role that lets another service account in', {
      StringEquals: { 'ISSUER:sub': 'system:serviceaccount:payments:other' },
    }),
    attempt('open a role that lets a pattern in', {
      StringLike: { 'ISSUER:sub': 'system:serviceaccount:payments:*' },
    }),
  ],
};
