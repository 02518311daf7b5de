import type { LoggerService } from '@backstage/backend-plugin-api';
import type { PodIdentityAssociationSummary } from '@aws-sdk/client-eks';
import {
  MARK_TAGS,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { listAssociations } from '../aws/associations';
import type { Clock } from '../clock';
import type { ClusterSession, EngineConfig } from '../clusters/types';
import type { ObservedAssociation } from '../store/AssociationStore';
import { readAssociationFact } from '../verification/facts/awsAssociation';
import { dueForDescribe, ownerOf } from './associations';
import type { SweepStore } from './patientStore';

/** Descriptions between two writes: what a killed sweep asks AWS for again at most. */
const DESCRIBE_EVERY = 25;

export interface InventoryOptions {
  store: SweepStore;
  config: EngineConfig;
  clock: Clock;
  logger: LoggerService;
  /** ownedBy of those of the entities that exist, by entity ref in lower case; for permission decisions too. */
  ownersOf(entityRefs: string[]): Promise<Map<string, string[]>>;
}

/** The associations of one cluster, with what they say about entities and their owners. */
export class Inventory {
  readonly #options: InventoryOptions;
  readonly #cluster: string;

  constructor(cluster: string, options: InventoryOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Lists all, forgets what is gone, describes what is new or due. */
  async observe(session: ClusterSession, signal: AbortSignal) {
    const { store, clock, config } = this.#options;
    const listed = await listAssociations(session, {}, signal);
    const stored = await store.associations.ofCluster(this.#cluster);
    const now = clock.now();
    const current = this.#merge(listed, stored, now);
    await this.#forget(stored, current, now);
    const due = new Set(
      dueForDescribe(current, {
        now,
        maxAgeMs: config.sweep.maxAgeMs,
        frequencyMs: config.sweep.frequencyMs,
      }),
    );
    const rest = current.filter(association => !due.has(association));
    await store.associations.upsert(rest);
    const described = await this.#describe([...due], now, session, signal);
    const associations = [...rest, ...described];
    for (const { ref, entityRef } of associations) {
      if (entityRef) await this.#link(ref, entityRef);
    }
    await this.#setOwners(associations);
    return { associations, described: due.size };
  }

  /** What List shows, with what is known of it. */
  #merge(
    listed: PodIdentityAssociationSummary[],
    stored: ObservedAssociation[],
    now: number,
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
          owner: summary.ownerArn ? 'addon' : 'external',
          orphan: false,
          drift: false,
          ...before,
          ref: { cluster: this.#cluster, namespace, serviceAccount },
          associationId,
          arn: summary.associationArn ?? before?.arn ?? '',
          listedAt: now,
        },
      ];
    });
  }

  /** Gone from List: no link by tag, no owner any more. A successor under another id keeps them. */
  async #forget(
    stored: ObservedAssociation[],
    current: ObservedAssociation[],
    now: number,
  ) {
    const { store } = this.#options;
    const ids = new Set(current.map(association => association.associationId));
    const gone = stored.filter(
      association =>
        !ids.has(association.associationId) &&
        // Made while List was being read: it is not gone.
        association.listedAt < now,
    );
    await store.associations.remove(
      this.#cluster,
      gone.map(association => association.associationId),
    );
    const still = new Set(
      current.map(({ ref }) => stringifyServiceAccountRef(ref)),
    );
    for (const { ref } of gone) {
      if (still.has(stringifyServiceAccountRef(ref))) continue;
      await store.entityRefs.removeRef(ref, 'aws-tag');
      await store.owners.remove(ref);
    }
  }

  /** Those that are still there, described and stored. What was described is stored however this ends. */
  async #describe(
    due: ObservedAssociation[],
    now: number,
    session: ClusterSession,
    signal: AbortSignal,
  ): Promise<ObservedAssociation[]> {
    const { store, config } = this.#options;
    const described: ObservedAssociation[] = [];
    let saved = 0;
    const save = async () => {
      const upTo = described.length;
      await store.associations.upsert(described.slice(saved, upTo));
      saved = upTo;
    };
    try {
      for (const association of due) {
        signal.throwIfAborted();
        const details = await readAssociationFact(
          session,
          association.associationId,
          signal,
        );
        // Deleted since it was listed: the next sweep forgets it.
        if (!details) continue;
        const owner = ownerOf(details, {
          portalId: config.portalId,
          ...association.ref,
          cluster: session.cluster,
        });
        described.push({
          ...association,
          details,
          owner,
          roleArn: details.roleArn,
          targetRoleArn: details.targetRoleArn,
          entityRef:
            owner === 'portal'
              ? details.tags[MARK_TAGS.entityRef]?.toLocaleLowerCase('en-US')
              : undefined,
          describedAt: now,
        });
        if (described.length - saved === DESCRIBE_EVERY) await save();
      }
    } finally {
      await save();
    }
    return described;
  }

  async #link(ref: ServiceAccountRef, entityRef: string) {
    const { store } = this.#options;
    const links = await store.entityRefs.ofRef(ref);
    if (
      !links.some(
        link => link.source === 'aws-tag' && link.entityRef === entityRef,
      )
    ) {
      await store.entityRefs.removeRef(ref, 'aws-tag');
      await store.entityRefs.add([{ entityRef, ref, source: 'aws-tag' }]);
    }
  }

  /**
   * Owners by tag, and which tags name nobody. A catalog that does not answer leaves both as they were: it says
   * nothing about the cluster.
   */
  async #setOwners(associations: ObservedAssociation[]) {
    const { store, ownersOf, logger } = this.#options;
    const tagged = associations.flatMap(({ entityRef }) =>
      entityRef ? [entityRef.toLowerCase()] : [],
    );
    let owners: Map<string, string[]>;
    try {
      owners = await ownersOf([...new Set(tagged)]);
    } catch (error) {
      logger.warn(
        `Could not ask the catalog for the owners of identities on ${
          this.#cluster
        }; the next sweep does`,
        error as Error,
      );
      return;
    }
    for (const { ref, associationId, entityRef, orphan } of associations) {
      const ownerRefs = owners.get(entityRef?.toLowerCase() ?? '');
      if (entityRef && ownerRefs) {
        await store.owners.set(ref, { entityRef, ownerRefs });
      }
      const isOrphan = entityRef !== undefined && ownerRefs === undefined;
      if (isOrphan !== orphan) {
        await store.associations.mark(this.#cluster, associationId, {
          orphan: isOrphan,
        });
      }
    }
  }
}
