import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  authProvidersExtensionPoint,
  createProxyAuthenticator,
  createProxyAuthProviderFactory,
} from '@backstage/plugin-auth-node';
import {
  chosenUser,
  readSandboxUsers,
  SANDBOX_PROVIDER,
  SANDBOX_USER_HEADER,
} from './users';

/**
 * Sign-in without a password as one of the configured demo users, to see different permissions.
 * Only for a portal that is labelled as a sandbox; any other portal with this provider refuses to start.
 */
export const sandboxSignInModule = createBackendModule({
  pluginId: 'auth',
  moduleId: 'sandbox-provider',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        providers: authProvidersExtensionPoint,
      },
      async init({ config, providers }) {
        const users = readSandboxUsers(config);
        if (!users) return;
        providers.registerProvider({
          providerId: SANDBOX_PROVIDER,
          factory: createProxyAuthProviderFactory({
            authenticator: createProxyAuthenticator({
              defaultProfileTransform: async () => ({ profile: {} }),
              initialize: () => undefined,
              async authenticate({ req }) {
                return {
                  result: {
                    userRef: chosenUser(
                      req.headers[SANDBOX_USER_HEADER],
                      users,
                    ),
                  },
                };
              },
            }),
            signInResolver: async ({ result }, ctx) =>
              ctx.signInWithCatalogUser({ entityRef: result.userRef }),
          }),
        });
      },
    });
  },
});
