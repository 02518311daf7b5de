import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  type AccessItem,
  type AccessMove,
  type AccessPage,
  type AccessProgress,
  type AccessProgressQuery,
  type AccessQuery,
  type AccessShare,
  type AccessSort,
  associationReadPermission,
  type EntityAccess,
  type EntityNodeUse,
  foldEntityRef,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters, EngineConfig } from 'eks-pod-identity-engine';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import { readClaimant } from '../permissions/claimant';
import {
  type ClusterVisibility,
  covers,
  type Decision,
} from '../permissions/ClusterVisibility';
import type { Store } from '../store';
import {
  added,
  type DayOfCluster,
  type Figures,
  sumOfCounts,
} from '../store/accessFigures';
import type { ListedAccess, PageOptions } from '../store/AccessStore';
import type { FleetCriteria } from '../store/criteria';
import { toIso, toOptionalIso } from '../store/values';
import {
  type AccessDecisions,
  AccessNames,
  type AccessNamesDeps,
} from './AccessNames';
import { EntityNames } from './EntityNames';
import { nodeUseOf, shownGroups } from './nodeUse';

export interface AccessOptions extends AccessNamesDeps {
  authorizer: Authorizer;
  catalog: CatalogService;
  clusters: Clusters;
  config: Pick<EngineConfig, 'administrators' | 'inventory'>;
  store: Pick<Store, 'access' | 'associations' | 'moveStates' | 'moveTrusts'>;
  visibility: ClusterVisibility;
}

/** Who asks for a card, and what the policy says of that. */
interface AccessAsker {
  credentials: Caller;
  deciding: Promise<AccessDecisions>;
}

/** Rows that the card of an entity shows, at most. */
const MAX_OF_ENTITY = 20;

const NONE: AccessShare = { byPodIdentity: 0, total: 0 };

const sum = (one: AccessShare, other: AccessShare): AccessShare => ({
  byPodIdentity: one.byPodIdentity + other.byPodIdentity,
  total: one.total + other.total,
});

/** Every AWS identity of the clusters, by whatever road, limited in SQL to what the caller may see. */
export class Access {
  readonly #options: AccessOptions;
  readonly #names: AccessNames;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#names = new AccessNames(options);
  }

  async list(
    { ownedBy, ...query }: Omit<AccessQuery, keyof PageOptions | 'order'>,
    page: Omit<PageOptions, 'sort'> & {
      sort?: AccessSort;
      descending?: boolean;
    },
    caller: Caller,
  ): Promise<AccessPage> {
    const { authorizer, catalog, store, visibility } = this.#options;
    const [read, verify] = await authorizer.decide(
      [associationReadPermission, verificationCreatePermission],
      caller,
      { forPage: true },
    );
    const decision = visibility.read(read);
    if (decision === 'none') {
      return { items: [], totalItems: 0, verdicts: {}, roads: {} };
    }
    const names = new EntityNames(catalog, caller);
    const filter = {
      ...query,
      criteria: decision === 'all' ? undefined : decision.criteria,
      // Among the entities that the caller may know, or hidden ones could be guessed
      ofEntities:
        ownedBy === undefined ? undefined : await names.ownedBy(ownedBy),
    };
    const { cursor, limit, sort = 'verdict', descending } = page;
    const [rows, counts] = await Promise.all([
      store.access.page(filter, {
        limit,
        cursor,
        sort: { by: sort, descending },
      }),
      store.access.counts(filter),
    ]);
    const [shown, entityOf, moves] = await Promise.all([
      this.#names.show(rows.items, { read, verify }, caller),
      this.#entities(rows.items, names),
      store.moveStates.ofRefs(rows.items.map(({ row }) => row.ref)),
    ]);
    const titles = this.#titles();
    return {
      items: rows.items.map((item, index) => ({
        ...shown[index],
        clusterTitle: titles.get(item.row.ref.cluster) ?? item.row.ref.cluster,
        lookedAt: toIso(item.lookedAt),
        ...entityOf(item),
        ...moveIn(moves, item),
      })),
      nextCursor: rows.nextCursor,
      ...counts,
    };
  }

  /**
   * Of one entity, without what its card shows as identities; undefined where there is none. One query, and for each row
   * what the list shows of it. It is for callers to whom the catalog gives the entity.
   *
   * @param claimed - service accounts that the annotation of the entity names
   */
  async ofEntity(
    entityRef: string,
    claimed: ServiceAccountRef[],
    { deciding, credentials }: AccessAsker,
  ): Promise<EntityAccess[] | undefined> {
    const { config, store, visibility } = this.#options;
    if (!config.inventory.enabled) return undefined;
    const find = (criteria?: FleetCriteria) =>
      store.access.ofEntity(entityRef, claimed, {
        criteria,
        // Few have keys beside Pod Identity, which the database cannot tell
        limit: 2 * MAX_OF_ENTITY,
      });
    // Few entities have any, so that most cards wait for nothing after the policy
    const [decisions, all] = await Promise.all([deciding, find()]);
    const decision = visibility.read(decisions.read);
    if (decision === 'none' || all.length === 0) return undefined;
    const found = decision === 'all' ? all : await find(decision.criteria);
    const rows = found
      .filter(({ row }) => !row.roads.includes('pod-identity'))
      .slice(0, MAX_OF_ENTITY);
    if (rows.length === 0) return undefined;
    const shown = await this.#names.show(rows, decisions, credentials);
    const titles = this.#titles();
    return rows.map(({ row: { ref }, entity, lookedAt }, index) => ({
      ...shown[index],
      clusterTitle: titles.get(ref.cluster) ?? ref.cluster,
      lookedAt: toIso(lookedAt),
      linkedBy:
        entity?.entityRef === entityRef && entity.by !== 'team'
          ? entity.by
          : 'annotation',
    }));
  }

  /**
   * Workloads of an entity that may be using the role of their node, of those that the caller is allowed to read; undefined
   * where there are none. What has a row or, since the look, an association has a road of its own.
   */
  async asNodeOf(
    entityRef: string,
    deciding: AccessAsker['deciding'],
  ): Promise<EntityNodeUse[] | undefined> {
    const { authorizer, config, store, visibility } = this.#options;
    if (!config.inventory.enabled) return undefined;
    const [looks, { read }] = await Promise.all([
      store.access.nodeGroupsOf(entityRef),
      deciding,
    ]);
    const decision = visibility.read(read);
    if (decision === 'none' || looks.size === 0) return undefined;
    const found = visibility.within([decision]).flatMap(cluster => {
      const look = looks.get(cluster.id);
      return look ? nodeUseOf(entityRef, cluster, look) : [];
    });
    const refs = found.map(({ ref }) => ref);
    const [rows, associated] = await Promise.all([
      store.access.among(refs),
      store.associations.findMany(refs),
    ]);
    const withRoad = new Set(
      [...rows, ...[...associated.values()].map(({ ref }) => ref)].map(
        stringifyServiceAccountRef,
      ),
    );
    const uses = found.filter(
      ({ ref }) => !withRoad.has(stringifyServiceAccountRef(ref)),
    );
    const mayRead = await authorizer.judge(
      uses.map(({ ref }) => ({ decision: read, ref })),
    );
    const readable = uses.filter((_, index) => mayRead[index]);
    return readable.length > 0 ? readable.slice(0, MAX_OF_ENTITY) : undefined;
  }

  async progress(
    query: AccessProgressQuery,
    caller: Caller,
  ): Promise<AccessProgress> {
    const { administrators, catalog, config, store, visibility } =
      this.#options;
    const [read] = await visibility.decide(
      [associationReadPermission],
      caller,
      { forPage: true },
    );
    const isAdministrator = await administrators.include(caller);
    const moveRecords = isAdministrator
      ? await this.#countMoveRecords(read)
      : undefined;
    if (read === 'none' || !config.inventory.enabled) {
      return { clusters: [], owners: [], days: [], moveRecords };
    }
    const criteria = read === 'all' ? undefined : read.criteria;
    const names = new EntityNames(catalog, caller);
    const cluster = query.cluster || undefined;
    const { ownedBy } = query;
    const ofEntities =
      ownedBy === undefined ? undefined : await names.ownedBy(ownedBy);
    const [states, byCluster, byEntity, counts, days] = await Promise.all([
      store.access.states(),
      store.access.shares('cluster', criteria),
      store.access.shares('entity_ref', criteria),
      cluster || ownedBy
        ? store.access.counts({ cluster, ofEntities, criteria })
        : undefined,
      this.#mayCount(ownedBy, caller).then(may =>
        may ? this.#days(read, query) : [],
      ),
    ]);
    // They tell of trust policies, as the rows do to those alone who may have the names.
    const notes = isAdministrator
      ? await store.access.notes(this.#covered(read))
      : undefined;
    return {
      clusters: visibility.within([read]).map(({ id, title }) => {
        const state = states.get(id);
        const { lookedAt, usedSince, gaps, nodeGroups, failure } = state ?? {};
        // Roles and workloads of everybody: no owner of one service account hears of them.
        const isForCaller = isAdministrator && covers(read, id);
        return {
          cluster: id,
          title,
          ...(byCluster.get(id) ?? NONE),
          lookedAt: toOptionalIso(lookedAt),
          usedSince,
          gaps: gaps ?? [],
          nodeGroups: isForCaller ? shownGroups(nodeGroups) : undefined,
          failure,
        };
      }),
      owners: (await ownersOf(byEntity, names)).map(owner => ({
        ...owner,
        notes: notes?.get(owner.entityRef.toLowerCase()),
      })),
      chosen: counts && {
        byPodIdentity: counts.roads['pod-identity'] ?? 0,
        total: counts.totalItems,
      },
      days,
      notes:
        notes &&
        [...notes.values()].reduce((one, other) => sumOfCounts(one, other), {}),
      moveRecords,
    };
  }

  /**
   * The figures of an owner count what the catalog hides from the caller, too: they are for administrators and for those who
   * own what the owner does.
   */
  async #mayCount(ownedBy: string | undefined, caller: Caller) {
    const { administrators, config, userInfo } = this.#options;
    if (ownedBy === undefined) return true;
    if (await administrators.include(caller)) return true;
    const { claims } = await readClaimant(caller, userInfo, config);
    return claims.includes(foldEntityRef(ownedBy));
  }

  /**
   * Of the clusters of which the caller may see all, because a figure does not tell whose the service accounts were. A
   * cluster that was not looked at on a day counts as the day before.
   */
  async #days(
    read: Decision,
    { cluster, ownedBy }: AccessProgressQuery,
  ): Promise<AccessProgress['days']> {
    const figures = await this.#options.store.access.days(
      this.#covered(read).filter(id => (cluster || id) === id),
      ownedBy && foldEntityRef(ownedBy),
    );
    const latest = new Map<string, DayOfCluster>();
    const days = new Map<string, AccessProgress['days'][number]>();
    let sums: Figures = { ...NONE, verdicts: {}, roads: {} };
    for (const figure of figures) {
      const { day } = figure;
      const former = latest.get(figure.cluster);
      latest.set(figure.cluster, figure);
      sums = added(former ? added(sums, former, -1) : sums, figure);
      days.set(day, { day, ...sums });
    }
    const all = [...days.values()];
    // The picture of an owner begins with what they had first
    const first = all.findIndex(({ total }) => total > 0);
    return first < 0 ? [] : all.slice(first);
  }

  async #countMoveRecords(read: Decision): Promise<number> {
    const counts = await this.#options.store.moveTrusts.counts();
    return [...counts]
      .filter(([cluster]) => covers(read, cluster))
      .reduce((all, [, count]) => all + count, 0);
  }

  /** Clusters of which the caller may see everything. */
  #covered(read: Decision): string[] {
    const ids = this.#options.clusters.list().map(({ id }) => id);
    return ids.filter(id => covers(read, id));
  }

  #titles(): Map<string, string> {
    return new Map(
      this.#options.clusters.list().map(({ id, title }) => [id, title]),
    );
  }

  /** One of several components of a namespace says whose they are, and not which one it is. */
  async #entities(items: ListedAccess[], names: EntityNames) {
    const entities = await names.of(
      items.flatMap(({ entity }) => entity?.entityRef ?? []),
    );
    const found = ({ entity }: ListedAccess) =>
      entity && entities.get(entity.entityRef);
    const owners = await names.owners(items.flatMap(item => found(item) ?? []));
    return (item: ListedAccess): Partial<AccessItem> => {
      const named = found(item);
      if (!item.entity || !named) return {};
      const { by, entityRef } = item.entity;
      return {
        ...(by === 'team'
          ? {}
          : { entityRef, entityTitle: named.title, hasTab: named.hasTab }),
        ...(by === 'tag' ? {} : { claimed: true }),
        ownedBy: owners(named),
      };
    };
  }
}

/** Beside the verdict, which is that of the last look. */
function moveIn(
  moves: Map<string, AccessMove>,
  { row: { ref } }: ListedAccess,
): Pick<AccessItem, 'move'> {
  const move = moves.get(stringifyServiceAccountRef(ref));
  return move ? { move } : {};
}

/** Of the entities that the catalog shows to the caller; one that has two owners counts for both. */
async function ownersOf(
  byEntity: Map<string, AccessShare>,
  names: EntityNames,
): Promise<AccessProgress['owners']> {
  const entities = await names.of([...byEntity.keys()]);
  const owners = await names.owners([...entities.values()]);
  const found = new Map<string, AccessProgress['owners'][number]>();
  for (const [entityRef, entity] of entities) {
    const share = byEntity.get(entityRef) ?? NONE;
    for (const owner of owners(entity)) {
      const before = found.get(owner.entityRef) ?? NONE;
      found.set(owner.entityRef, { ...owner, ...sum(before, share) });
    }
  }
  return [...found.values()].sort((a, b) => a.title.localeCompare(b.title));
}
