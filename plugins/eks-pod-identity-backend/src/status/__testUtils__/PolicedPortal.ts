import type {
  AuthService,
  PermissionsRegistryService,
  PermissionsService,
  RootConfigService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import { createEngine, readEngineConfig } from 'eks-pod-identity-engine';
import { ManualClock } from 'eks-pod-identity-engine/testUtils';
import type { Knex } from 'knex';
import { CapturingLogger } from '../../__testUtils__/CapturingLogger';
import { Administrators } from '../../permissions/Administrators';
import { Authorizer } from '../../permissions/Authorizer';
import type { Caller } from '../../permissions/caller';
import { ClusterVisibility } from '../../permissions/ClusterVisibility';
import { EntityDirectory } from '../../permissions/EntityDirectory';
import {
  createPodIdentityConditionalDecision,
  serviceAccountRules,
} from '../../permissions/permissionRules';
import { serviceAccountDecisions } from '../../permissions/registerPermissions';
import { createStore } from '../../store';
import type { Telemetry } from '../../telemetry';
import { createStatusServices } from '../createStatusServices';

export const ACCOUNT = '111122223333';

/** A user, by name. */
export const user = (name: string) =>
  ({
    principal: { type: 'user', userEntityRef: `user:default/${name}` },
  } as Caller);
export const SERVICE = {
  principal: { type: 'service', subject: 'plugin:x' },
} as Caller;

export const ALLOW: PolicyDecision = { result: AuthorizeResult.ALLOW };
export const DENY: PolicyDecision = { result: AuthorizeResult.DENY };

type Conditional = typeof createPodIdentityConditionalDecision;

/** The policy allows everything but for this permission, of whomever. */
export const only =
  (...[permission, conditions]: Parameters<Conditional>) =>
  (_: string, name: string) =>
    name === permission.name
      ? createPodIdentityConditionalDecision(permission, conditions)
      : undefined;
/** It denies these alone. */
export const denied =
  (...permissions: { name: string }[]) =>
  (_: string, asked: string) =>
    permissions.some(({ name }) => name === asked) ? DENY : undefined;

/** A component of the catalog, whose uid is `NAME-first`. */
export const component = (
  name: string,
  owner?: string,
  more: { title?: string; type?: string } = {},
): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name,
    namespace: 'default',
    uid: `${name}-first`,
    ...(more.title ? { title: more.title } : {}),
  },
  spec: { type: more.type ?? 'service' },
  relations: owner ? [{ type: 'ownedBy', targetRef: owner }] : [],
});

interface Query {
  filter?: Record<string, string>;
  fullTextFilter?: { term: string };
}

/**
 * What pages and forms read, with the clusters `prod` and `test`, over a database in memory: policy, catalog and time are
 * what a test says. Each user owns by their own ref.
 */
export class PolicedPortal {
  readonly clock = new ManualClock();
  readonly logger = new CapturingLogger();
  readonly catalog: Entity[] = [];
  /** Names of entities that the catalog shows to no user. */
  readonly hidden = new Set<string>();
  /** What the policy says to a user; undefined where it allows it. */
  decide: (user: string, permission: string) => PolicyDecision | undefined =
    () => undefined;
  readonly store;
  readonly clusters;
  readonly options: Parameters<typeof createStatusServices>[0];
  readonly services;

  constructor(
    knex: Knex,
    section: { clusters?: object; [key: string]: unknown } = {},
    { readsUse = false } = {},
  ) {
    const clusters = ['prod', 'test'].map(name => ({
      name,
      title: `Cluster ${name}`,
      region: 'eu-west-1',
      accountId: ACCOUNT,
      kubernetes: { access: 'none' },
      ...section.clusters,
    }));
    const values: Record<string, unknown> = {
      eksPodIdentity: { ...section, clusters },
      'app.baseUrl': 'https://portal.example.com',
    };
    const read = (path: string) => values[path];
    const config = readEngineConfig({
      getOptional: read,
      getOptionalString: read,
      getString: read,
    } as unknown as RootConfigService);
    const { clock, logger } = this;
    this.store = createStore(knex, () => clock.now());
    const engine = createEngine({
      config,
      credentials: {
        getCredentialProvider: async () => {
          throw new Error('No call goes to AWS');
        },
      },
      clock,
      logger,
    });
    this.clusters = engine.clusters;
    const decisions = serviceAccountDecisions(
      {
        getPermissionRuleset: () => ({
          getRuleByName: (name: string) =>
            Object.values(serviceAccountRules).find(one => one.name === name),
        }),
      } as unknown as PermissionsRegistryService,
      this.store,
    );
    const permissions = {
      authorizeConditional: async (
        asked: { permission: { name: string } }[],
        { credentials }: { credentials: Caller },
      ) =>
        asked.map(
          ({ permission }) =>
            this.decide(nameOf(credentials), permission.name) ?? ALLOW,
        ),
    } as unknown as PermissionsService;
    const authorizer = new Authorizer(permissions, decisions);
    const catalog = this.#catalog();
    const userInfo = {
      getUserInfo: async (caller: Caller) => ({
        ownershipEntityRefs: [`user:default/${nameOf(caller)}`],
      }),
    } as unknown as UserInfoService;
    this.options = {
      administrators: new Administrators({ config, userInfo }),
      authorizer,
      catalog,
      clock,
      clusters: this.clusters,
      config,
      entities: new EntityDirectory({
        auth: {
          getOwnServiceCredentials: async () => SERVICE,
        } as Partial<AuthService> as AuthService,
        catalog,
      }),
      isAllowed: decisions.isAllowed,
      logger,
      notifications: { send: async () => {} },
      readsUse,
      signals: { publish: async () => {} },
      store: this.store,
      telemetry: { announced: () => {} } as Partial<Telemetry> as Telemetry,
      userInfo,
      visibility: new ClusterVisibility({
        clusters: this.clusters,
        authorizer,
        toCriteria: decisions.toCriteria,
      }),
    };
    this.services = createStatusServices(this.options);
  }

  #shown(credentials: Caller): Entity[] {
    return this.catalog.filter(
      ({ metadata }) =>
        credentials.principal.type === 'service' ||
        !this.hidden.has(metadata.name),
    );
  }

  #catalog(): CatalogService {
    return {
      getEntitiesByRefs: async (
        { entityRefs }: { entityRefs: string[] },
        { credentials }: { credentials: Caller },
      ) => ({
        items: entityRefs.map(ref =>
          this.#shown(credentials).find(one => stringifyEntityRef(one) === ref),
        ),
      }),
      queryEntities: async (
        { filter = {}, fullTextFilter }: Query,
        { credentials }: { credentials: Caller },
      ) => ({
        items: this.#shown(credentials).filter(
          ({ metadata, relations = [] }) =>
            Object.entries(filter).every(([key, ref]) =>
              relations.some(
                ({ type, targetRef }) =>
                  key === `relations.${type}` && targetRef === ref,
              ),
            ) &&
            (!fullTextFilter ||
              metadata.title
                ?.toLowerCase()
                .includes(fullTextFilter.term.toLowerCase())),
        ),
      }),
    } as unknown as CatalogService;
  }
}

function nameOf({ principal }: Caller): string {
  return principal.type === 'user'
    ? principal.userEntityRef.split('/')[1]
    : principal.subject;
}
