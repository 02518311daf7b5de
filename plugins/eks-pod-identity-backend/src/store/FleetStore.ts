import {
  AssociationUse,
  IDENTITY_STATUS_ORDER,
  IdentityStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import {
  DEFAULT_SORT,
  FLEET,
  type FleetSort,
  rankIn,
  STATUS,
} from './fleetSort';
import { type FleetCriteria, sameRef, within } from './criteria';
import { type FleetRow, type Row, toFleetRow } from './fleetRow';
import { UNSEEN } from './ServiceAccountStore';
import { fromJson, likeEscape } from './values';

export interface FleetQuery {
  criteria?: FleetCriteria;
  cluster?: string;
  /** Any of these. */
  statuses?: readonly IdentityStatus[];
  owner?: 'portal' | 'addon' | 'external';
  orphan?: boolean;
  drift?: boolean;
  use?: AssociationUse;
  /** Id of the check whose finding their sentences tell; null: of none. */
  cause?: string | null;
  /** Of these entities alone. */
  ofEntities?: string[];
  /** Part of a service account, namespace or ARN of a role; or the whole ARN or id of the association. */
  q?: string;
  /** Entities whose names have that part too: only those that the caller may know, or it could be guessed letter by letter. */
  entityRefs?: string[];
}

/** An identity, as its owner hears of it. */
export interface OwnedStatus {
  cluster: string;
  entityRef: string;
  ownerRefs: string[];
  status: IdentityStatus;
  headline: string;
}

/** Associations with one status for one cause. */
export interface FleetCause {
  status: IdentityStatus;
  /** Id of a check; undefined where their sentences tell of no finding. */
  cause?: string;
  /** Of one of them. */
  sentence: string;
  /** Whether all say the same. */
  isSame: boolean;
  count: number;
}

/**
 * What our AWS tag names, else an entity that claims the service account by its annotation: one whose own the namespace is
 * before the others.
 */
const ENTITY = `coalesce(a.entity_ref, (
  select e.entity_ref from entity_refs e
  where e.cluster = a.cluster and e.namespace = a.namespace and e.service_account = a.service_account
  order by e.owns_namespace desc, e.entity_ref limit 1
))`;

/** How long ago each counts. */
export const USE_MS: Record<AssociationUse, number> = {
  unused: 90 * 24 * 3_600_000,
  irsa: 7 * 24 * 3_600_000,
  denied: 24 * 3_600_000,
};

/** What a part is searched in, beside the names of entities. */
const SEARCHED = [
  'a.namespace',
  'a.service_account',
  'a.role_arn',
  'a.target_role_arn',
];

/** What is found whole alone: the ARN of an association has the name of its cluster, which is part of many names. */
const SEARCHED_WHOLE = ['a.association_id', 'a.arn'];

/** The fleet: associations with their headline and owners, filtered, counted and paged in SQL. */
export class FleetStore {
  readonly #knex: Knex;
  readonly #now: () => number;

  constructor(knex: Knex, now: () => number) {
    this.#knex = knex;
    this.#now = now;
  }

  async page(
    filter: FleetQuery,
    options: { limit: number; cursor?: string; sort?: FleetSort },
  ): Promise<{ items: FleetRow[]; nextCursor?: string }> {
    const { cursor, limit, sort = DEFAULT_SORT } = options;
    const query = this.#select(filter, { use: true }).limit(limit + 1);
    FLEET.apply(query, sort, cursor);
    const rows = await query.select<Row[]>(
      'a.*',
      this.#knex.raw(FLEET.keyOf(sort)),
      this.#knex.raw(`${ENTITY} as shown_entity_ref`),
      this.#knex.raw(`${STATUS} as status`),
      's.headline',
      's.memory',
      's.proven_at',
      's.changed_since',
      's.looked_at',
      'e.used_at',
      'e.obtained_at',
      'e.denied_at',
      'e.irsa_at',
      'e.role_read_at',
    );
    const items = rows.slice(0, limit);
    return {
      items: items.map(toFleetRow),
      nextCursor:
        rows.length > limit
          ? FLEET.cursorAfter(items[items.length - 1], sort)
          : undefined,
    };
  }

  /** Entities, by our AWS tag or their annotation, whose refs have this part; at most so many. */
  async entityRefsWith(
    criteria: FleetCriteria | undefined,
    part: string,
    limit: number,
  ): Promise<string[]> {
    const rows = await this.#select({ criteria })
      .andWhereRaw(`lower(${ENTITY}) like ? escape '\\'`, [
        `%${likeEscape(part.toLowerCase())}%`,
      ])
      .distinct<{ entity_ref: string }[]>(
        this.#knex.raw(`${ENTITY} as entity_ref`),
      )
      .orderBy('entity_ref')
      .limit(limit);
    return rows.map(row => row.entity_ref);
  }

  /**
   * How many match; and, by status, how many match the other filters, and how many of them are orphans or drifted.
   * One pass over the fleet answers it all.
   */
  async counts(filter: FleetQuery): Promise<{
    totalItems: number;
    byStatus: Record<string, number>;
    orphans: number;
    drifted: number;
  }> {
    const others = {
      ...filter,
      statuses: undefined,
      orphan: undefined,
      drift: undefined,
    };
    const rows = await this.#select(others)
      .groupByRaw(`${STATUS}, a.orphan, a.drift`)
      .select<
        {
          status: IdentityStatus;
          orphan: boolean | number;
          drift: boolean | number;
          count: number | string;
        }[]
      >(
        this.#knex.raw(`${STATUS} as status`),
        'a.orphan',
        'a.drift',
        this.#knex.raw('count(*) as count'),
      );
    const sum = (matches: (row: (typeof rows)[number]) => boolean) =>
      rows
        .filter(matches)
        .reduce((total, { count }) => total + Number(count), 0);
    return {
      totalItems: sum(
        row =>
          (filter.statuses ?? [row.status]).includes(row.status) &&
          (filter.orphan ?? Boolean(row.orphan)) === Boolean(row.orphan) &&
          (filter.drift ?? Boolean(row.drift)) === Boolean(row.drift),
      ),
      byStatus: Object.fromEntries(
        rows.map(({ status }) => [status, sum(row => row.status === status)]),
      ),
      orphans: sum(row => Boolean(row.orphan)),
      drifted: sum(row => Boolean(row.drift)),
    };
  }

  /** How many have the same status for the same cause; worst first, the most of each before the others. */
  async causes(filter: FleetQuery): Promise<FleetCause[]> {
    const rows = await this.#select(filter)
      .groupByRaw(`${STATUS}, s.cause`)
      .select<
        {
          status: IdentityStatus;
          cause: string | null;
          least: string | null;
          most: string | null;
          count: number | string;
        }[]
      >(
        this.#knex.raw(`${STATUS} as status`),
        's.cause',
        this.#knex.raw('min(s.headline) as least'),
        this.#knex.raw('max(s.headline) as most'),
        this.#knex.raw('count(*) as count'),
      );
    const rank = ({ status }: FleetCause) =>
      IDENTITY_STATUS_ORDER.indexOf(status);
    return rows
      .map(({ status, cause, least, most, count }) => ({
        status,
        cause: cause ?? undefined,
        sentence: least ?? UNSEEN,
        isSame: least === most,
        count: Number(count),
      }))
      .sort(
        (one, other) =>
          rank(one) - rank(other) ||
          other.count - one.count ||
          (one.sentence < other.sentence ? -1 : 1),
      );
  }

  /** Those with one of these statuses whose entity our AWS tag names, with the owners of it; worst first. */
  async owned(statuses: readonly IdentityStatus[]): Promise<OwnedStatus[]> {
    const rows = await this.#select({ statuses })
      .join('owners as o', sameRef('o'))
      .orderByRaw(
        `${rankIn(
          STATUS,
          statuses,
        )}, a.cluster, a.namespace, a.service_account`,
      )
      .select<
        {
          cluster: string;
          entity_ref: string;
          owner_refs: string;
          status: IdentityStatus;
          headline: string | null;
        }[]
      >(
        'a.cluster',
        'o.entity_ref',
        'o.owner_refs',
        this.#knex.raw(`${STATUS} as status`),
        's.headline',
      );
    return rows.map(row => ({
      cluster: row.cluster,
      entityRef: row.entity_ref,
      ownerRefs: fromJson(row.owner_refs),
      status: row.status,
      headline: row.headline ?? UNSEEN,
    }));
  }

  /** Cluster × status. */
  async countsByCluster(
    criteria?: FleetCriteria,
  ): Promise<Map<string, Record<string, number>>> {
    const rows = await this.#select({ criteria })
      .groupByRaw(`a.cluster, ${STATUS}`)
      .select<{ cluster: string; status: string; count: number | string }[]>(
        'a.cluster',
        this.#knex.raw(`${STATUS} as status`),
        this.#knex.raw('count(*) as count'),
      );
    const found = new Map<string, Record<string, number>>();
    for (const row of rows) {
      found.set(row.cluster, {
        ...found.get(row.cluster),
        [row.status]: Number(row.count),
      });
    }
    return found;
  }

  #select(filter: FleetQuery, { use } = { use: false }): Knex.QueryBuilder {
    const query = this.#knex('associations as a').leftJoin(
      'service_accounts as s',
      sameRef('s'),
    );
    // Counts that do not ask for it need not look it up
    if (use || filter.use) query.leftJoin('evidence as e', sameRef('e'));
    if (filter.use) this.#applyUse(query, filter.use);
    within(query, filter.criteria);
    if (filter.cluster) query.andWhere('a.cluster', filter.cluster);
    if (filter.owner) query.andWhere('a.owner', filter.owner);
    if (filter.statuses) {
      const places = filter.statuses.map(() => '?').join(', ');
      query.andWhereRaw(`${STATUS} in (${places})`, [...filter.statuses]);
    }
    if (filter.cause === null) query.whereNull('s.cause');
    else if (filter.cause !== undefined) query.where('s.cause', filter.cause);
    if (filter.orphan !== undefined) query.andWhere('a.orphan', filter.orphan);
    if (filter.drift !== undefined) query.andWhere('a.drift', filter.drift);
    if (filter.ofEntities) {
      const places = filter.ofEntities.map(() => '?').join(', ');
      query.andWhereRaw(
        places ? `${ENTITY} in (${places})` : '1 = 0',
        filter.ofEntities,
      );
    }
    if (filter.q) {
      const whole = filter.q.toLowerCase();
      const pattern = `%${likeEscape(whole)}%`;
      query.andWhere(any => {
        for (const column of SEARCHED_WHOLE) {
          any.orWhereRaw(`lower(${column}) = ?`, [whole]);
        }
        for (const column of SEARCHED) {
          any.orWhereRaw(`lower(${column}) like ? escape '\\'`, [pattern]);
        }
        if (filter.entityRefs?.length) {
          const places = filter.entityRefs.map(() => '?').join(', ');
          any.orWhereRaw(`${ENTITY} in (${places})`, filter.entityRefs);
        }
      });
    }
    return query;
  }

  #applyUse(query: Knex.QueryBuilder, use: AssociationUse) {
    const since = this.#now() - USE_MS[use];
    if (use === 'denied') query.andWhere('e.denied_at', '>=', since);
    else if (use === 'irsa') query.andWhere('e.irsa_at', '>=', since);
    else {
      // Only where IAM was asked: a search in events goes back a few days
      query
        .whereNotNull('e.role_read_at')
        .andWhereRaw('coalesce(e.used_at, 0) < ?', [since]);
    }
  }
}
