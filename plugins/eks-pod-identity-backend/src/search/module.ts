import {
  coreServices,
  createBackendModule,
  readSchedulerServiceTaskScheduleDefinitionFromConfig,
} from '@backstage/backend-plugin-api';
import { searchIndexRegistryExtensionPoint } from '@backstage/plugin-search-backend-node/alpha';
import { podIdentityServiceRef } from 'backstage-plugin-eks-pod-identity-node';
import { IdentityCollatorFactory } from './IdentityCollatorFactory';

/** Often enough for identities that changed; each time it reads the portal's records, and neither AWS nor Kubernetes. */
const SCHEDULE = {
  frequency: { minutes: 10 },
  timeout: { minutes: 15 },
  initialDelay: { seconds: 10 },
};

/**
 * Adds the AWS identities to the index of Backstage's search, every 10 minutes or as `search.collators.eksPodIdentity.schedule`
 * has it. A user finds those whose
 * `eks-pod-identity.association.read` the permission policy allows.
 *
 * @public
 */
export const podIdentitySearchModule = createBackendModule({
  pluginId: 'search',
  moduleId: 'eks-pod-identity',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        config: coreServices.rootConfig,
        indexes: searchIndexRegistryExtensionPoint,
        podIdentity: podIdentityServiceRef,
        scheduler: coreServices.scheduler,
      },
      async init({ auth, config, indexes, podIdentity, scheduler }) {
        const schedule = config.getOptionalConfig(
          'search.collators.eksPodIdentity.schedule',
        );
        indexes.addCollator({
          schedule: scheduler.createScheduledTaskRunner(
            schedule
              ? readSchedulerServiceTaskScheduleDefinitionFromConfig(schedule)
              : SCHEDULE,
          ),
          factory: new IdentityCollatorFactory({ auth, podIdentity }),
        });
      },
    });
  },
});
