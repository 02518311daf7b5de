import { createBackendModule } from '@backstage/backend-plugin-api';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import { teamPolicy } from './teamPolicy';

export default createBackendModule({
  pluginId: 'permission',
  moduleId: 'team-policy',
  register(env) {
    env.registerInit({
      deps: { policy: policyExtensionPoint },
      async init({ policy }) {
        policy.setPolicy(teamPolicy);
      },
    });
  },
});
