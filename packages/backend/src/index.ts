import { createBackend } from '@backstage/backend-defaults';
import { rootHttpRouterServiceFactory } from '@backstage/backend-defaults/rootHttpRouter';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { examplePolicyModule } from './permission/module';
import { runFrom } from './runFrom';
import { hostGuard } from './sandbox/hostGuard';
import { sandboxGuardModule } from './sandbox/guardModule';
import { sandboxSignInModule } from './signIn/module';

runFrom(resolvePackagePath('backend', '../..'));

const backend = createBackend();

backend.add(
  rootHttpRouterServiceFactory({
    configure({ app, applyDefaults, config }) {
      if (config.getOptionalBoolean('sandbox.enabled')) {
        app.use(hostGuard(config));
      }
      applyDefaults();
    },
  }),
);

// The portal itself
backend.add(import('@backstage/plugin-app-backend'));
backend.add(import('@backstage/plugin-auth-backend'));
backend.add(import('@backstage/plugin-auth-backend-module-guest-provider'));
backend.add(sandboxSignInModule);
backend.add(import('@backstage/plugin-permission-backend'));
backend.add(examplePolicyModule);
backend.add(import('@backstage/plugin-user-settings-backend'));

// Catalog
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(
  import('@backstage/plugin-catalog-backend-module-scaffolder-entity-model'),
);
backend.add(import('@backstage/plugin-catalog-backend-module-logs'));

// Search: the catalog, and the identities by the ARNs of their roles and associations
backend.add(import('@backstage/plugin-search-backend'));
backend.add(import('@backstage/plugin-search-backend-module-catalog'));
backend.add(import('backstage-plugin-eks-pod-identity-backend/search'));

// Notifications, and signals to open pages
backend.add(import('@backstage/plugin-events-backend'));
backend.add(import('@backstage/plugin-notifications-backend'));
backend.add(import('@backstage/plugin-signals-backend'));
backend.add(import('@backstage/plugin-mcp-actions-backend'));

// Scaffolder
backend.add(import('@backstage/plugin-scaffolder-backend'));
backend.add(import('@backstage/plugin-scaffolder-backend-module-github'));

// EKS Pod Identity: the backend plugin, the scaffolder actions that use it, and its identities in the catalog
backend.add(sandboxGuardModule);
backend.add(import('backstage-plugin-eks-pod-identity-backend'));
backend.add(
  import('backstage-plugin-scaffolder-backend-module-eks-pod-identity'),
);
backend.add(import('backstage-plugin-catalog-backend-module-eks-pod-identity'));

backend.start();
