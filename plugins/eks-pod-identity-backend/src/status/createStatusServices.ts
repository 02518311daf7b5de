import type {
  LoggerService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { NotificationService } from '@backstage/plugin-notifications-node';
import type { SignalsService } from '@backstage/plugin-signals-node';
import type { Clock, Clusters, EngineConfig } from 'eks-pod-identity-engine';
import type { ClusterVisibility } from '../permissions/ClusterVisibility';
import type { Administrators } from '../permissions/Administrators';
import type { Authorizer } from '../permissions/Authorizer';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import type { Store } from '../store';
import type { Telemetry } from '../telemetry';
import { EvidenceProgress } from '../evidence/EvidenceProgress';
import { StatusNotifier } from './StatusNotifier';
import { PickerOptions, type IsAllowed } from './PickerOptions';
import { ProposedTargets } from './ProposedTargets';
import { RoleChoices } from './RoleChoices';
import { Access } from './Access';
import { Fleet } from './Fleet';
import { Identities } from './Identities';
import { Moves } from './Moves';
import { RolePermissions } from './RolePermissions';
import { Offers } from './Offers';

/** What pages and forms read, and what tells people about it. */
export function createStatusServices(options: {
  administrators: Pick<Administrators, 'include'>;
  catalog: CatalogService;
  clock: Clock;
  clusters: Clusters;
  entities: EntityDirectory;
  config: EngineConfig;
  isAllowed: IsAllowed;
  logger: LoggerService;
  notifications: NotificationService;
  authorizer: Authorizer;
  visibility: ClusterVisibility;
  signals: SignalsService;
  store: Store;
  telemetry: Telemetry;
  /** The portal reads what AWS recorded of the use of identities. */
  readsUse: boolean;
  userInfo: UserInfoService;
}) {
  const { authorizer, clock, clusters, config, store, visibility } = options;
  const now = () => clock.now();
  const { maxAgeMs } = config.sweep;
  const access = new Access(options);
  const moves = new Moves(options);
  const rolePermissions = new RolePermissions(options);
  const identities = new Identities({
    now,
    maxAgeMs,
    store,
    clusters,
    authorizer,
    offers: new Offers({
      store,
      authorizer,
      clusters,
      config,
      userInfo: options.userInfo,
    }),
    access,
    readsUse: options.readsUse,
  });
  const fleet = new Fleet({
    now,
    maxAgeMs,
    store,
    clusters,
    catalog: options.catalog,
    administrators: options.administrators,
    authorizer,
    visibility,
    evidence: options.readsUse
      ? new EvidenceProgress(store, clusters)
      : undefined,
  });
  const pickers = new PickerOptions({
    clusters,
    authorizer,
    visibility,
    isAllowed: options.isAllowed,
    store,
  });
  const proposals = new ProposedTargets({
    pickers,
    visibility,
    config,
    userInfo: options.userInfo,
  });
  const roles = new RoleChoices({
    pickers,
    clusters,
    config,
    clock,
    userInfo: options.userInfo,
  });
  const notifier = new StatusNotifier({
    clock,
    clusters,
    store,
    identities,
    signals: options.signals,
    notifications: options.notifications,
    telemetry: options.telemetry,
    logger: options.logger,
    appBaseUrl: config.appBaseUrl,
    entities: options.entities,
    recipients: config.notifications.recipients,
    tellsOfUse: config.notifications.use,
  });
  return {
    access,
    moves,
    rolePermissions,
    notifier,
    pickers,
    proposals,
    roles,
    fleet,
    identities,
  };
}
