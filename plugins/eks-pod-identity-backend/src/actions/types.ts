import type { LoggerService } from '@backstage/backend-plugin-api';
import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { PodIdentityCheck } from 'backstage-plugin-eks-pod-identity-node';
import type { Clock, EngineConfig } from 'eks-pod-identity-engine';
import type { Acceptance } from '../operations/Acceptance';
import type { AuditTrail } from '../operations/AuditTrail';
import type { EventHub } from '../operations/EventHub';
import type { Operations } from '../operations/Operations';
import type { Plans } from '../operations/Plans';
import type { Authorizer } from '../permissions/Authorizer';
import type { Access } from '../status/Access';
import type { Fleet } from '../status/Fleet';
import type { Identities } from '../status/Identities';
import type { Store } from '../store';

export interface ActionDeps {
  actionsRegistry: ActionsRegistryService;
  acceptance: Acceptance;
  access: Access;
  audit: AuditTrail;
  authorizer: Authorizer;
  /** Of modules that extend the engine. */
  additionalChecks: readonly PodIdentityCheck[];
  catalog: CatalogService;
  clock: Clock;
  config: Pick<EngineConfig, 'actions'>;
  /** Where docs/checks.md can be read. */
  docsUrl: string;
  fleet: Fleet;
  hub: EventHub;
  identities: Identities;
  logger: LoggerService;
  operations: Operations;
  plans: Plans;
  /** Ends what waits. */
  shutdown: AbortSignal;
  store: Store;
}
