import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { podIdentityServiceRef } from 'backstage-plugin-eks-pod-identity-node';
import { createAssociateAction } from './actions/createAssociateAction';
import { createMigrateAction } from './actions/createMigrateAction';
import { createRollbackAction } from './actions/createRollbackAction';
import { createTeardownAction } from './actions/createTeardownAction';
import { createVerifyAction } from './actions/createVerifyAction';

/**
 * Adds `eks:pod-identity:associate`, `eks:pod-identity:verify`, `eks:pod-identity:teardown`, `eks:pod-identity:migrate` and
 * `eks:pod-identity:rollback` to the scaffolder.
 *
 * @public
 */
export const podIdentityActionsModule = createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'eks-pod-identity',
  register(env) {
    env.registerInit({
      deps: {
        actions: scaffolderActionsExtensionPoint,
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        podIdentity: podIdentityServiceRef,
      },
      async init({ actions, config, discovery, podIdentity }) {
        const appUrl = config.getOptionalString('app.baseUrl');
        const options = { podIdentity, discovery, appUrl };
        actions.addActions(
          createAssociateAction(options),
          createVerifyAction(options),
          createTeardownAction(options),
          createMigrateAction(options),
          createRollbackAction(options),
        );
      },
    });
  },
});
