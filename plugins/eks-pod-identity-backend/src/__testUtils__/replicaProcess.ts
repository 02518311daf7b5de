/** A backend of its own process, for tests that kill it. Configuration comes with `--config`. */
import { createBackend } from '@backstage/backend-defaults';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import eksPodIdentityPlugin from '../index';

/** The component that owns every identity of these tests. */
const SHOP = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'shop', namespace: 'default', uid: 'uid-of-shop' },
  spec: { type: 'service', owner: 'group:default/shop' },
};

const backend = createBackend();
backend.add(eksPodIdentityPlugin);
backend.add(catalogServiceMock.factory({ entities: [SHOP] }));
backend.start();
