import { createBackendModule } from '@backstage/backend-plugin-api';
import { podIdentityClusterSupplierExtensionPoint } from 'backstage-plugin-eks-pod-identity-node';

export default createBackendModule({
  pluginId: 'eks-pod-identity',
  moduleId: 'clusters-from-inventory',
  register(env) {
    env.registerInit({
      deps: { clusters: podIdentityClusterSupplierExtensionPoint },
      async init({ clusters }) {
        clusters.addClusterSupplier({
          // Without it, the supplier is asked only when the backend starts
          refresh: { minutes: 10 },
          // Here you would ask your inventory
          getClusters: async () => [
            {
              id: 'payments',
              name: 'payments-prod',
              title: 'Payments',
              region: 'eu-west-1',
              accountId: '111122223333',
              roles: {
                read: 'arn:aws:iam::111122223333:role/portal/backstage-eks-read',
                verify:
                  'arn:aws:iam::111122223333:role/portal/backstage-eks-verify',
                write:
                  'arn:aws:iam::111122223333:role/portal/backstage-eks-write',
              },
              kubernetes: { access: 'none' },
            },
          ],
        });
      },
    });
  },
});
