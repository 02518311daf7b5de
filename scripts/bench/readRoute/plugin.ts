/**
 * The plugin in a separate process. With `--immediate` the catalog and the permission service are in the process
 * and answer at once, with the same entities and the same decisions; nothing else differs.
 */
import { createBackend } from '@backstage/backend-defaults';
import {
  type BackstageCredentials,
  coreServices,
  createBackendPlugin,
  createServiceFactory,
  type PermissionsService,
  type SchedulerService,
} from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import {
  type CatalogService,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import eksPodIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import { components, developersConditions, groupOf, users } from './world';

/** No sweeps: there are no clusters to sweep. */
const scheduler = createServiceFactory({
  service: coreServices.scheduler,
  deps: {},
  factory: () =>
    ({ scheduleTask: async () => {} } as unknown as SchedulerService),
});

const byRef = new Map(
  components().map(entity => [
    stringifyEntityRef(entity),
    {
      ...entity,
      metadata: { ...entity.metadata, namespace: 'default' },
      relations: [{ type: 'ownedBy', targetRef: String(entity.spec!.owner) }],
    },
  ]),
);

const catalog = createServiceFactory({
  service: catalogServiceRef,
  deps: {},
  factory: () =>
    ({
      getEntityByRef: async (ref: string) => byRef.get(ref),
      getEntitiesByRefs: async ({ entityRefs }: { entityRefs: string[] }) => ({
        items: entityRefs.map(ref => byRef.get(ref)),
      }),
      // None of them has a title that differs from its name
      queryEntities: async () => ({ items: [], totalItems: 0, pageInfo: {} }),
    } as Partial<CatalogService> as CatalogService),
});

const decide = (credentials: BackstageCredentials) => {
  const { userEntityRef } = credentials.principal as { userEntityRef: string };
  return userEntityRef === users.platform
    ? ({ result: AuthorizeResult.ALLOW } as const)
    : developersConditions([userEntityRef, groupOf[userEntityRef]]);
};

const permissions = createServiceFactory({
  service: coreServices.permissions,
  deps: {},
  factory: (): PermissionsService => ({
    authorize: async requests =>
      requests.map(() => ({ result: AuthorizeResult.ALLOW })),
    authorizeConditional: async (requests, { credentials }) =>
      requests.map(() => decide(credentials)),
  }),
});

/** What this process has used so far: unlike a latency, nearly the same on a busy machine. */
const usage = createBackendPlugin({
  pluginId: 'usage',
  register(env) {
    env.registerInit({
      deps: { httpRouter: coreServices.httpRouter },
      async init({ httpRouter }) {
        httpRouter.addAuthPolicy({ path: '/', allow: 'unauthenticated' });
        httpRouter.use((_, response) => {
          const { user, system } = process.cpuUsage();
          response.json({
            cpuMs: (user + system) / 1000,
            memoryMb: process.memoryUsage().rss / 1024 / 1024,
          });
        });
      },
    });
  },
});

const backend = createBackend();
backend.add(eksPodIdentityPlugin);
backend.add(usage);
backend.add(scheduler);
if (process.argv.includes('--immediate')) {
  backend.add(catalog);
  backend.add(permissions);
}
backend.start();
