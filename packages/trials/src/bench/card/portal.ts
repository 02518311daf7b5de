/** The rest of a portal in a separate process: sign-in, the catalog with its entities, and permissions. */
import {
  createBackendModule,
  type ExtensionPoint,
} from '@backstage/backend-plugin-api';
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
import { startBackend } from '../lib/backend';
import { answerEach } from '../lib/child';
import { catalogEntities, developersConditions, groupOf, users } from './world';

const moduleOf = <Deps extends Record<string, unknown>>(
  pluginId: string,
  deps: { [name in keyof Deps]: ExtensionPoint<Deps[name]> },
  init: (deps: Deps) => Promise<void>,
) =>
  createBackendModule({
    pluginId,
    moduleId: 'bench',
    register: env => env.registerInit({ deps, init: init as any }),
  });

/** Anybody may be either user: the benchmark asks for tokens in their names. */
const signIn = moduleOf(
  'auth',
  { providers: authProvidersExtensionPoint },
  async ({ providers }) => {
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
);

/** The platform team may do everything; others only what concerns their own identities. */
const policy = moduleOf(
  'permission',
  { policies: policyExtensionPoint },
  async ({ policies }) => {
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
);

const entities = moduleOf(
  'catalog',
  { catalog: catalogProcessingExtensionPoint },
  async ({ catalog }) => {
    catalog.addEntityProvider({
      getProviderName: () => 'fleet',
      connect: connection =>
        connection.applyMutation({
          type: 'full',
          entities: catalogEntities().map(entity => ({ entity })),
        }),
    });
  },
);

answerEach(({ config }: { config: object }) =>
  startBackend(config, [
    import('@backstage/plugin-auth-backend'),
    signIn,
    import('@backstage/plugin-catalog-backend'),
    entities,
    import('@backstage/plugin-permission-backend'),
    policy,
  ]),
);
