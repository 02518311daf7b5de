/** The plugin in a separate process. It notes when the catalog and the permission framework have answered. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { rootHttpRouterServiceFactory } from '@backstage/backend-defaults/rootHttpRouter';
import {
  type BackstageCredentials,
  coreServices,
  createBackendPlugin,
  createServiceFactory,
  type PermissionsService,
} from '@backstage/backend-plugin-api';
import { CatalogClient } from '@backstage/catalog-client';
import { stringifyEntityRef } from '@backstage/catalog-model';
import {
  type CatalogService,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import type { QueryPermissionRequest } from '@backstage/plugin-permission-common';
import { ServerPermissionClient } from '@backstage/plugin-permission-node';
import {
  associationCreatePermission,
  associationDeletePermission,
  associationReadPermission,
  podIdentityUsePermission,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import eksPodIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import { inPlaceOf, startBackend } from '../lib/backend';
import { answerEach } from '../lib/child';
import { processorMs } from '../lib/measured';

/** No sweeps: there are no clusters to sweep. */
const scheduler = inPlaceOf(coreServices.scheduler, {
  scheduleTask: async () => {},
});

/** When catalog and permission framework first answered a request, each. */
type Answered = Partial<Record<'catalog' | 'permissions', number>>;
const current = new AsyncLocalStorage<Answered>();
const noted = async <T>(who: keyof Answered, answer: Promise<T>) => {
  const value = await answer;
  const request = current.getStore();
  if (request) request[who] ??= performance.now();
  return value;
};
/** From the later of the two until the last byte was handed over, milliseconds. */
let ownShares: number[] = [];

const rootHttpRouter = rootHttpRouterServiceFactory({
  configure: ({ app, applyDefaults }) => {
    app.use((_, response, next) => {
      const answered: Answered = {};
      response.on('finish', () => {
        const { catalog: entityAt, permissions: allowedAt } = answered;
        if (entityAt === undefined || allowedAt === undefined) return;
        ownShares.push(performance.now() - Math.max(entityAt, allowedAt));
      });
      current.run(answered, next);
    });
    applyDefaults();
  },
});

/** The usual ones; they note when they have answered. */
const timedPermissions = createServiceFactory({
  service: coreServices.permissions,
  deps: {
    auth: coreServices.auth,
    config: coreServices.rootConfig,
    discovery: coreServices.discovery,
  },
  factory({ auth, config, discovery }): PermissionsService {
    const client = ServerPermissionClient.fromConfig(config, {
      auth,
      discovery,
    });
    return {
      authorize: (...asked) => noted('permissions', client.authorize(...asked)),
      authorizeConditional: (...asked) =>
        noted('permissions', client.authorizeConditional(...asked)),
    };
  },
});
const timedCatalog = createServiceFactory({
  service: catalogServiceRef,
  deps: { auth: coreServices.auth, discovery: coreServices.discovery },
  factory({ auth, discovery }) {
    const client = new CatalogClient({ discoveryApi: discovery });
    const options = ({ credentials }: { credentials: BackstageCredentials }) =>
      auth.getPluginRequestToken({
        onBehalfOf: credentials,
        targetPluginId: 'catalog',
      });
    return {
      getEntityByRef: async (ref, as) =>
        noted('catalog', client.getEntityByRef(ref, await options(as))),
      getEntitiesByRefs: async (request, as) =>
        client.getEntitiesByRefs(request, await options(as)),
      queryEntities: async (request, as) =>
        client.queryEntities(request, await options(as)),
    } as Partial<CatalogService> as CatalogService;
  },
});

/** What every card asks the permission framework. */
const CARD = [
  podIdentityUsePermission,
  associationReadPermission,
  verificationCreatePermission,
  associationDeletePermission,
  associationCreatePermission,
].map(permission => ({ permission } as QueryPermissionRequest));

/** Routes with just the two calls that a card cannot do without. */
const twoCalls = createBackendPlugin({
  pluginId: 'two-calls',
  register(env) {
    env.registerInit({
      deps: {
        catalog: catalogServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        permissions: coreServices.permissions,
      },
      async init({ catalog, httpAuth, httpRouter, permissions }) {
        httpRouter.use(async (request, response) => {
          const [, route, kind, namespace, name] = request.path.split('/');
          const credentials = await httpAuth.credentials(request, {
            allow: ['user'],
          });
          const entityRef = stringifyEntityRef({ kind, namespace, name });
          const load = catalog.getEntityByRef(entityRef, { credentials });
          if (route === 'one-by-one') await load;
          const [entity, decisions] = await Promise.all([
            load,
            permissions.authorizeConditional(CARD, { credentials }),
          ]);
          response.json({ found: entity !== undefined, decisions });
        });
      },
    });
  },
});

const features = [
  eksPodIdentityPlugin,
  twoCalls,
  scheduler,
  rootHttpRouter,
  timedCatalog,
  timedPermissions,
];

answerEach(async ({ config }: { config?: object }) => {
  if (config) return startBackend(config, features);
  const used = { cpuMs: processorMs(), ownShares };
  ownShares = [];
  return used;
});
