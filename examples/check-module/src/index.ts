import { createBackendModule } from '@backstage/backend-plugin-api';
import { podIdentityChecksExtensionPoint } from 'backstage-plugin-eks-pod-identity-node';
import { regionCheck } from './regionCheck';

export default createBackendModule({
  pluginId: 'eks-pod-identity',
  moduleId: 'region-check',
  register(env) {
    env.registerInit({
      deps: { checks: podIdentityChecksExtensionPoint },
      async init({ checks }) {
        checks.addCheck(regionCheck);
      },
    });
  },
});
