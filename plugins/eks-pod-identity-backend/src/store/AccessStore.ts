import {
  ACCESS_VERDICT_ORDER,
  type AccessNotes,
  type AccessRoad,
  type AccessRow,
  type AccessShare,
  type AccessSort,
  type AccessVerdict,
  type ClusterAccess,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AccessSeen } from 'eks-pod-identity-engine';
import type { EntityRecord } from 'eks-pod-identity-engine/portal';
import type { Knex } from 'knex';
import {
  BY_POD_IDENTITY,
  type DayOfCluster,
  daysOf,
  notesByOwner,
  type ShareColumns,
  NOT_COUNTED,
  storeFigures,
  toShare,
} from './accessFigures';
import {
  type AccessState,
  type LinkedEntity,
  nodeGroupsOf,
  statesOf,
} from './accessLooks';
import { seenText, toSeen } from './accessSeen';
import { type FleetCriteria, within } from './criteria';
import { rankIn } from './fleetSort';
import { type KeyedRow, Keyset, type Sort } from './keyset';
import { inParts, type RefColumns, toRef, whereRef, whereRefs } from './refs';
import { fromJson, fromOptionalJson, likeEscape, toMs } from './values';

/** One service account with an AWS identity. */
export interface StoredAccess {
  row: AccessRow;
  entity?: LinkedEntity;
  /** Of the entity, for the figures of the day; lower case. */
  ownerRef?: string;
  /** Whose the role is, where its tags say which entity of the name they mean. */
  holder?: EntityRecord;
}

/** The same as a list shows it. */
export interface ListedAccess extends Omit<StoredAccess, 'ownerRef'> {
  lookedAt: number;
}

export interface AccessFilter {
  criteria?: FleetCriteria;
  cluster?: string;
  road?: AccessRoad;
  verdict?: AccessVerdict;
  /** Of these entities alone. */
  ofEntities?: string[];
  /** Part of `namespace/name`: of nothing else, or names that are withheld could be guessed letter by letter. */
  q?: string;
}

interface AccessColumns extends RefColumns {
  entity_ref: string | null;
  entity_by: LinkedEntity['by'] | null;
  holder: string | null;
  details: string;
}

interface Row extends AccessColumns, KeyedRow {
  looked_at: number | string | null;
}

/** Sorts by what every reader of a row is allowed to know; what never happened is the oldest. */
const ROWS = new Keyset<AccessSort, Row>(
  {
    verdict: { sql: rankIn('a.verdict', ACCESS_VERDICT_ORDER), type: 'number' },
    serviceAccount: { sql: 'a.namespace', type: 'string' },
    lastUsedAt: { sql: 'coalesce(a.irsa_at, 0)', type: 'number' },
  },
  ['namespace', 'service_account', 'cluster'],
);

/** Rows are wide: parts of this size stay below what either database allows in one statement. */
const ROWS_PER_STATEMENT = 50;

function toListed(row: Row): ListedAccess {
  const { entity_ref: entityRef, entity_by: by } = row;
  return {
    row: fromJson(row.details),
    ...(entityRef && by ? { entity: { entityRef, by } } : {}),
    holder: fromOptionalJson(row.holder),
    lookedAt: toMs(row.looked_at ?? 0),
  };
}

function toColumns({ row, entity, holder }: StoredAccess) {
  return {
    ...whereRef(row.ref),
    road: row.roads[0],
    verdict: row.verdict,
    irsa_at: row.irsaAt ? Date.parse(row.irsaAt) : null,
    entity_ref: entity?.entityRef ?? null,
    entity_by: entity?.by ?? null,
    holder: holder ? JSON.stringify(holder) : null,
    details: JSON.stringify(row),
  };
}

/** All AWS access of the clusters, as the last look at each found it. */
export class AccessStore {
  readonly #knex: Knex;
  readonly #now: () => number;

  constructor(knex: Knex, now: () => number) {
    this.#knex = knex;
    this.#now = now;
  }

  /** By cluster. */
  states(): Promise<Map<string, AccessState>> {
    return statesOf(this.#knex);
  }

  /** Node groups by cluster; only of looks that name the entity. */
  nodeGroupsOf(entityRef: string) {
    return nodeGroupsOf(this.#knex, entityRef);
  }

  /** Which of these have a row, so that something else than their node leads to AWS. */
  async among(refs: ServiceAccountRef[]): Promise<ServiceAccountRef[]> {
    const found: ServiceAccountRef[] = [];
    for (const part of inParts(refs)) {
      found.push(
        ...(await whereRefs(this.#knex<RefColumns>('access'), part)).map(toRef),
      );
    }
    return found;
  }

  /** What the last look at a cluster that read programs saw of them. */
  async seen(cluster: string): Promise<AccessSeen | undefined> {
    const row = await this.#knex('access_looks').where({ cluster }).first();
    return toSeen(row?.seen);
  }

  /** A look found nothing; the rows stay. */
  async failed(cluster: string, reason: string): Promise<void> {
    await this.#merge(cluster, { tried_at: this.#now(), failure: reason });
  }

  /** What a look found takes the place of everything that was known of the cluster, and is the figure of its day. */
  async replace(
    access: Omit<ClusterAccess, 'rows' | 'nodeGroups'> &
      Pick<AccessState, 'nodeGroups'>,
    found: StoredAccess[],
  ): Promise<void> {
    const { cluster, at, usedSince, searched, gaps, nodeGroups } = access;
    const day = at.slice(0, 10);
    const before = await this.seen(cluster);
    await this.#knex.transaction(async tx => {
      await tx('access').where({ cluster }).delete();
      for (const part of inParts(found, ROWS_PER_STATEMENT)) {
        await tx('access').insert(part.map(toColumns));
      }
      await storeFigures(tx, { cluster, day }, found);
      await this.#merge(
        cluster,
        {
          tried_at: this.#now(),
          looked_at: Date.parse(at),
          used_since: usedSince ?? null,
          gaps: JSON.stringify(gaps),
          // A look that could not read programs leaves what is known of them
          ...(searched ? { seen: seenText(searched, found, before) } : {}),
          node_groups: nodeGroups ? JSON.stringify(nodeGroups) : null,
          failure: null,
        },
        tx,
      );
    });
  }

  /** What is known of one row since, unless a look has lost it; the figures of the day are of looks. */
  async update(row: AccessRow, tx: Knex): Promise<void> {
    const one = () => tx('access').where(whereRef(row.ref));
    const before = await one().first();
    if (!before) return;
    // It was read without CloudTrail
    const { irsaAt } = fromJson<AccessRow>(before.details);
    await one().update({
      road: row.roads[0],
      verdict: row.verdict,
      details: JSON.stringify({ ...row, irsaAt }),
    });
  }

  /** Forgets everything: the portal is not to keep it. */
  async clear(): Promise<void> {
    for (const table of [
      'access',
      'access_looks',
      'access_days',
      'access_figures',
    ]) {
      await this.#knex(table).delete();
    }
  }

  /** Forgets rows of clusters that were not seen since, and figures of days before. */
  async sweep(before: { rows: number; day: string }): Promise<void> {
    const old = this.#knex('access_looks')
      .whereRaw('coalesce(looked_at, tried_at) < ?', [before.rows])
      .select('cluster');
    await this.#knex('access').whereIn('cluster', old.clone()).delete();
    await this.#knex('access_looks')
      .whereRaw('coalesce(looked_at, tried_at) < ?', [before.rows])
      .delete();
    for (const table of ['access_days', 'access_figures']) {
      await this.#knex(table).where('day', '<', before.day).delete();
    }
  }

  async page(
    filter: AccessFilter,
    { limit, cursor, sort }: PageOptions,
  ): Promise<{ items: ListedAccess[]; nextCursor?: string }> {
    const query = this.#select(filter).limit(limit + 1);
    const rows = await this.#rows(query, sort, cursor);
    const shown = rows.slice(0, limit);
    return {
      items: shown.map(toListed),
      ...(rows.length > limit
        ? { nextCursor: ROWS.cursorAfter(shown[shown.length - 1], sort) }
        : {}),
    };
  }

  async find(ref: ServiceAccountRef): Promise<ListedAccess | undefined> {
    const query = this.#select({}).where(row => whereRefs(row, [ref], 'a'));
    const [row] = await this.#rows(query, { by: 'verdict' });
    return row && toListed(row);
  }

  /** The component that a tag or the namespace names for it; what an annotation claims is no fact. */
  async componentOf(ref: ServiceAccountRef): Promise<string | undefined> {
    const { entity } = (await this.find(ref)) ?? {};
    return entity?.by === 'tag' || entity?.by === 'namespace'
      ? entity.entityRef
      : undefined;
  }

  /** Those whose role names an entity of the catalog by a tag with its uid. */
  async held(): Promise<Pick<Required<StoredAccess>, 'row' | 'holder'>[]> {
    const rows = await this.#knex<AccessColumns>('access')
      .whereNotNull('holder')
      .select('details', 'holder');
    return rows.map(({ details, holder }) => ({
      row: fromJson(details),
      holder: fromJson(holder!),
    }));
  }

  /**
   * What the last look linked to an entity, or its annotation claims, without what goes by Pod Identity first. A row of one
   * of several components of a namespace belongs to none of them.
   */
  async ofEntity(
    entityRef: string,
    claimed: ServiceAccountRef[],
    { criteria, limit }: { criteria?: FleetCriteria; limit: number },
  ): Promise<ListedAccess[]> {
    const query = this.#select({ criteria })
      .whereNot('a.road', 'pod-identity')
      .where(any => {
        any.where(linked =>
          linked
            .where('a.entity_ref', entityRef)
            .whereNot('a.entity_by', 'team'),
        );
        if (claimed.length > 0)
          any.orWhere(row => whereRefs(row, claimed, 'a'));
      })
      .limit(limit);
    const rows = await this.#rows(query, { by: 'verdict' });
    return rows.map(toListed);
  }

  /** How many match, and how many of each verdict and each road match the other filters. */
  async counts({ road, verdict, ...others }: AccessFilter): Promise<{
    totalItems: number;
    verdicts: Record<string, number>;
    roads: Record<string, number>;
  }> {
    const rows = await this.#select(others)
      .groupBy('a.road', 'a.verdict')
      .select<{ road: string; verdict: string; count: number | string }[]>(
        'a.road',
        'a.verdict',
        this.#knex.raw('count(*) as count'),
      );
    const verdicts: Record<string, number> = {};
    const roads: Record<string, number> = {};
    let totalItems = 0;
    for (const row of rows) {
      const count = Number(row.count);
      const isOfRoad = road === undefined || row.road === road;
      const isOfVerdict = verdict === undefined || row.verdict === verdict;
      if (isOfRoad)
        verdicts[row.verdict] = (verdicts[row.verdict] ?? 0) + count;
      if (isOfVerdict) roads[row.road] = (roads[row.road] ?? 0) + count;
      if (isOfRoad && isOfVerdict) totalItems += count;
    }
    return { totalItems, verdicts, roads };
  }

  /** By cluster, or by the entity that they are linked to. */
  async shares(
    by: 'cluster' | 'entity_ref',
    criteria?: FleetCriteria,
  ): Promise<Map<string, AccessShare>> {
    const rows = await this.#select({ criteria })
      .whereNotNull(`a.${by}`)
      .whereNot('a.road', NOT_COUNTED)
      .groupBy(`a.${by}`)
      .select<({ key: string } & ShareColumns)[]>(
        `a.${by} as key`,
        this.#knex.raw(BY_POD_IDENTITY),
        this.#knex.raw('count(*) as total'),
      );
    return new Map(rows.map(row => [row.key, toShare(row)]));
  }

  /** Of each day on which a cluster was looked at, the oldest first. */
  async days(clusters: string[], ownerRef?: string): Promise<DayOfCluster[]> {
    return daysOf(this.#knex, clusters, ownerRef);
  }

  /** As the last look at each cluster found them, by owner; those without one are under ''. */
  notes(clusters: string[]): Promise<Map<string, AccessNotes>> {
    return notesByOwner(this.#knex, clusters);
  }

  #select(filter: AccessFilter): Knex.QueryBuilder {
    const query = this.#knex('access as a');
    within(query, filter.criteria);
    if (filter.cluster) query.andWhere('a.cluster', filter.cluster);
    if (filter.road) query.andWhere('a.road', filter.road);
    if (filter.verdict) query.andWhere('a.verdict', filter.verdict);
    if (filter.ofEntities) query.whereIn('a.entity_ref', filter.ofEntities);
    if (filter.q) {
      query.andWhereRaw(
        "lower(a.namespace || '/' || a.service_account) like ? escape '\\'",
        [`%${likeEscape(filter.q.toLowerCase())}%`],
      );
    }
    return query;
  }

  #rows(
    query: Knex.QueryBuilder,
    sort: Sort<AccessSort>,
    cursor?: string,
  ): Promise<Row[]> {
    ROWS.apply(query, sort, cursor);
    return query
      .leftJoin('access_looks as l', 'a.cluster', 'l.cluster')
      .select('a.*', 'l.looked_at', this.#knex.raw(ROWS.keyOf(sort)));
  }

  async #merge(
    cluster: string,
    values: Record<string, unknown>,
    tx: Knex = this.#knex,
  ) {
    await tx('access_looks')
      .insert({ cluster, ...values })
      .onConflict('cluster')
      .merge(Object.keys(values));
  }
}

export interface PageOptions {
  limit: number;
  cursor?: string;
  sort: Sort<AccessSort>;
}
