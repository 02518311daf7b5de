import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  agentInstallPermission,
  associationCreatePermission,
  AssociationPage,
  associationReadPermission,
  ClusterOverview,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters } from 'eks-pod-identity-engine';
import { ClusterVisibility, mayReach } from '../permissions/ClusterVisibility';
import type { Store } from '../store';
import type { ClusterState } from '../store/ClusterStateStore';
import type { FleetCriteria, FleetQuery } from '../store/FleetStore';
import { staleOf } from './staleness';

/** What the catalog was asked for, and the titles of what it gave. */
interface Named {
  asked: Set<string>;
  titles: Map<string, string>;
}

/** Entities that one search looks up in the catalog, at most. */
const MAX_NAMED = 200;
const NAME_FIELDS = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.title',
];

const titleOf = ({ metadata }: Entity) => metadata.title || metadata.name;

/** The fleet page: associations and clusters, limited in SQL to what the caller may see. */
export class Fleet {
  readonly #store: Store;
  readonly #clusters: Clusters;
  readonly #catalog: CatalogService;
  readonly #visibility: ClusterVisibility;
  readonly #now: () => number;
  readonly #maxAgeMs: number;
  readonly #upSince: number;

  constructor(options: {
    store: Store;
    clusters: Clusters;
    catalog: CatalogService;
    visibility: ClusterVisibility;
    now(): number;
    /** Age from which what was seen of a cluster counts as stale. */
    maxAgeMs: number;
  }) {
    this.#store = options.store;
    this.#clusters = options.clusters;
    this.#catalog = options.catalog;
    this.#visibility = options.visibility;
    this.#now = options.now;
    this.#maxAgeMs = options.maxAgeMs;
    this.#upSince = options.now();
  }

  async associations(
    query: FleetQuery,
    page: { limit: number; cursor?: string },
    credentials: BackstageCredentials,
  ): Promise<AssociationPage> {
    const [decision] = await this.#visibility.decide(
      [associationReadPermission],
      credentials,
      { forPage: true },
    );
    if (decision === 'none') {
      return { items: [], totalItems: 0, counts: {}, orphans: 0, drifted: 0 };
    }
    const criteria = decision === 'all' ? undefined : decision.criteria;
    const found = query.q
      ? await this.#entitiesWith(criteria, query.q, credentials)
      : undefined;
    const limited: FleetQuery = {
      ...query,
      criteria,
      entityRefs: found && [...found.titles.keys()],
    };
    const [rows, counts, clusterStates] = await Promise.all([
      this.#store.fleet.page(limited, page),
      this.#store.fleet.counts(limited),
      this.#store.clusterStates.all(),
    ]);
    const titles = await this.#entityTitles(
      rows.items.flatMap(row => (row.entityRef ? [row.entityRef] : [])),
      credentials,
      found,
    );
    const clusters = new Map(
      this.#clusters.list().map(cluster => [cluster.id, cluster.title]),
    );
    return {
      items: rows.items.map(row => {
        const title = row.entityRef && titles.get(row.entityRef);
        return {
          ref: row.ref,
          clusterTitle: clusters.get(row.ref.cluster) ?? row.ref.cluster,
          associationId: row.associationId,
          owner: row.owner,
          roleArn: row.roleArn,
          targetRoleArn: row.targetRoleArn,
          status: row.status,
          headline: row.headline,
          entityRef: title ? row.entityRef : undefined,
          entityTitle: title,
          claimed: title && row.claimed ? true : undefined,
          orphan: row.orphan,
          drift: row.drift,
          driftReason: row.driftReason,
          stale: this.#stale(clusterStates.get(row.ref.cluster)) !== undefined,
          provenAt: iso(row.provenAt),
          lookedAt: iso(row.lookedAt),
        };
      }),
      nextCursor: rows.nextCursor,
      totalItems: counts.totalItems,
      counts: counts.byStatus,
      orphans: counts.orphans,
      drifted: counts.drifted,
    };
  }

  async clusters(
    credentials: BackstageCredentials,
  ): Promise<ClusterOverview[]> {
    const [read, create, install] = await this.#visibility.decide(
      [
        associationReadPermission,
        associationCreatePermission,
        agentInstallPermission,
      ],
      credentials,
      { forPage: true },
    );
    const [counts, states] = await Promise.all([
      read === 'none'
        ? new Map<string, Record<string, number>>()
        : this.#store.fleet.countsByCluster(
            read === 'all' ? undefined : read.criteria,
          ),
      this.#store.clusterStates.all(),
    ]);
    return this.#visibility.within([read, create]).map(cluster => {
      const state = states.get(cluster.id);
      const stale = this.#stale(state);
      const creates = mayReach(create, cluster.id);
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
        stale: stale && { since: iso(stale.since)!, reason: stale.reason },
        can: {
          create: creates,
          installAgent:
            cluster.allow.installAgent && mayReach(install, cluster.id),
          createNamespace: cluster.allow.createNamespace && creates,
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

  /** Entities with such a name or title, those that the caller may know of. */
  async #entitiesWith(
    criteria: FleetCriteria | undefined,
    part: string,
    credentials: BackstageCredentials,
  ): Promise<Named> {
    const [named, { items }] = await Promise.all([
      this.#store.fleet.entityRefsWith(criteria, part, MAX_NAMED),
      // Rows show titles, which only the catalog has
      this.#catalog.queryEntities(
        {
          fullTextFilter: { term: part, fields: ['metadata.title'] },
          fields: NAME_FIELDS,
          limit: MAX_NAMED,
        },
        { credentials },
      ),
    ]);
    const titled = new Map(
      items.map(entity => [stringifyEntityRef(entity), titleOf(entity)]),
    );
    const titles = await this.#entityTitles(
      named.filter(ref => !titled.has(ref)),
      credentials,
    );
    return {
      asked: new Set([...named, ...titled.keys()]),
      titles: new Map([...titled, ...titles]),
    };
  }

  /** Only what the catalog gives to this caller has a name; what a search has asked for is not asked for again. */
  async #entityTitles(
    entityRefs: string[],
    credentials: BackstageCredentials,
    known?: Named,
  ): Promise<Map<string, string>> {
    const asked = [...new Set(entityRefs)].filter(
      ref => !known?.asked.has(ref),
    );
    if (asked.length === 0) return known?.titles ?? new Map();
    const { items } = await this.#catalog.getEntitiesByRefs(
      {
        entityRefs: asked,
        fields: NAME_FIELDS,
      },
      { credentials },
    );
    return new Map([
      ...(known?.titles ?? []),
      ...asked.flatMap((ref, index) => {
        const entity = items[index];
        return entity ? [[ref, titleOf(entity)] as const] : [];
      }),
    ]);
  }
}

function iso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
