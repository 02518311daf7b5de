import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  CheckResult,
  MARK_TAGS,
  ServiceAccountRef,
  stringifyServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { toAwsBackstageError } from '../aws/errors';
import type { Clock } from '../clock';
import type {
  ClusterConfig,
  ClusterSession,
  Clusters,
  EngineConfig,
} from '../clusters/types';
import type { OperationContext } from '../lifecycle/types';
import { hashOf } from '../operations/canonical';
import type { StatusBook } from '../status/StatusBook';
import type { Store } from '../store';
import type { ObservedAssociation } from '../store/AssociationStore';
import type { Collectors } from '../verification/facts/collecting';
import type { Verification } from '../verification/types';
import {
  describeAssociation,
  dueForDescribe,
  listAssociations,
  ownerOf,
} from './associations';
import { presetFacts } from './presetFacts';
import { readRoles } from './roles';

/** Refs between two stored cursors: what a killed sweep does again at most. */
const CURSOR_EVERY = 25;
/** Descriptions between two writes: what a killed sweep asks AWS for again at most. */
const DESCRIBE_EVERY = 25;
/** One look has this long at the most; a sweep reads nearly everything before. */
const LOOK_SECONDS = 30;

export interface ClusterSweepOptions {
  store: Store;
  clusters: Clusters;
  config: EngineConfig;
  verification: Verification;
  book: StatusBook;
  clock: Clock;
  logger: LoggerService;
  /** ownedBy of those of the entities that exist, by entity ref in lower case; for permission decisions too. */
  ownersOf(entityRefs: string[]): Promise<Map<string, string[]>>;
}

/** What a sweep did, for its log line. */
export interface SweepSummary {
  associations: number;
  described: number;
  looked: number;
  resumed: boolean;
}

/** One cluster seen whole: its associations listed, some described, every ref looked at without a pod. */
export class ClusterSweep {
  readonly #options: ClusterSweepOptions;
  readonly #cluster: ClusterConfig;

  constructor(cluster: ClusterConfig, options: ClusterSweepOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** A cluster that cannot be read keeps its last truth, marked stale with the reason. */
  async run(signal: AbortSignal): Promise<SweepSummary | undefined> {
    const { store, logger } = this.#options;
    try {
      return await this.#sweep(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const reason = toAwsBackstageError(error, {
        doing: 'read the associations',
        cluster: this.#cluster,
      }).message;
      await store.clusterStates.failed(this.#cluster.id, reason);
      logger.warn(`Cluster ${this.#cluster.id} could not be swept: ${reason}`);
      return undefined;
    }
  }

  async #sweep(signal: AbortSignal): Promise<SweepSummary> {
    const { store, clusters, clock } = this.#options;
    const { id } = this.#cluster;
    const session = clusters.session(id, 'read');
    const observedAt = clock.now();
    const cursor = (await this.#unfinished()) ?? { startedAt: clock.now() };
    await store.clusterStates.setCursor(id, cursor);

    const { associations, described } = await this.#observe(session, signal);
    const roles = await readRoles(session, signal);
    const facts = presetFacts({
      associations: new Map(
        associations.flatMap(({ ref, details }) =>
          details ? [[`${ref.namespace}/${ref.serviceAccount}`, details]] : [],
        ),
      ),
      roles,
    });

    const refs = await this.#refs(associations);
    const left = refs.filter(
      ref => !cursor.after || stringifyServiceAccountRef(ref) > cursor.after,
    );
    let looked = 0;
    for (const ref of left) {
      signal.throwIfAborted();
      await this.#look(ref, facts.preset, observedAt, signal);
      looked += 1;
      if (looked % CURSOR_EVERY === 0) {
        await store.clusterStates.setCursor(id, {
          ...cursor,
          after: stringifyServiceAccountRef(ref),
        });
      }
    }
    await this.#markDrift();
    await store.clusterStates.finished(
      id,
      facts.agent() ?? (await store.clusterStates.find(id)).agent,
    );
    return {
      associations: associations.length,
      described,
      looked,
      resumed: cursor.after !== undefined,
    };
  }

  /** Where the last sweep stopped, unless that is so long ago that its first half is as good as not seen. */
  async #unfinished() {
    const { store, clock, config } = this.#options;
    const { cursor } = await store.clusterStates.find(this.#cluster.id);
    return cursor && cursor.startedAt > clock.now() - config.sweep.maxAgeMs
      ? cursor
      : undefined;
  }

  /** Lists all, forgets what is gone, describes what is new or due. */
  async #observe(session: ClusterSession, signal: AbortSignal) {
    const { store, clock, config } = this.#options;
    const { id } = this.#cluster;
    const listed = await listAssociations(session, signal);
    const stored = new Map(
      (await store.associations.ofCluster(id)).map(association => [
        association.associationId,
        association,
      ]),
    );
    const now = clock.now();
    const current = listed.flatMap((summary): ObservedAssociation[] => {
      const { associationId, namespace, serviceAccount } = summary;
      if (!associationId || !namespace || !serviceAccount) return [];
      const known = stored.get(associationId);
      return [
        {
          owner: summary.ownerArn ? 'addon' : 'external',
          orphan: false,
          drift: false,
          ...known,
          ref: { cluster: id, namespace, serviceAccount },
          associationId,
          arn: summary.associationArn ?? known?.arn ?? '',
          listedAt: now,
        },
      ];
    });
    const ids = new Set(current.map(association => association.associationId));
    await this.#forget(
      [...stored.values()].filter(
        association =>
          !ids.has(association.associationId) &&
          // Made while List was being read: it is not gone.
          association.listedAt < now,
      ),
      current,
    );
    const due = new Set(
      dueForDescribe(current, {
        now,
        maxAgeMs: config.sweep.maxAgeMs,
        frequencyMs: config.sweep.frequencyMs,
      }),
    );
    const rest = current.filter(association => !due.has(association));
    await store.associations.upsert(rest);
    const associations = [...rest];
    let unsaved: ObservedAssociation[] = [];
    for (const association of due) {
      signal.throwIfAborted();
      const details = await describeAssociation(
        session,
        association.associationId,
        signal,
      );
      // Deleted since it was listed: the next sweep forgets it.
      if (!details) continue;
      const owner = ownerOf(details, config.portalId);
      unsaved.push({
        ...association,
        details,
        owner,
        roleArn: details.roleArn,
        targetRoleArn: details.targetRoleArn,
        entityRef:
          owner === 'portal' ? details.tags[MARK_TAGS.entityRef] : undefined,
        describedAt: now,
      });
      if (unsaved.length === DESCRIBE_EVERY) {
        await store.associations.upsert(unsaved);
        associations.push(...unsaved);
        unsaved = [];
      }
    }
    await store.associations.upsert(unsaved);
    associations.push(...unsaved);
    for (const { ref, entityRef } of associations) {
      if (entityRef) await this.#link(ref, entityRef);
    }
    await this.#setOwners(associations);
    return { associations, described: due.size };
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
          this.#cluster.id
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
        await store.associations.mark(this.#cluster.id, associationId, {
          orphan: isOrphan,
        });
      }
    }
  }

  /** Gone from List: no link by tag, no owner any more. A successor under another id keeps them. */
  async #forget(gone: ObservedAssociation[], current: ObservedAssociation[]) {
    const { store } = this.#options;
    await store.associations.remove(
      this.#cluster.id,
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

  /** Refs with an association, and those that an annotation claims, in written order. */
  async #refs(associations: ObservedAssociation[]) {
    const claimed = await this.#options.store.entityRefs.refsOfCluster(
      this.#cluster.id,
    );
    const all = new Map(
      [...associations.map(({ ref }) => ref), ...claimed].map(ref => [
        stringifyServiceAccountRef(ref),
        ref,
      ]),
    );
    return [...all.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, ref]) => ref);
  }

  /** A look is stored when it saw something else than the last one; else only its time is. */
  async #look(
    ref: ServiceAccountRef,
    preset: Partial<Collectors>,
    observedAt: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, verification, book } = this.#options;
    const changedAt = await store.operations.lastChangeAt(ref);
    // What an operation changed since is asked for anew.
    const { association: _, ...rest } = preset;
    const current = changedAt && changedAt >= observedAt ? rest : preset;
    const links = await store.entityRefs.ofRef(ref);
    const report = await verification.verify(
      {
        ref,
        entityRef: links.find(link => link.source === 'aws-tag')?.entityRef,
        trigger: 'schedule',
        probe: 'none',
        permissionChecks: [],
        timeoutSeconds: LOOK_SECONDS,
        changedAt,
      },
      await this.#context(ref, signal),
      current,
    );
    const last = await store.reports.lastLook(ref);
    const same =
      last &&
      last.probe === 'none' &&
      hashOf(seenBy(last)) === hashOf(seenBy(report));
    if (same) {
      await book.refresh(
        ref,
        report.fingerprint,
        Date.parse(report.finishedAt),
      );
    } else {
      await store.reports.insert(report);
      await book.refresh(ref, report.fingerprint);
    }
  }

  /** Reads only: whatever wants to write in a sweep is a mistake, and is stopped. */
  async #context(
    ref: ServiceAccountRef,
    signal: AbortSignal,
  ): Promise<OperationContext> {
    const { config, clusters, clock, logger, store } = this.#options;
    const refuse = async (): Promise<never> => {
      throw new Error('A scheduled look writes nothing');
    };
    return {
      config,
      clusters,
      clock,
      logger,
      signal,
      emit: async () => {},
      guard: { beforeWrite: refuse, withLease: refuse },
      granted: new Set(),
      lastAssociate: await store.operations.lastAssociate(ref),
    };
  }

  /** Of what is stored now: an operation may have changed something while the sweep looked around. */
  async #markDrift() {
    const { store } = this.#options;
    const { id } = this.#cluster;
    for (const association of await store.associations.ofCluster(id)) {
      const last =
        association.owner === 'portal' && association.describedAt !== undefined
          ? await store.operations.lastAssociate(association.ref)
          : undefined;
      const driftReason =
        last?.result &&
        driftOf(association, last.result.roleArn, last.input.targetRoleArn);
      if (driftReason !== association.driftReason) {
        await store.associations.mark(id, association.associationId, {
          drift: driftReason !== undefined,
          driftReason,
        });
      }
    }
  }
}

/** Live differs from what the last associate asked for; undefined where it does not. */
function driftOf(
  association: ObservedAssociation,
  roleArn: string | undefined,
  targetRoleArn: string | undefined,
): string | undefined {
  if (roleArn && association.roleArn !== roleArn) {
    return `The role is ${association.roleArn}; the last associate set ${roleArn}`;
  }
  if (
    targetRoleArn !== undefined &&
    (association.targetRoleArn ?? '') !== targetRoleArn
  ) {
    return `The target role is ${
      association.targetRoleArn ?? 'none'
    }; the last associate set ${targetRoleArn || 'none'}`;
  }
  return undefined;
}

/** What a report says, without when it was made and how long it took. */
function seenBy(report: VerificationReport) {
  const told = ({ id, status, message, observed }: CheckResult) => ({
    id,
    status,
    message,
    observed,
  });
  return {
    status: report.status,
    fingerprint: report.fingerprint,
    checks: report.checks.map(told),
  };
}
