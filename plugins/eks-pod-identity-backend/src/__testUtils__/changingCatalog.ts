import { createServiceFactory } from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';

/** A component; with another uid it is one that was registered again. */
export function componentOf(
  name: string,
  owner: string,
  uid = 'first',
): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name, namespace: 'default', uid: `${name}-${uid}` },
    spec: { type: 'service', lifecycle: 'production', owner },
    relations: [{ type: 'ownedBy', targetRef: owner }],
  };
}

/** A catalog that has what the map has at the time of each question. */
export function changingCatalog(entities: Map<string, Entity>) {
  return createServiceFactory({
    service: catalogServiceRef,
    deps: {},
    factory: () =>
      new Proxy(catalogServiceMock(), {
        get: (_, name) => {
          const now = catalogServiceMock({ entities: [...entities.values()] });
          const value = Reflect.get(now, name);
          return typeof value === 'function' ? value.bind(now) : value;
        },
      }),
  });
}
