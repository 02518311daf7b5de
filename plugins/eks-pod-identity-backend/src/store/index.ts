import { fileURLToPath } from 'node:url';
import type { DatabaseService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { AccessStore } from './AccessStore';
import { AssociationStore } from './AssociationStore';
import { BundleStore } from './BundleStore';
import { ChangeStore } from './ChangeStore';
import { ClusterStateStore } from './ClusterStateStore';
import { eachCall } from './eachCall';
import { EntityRefStore } from './EntityRefStore';
import { EventStore } from './EventStore';
import { EvidenceStore } from './EvidenceStore';
import { FleetStore } from './FleetStore';
import { LeaseStore } from './LeaseStore';
import { LiveOperationStore } from './LiveOperationStore';
import { MoveQueueStore } from './MoveQueueStore';
import { MoveTrustStore } from './MoveTrustStore';
import { withAdvisoryLock } from './withAdvisoryLock';
import { noting } from './ofStore';
import { MoveStateStore } from './MoveStateStore';
import { OpenChangeStore } from './OpenChangeStore';
import { OperationStore } from './OperationStore';
import { OwnerStore } from './OwnerStore';
import { PermissionCheckStore } from './PermissionCheckStore';
import { ReportStore } from './ReportStore';
import { ServiceAccountStore } from './ServiceAccountStore';
import { SettingStore } from './SettingStore';
import { SetupStore } from './SetupStore';
import { StoredOperations } from './StoredOperations';
import { TimelineStore } from './TimelineStore';

export type {
  AskedOperation,
  OperationRecord,
  NewOperationRecord,
} from './operationRecord';
export { onlyPlans, toOperation } from './operationRecord';
export { type Holder, sameHolder } from './holder';
export type { HeldLease, LeaseHolder } from './LeaseStore';
export type { LiveOperation } from './LiveOperationStore';
export type { Unfinished } from './OperationStore';
export { tryParseRef } from './OwnerStore';
export { EventStore };

/** Where the migrations lie, in the source tree and in the published package alike. */
export const migrationsDirectory = fileURLToPath(
  new URL('../../migrations', import.meta.url),
);

function familiesOf(knex: Knex, now: () => number) {
  return {
    operations: new OperationStore(knex, now),
    changes: new ChangeStore(knex),
    moveStates: new MoveStateStore(knex),
    openChanges: new OpenChangeStore(knex),
    live: new LiveOperationStore(),
    stored: new StoredOperations(),
    events: new EventStore(knex, now),
    leases: new LeaseStore(knex),
    reports: new ReportStore(knex),
    bundles: new BundleStore(knex),
    permissionChecks: new PermissionCheckStore(knex),
    owners: new OwnerStore(knex, now),
    settings: new SettingStore(knex),
    setups: new SetupStore(knex),
    timelines: new TimelineStore(knex),
    associations: new AssociationStore(knex),
    serviceAccounts: new ServiceAccountStore(knex, now),
    entityRefs: new EntityRefStore(knex, now),
    clusterStates: new ClusterStateStore(knex, now),
    evidence: new EvidenceStore(knex, now),
    fleet: new FleetStore(knex, now),
    access: new AccessStore(knex, now),
    moveQueues: new MoveQueueStore(knex),
    moveTrusts: new MoveTrustStore(knex),
  };
}

type Families = ReturnType<typeof familiesOf>;

/** The database of the engine: one store for each family of tables. */
export interface Store extends Families {
  /**
   * `work` gets the transaction and the store to use it with. It does work of the store alone: what it throws counts as
   * an error of the portal's database.
   */
  transaction<T>(work: (tx: Knex, store: Store) => Promise<T>): Promise<T>;
}

export function createStore(knex: Knex, now: () => number): Store {
  const store: Store = {
    ...Object.fromEntries(
      Object.entries(familiesOf(knex, now)).map(([name, family]) => [
        name,
        eachCall(family as object, noting),
      ]),
    ),
    transaction: (work: Parameters<Store['transaction']>[0]) =>
      noting(() => knex.transaction(tx => work(tx, store))),
  } as Store;
  return store;
}

/** Migrates unless the database service says otherwise. */
export async function openStore(
  database: DatabaseService,
  now: () => number,
): Promise<Store> {
  const knex = await database.getClient();
  if (!database.migrations?.skip) {
    await withAdvisoryLock(knex, tx =>
      tx.migrate.latest({ directory: migrationsDirectory }),
    );
  }
  return createStore(knex, now);
}
