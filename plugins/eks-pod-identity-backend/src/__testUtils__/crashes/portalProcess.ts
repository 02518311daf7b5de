/** A backend of its own process with the scaffolder and a catalog, for tests that kill it. */
import { createBackend } from '@backstage/backend-defaults';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
// Template runs have to outlive the process too
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import scaffolderPlugin from '@backstage/plugin-scaffolder-backend';
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import podIdentityActionsModule from 'backstage-plugin-scaffolder-backend-module-eks-pod-identity';
import eksPodIdentityPlugin from '../../index';

/** The component that owns every identity of these tests. */
const SHOP = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'shop', namespace: 'default', uid: 'uid-of-shop' },
  spec: { type: 'service', owner: 'group:default/shop' },
};

const target = {
  clusterName: '${{ parameters.cluster }}',
  namespace: '${{ parameters.name }}',
  serviceAccount: '${{ parameters.name }}',
  entityRef: 'component:default/shop',
};

const GIVE_AND_PROVE = {
  apiVersion: 'scaffolder.backstage.io/v1beta3',
  kind: 'Template',
  metadata: {
    name: 'give-and-prove',
    namespace: 'default',
    annotations: {
      'backstage.io/managed-by-location':
        'url:https://example.com/template.yaml',
    },
  },
  spec: {
    type: 'service',
    parameters: [],
    steps: [
      {
        id: 'associate',
        name: 'Associate',
        action: 'eks:pod-identity:associate',
        input: {
          ...target,
          roleName: '${{ parameters.name }}',
          createNamespace: true,
          createServiceAccount: 'always',
        },
      },
      {
        id: 'verify',
        name: 'Verify',
        action: 'eks:pod-identity:verify',
        input: target,
      },
    ],
    output: {
      text: [
        { title: 'status', content: '${{ steps.verify.output.status }}' },
        {
          title: 'roleName',
          content: '${{ steps.associate.output.roleName }}',
        },
      ],
    },
  },
};

const backend = createBackend();
backend.add(eksPodIdentityPlugin);
backend.add(scaffolderPlugin);
backend.add(podIdentityActionsModule);
backend.add(catalogServiceMock.factory({ entities: [SHOP, GIVE_AND_PROVE] }));
backend.start();
