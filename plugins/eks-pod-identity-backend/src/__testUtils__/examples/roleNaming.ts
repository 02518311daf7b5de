import { createBackendModule } from '@backstage/backend-plugin-api';
import { podIdentityRoleNamingExtensionPoint } from 'backstage-plugin-eks-pod-identity-node';

export default createBackendModule({
  pluginId: 'eks-pod-identity',
  moduleId: 'role-naming',
  register(env) {
    env.registerInit({
      deps: { naming: podIdentityRoleNamingExtensionPoint },
      async init({ naming }) {
        // The last 8 characters of the default name are a hash of cluster, namespace and service account
        naming.setRoleNaming(
          ({ ref, defaultName }) =>
            `acme-${ref.serviceAccount.slice(0, 40)}-${defaultName.slice(-8)}`,
        );
      },
    });
  },
});
