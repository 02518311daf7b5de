import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { podIdentityServiceRef } from 'backstage-plugin-eks-pod-identity-node';
import { createAssociateAction } from './actions/createAssociateAction';
import { createTeardownAction } from './actions/createTeardownAction';
import { createVerifyAction } from './actions/createVerifyAction';

/**
 * Adds `eks:pod-identity:associate`, `eks:pod-identity:verify` and `eks:pod-identity:teardown` to the scaffolder.
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
        discovery: coreServices.discovery,
        podIdentity: podIdentityServiceRef,
      },
      async init({ actions, discovery, podIdentity }) {
        const options = { podIdentity, discovery };
        actions.addActions(
          createAssociateAction(options),
          createVerifyAction(options),
          createTeardownAction(options),
        );
      },
    });
  },
});
