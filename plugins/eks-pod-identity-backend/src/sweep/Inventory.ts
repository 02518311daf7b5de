import { isDeepStrictEqual } from 'node:util';
import type { LoggerService } from '@backstage/backend-plugin-api';
import type { PodIdentityAssociationSummary } from '@aws-sdk/client-eks';
import {
  foldEntityRef,
  parseServiceAccountRef,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type Clock,
  type EngineConfig,
  listAssociations,
  describeAssociation,
} from 'eks-pod-identity-engine';
import {
  type CatalogEntity,
  type ClusterSession,
  ownersNow,
  readEntityRecord,
} from 'eks-pod-identity-engine/portal';
import type { ObservedAssociation } from '../store/AssociationStore';
import { describedAs } from '../status/observed';
import { dueForDescribe } from './associations';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import type { OwnedRef } from '../store/OwnerStore';
import type { RetryingStore } from '../store/retryingStore';

/** Descriptions between two writes: what a killed sweep asks AWS for again at most. */
const DESCRIBE_EVERY = 25;

export interface InventoryOptions {
  store: RetryingStore;
  config: EngineConfig;
  clock: Clock;
  logger: LoggerService;
  entities: EntityDirectory;
  /** False while the catalog may still be reading its files: what is missing there may be coming. */
  knowsCatalog: boolean;
}

/** What a sweep found of a cluster's associations. */
export interface Observed {
  associations: ObservedAssociation[];
  described: number;
  /** Every ref that List shows, those too that are left out above because an operation has just been at them. */
  listed: ReadonlySet<string>;
  /** Refs that had an association, a link by tag or an owner, and have no association any more. */
  gone: ServiceAccountRef[];
}

/** The associations of one cluster, with what they say about entities and their owners. */
export class Inventory {
  readonly #options: InventoryOptions;
  readonly #cluster: string;
  /** From when on a change of ours is newer than what this sweep saw. */
  #startedAt = 0;

  constructor(cluster: string, options: InventoryOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Lists all, describes what is new, changed or due. */
  async observe(
    session: ClusterSession,
    signal: AbortSignal,
  ): Promise<Observed> {
    const { store, clock, config } = this.#options;
    this.#startedAt = clock.now();
    const listed = await listAssociations(session, {}, signal);
    const stored = await store.associations.ofCluster(this.#cluster);
    const current = this.#merge(listed, stored);
    await this.#removeOld(stored, current);
    const due = new Set(
      dueForDescribe(current, {
        now: this.#startedAt,
        maxAgeMs: config.sweep.maxAgeMs,
        frequencyMs: config.sweep.frequencyMs,
        changes: await store.changes.lastOnCluster(this.#cluster),
      }),
    );
    const rest = current.filter(association => !due.has(association));
    await store.associations.confirm(
      this.#cluster,
      rest.map(({ associationId }) => associationId),
      this.#startedAt,
    );
    const described = await this.#describe([...due], session, signal);
    const associations = await this.#unchanged([...rest, ...described]);
    await this.#link(associations);
    await this.#setOwners(associations);
    return {
      associations,
      described: due.size,
      listed: new Set(
        current.map(({ ref }) => stringifyServiceAccountRef(ref)),
      ),
      gone: await this.#gone(stored, current),
    };
  }

  /** Removes the link and the owner of what is gone. */
  async forget(ref: ServiceAccountRef) {
    const { store } = this.#options;
    await store.entityRefs.removeRef(ref, 'aws-tag');
    await store.owners.remove(ref);
  }

  /** What List shows, with what is known of it. */
  #merge(
    listed: PodIdentityAssociationSummary[],
    stored: ObservedAssociation[],
  ): ObservedAssociation[] {
    const known = new Map(
      stored.map(association => [association.associationId, association]),
    );
    return listed.flatMap(summary => {
      const { associationId, namespace, serviceAccount } = summary;
      if (!associationId || !namespace || !serviceAccount) return [];
      const before = known.get(associationId);
      return [
        {
          // Until it is described, as each new one is
          owner: 'external',
          orphan: false,
          drift: false,
          ...before,
          ref: { cluster: this.#cluster, namespace, serviceAccount },
          associationId,
          arn: summary.associationArn ?? before?.arn ?? '',
          listedAt: this.#startedAt,
        },
      ];
    });
  }

  async #removeOld(
    stored: ObservedAssociation[],
    current: ObservedAssociation[],
  ) {
    const ids = new Set(current.map(association => association.associationId));
    await this.#options.store.associations.remove(
      this.#cluster,
      stored
        .filter(
          association =>
            !ids.has(association.associationId) &&
            // Made while List was being read: it is not gone.
            association.listedAt < this.#startedAt,
        )
        .map(association => association.associationId),
    );
  }

  /** Those that are still there, described and stored. What has been described is stored even if this fails. */
  async #describe(
    due: ObservedAssociation[],
    session: ClusterSession,
    signal: AbortSignal,
  ): Promise<ObservedAssociation[]> {
    const { store, config } = this.#options;
    const described: ObservedAssociation[] = [];
    let saved = 0;
    const save = async () => {
      const upTo = described.length;
      await store.associations.upsert(
        await this.#unchanged(described.slice(saved, upTo)),
      );
      saved = upTo;
    };
    try {
      for (const association of due) {
        signal.throwIfAborted();
        const details = await describeAssociation(
          session,
          association.associationId,
          signal,
        );
        // Deleted since it was listed: the next sweep forgets it.
        if (!details) continue;
        described.push({
          ...association,
          ...describedAs(
            details,
            {
              portalId: config.portalId,
              ...association.ref,
              cluster: session.cluster,
            },
            this.#startedAt,
          ),
        });
        if (described.length - saved === DESCRIBE_EVERY) await save();
      }
    } finally {
      await save();
    }
    return described;
  }

  /** Without those that an operation has changed since this sweep began: it knows better what they are. */
  async #unchanged<T extends { ref: ServiceAccountRef }>(
    seen: T[],
  ): Promise<T[]> {
    if (seen.length === 0) return [];
    const changes = await this.#options.store.changes.lastOnCluster(
      this.#cluster,
    );
    return seen.filter(
      ({ ref }) =>
        (changes.get(stringifyServiceAccountRef(ref)) ?? 0) < this.#startedAt,
    );
  }

  async #gone(
    stored: ObservedAssociation[],
    current: ObservedAssociation[],
  ): Promise<ServiceAccountRef[]> {
    const { store } = this.#options;
    const links = await store.entityRefs.ofCluster(this.#cluster, 'aws-tag');
    const owned = await store.owners.ofCluster(this.#cluster);
    const there = new Set(
      current.map(({ ref }) => stringifyServiceAccountRef(ref)),
    );
    const had = new Map(
      [
        ...stored
          .filter(one => one.listedAt < this.#startedAt)
          .map(({ ref }) => ref),
        ...links.map(({ ref }) => ref),
        ...[...owned.keys()].map(parseServiceAccountRef),
      ].map(ref => [stringifyServiceAccountRef(ref), { ref }]),
    );
    const gone = [...had].flatMap(([key, one]) =>
      there.has(key) ? [] : [one],
    );
    return (await this.#unchanged(gone)).map(({ ref }) => ref);
  }

  /** Links by tag, as the tags are now: a successor that is not ours has no component. */
  async #link(associations: ObservedAssociation[]) {
    const { store } = this.#options;
    const links = new Map(
      (await store.entityRefs.ofCluster(this.#cluster, 'aws-tag')).map(
        ({ ref, entityRef }) => [stringifyServiceAccountRef(ref), entityRef],
      ),
    );
    await store.entityRefs.relink(
      'aws-tag',
      associations.filter(
        ({ ref, entityRef }) =>
          links.get(stringifyServiceAccountRef(ref)) !== entityRef,
      ),
    );
  }

  /**
   * Owners by tag, for permission decisions, and which tags name no entity, or an earlier one of its name. A catalog that does not answer leaves both as they were: it says
   * nothing about the cluster.
   */
  async #setOwners(associations: ObservedAssociation[]) {
    const { store, logger } = this.#options;
    const tagged = associations.flatMap(({ entityRef }) =>
      entityRef ? [foldEntityRef(entityRef)] : [],
    );
    let entities: Map<string, CatalogEntity>;
    try {
      entities = await this.#options.entities.findMany([...new Set(tagged)]);
    } catch (error) {
      logger.warn(
        `Could not ask the catalog for the owners of identities on ${
          this.#cluster
        }; the next sweep does`,
        error as Error,
      );
      return;
    }
    const owned = await store.owners.ofCluster(this.#cluster);
    const news: OwnedRef[] = [];
    for (const association of associations) {
      const { ref, associationId, details, entityRef, orphan } = association;
      const known = owned.get(stringifyServiceAccountRef(ref));
      // Tags that others copied name no entity
      const record = entityRef ? readEntityRecord(details?.tags) : undefined;
      const entity = record && entities.get(record.entityRef);
      if (record && (entity || record.uid)) {
        const uid = record.uid ?? entity?.uid;
        const owner = {
          entityRef: record.entityRef,
          ...(uid ? { uid } : {}),
          ownerRefs: [...ownersNow(record, entity)],
        };
        if (!isDeepStrictEqual(known, owner)) news.push({ ref, owner });
      } else if (!entityRef && known) {
        await store.owners.remove(ref);
      }
      const isOrphan =
        (this.#options.knowsCatalog || orphan) &&
        record !== undefined &&
        (!entity || (record.uid ?? entity.uid) !== entity.uid);
      if (isOrphan !== orphan) {
        await store.associations.mark(this.#cluster, associationId, {
          orphan: isOrphan,
        });
      }
    }
    await store.owners.setMany(news);
  }
}
