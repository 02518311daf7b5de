import type {
  AuthService,
  HttpAuthService,
  LoggerService,
  PermissionsRegistryService,
  PermissionsService,
  SchedulerService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import { createConditionAuthorizer } from '@backstage/plugin-permission-node';
import type { SignalsService } from '@backstage/plugin-signals-node';
import type { Router } from 'express';
import type {
  Clusters,
  EngineConfig,
  Verification,
} from 'eks-pod-identity-engine';
import type { Engine } from './engine';
import { serviceAccountResourceRef } from './permissions/permissionRules';
import { createStatusRouter } from './routes/createStatusRouter';
import { Announcer } from './status/Announcer';
import { Choices } from './status/Choices';
import { Fleet } from './status/Fleet';
import { Identities } from './status/Identities';
import { Sweeper } from './sweep/Sweeper';
import type { Telemetry } from './telemetry';

export interface StatusSideOptions {
  auth: AuthService;
  catalog: CatalogService;
  clusters: Clusters;
  config: EngineConfig;
  engine: Engine;
  httpAuth: HttpAuthService;
  logger: LoggerService;
  notifications: NotificationService;
  permissions: PermissionsService;
  permissionsRegistry: PermissionsRegistryService;
  scheduler: SchedulerService;
  signals: SignalsService;
  telemetry: Telemetry;
  verification: Verification;
}

/** What pages read, what keeps it true, and what tells people about it. */
export interface StatusSide {
  router: Router;
  identities: Identities;
  fleet: Fleet;
  announcer: Announcer;
  sweeper: Sweeper;
}

export function createStatusSide(options: StatusSideOptions): StatusSide {
  const { engine, clusters, config, permissions } = options;
  const { store, book, operations, reach } = engine;
  const rules = options.permissionsRegistry.getPermissionRuleset(
    serviceAccountResourceRef,
  );
  const time = {
    now: () => engine.clock.now(),
    maxAgeMs: config.sweep.maxAgeMs,
  };
  const identities = new Identities({ ...time, store, clusters, permissions });
  const fleet = new Fleet({
    ...options,
    ...time,
    store,
    reach,
  });
  const choices = new Choices({
    clusters,
    permissions,
    reach,
    isAllowed: createConditionAuthorizer(rules),
  });
  const announcer = new Announcer({
    ...options,
    store,
    identities,
    clock: engine.clock,
    appBaseUrl: config.appBaseUrl,
    recipients: config.notifications.recipients,
  });
  book.onChange(change => announcer.statusWritten(change));
  operations.onChange(ref => announcer.cardsChanged(ref));
  return {
    router: createStatusRouter({
      ...options,
      acceptance: engine.acceptance,
      identities,
      fleet,
      choices,
    }),
    identities,
    fleet,
    announcer,
    sweeper: new Sweeper({ ...options, ...engine }),
  };
}
