import type { PolicyDecision } from '@backstage/plugin-permission-common';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  agentInstallPermission,
  type AssociationCause,
  associationCreatePermission,
  AssociationPage,
  associationReadPermission,
  AssociationRow,
  ClusterOverview,
  clusterSweepPermission,
  IdentityStatus,
  NamedStatus,
  orphanRemovePermission,
  setupReadPermission,
  statusesNamed,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import { CHECKS, type Clusters } from 'eks-pod-identity-engine';
import type { Administrators } from '../permissions/Administrators';
import { asAsked, type Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import { ClusterVisibility, mayReach } from '../permissions/ClusterVisibility';
import type { Store } from '../store';
import type { ClusterState } from '../store/ClusterStateStore';
import type { FleetRow } from '../store/fleetRow';
import { type FleetQuery, USE_MS } from '../store/FleetStore';
import type { FleetSort } from '../store/fleetSort';
import type {
  ClusterUse,
  EvidenceProgress,
} from '../evidence/EvidenceProgress';
import { EntityNames, MAX_NAMED, type NamedEntity } from './EntityNames';
import { toOptionalIso as iso } from '../store/values';
import { inWords } from './reportSummary';
import { hasFaded, staleOf } from './staleness';

/** In these, the proof still stands. */
const WORKING: readonly IdentityStatus[] = [
  'verified',
  'restart-needed',
  'partly-works',
];

/** Of the checks of the engine; those of modules are told by their sentences. */
const TITLES = new Map<string, string>(
  CHECKS.map(({ id, title }) => [id, title]),
);

/** In a query: of no check. */
const NO_CAUSE = 'none';

/** What a query asks the fleet for. */
export interface AssociationFilter
  extends Omit<FleetQuery, 'criteria' | 'statuses' | 'cause'> {
  ownedBy?: string;
  partOf?: string;
  status?: NamedStatus;
  /** Id of a check, or `none`. */
  cause?: string;
}

/** What the policy says of each row. */
interface RowDecisions {
  verify: PolicyDecision;
  remove: PolicyDecision;
  caller: Caller;
}

/** The fleet page: associations and clusters, limited in SQL to what the caller may see. */
export class Fleet {
  readonly #store: Store;
  readonly #clusters: Clusters;
  readonly #catalog: CatalogService;
  readonly #administrators: Pick<Administrators, 'include'>;
  readonly #authorizer: Authorizer;
  readonly #visibility: ClusterVisibility;
  readonly #evidence?: EvidenceProgress;
  readonly #now: () => number;
  readonly #proofMaxAgeMs: number;
  readonly #maxAgeMs: number;
  readonly #upSince: number;

  constructor(options: {
    store: Store;
    clusters: Clusters;
    catalog: CatalogService;
    administrators: Pick<Administrators, 'include'>;
    authorizer: Authorizer;
    visibility: ClusterVisibility;
    /** Undefined where the use of identities is not read. */
    evidence?: EvidenceProgress;
    now(): number;
    /** Age from which what was seen of a cluster counts as stale. */
    maxAgeMs: number;
    proofMaxAgeMs: number;
  }) {
    this.#store = options.store;
    this.#clusters = options.clusters;
    this.#catalog = options.catalog;
    this.#administrators = options.administrators;
    this.#authorizer = options.authorizer;
    this.#visibility = options.visibility;
    this.#evidence = options.evidence;
    this.#now = options.now;
    this.#proofMaxAgeMs = options.proofMaxAgeMs;
    this.#maxAgeMs = options.maxAgeMs;
    this.#upSince = options.now();
  }

  async associations(
    { ownedBy, partOf, status, ...query }: AssociationFilter,
    page: { limit: number; cursor?: string; sort?: FleetSort },
    credentials: Caller,
  ): Promise<AssociationPage> {
    const [read, verify, remove] = await this.#authorizer.decide(
      [
        associationReadPermission,
        verificationCreatePermission,
        orphanRemovePermission,
      ],
      credentials,
      { forPage: true },
    );
    const decision = this.#visibility.read(read);
    if (decision === 'none') {
      return { items: [], totalItems: 0, counts: {}, orphans: 0, drifted: 0 };
    }
    const names = new EntityNames(this.#catalog, credentials);
    const limited = await this.#limit(
      {
        ...query,
        statuses: status && statusesNamed(status),
        criteria: decision === 'all' ? undefined : decision.criteria,
      },
      { ownedBy, partOf },
      names,
    );
    const [rows, counts, clusterStates] = await Promise.all([
      this.#store.fleet.page(limited, page),
      this.#store.fleet.counts(limited),
      this.#store.clusterStates.all(),
    ]);
    const toRow = await this.#rows(rows.items, names, {
      verify,
      remove,
      caller: credentials,
    });
    return {
      items: rows.items.map(row => ({
        ...toRow(row),
        stale: this.#stale(clusterStates.get(row.ref.cluster)) !== undefined,
      })),
      nextCursor: rows.nextCursor,
      totalItems: counts.totalItems,
      counts: counts.byStatus,
      orphans: counts.orphans,
      drifted: counts.drifted,
    };
  }

  /** The same list, counted by status and cause. */
  async causes(
    { ownedBy, partOf, status, ...query }: AssociationFilter,
    credentials: Caller,
  ): Promise<AssociationCause[]> {
    const [read] = await this.#authorizer.decide(
      [associationReadPermission],
      credentials,
      { forPage: true },
    );
    const decision = this.#visibility.read(read);
    if (decision === 'none') return [];
    const limited = await this.#limit(
      {
        ...query,
        statuses: status && statusesNamed(status),
        criteria: decision === 'all' ? undefined : decision.criteria,
      },
      { ownedBy, partOf },
      new EntityNames(this.#catalog, credentials),
    );
    const causes = await this.#store.fleet.causes(limited);
    return causes.map(({ cause, status: of, sentence, ...counted }) => ({
      status: of,
      cause: cause ?? NO_CAUSE,
      title: cause && TITLES.get(cause),
      sentence: inWords(of, sentence).sentence,
      ...counted,
    }));
  }

  /** Names are searched and owners are found among the entities that the caller may know, or hidden ones could be guessed. */
  async #limit(
    { cause, ...query }: Omit<FleetQuery, 'cause'> & { cause?: string },
    { ownedBy, partOf }: Pick<AssociationFilter, 'ownedBy' | 'partOf'>,
    names: EntityNames,
  ): Promise<FleetQuery> {
    const { criteria, q } = query;
    const [owned, parts, named, titled] = await Promise.all([
      ownedBy === undefined ? undefined : names.ownedBy(ownedBy),
      partOf === undefined ? undefined : names.partOf(partOf),
      q ? this.#store.fleet.entityRefsWith(criteria, q, MAX_NAMED) : [],
      q ? names.titled(q) : [],
    ]);
    const known = await names.of(named);
    return {
      ...query,
      cause: cause === NO_CAUSE ? null : cause,
      ofEntities:
        owned && parts
          ? owned.filter(ref => parts.includes(ref))
          : owned ?? parts,
      entityRefs: q
        ? [...new Set([...titled, ...named.filter(ref => known.has(ref))])]
        : undefined,
    };
  }

  async #rows(
    rows: FleetRow[],
    names: EntityNames,
    { verify, remove, caller }: RowDecisions,
  ): Promise<(row: FleetRow) => Omit<AssociationRow, 'stale'>> {
    // Nothing else of an orphan can be settled here than what this portal made
    const orphans = rows.filter(
      row => row.orphan && row.owner === 'portal' && this.#changes(row),
    );
    const [entities, verifiable, removable] = await Promise.all([
      names.of(rows.flatMap(({ entityRef }) => entityRef ?? [])),
      this.#authorizer.judge(
        rows.map(({ ref }) => ({ decision: verify, ref })),
      ),
      orphans.length > 0 && (await this.#administrators.include(caller))
        ? this.#authorizer.judge(
            orphans.map(({ ref }) => ({ decision: remove, ref })),
          )
        : [],
    ]);
    const entityOf = ({ entityRef }: FleetRow): NamedEntity | undefined =>
      entityRef === undefined ? undefined : entities.get(entityRef);
    const ownersOf = await names.owners(
      rows.flatMap(row => entityOf(row) ?? []),
    );
    const clusters = new Map(
      this.#clusters.list().map(cluster => [cluster.id, cluster.title]),
    );
    const maySettle = new Set(orphans.filter((_, index) => removable[index]));
    const mayVerify = new Map(
      rows.map((row, index) => [row, verifiable[index]]),
    );
    return row => {
      const entity = entityOf(row);
      return {
        ref: row.ref,
        clusterTitle: clusters.get(row.ref.cluster) ?? row.ref.cluster,
        associationId: row.associationId,
        associationArn: row.arn,
        owner: row.owner,
        roleArn: row.roleArn,
        targetRoleArn: row.targetRoleArn,
        ...inWords(row.status, row.headline, row.notes),
        entityRef: entity && row.entityRef,
        entityTitle: entity?.title,
        hasTab: entity?.hasTab,
        claimed: entity && row.claimed ? true : undefined,
        ownedBy: entity && ownersOf(entity),
        orphan: row.orphan,
        drift: row.drift,
        driftReason: row.driftReason,
        provenAt: iso(row.provenAt),
        changedSince: row.changedSince,
        lookedAt: iso(row.lookedAt),
        ...this.#use(row),
        can: {
          verify: mayVerify.get(row) === true && clusters.has(row.ref.cluster),
          ...(maySettle.has(row) ? { settle: true } : {}),
        },
      };
    };
  }

  #changes({ ref }: FleetRow): boolean {
    return this.#clusters
      .list()
      .some(({ id, allow }) => id === ref.cluster && allow.changes);
  }

  #use(row: FleetRow): Partial<AssociationRow> {
    const { deniedAt, irsaAt, obtainedAt, provenAt, roleWasRead, usedAt } = row;
    const { replaced } = row;
    const proven: AssociationRow['proofLevel'] =
      obtainedAt !== undefined && WORKING.includes(row.status)
        ? 'application'
        : 'credentials';
    return {
      proofLevel: provenAt === undefined ? undefined : proven,
      proofFaded: hasFaded(
        provenAt,
        this.#now(),
        this.#proofMaxAgeMs,
        replaced,
      ),
      lastUsedAt: iso(usedAt),
      unused: roleWasRead
        ? (usedAt ?? 0) < this.#now() - USE_MS.unused
        : undefined,
      deniedAt: iso(deniedAt),
      irsaAt: iso(irsaAt),
    };
  }

  async clusters(credentials: Caller): Promise<ClusterOverview[]> {
    const [read, create, install, sweep, setup] = await this.#visibility.decide(
      [
        associationReadPermission,
        associationCreatePermission,
        agentInstallPermission,
        asAsked(clusterSweepPermission),
        asAsked(setupReadPermission),
      ],
      credentials,
      { forPage: true },
    );
    const [counts, states, uses, isAdministrator] = await Promise.all([
      read === 'none'
        ? new Map<string, Record<string, number>>()
        : this.#store.fleet.countsByCluster(
            read === 'all' ? undefined : read.criteria,
          ),
      this.#store.clusterStates.all(),
      this.#evidence?.progress() ?? new Map<string, ClusterUse>(),
      setup === 'all' && this.#administrators.include(credentials),
    ]);
    return this.#visibility.within([read, create]).map(cluster => {
      const state = states.get(cluster.id);
      const stale = this.#stale(state);
      const creates = cluster.allow.changes && mayReach(create, cluster.id);
      return {
        id: cluster.id,
        title: cluster.title,
        name: cluster.name,
        region: cluster.region,
        accountId: cluster.accountId,
        kubernetesAccess: cluster.kubernetes.access,
        counts: counts.get(cluster.id) ?? {},
        agentVersion: state?.agent?.version,
        agentCoverage: state?.agent && {
          ready: state.agent.ready,
          needed: state.agent.needed,
        },
        lastSweepAt: iso(state?.sweptAt),
        evidence: read === 'all' ? uses.get(cluster.id) : undefined,
        stale: stale && { since: iso(stale.since)!, reason: stale.reason },
        can: {
          create: creates,
          installAgent:
            cluster.allow.changes &&
            cluster.allow.installAgent &&
            mayReach(install, cluster.id),
          createNamespace: cluster.allow.createNamespace && creates,
          sweep: sweep === 'all',
          setup: isAdministrator,
        },
      };
    });
  }

  #stale(state: ClusterState | undefined) {
    return staleOf(state, {
      now: this.#now(),
      maxAgeMs: this.#maxAgeMs,
      upSince: this.#upSince,
    });
  }
}
