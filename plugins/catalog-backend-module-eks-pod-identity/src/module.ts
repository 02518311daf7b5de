import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  catalogProcessingExtensionPoint,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { podIdentityServiceRef } from 'backstage-plugin-eks-pod-identity-node';
import { IdentityEntityProvider } from './IdentityEntityProvider';
import { readProviderConfig } from './readProviderConfig';

/**
 * Adds an entity to the catalog for each AWS identity of the portal, if `catalog.providers.eksPodIdentity` is
 * configured.
 *
 * @public
 */
export const podIdentityCatalogModule = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'eks-pod-identity',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        logger: coreServices.logger,
        podIdentity: podIdentityServiceRef,
        processing: catalogProcessingExtensionPoint,
        scheduler: coreServices.scheduler,
      },
      async init({ config, processing, scheduler, ...services }) {
        const options = readProviderConfig(config);
        if (!options) return;
        processing.addEntityProvider(
          new IdentityEntityProvider({
            ...services,
            ...options,
            tasks: scheduler.createScheduledTaskRunner(options.schedule),
          }),
        );
      },
    });
  },
});
