import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  type AccessNodeGroup,
  type AccessRow,
  type PodIdentityEvidenceSource,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type Association,
  type Clock,
  type EngineConfig,
  lookAtAccess,
  type SweepLists,
} from 'eks-pod-identity-engine';
import {
  type ClusterSession,
  holderByTag,
  raceAbort,
  type RoleInAccount,
  toBackstageError,
} from 'eks-pod-identity-engine/portal';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import type { StoredAccess } from '../store/AccessStore';
import type { ObservedAssociation } from '../store/AssociationStore';
import type { RetryingStore } from '../store/retryingStore';

/**
 * Minimum time between two looks at a cluster, also after one that failed: each reads all its pods, and what CloudTrail has
 * of three hours, while sweeps may be minutes apart.
 */
const PACE_MS = 15 * 60_000;

/** The reason of a signal that aborts because this process ends: no failure of the look. */
export const SHUTTING_DOWN = new Error('shutting down');

type Roles = Promise<ReadonlyMap<string, RoleInAccount>>;

/** What the sweep beside it reads as well. */
interface Shared {
  roles: Roles;
  /** Of which the sweep takes its part of what is listed here. */
  lists: SweepLists;
}

export interface AccessLookOptions {
  clock: Clock;
  config: Pick<EngineConfig, 'inventory' | 'portalId'>;
  entities: Pick<EntityDirectory, 'findMany' | 'inNamespaces'>;
  /** Undefined where the portal does not read what AWS recorded of use. */
  evidence?: PodIdentityEvidenceSource;
  logger: LoggerService;
  /** Once its rows are stored. Not awaited; must not throw. */
  onLooked(cluster: string): void;
  store: RetryingStore;
}

/** The service accounts whose pods may be what acts as a node. */
const candidatesOf = (cluster: string, groups: AccessNodeGroup[] = []) =>
  groups.flatMap(({ candidates = [] }) =>
    candidates.map(({ namespace, serviceAccount }) => ({
      ref: { cluster, namespace, serviceAccount },
    })),
  );

/** Whom a row is linked to, and who owns that. */
type Link = Pick<StoredAccess, 'entity' | 'ownerRef'>;

const keyOf = ({ ref }: { ref: AccessRow['ref'] }) =>
  stringifyServiceAccountRef(ref);

/** Lists every AWS identity of a cluster beside a sweep, which goes on whatever becomes of it. */
export class AccessLook {
  readonly #cluster: string;
  readonly #options: AccessLookOptions;

  constructor(cluster: string, options: AccessLookOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** @param ordered - a person asked for the sweep, and waits for what it shows */
  async isDue(ordered: boolean): Promise<boolean> {
    const { clock, config, store } = this.#options;
    if (!config.inventory.enabled) return false;
    const state = (await store.access.states()).get(this.#cluster);
    const age = clock.now() - (state?.triedAt ?? 0);
    // The clock of another replica may be ahead
    return ordered || age < 0 || age >= PACE_MS;
  }

  /** Never fails: a look that finds nothing leaves the rows of the one before, with its reason. */
  async run(
    session: ClusterSession,
    shared: Shared,
    signal: AbortSignal,
  ): Promise<void> {
    const { logger, store } = this.#options;
    try {
      // The catalog's client knows no signal
      const found = await raceAbort(
        this.#look(session, shared, signal),
        signal,
      );
      await store.access.replace(...found);
      this.#options.onLooked(this.#cluster);
    } catch (error) {
      if (signal.reason === SHUTTING_DOWN) return;
      const reason = signal.aborted
        ? 'The look did not end within the time of the sweep (eksPodIdentity.sweep.schedule.timeout).'
        : (error as Error).message;
      logger.warn(
        `All AWS access of cluster ${
          this.#cluster
        } could not be listed: ${reason}`,
      );
      await store.access
        .failed(this.#cluster, reason)
        .catch(failure =>
          logger.warn('Why could not be stored', failure as Error),
        );
    }
  }

  async #look(
    session: ClusterSession,
    { roles, lists }: Shared,
    signal: AbortSignal,
  ): Promise<Parameters<RetryingStore['access']['replace']>> {
    const { clock, evidence, store } = this.#options;
    const stored = await store.associations.ofCluster(this.#cluster);
    const { rows, ...found } = await lookAtAccess({
      session,
      clock,
      signal,
      evidence,
      seen: await store.access.seen(this.#cluster),
      associations: new Map(stored.map(toDescribed)),
      roles,
      lists,
      editsTrust: true,
    }).catch(error => {
      throw toBackstageError(error, {
        doing: 'list the AWS access',
        cluster: session.cluster,
      });
    });
    const read = await roles.catch(() => undefined);
    const candidates = candidatesOf(this.#cluster, found.nodeGroups);
    const links = await this.#links([...rows, ...candidates], stored);
    const associated = new Set(stored.map(keyOf));
    return [
      {
        ...found,
        nodeGroups: found.nodeGroups?.map(group => ({
          ...group,
          candidates: group.candidates?.map(one => {
            const key = keyOf({ ref: { cluster: this.#cluster, ...one } });
            // Pods that are older than their association wait for a restart
            return associated.has(key)
              ? one
              : { ...one, entity: links.get(key)?.entity };
          }),
        })),
      },
      rows.map(row => ({
        row,
        ...links.get(keyOf(row)),
        holder: this.#holder(row, read),
      })),
    ];
  }

  #holder(
    { role }: AccessRow,
    roles: Awaited<Roles> | undefined,
  ): StoredAccess['holder'] {
    const found = role && roles?.get(role.arn);
    return found && holderByTag(found.role.tags, this.#options.config.portalId);
  }

  /** By written ref: what our tag names, else what an entity claims, else whose the namespace is. */
  async #links(
    rows: Pick<AccessRow, 'ref'>[],
    associations: ObservedAssociation[],
  ): Promise<Map<string, Link>> {
    const { entities, store } = this.#options;
    const claims = await store.entityRefs.ofCluster(
      this.#cluster,
      'annotation',
    );
    // The same order as the fleet's: one whose own the namespace is stands before the others, and is written last here.
    const inOrder = claims.sort(
      (a, b) =>
        Number(a.ownsNamespace ?? 0) - Number(b.ownsNamespace ?? 0) ||
        (a.entityRef < b.entityRef ? 1 : -1),
    );
    const linked = new Map<string, NonNullable<StoredAccess['entity']>>();
    for (const claim of inOrder) {
      linked.set(keyOf(claim), {
        entityRef: claim.entityRef,
        by: 'annotation',
      });
    }
    for (const one of associations) {
      const { entityRef } = one;
      if (entityRef) linked.set(keyOf(one), { entityRef, by: 'tag' });
    }
    const wanted = rows.flatMap(row => linked.get(keyOf(row)) ?? []);
    const found = await entities.findMany([
      ...new Set(wanted.map(({ entityRef }) => entityRef)),
    ]);
    const alone = rows.filter(row => !linked.has(keyOf(row)));
    const ofNamespace = await this.#ofNamespaces(
      alone.map(({ ref }) => ref.namespace),
    );
    return new Map(
      rows.map((row): [string, Link] => {
        const entity = linked.get(keyOf(row));
        const ownerRef =
          entity &&
          [...(found.get(entity.entityRef)?.ownerRefs ?? [])].sort()[0];
        return [
          keyOf(row),
          entity
            ? { entity, ownerRef }
            : ofNamespace.get(row.ref.namespace) ?? {},
        ];
      }),
    );
  }

  /** Of each namespace whose entities all have the same owner; one of several entities stands for them. */
  async #ofNamespaces(namespaces: string[]): Promise<Map<string, Link>> {
    const found = await this.#options.entities.inNamespaces([
      ...new Set(namespaces),
    ]);
    const links = new Map<string, Link>();
    for (const [namespace, entities] of found) {
      const owners = new Set(entities.flatMap(({ ownerRefs }) => ownerRefs));
      if (owners.size !== 1) continue;
      const [first] = entities.map(({ entityRef }) => entityRef).sort();
      const by = entities.length === 1 ? 'namespace' : 'team';
      const [ownerRef] = owners;
      links.set(namespace, { entity: { entityRef: first, by }, ownerRef });
    }
    return links;
  }
}

/** One that was not described yet is there none the less. */
function toDescribed({
  ref,
  associationId,
  arn,
  roleArn = '',
  details,
}: ObservedAssociation): [string, Association] {
  return [
    `${ref.namespace}/${ref.serviceAccount}`,
    details ?? {
      id: associationId,
      arn,
      roleArn,
      disableSessionTags: false,
      tags: {},
    },
  ];
}
