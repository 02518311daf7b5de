/** The rest of a portal in a separate process: sign-in, the catalog with its entities, and permissions. */
import { createBackend } from '@backstage/backend-defaults';
import { createBackendModule } from '@backstage/backend-plugin-api';
import {
  authProvidersExtensionPoint,
  createProxyAuthenticator,
  createProxyAuthProviderFactory,
} from '@backstage/plugin-auth-node';
import { catalogProcessingExtensionPoint } from '@backstage/plugin-catalog-node';
import {
  AuthorizeResult,
  isPermission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import type {
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import { serviceAccountPermissions } from 'backstage-plugin-eks-pod-identity-common';
import { catalogEntities, developersConditions, groupOf, users } from './world';

/** Anybody may be either user: the benchmark asks for tokens in their names. */
const signIn = createBackendModule({
  pluginId: 'auth',
  moduleId: 'anybody',
  register(env) {
    env.registerInit({
      deps: { providers: authProvidersExtensionPoint },
      async init({ providers }) {
        providers.registerProvider({
          providerId: 'anybody',
          factory: createProxyAuthProviderFactory({
            authenticator: createProxyAuthenticator({
              defaultProfileTransform: async () => ({ profile: {} }),
              initialize: () => undefined,
              authenticate: async ({ req }) => ({
                result: String(req.headers['x-user']),
              }),
            }),
            signInResolver: ({ result }, context) =>
              context.signInWithCatalogUser({ entityRef: result }),
          }),
        });
      },
    });
  },
});

/** The platform team may do everything; others only what concerns their own identities. */
const policy = createBackendModule({
  pluginId: 'permission',
  moduleId: 'owners',
  register(env) {
    env.registerInit({
      deps: { policies: policyExtensionPoint },
      async init({ policies }) {
        policies.setPolicy({
          async handle(
            { permission }: PolicyQuery,
            user?: PolicyQueryUser,
          ): Promise<PolicyDecision> {
            const claims = user?.info.ownershipEntityRefs ?? [];
            const ours = serviceAccountPermissions.some(one =>
              isPermission(permission, one),
            );
            if (!ours || claims.includes(groupOf[users.platform])) {
              return { result: AuthorizeResult.ALLOW };
            }
            return developersConditions(claims);
          },
        });
      },
    });
  },
});

const entities = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'fleet',
  register(env) {
    env.registerInit({
      deps: { catalog: catalogProcessingExtensionPoint },
      async init({ catalog }) {
        catalog.addEntityProvider({
          getProviderName: () => 'fleet',
          connect: connection =>
            connection.applyMutation({
              type: 'full',
              entities: catalogEntities().map(entity => ({ entity })),
            }),
        });
      },
    });
  },
});

const backend = createBackend();
backend.add(import('@backstage/plugin-auth-backend'));
backend.add(signIn);
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(entities);
backend.add(import('@backstage/plugin-permission-backend'));
backend.add(policy);
backend.start();
