import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  type PodIdentityCheck,
  type PodIdentityEvidenceSource,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type Association,
  type Clock,
  type ClusterConfig,
  type Clusters,
  describeAssociation,
  type EngineConfig,
  type NarrowLists,
  presetFacts,
  SweepLists,
  type Verification,
} from 'eks-pod-identity-engine';
import {
  type ClusterSession,
  givingUpApart,
  readRoles,
  readRolesWithPolicies,
  type RolesOfAccount,
  toBackstageError,
  unlessDenied,
} from 'eks-pod-identity-engine/portal';
import { SweepSearch } from '../status/changes';
import type { StatusRecorder } from '../status/StatusRecorder';
import type { Store } from '../store';
import type { ObservedAssociation } from '../store/AssociationStore';
import { USE_MS } from '../store/FleetStore';
import type { SweepCursor } from '../store/ClusterStateStore';
import { AccessLook } from './AccessLook';
import { markDrift } from './drift';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import { Inventory } from './Inventory';
import { verifyRefs, SweepFacts } from './verifyRefs';
import {
  type RetryingStore,
  retryingStore,
  retryOptionsOfTask,
} from '../store/retryingStore';

/** A catalog that has just started is still reading its files, and lacks entities that are none the less there. */
const CATALOG_SETTLES_MS = 2 * 60_000;

/** A sweep waits no longer for the lists of the look beside it, nor longer than a fifth of its time. */
const MOST_WAIT_MS = 60_000;

/** Refs that are looked at before what was seen and the cursor are stored: what a killed sweep does again at most. */
const PART = 25;

export interface ClusterSweepOptions {
  /** Checks of adopters: what they read is kept of the roles. */
  additionalChecks: readonly Pick<PodIdentityCheck, 'reads'>[];
  store: Store;
  clusters: Clusters;
  config: EngineConfig;
  entities: EntityDirectory;
  /** Undefined where the portal does not read what AWS recorded of use. */
  evidence?: PodIdentityEvidenceSource;
  /** Where who changed what is searched; undefined where the portal does not read it. */
  changeSource?: () => PodIdentityEvidenceSource;
  verification: Verification;
  recorder: StatusRecorder;
  clock: Clock;
  logger: LoggerService;
  /** An association differs from what the portal set up, and did not before. */
  onDrift(ref: ServiceAccountRef, reason: string): Promise<void>;
  /** A look at all AWS access has been stored. Not awaited; must not throw. */
  onLooked(cluster: string): void;
  narrowLists: NarrowLists;
  /** Since when this process runs, and the catalog that starts with it. */
  upSince: number;
}

/** What a sweep did, for its log line. */
export interface SweepSummary {
  associations: number;
  described: number;
  looked: number;
  resumed: boolean;
}

/**
 * One cluster seen whole, once: its associations listed, some described, every ref verified without a pod. While
 * the portal's database is away the sweep waits, until its signal ends it.
 */
export class ClusterSweep {
  readonly #options: ClusterSweepOptions;
  readonly #cluster: ClusterConfig;
  readonly #signal: AbortSignal;
  readonly #store: RetryingStore;
  readonly #recorder: StatusRecorder;
  readonly #access: AccessLook;
  readonly #search: SweepSearch;
  #looking: Promise<void> | undefined;

  constructor(
    cluster: ClusterConfig,
    options: ClusterSweepOptions,
    signal: AbortSignal,
  ) {
    const { store, clock, logger } = options;
    this.#cluster = cluster;
    this.#options = options;
    this.#signal = signal;
    this.#store = retryingStore(
      store,
      clock,
      retryOptionsOfTask(`the sweep of cluster ${cluster.id}`, logger, signal),
    );
    this.#recorder = options.recorder.over(this.#store);
    this.#search = new SweepSearch(
      { logger, store: this.#store, source: options.changeSource },
      { clock, clusters: options.clusters, signal },
    );
    this.#access = new AccessLook(cluster.id, {
      ...options,
      store: this.#store,
    });
  }

  /** The look at all AWS access, which a sweep begins and does not wait for, but for its lists; it never fails. */
  async lookingEnded(): Promise<void> {
    await this.#looking;
  }

  /** Searches for who changed what the sweep newly saw. After its end, so that nothing waits for CloudTrail; it never fails. */
  async searchForChanges(): Promise<void> {
    try {
      await this.#search.run(look => this.#recorder.recordLooks([look]));
    } catch (error) {
      // The next sweep searches again
      if (this.#signal.aborted) return;
      this.#options.logger.warn(
        `Could not search for who changed identities on cluster ${
          this.#cluster.id
        }`,
        error as Error,
      );
    }
  }

  /** A cluster that cannot be read keeps its last truth, marked stale with the reason. */
  async run(): Promise<SweepSummary | undefined> {
    const { id } = this.#cluster;
    try {
      return await this.#sweep();
    } catch (error) {
      if (this.#signal.aborted) {
        throw new Error(
          `The sweep of cluster ${id} was stopped before its end; the next one goes on where this one stopped`,
          { cause: error },
        );
      }
      const reason = toBackstageError(error, {
        doing: 'read the associations',
        cluster: this.#cluster,
      }).message;
      await this.#store.clusterStates.failed(id, reason);
      this.#options.logger.warn(`Cluster ${id} could not be swept: ${reason}`);
      return undefined;
    }
  }

  async #sweep(): Promise<SweepSummary> {
    const { clusters, clock, narrowLists } = this.#options;
    const { id } = this.#cluster;
    const session = clusters.session(id, 'read');
    const observedAt = clock.now();
    const { sweptAt } = await this.#store.clusterStates.find(id);
    const unfinished = await this.#unfinished();
    const isOrdered =
      unfinished !== undefined && unfinished.triedAt === undefined;
    const cursor = {
      ...(unfinished ?? { startedAt: observedAt }),
      triedAt: observedAt,
    };
    await this.#store.clusterStates.setCursor(id, cursor);

    const inventory = new Inventory(id, {
      ...this.#options,
      store: this.#store,
      knowsCatalog:
        sweptAt !== undefined &&
        clock.now() - this.#options.upSince >= CATALOG_SETTLES_MS,
    });
    const { associations, described, listed, gone } = await inventory.observe(
      session,
      this.#signal,
    );
    const refs = await this.#refsAfter(cursor.after, associations);
    const lists = new SweepLists(refs, narrowLists);
    const roles = await this.#readRoles(
      session,
      isOrdered,
      this.#rolesToKnow(associations),
      lists,
    );
    if (roles) await this.#noteRoleUses(roles);
    const details = new Map(
      associations.flatMap(association =>
        association.details
          ? [[stringifyServiceAccountRef(association.ref), association.details]]
          : [],
      ),
    );
    const old = new Set(
      associations
        .filter(({ describedAt = 0 }) => describedAt < observedAt)
        .map(({ ref }) => stringifyServiceAccountRef(ref)),
    );
    const facts = presetFacts({ associations: details, listed, roles, lists });
    const seen: SweepFacts = {
      known: facts.known,
      observedAt,
      modifiedAt: ref =>
        details.get(stringifyServiceAccountRef(ref))?.modifiedAt,
      readAgain: ref => this.#readAgain(ref, session, details, old),
    };
    const looked = await this.#look(refs, cursor, seen);
    await this.#take(gone, inventory, seen);
    await markDrift(this.#store, id, roles, observedAt, this.#options.onDrift);
    await this.#store.clusterStates.finished(
      id,
      facts.agent() ?? (await this.#store.clusterStates.find(id)).agent,
      facts.unreached(),
    );
    return {
      associations: associations.length,
      described,
      looked,
      resumed: cursor.after !== undefined,
    };
  }

  /**
   * Describes an association again whose description is from an earlier sweep, and stores it; whether it is another now.
   *
   * @param details - by written ref; one that has another id now is taken out
   */
  async #readAgain(
    ref: ServiceAccountRef,
    session: ClusterSession,
    details: Map<string, Association>,
    old: Set<string>,
  ): Promise<boolean> {
    const key = stringifyServiceAccountRef(ref);
    const before = details.get(key);
    if (!before || !old.delete(key)) return false;
    try {
      const at = this.#options.clock.now();
      const now = await describeAssociation(session, before.id, this.#signal);
      if (!now) return details.delete(key);
      details.set(key, now);
      await this.#recorder.saw(ref, { association: now, at });
      return JSON.stringify(now) !== JSON.stringify(before);
    } catch (error) {
      this.#signal.throwIfAborted();
      this.#options.logger.debug(
        `Could not describe the association of ${key} again: ${
          (error as Error).message
        }`,
      );
      return false;
    }
  }

  /**
   * Begins the look at all AWS access, where it is due: one reading of the roles serves both, and what the look lists of
   * Kubernetes in the time that the sweep waits for it here.
   */
  async #readRoles(
    session: ClusterSession,
    isOrdered: boolean,
    documentsOf: ReadonlySet<string>,
    lists: SweepLists,
  ): Promise<RolesOfAccount> {
    if (!(await this.#access.isDue(isOrdered))) {
      return readRoles(session, this.#signal, documentsOf);
    }
    const reading = readRolesWithPolicies(session, this.#signal, documentsOf);
    const looking = givingUpApart(() =>
      this.#access.run(session, { roles: reading, lists }, this.#signal),
    );
    this.#looking = looking;
    const roles = await unlessDenied(reading);
    void looking.then(() => lists.endPassing());
    await lists.passed(
      Math.min(MOST_WAIT_MS, this.#options.config.sweep.timeoutMs / 5),
    );
    return roles;
  }

  /** ARNs of the roles whose inline policies some check reads: an account may have megabytes of them. */
  #rolesToKnow(associations: ObservedAssociation[]): ReadonlySet<string> {
    const all = this.#options.additionalChecks.some(({ reads }) =>
      reads?.includes('inlinePolicies'),
    );
    return new Set(
      associations.flatMap(({ roleArn, targetRoleArn }) =>
        roleArn && (all || targetRoleArn) ? [roleArn] : [],
      ),
    );
  }

  /** When roles were last used, as IAM tells beside the rest. Of a new one it says nothing yet. */
  async #noteRoleUses(roles: NonNullable<RolesOfAccount>) {
    const recently = this.#options.clock.now() - USE_MS.unused;
    const uses = [...roles.values()].flatMap(({ role }) =>
      role.lastUsed || (role.createdAt ?? 0) < recently
        ? [[role.arn, role.lastUsed?.at] as const]
        : [],
    );
    await this.#store.evidence.noteRoleUses([this.#cluster.id], new Map(uses));
  }

  /** Where the last sweep stopped, unless that is so long ago that its first half is as good as not seen. */
  async #unfinished(): Promise<SweepCursor | undefined> {
    const { clock, config } = this.#options;
    const { cursor } = await this.#store.clusterStates.find(this.#cluster.id);
    return cursor && cursor.startedAt > clock.now() - config.sweep.maxAgeMs
      ? cursor
      : undefined;
  }

  /** Refs with an association, and those that an annotation claims, in written order; those up to the cursor are done. */
  async #refsAfter(
    after: string | undefined,
    associations: ObservedAssociation[],
  ): Promise<ServiceAccountRef[]> {
    const claimed = await this.#store.entityRefs.refsOfCluster(
      this.#cluster.id,
    );
    const all = new Map(
      [...associations.map(({ ref }) => ref), ...claimed].map(ref => [
        stringifyServiceAccountRef(ref),
        ref,
      ]),
    );
    return [...all.entries()]
      .filter(([written]) => !after || written > after)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, ref]) => ref);
  }

  /**
   * What is gone is verified once more while it is known whose it was, so that its owners hear of it; then it
   * has no owner.
   */
  async #take(
    gone: ServiceAccountRef[],
    inventory: Inventory,
    seen: SweepFacts,
  ) {
    for (const ref of gone) {
      this.#signal.throwIfAborted();
      await this.#verify([ref], seen);
      const links = await this.#store.entityRefs.ofRef(ref);
      await inventory.forget(ref);
      await this.#recorder.left(
        ref,
        links.map(({ entityRef }) => entityRef),
      );
    }
  }

  #verify(refs: ServiceAccountRef[], seen: SweepFacts): Promise<number> {
    return verifyRefs(refs, seen, {
      ...this.#options,
      // Over the store that waits
      recorder: this.#recorder,
      search: this.#search,
      signal: this.#signal,
      store: this.#store,
    });
  }

  /** Verifies every ref and stores its progress every few of them; answers how many. */
  async #look(
    refs: ServiceAccountRef[],
    cursor: SweepCursor,
    seen: SweepFacts,
  ): Promise<number> {
    let looked = 0;
    while (looked < refs.length) {
      this.#signal.throwIfAborted();
      looked += await this.#verify(refs.slice(looked, looked + PART), seen);
      await this.#store.clusterStates.setCursor(this.#cluster.id, {
        ...cursor,
        after: stringifyServiceAccountRef(refs[looked - 1]),
      });
    }
    return looked;
  }
}
