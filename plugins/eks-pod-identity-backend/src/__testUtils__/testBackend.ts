import { AddressInfo } from 'node:net';
import {
  coreServices,
  createBackendModule,
  createServiceFactory,
  ServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { Entity } from '@backstage/catalog-model';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  AuthorizeResult,
  isResourcePermission,
  PolicyDecision,
} from '@backstage/plugin-permission-common';
import { createPermissionRule } from '@backstage/plugin-permission-node';
import { JsonObject } from '@backstage/types';
import {
  POD_IDENTITY_ANNOTATION,
  PodIdentityClient,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { z } from 'zod/v3';
import {
  Clock,
  type Engine,
  type EngineOptions,
  systemClock,
} from 'eks-pod-identity-engine';
import { PATIENCE_MS, until } from 'eks-sandbox/patience';
import { serviceAccountResourceRef } from '../permissions/permissionRules';
import { createPodIdentityPlugin } from '../plugin';
import { CapturingLogger } from './CapturingLogger';
import type { FakeWorld } from './FakeWorld';

export const ADA = 'user:default/ada';
export const BOB = 'user:default/bob';

function component(name: string, owner: string): Entity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name, namespace: 'default' },
    spec: { type: 'service', lifecycle: 'production', owner },
    relations: [{ type: 'ownedBy', targetRef: owner }],
  };
}

/** Ada's two components and Bob's one. */
export const entities = [
  component('payments-api', ADA),
  component('payments-worker', ADA),
  component('shop', BOB),
];

/** The same component, which claims a service account, so that a pod may run for it there. */
export const claiming = (ref: string, entity: Entity): Entity => ({
  ...entity,
  metadata: {
    ...entity.metadata,
    annotations: { [POD_IDENTITY_ANNOTATION]: ref },
  },
});

export const appConfig = {
  app: { baseUrl: 'https://portal.example.com' },
  eksPodIdentity: {
    clusters: [
      { name: 'prod', region: 'eu-west-1', accountId: '111122223333' },
      { name: 'test', region: 'eu-west-1', accountId: '111122223333' },
    ],
    timings: {
      leaseTtl: PATIENCE_MS,
      leaseHeartbeat: 100,
      // Tests sweep by hand, one time after the other
      sweepInterval: 0,
    },
  },
} satisfies JsonObject;

/** A clock that can stop for one process, as a process stops that is dead or paused. */
export class PausableClock implements Clock {
  #paused = false;

  now() {
    return systemClock.now();
  }

  pause() {
    this.#paused = true;
  }

  async sleep(ms: number, signal?: AbortSignal) {
    await systemClock.sleep(ms, signal);
    if (!this.#paused) return;
    await new Promise<void>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }

  /** Pauses as the process of the only leases does when it dies: they run out, and another process takes them over. */
  async die(knex: Knex) {
    this.pause();
    const instances = await knex('leases').distinct().pluck('instance');
    const dead = () => knex('leases').whereIn('instance', instances);
    await until(async () => {
      // Again where one was just being renewed
      await dead().update({ expires_at: 0 });
      return (await dead()).length === 0;
    });
  }
}

/** True refuses. */
export type Deny = (
  user: string,
  permission: string,
  resourceRef?: string,
) => boolean;

const UNDENIED = 'IS_NOT_DENIED';

/** Answers of a policy that depend on the ref: what `deny` says of it. */
function undeniedCondition(user: string, permission: string): PolicyDecision {
  return {
    result: AuthorizeResult.CONDITIONAL,
    pluginId: 'eks-pod-identity',
    resourceType: serviceAccountResourceRef.resourceType,
    conditions: {
      rule: UNDENIED,
      resourceType: serviceAccountResourceRef.resourceType,
      params: { user, permission },
    },
  };
}

/** Adds the rule of these answers, as a module of an adopter may. */
function denying(deny: Deny) {
  const rule = createPermissionRule({
    name: UNDENIED,
    description: 'What the test does not deny',
    resourceRef: serviceAccountResourceRef,
    paramsSchema: z.object({ user: z.string(), permission: z.string() }),
    apply: (resource, { user, permission }) =>
      !deny(user, permission, stringifyServiceAccountRef(resource)),
    toQuery: () => ({ key: 'namespace' as const, values: ['*'] }),
  });
  return createBackendModule({
    pluginId: 'eks-pod-identity',
    moduleId: 'denying',
    register(env) {
      env.registerInit({
        deps: { registry: coreServices.permissionsRegistry },
        async init({ registry }) {
          registry.addPermissionRules([rule]);
        },
      });
    },
  });
}

/** The mock lets a test say when a task runs. */
export type MockScheduler = ReturnType<typeof mockServices.scheduler> & {
  factory(options: {
    skipTaskRunOnStartup: boolean;
  }): ReturnType<typeof mockServices.scheduler.factory>;
};

/** One replica over a fake world. */
export async function startReplica(options: {
  /** In place of AWS and the clusters. */
  world?: FakeWorld;
  knex: Knex;
  deny?: Deny;
  clock?: Clock;
  /** By default the one of `world`, else the real one. */
  engine?: (options: EngineOptions) => Engine;
  config?: JsonObject;
  scheduler?: ServiceFactory;
  /** What the catalog has, in place of Ada's and Bob's components. */
  entities?: Entity[];
  catalog?: ServiceFactory;
  /** In place of the one that gives every plugin `knex`. */
  database?: ServiceFactory;
  /** In place of what `decide` and `deny` say. */
  permissions?: ServiceFactory;
  /** Answers of the policy; where there is none, what `deny` says. */
  decide?: (user: string, permission: string) => PolicyDecision | undefined;
  features?: Parameters<typeof startTestBackend>[0]['features'];
}) {
  const logger = new CapturingLogger();
  const authorizeCalls: {
    permissions: string[];
    user: string;
  }[] = [];
  const catalogCalls: string[] = [];
  const userOf = (credentials: unknown) =>
    (credentials as ReturnType<typeof mockCredentials.user>).principal
      .userEntityRef ?? 'service';
  const permissions = mockServices.permissions.mock({
    authorizeConditional: async (requests, { credentials }) => {
      const user = userOf(credentials);
      authorizeCalls.push({
        user,
        permissions: requests.map(request => request.permission.name),
      });
      return requests.map(({ permission }): PolicyDecision => {
        const { name } = permission;
        const decided = isResourcePermission(permission)
          ? options.decide?.(user, name)
          : undefined;
        if (decided) return decided;
        if (options.deny?.(user, name)) return { result: AuthorizeResult.DENY };
        return options.deny && isResourcePermission(permission)
          ? undeniedCondition(user, name)
          : { result: AuthorizeResult.ALLOW };
      });
    },
    authorize: async (requests, { credentials }) => {
      const user = userOf(credentials);
      authorizeCalls.push({
        user,
        permissions: requests.map(request => request.permission.name),
      });
      return requests.map(request => ({
        result: options.deny?.(user, request.permission.name)
          ? AuthorizeResult.DENY
          : AuthorizeResult.ALLOW,
      }));
    },
  });
  const backend = await startTestBackend({
    features: [
      createPodIdentityPlugin({
        engine: options.engine ?? options.world?.engine,
        clock: options.clock,
      }),
      mockServices.rootConfig.factory({ data: options.config ?? appConfig }),
      options.database ?? mockServices.database.factory({ knex: options.knex }),
      options.scheduler ??
        mockServices.scheduler.factory({ skipTaskRunOnStartup: true }),
      createServiceFactory({
        service: coreServices.rootLogger,
        deps: {},
        factory: () => logger,
      }),
      options.catalog ??
        createServiceFactory({
          service: catalogServiceRef,
          deps: {},
          factory: () =>
            counted(
              catalogServiceMock({ entities: options.entities ?? entities }),
              catalogCalls,
            ),
        }),
      options.permissions ?? permissions.factory,
      denying((...asked) => options.deny?.(...asked) ?? false),
      ...(options.features ?? []),
    ],
  });
  const { port } = backend.server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/api/eks-pod-identity`;
  const clientWith = (authorization: string) =>
    new PodIdentityClient({
      discoveryApi: { getBaseUrl: async () => baseUrl },
      fetchApi: {
        fetch: (input, init) => {
          const headers = new Headers(init?.headers);
          headers.set('authorization', authorization);
          return fetch(input, { ...init, headers });
        },
      },
    });
  return {
    backend,
    baseUrl,
    logger,
    authorizeCalls,
    /** Names of what the catalog was asked, where `catalog` does not stand in its place. */
    catalogCalls,
    as: (user: string) => clientWith(mockCredentials.user.header(user)),
    /** The scaffolder, which runs a task for a user. */
    asTaskOf: (user: string) =>
      clientWith(
        `Bearer ${mockCredentials.user.token(user, {
          actor: { subject: 'plugin:scaffolder' },
        })}`,
      ),
    asService: () => clientWith(mockCredentials.service.header()),
    stop: () => backend.stop(),
  };
}

/** The same service, which notes the name of every call. */
function counted<T extends object>(service: T, calls: string[]): T {
  return new Proxy(service, {
    get(target, name, receiver) {
      const value = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return value.apply(target, args);
      };
    },
  });
}

export type Replica = Awaited<ReturnType<typeof startReplica>>;

export const associate = (
  serviceAccount = 'api',
  extra: Record<string, unknown> = {},
) => ({
  kind: 'associate' as const,
  input: {
    clusterName: 'prod',
    namespace: 'payments',
    serviceAccount,
    entityRef: 'component:default/payments-api',
    ...extra,
  },
});

export const teardown = (
  serviceAccount = 'api',
  extra: Record<string, unknown> = {},
) => ({
  kind: 'teardown' as const,
  input: {
    clusterName: 'prod',
    namespace: 'payments',
    serviceAccount,
    entityRef: 'component:default/payments-api',
    ...extra,
  },
});

export const verify = (
  serviceAccount = 'api',
  extra: Record<string, unknown> = {},
) => ({
  kind: 'verify' as const,
  input: {
    clusterName: 'prod',
    namespace: 'payments',
    serviceAccount,
    entityRef: 'component:default/payments-api',
    ...extra,
  },
});

export const restart = (
  serviceAccount = 'api',
  extra: Record<string, unknown> = {},
) => ({
  kind: 'restart' as const,
  input: {
    clusterName: 'prod',
    namespace: 'payments',
    serviceAccount,
    entityRef: 'component:default/payments-api',
    ...extra,
  },
});

/** Every event up to the end. */
export async function follow(
  client: PodIdentityClient,
  id: string,
  options?: Parameters<PodIdentityClient['followOperation']>[1],
) {
  const events = [];
  for await (const event of client.followOperation(id, {
    intervalMs: 10,
    ...options,
  })) {
    events.push(event);
  }
  return events;
}
