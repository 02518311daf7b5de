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
  const { clock, clusters, config, store } = options;
  const now = () => clock.now();
  const { maxAgeMs } = config.sweep;
  const access = new Access(options);
  const moves = new Moves(options);
  const rolePermissions = new RolePermissions(options);
  const identities = new Identities({
    ...options,
    now,
    maxAgeMs,
    proofMaxAgeMs: config.proof.maxAgeMs,
    offers: new Offers(options),
    access,
  });
  const fleet = new Fleet({
    ...options,
    now,
    maxAgeMs,
    proofMaxAgeMs: config.proof.maxAgeMs,
    evidence: options.readsUse
      ? new EvidenceProgress(store, clusters)
      : undefined,
  });
  const pickers = new PickerOptions(options);
  const proposals = new ProposedTargets({ ...options, pickers });
  const roles = new RoleChoices({ ...options, pickers });
  const notifier = new StatusNotifier({
    ...options,
    identities,
    appBaseUrl: config.appBaseUrl,
    administrators: config.administrators,
    sweep: config.sweep,
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
