import type {
  LoggerService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { PodIdentityCheck } from 'backstage-plugin-eks-pod-identity-node';
import type { Acceptance } from '../operations/Acceptance';
import type { Plans } from '../operations/Plans';
import type { Fleet } from '../status/Fleet';
import type { Identities } from '../status/Identities';
import { registerExplainCheck } from './explainCheck';
import { registerGetStatus } from './getStatus';
import { registerListAssociations } from './listAssociations';
import { registerPlan } from './plan';

// The alpha actions registry is used in this folder only.

export interface ActionRooms {
  actionsRegistry: ActionsRegistryService;
  acceptance: Acceptance;
  /** Of modules that extend the engine. */
  additionalChecks: readonly PodIdentityCheck[];
  catalog: CatalogService;
  /** Where docs/checks.md is published. */
  docsUrl?: string;
  fleet: Fleet;
  identities: Identities;
  logger: LoggerService;
  permissions: PermissionsService;
  plans: Plans;
}

/** Reads for assistants and scripts; what writes stays in templates, where people see it. */
export function registerActions(rooms: ActionRooms) {
  registerGetStatus(rooms);
  registerListAssociations(rooms);
  registerExplainCheck(rooms);
  registerPlan(rooms);
}
