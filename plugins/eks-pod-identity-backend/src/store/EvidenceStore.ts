import {
  type Evidence,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { inParts, type RefColumns, toRef, whereRef, whereRefs } from './refs';
import { fromOptionalJson, toOptionalMs } from './values';

/** What owners may be notified of. */
export type UseNews = 'silent' | 'denied';

/** What is known of the use of one identity. */
export interface StoredEvidence {
  ref: ServiceAccountRef;
  /** Undefined before the first search. */
  evidence?: Evidence;
  issuer?: string;
  readAt?: number;
  obtainedAt?: number;
  usedAt?: number;
  irsaAt?: number;
  deniedAt?: number;
  /** Days of use, ISO, the newest first. */
  days: string[];
  notified?: UseNews;
  /** Counts the writes; of what was read. */
  version: number;
}

/** An association whose use is to be searched. */
export interface SearchedIdentity {
  ref: ServiceAccountRef;
  roleArn: string;
  targetRoleArn?: string;
}

/** How far an account and region was searched. */
export interface EvidenceSweepState {
  searchedUntil?: number;
  state: Evidence['state'];
  reason?: string;
}

interface Row extends RefColumns {
  evidence: string | null;
  issuer: string | null;
  read_at: Time;
  obtained_at: Time;
  used_at: Time;
  irsa_at: Time;
  denied_at: Time;
  days: string | null;
  notified: UseNews | null;
  version: number;
}

type Time = number | string | null;

interface RoleColumns {
  role_arn: string;
  target_role_arn: string | null;
}

interface Place {
  accountId: string;
  region: string;
}

const KEY = ['cluster', 'namespace', 'service_account'];
const OF_ASSOCIATION = KEY.map(column => `a.${column}`);
const ROLES = ['a.role_arn', 'a.target_role_arn'];
/** Of a table: those rows are about the association. */
const SAME = KEY.map(column => `e.${column} = a.${column}`).join(' and ');

const toStored = (row: Row): StoredEvidence => ({
  ref: toRef(row),
  evidence: fromOptionalJson(row.evidence),
  issuer: row.issuer ?? undefined,
  readAt: toOptionalMs(row.read_at),
  obtainedAt: toOptionalMs(row.obtained_at),
  usedAt: toOptionalMs(row.used_at),
  irsaAt: toOptionalMs(row.irsa_at),
  deniedAt: toOptionalMs(row.denied_at),
  days: fromOptionalJson(row.days) ?? [],
  notified: row.notified ?? undefined,
  version: Number(row.version),
});

/** What AWS recorded of the use of identities: one row for each, and one for each account and region. */
export class EvidenceStore {
  readonly #knex: Knex;
  readonly #now: () => number;

  constructor(knex: Knex, now: () => number) {
    this.#knex = knex;
    this.#now = now;
  }

  async find(ref: ServiceAccountRef): Promise<StoredEvidence | undefined> {
    return (await this.findMany([ref])).get(stringifyServiceAccountRef(ref));
  }

  /** By written ref. */
  async findMany(
    refs: ServiceAccountRef[],
  ): Promise<Map<string, StoredEvidence>> {
    const found = new Map<string, StoredEvidence>();
    for (const part of inParts(refs)) {
      const rows: Row[] = await whereRefs(this.#knex('evidence'), part).select(
        '*',
      );
      for (const row of rows) {
        found.set(stringifyServiceAccountRef(toRef(row)), toStored(row));
      }
    }
    return found;
  }

  /** Writes what a search found, unless another one wrote since `before` was read; answers whether it did. */
  async write(
    ref: ServiceAccountRef,
    before: StoredEvidence | undefined,
    found: Omit<StoredEvidence, 'ref' | 'version'>,
  ): Promise<boolean> {
    const version = before?.version ?? 0;
    await this.#insert(ref);
    const written = await this.#knex('evidence')
      .where({ ...whereRef(ref), version })
      .update({
        evidence: found.evidence ? JSON.stringify(found.evidence) : null,
        issuer: found.issuer ?? null,
        read_at: found.readAt ?? null,
        obtained_at: found.obtainedAt ?? null,
        used_at: found.usedAt ?? null,
        irsa_at: found.irsaAt ?? null,
        denied_at: found.deniedAt ?? null,
        days: JSON.stringify(found.days),
        due: false,
        version: version + 1,
        updated_at: this.#now(),
      });
    return written === 1;
  }

  /** The cluster's OIDC issuer, by which searches attribute IRSA. */
  async noteIssuer(ref: ServiceAccountRef, issuer: string) {
    await this.#insert(ref);
    await this.#knex('evidence').where(whereRef(ref)).update({ issuer });
  }

  /** A person looks: true for one caller only until `again`, however many replicas and pages ask. */
  async claim(ref: ServiceAccountRef, againMs: number): Promise<boolean> {
    await this.#insert(ref);
    const now = this.#now();
    const claimed = await this.#knex('evidence')
      .where(whereRef(ref))
      .andWhere(due =>
        due.whereNull('claimed_at').orWhere('claimed_at', '<', now - againMs),
      )
      .update({ claimed_at: now });
    return claimed === 1;
  }

  /** Last uses of roles as IAM tells them, by ARN; undefined where a role was never used. */
  async noteRoleUses(
    clusters: string[],
    uses: Map<string, number | undefined>,
  ): Promise<void> {
    const rows: (RefColumns & RoleColumns & { used_at: Time })[] =
      await this.#knex('associations as a')
        .joinRaw(`left join evidence as e on ${SAME}`)
        .whereIn('a.cluster', clusters)
        .whereNotNull('a.role_arn')
        .select(...OF_ASSOCIATION, ...ROLES, 'e.used_at');
    const now = this.#now();
    for (const part of inParts(rows.filter(row => uses.has(row.role_arn)))) {
      await this.#knex('evidence')
        .insert(
          part.map(row => ({
            ...whereRef(toRef(row)),
            used_at:
              latest(uses.get(row.role_arn), toOptionalMs(row.used_at)) ?? null,
            role_read_at: now,
            updated_at: now,
          })),
        )
        .onConflict(KEY)
        .merge(['used_at', 'role_read_at', 'updated_at']);
    }
  }

  /** These roles were obtained, as a search of the whole account saw. */
  async noteActivity(clusters: string[], roles: Map<string, number>) {
    const now = this.#now();
    for (const part of inParts([...roles.keys()])) {
      const rows: (RefColumns & RoleColumns & { active_at: Time })[] =
        await this.#knex('associations as a')
          .joinRaw(`left join evidence as e on ${SAME}`)
          .whereIn('a.cluster', clusters)
          .andWhere(role =>
            role
              .whereIn('a.role_arn', part)
              .orWhereIn('a.target_role_arn', part),
          )
          .select(...OF_ASSOCIATION, ...ROLES, 'e.active_at');
      const news = rows.flatMap(row => {
        const at = latest(
          roles.get(row.role_arn),
          roles.get(row.target_role_arn ?? ''),
        );
        const isNew =
          at !== undefined && at > (toOptionalMs(row.active_at) ?? 0);
        return isNew
          ? [
              {
                ...whereRef(toRef(row)),
                active_at: at,
                due: true,
                updated_at: now,
              },
            ]
          : [];
      });
      for (const few of inParts(news)) {
        await this.#knex('evidence')
          .insert(few)
          .onConflict(KEY)
          .merge(['active_at', 'due', 'updated_at']);
      }
    }
  }

  /**
   * Identities to search: those never read first, then those that changed or were used since, then those not read for
   * `maxAgeMs`; within these, the one that has waited longest.
   */
  async due(
    clusters: string[],
    maxAgeMs: number,
    limit: number,
  ): Promise<SearchedIdentity[]> {
    const stale = this.#now() - maxAgeMs;
    const rank = `case
      when e.read_at is null then 0
      when s.changed_since is not null or e.due then 1
      else 2 end`;
    const rows: (RefColumns & RoleColumns)[] = await this.#due(clusters, stale)
      .orderByRaw(
        `${rank}, coalesce(e.read_at, 0), a.described_at desc, ${OF_ASSOCIATION}`,
      )
      .limit(limit)
      .select(...OF_ASSOCIATION, ...ROLES);
    return rows.map(row => ({
      ref: toRef(row),
      roleArn: row.role_arn,
      targetRoleArn: row.target_role_arn ?? undefined,
    }));
  }

  /** By cluster: identities with a role, and how many of them were searched. */
  async progress(): Promise<Map<string, { total: number; read: number }>> {
    const rows: {
      cluster: string;
      total: number | string;
      read: number | string;
    }[] = await this.#knex('associations as a')
      .joinRaw(`left join evidence as e on ${SAME}`)
      .whereNotNull('a.role_arn')
      .groupBy('a.cluster')
      .select(
        'a.cluster',
        this.#knex.raw('count(*) as total'),
        this.#knex.raw('count(e.read_at) as ??', ['read']),
      );
    return new Map(
      rows.map(row => [
        row.cluster,
        { total: Number(row.total), read: Number(row.read) },
      ]),
    );
  }

  /** By account and region, with a space between. */
  async sweepStates(): Promise<Map<string, EvidenceSweepState>> {
    const rows: {
      account_id: string;
      region: string;
      searched_until: Time;
      state: Evidence['state'];
      reason: string | null;
    }[] = await this.#knex('evidence_sweeps').select('*');
    return new Map(
      rows.map(row => [
        `${row.account_id} ${row.region}`,
        {
          searchedUntil: toOptionalMs(row.searched_until),
          state: row.state,
          reason: row.reason ?? undefined,
        },
      ]),
    );
  }

  async sweepState({ accountId, region }: Place): Promise<EvidenceSweepState> {
    const states = await this.sweepStates();
    return states.get(`${accountId} ${region}`) ?? { state: 'unread' };
  }

  async setSweepState({ accountId, region }: Place, state: EvidenceSweepState) {
    await this.#knex('evidence_sweeps')
      .insert({
        account_id: accountId,
        region,
        searched_until: state.searchedUntil ?? null,
        state: state.state,
        reason: state.reason ?? null,
        updated_at: this.#now(),
      })
      .onConflict(['account_id', 'region'])
      .merge();
  }

  /** True for one caller only, however many replicas see the same news. */
  async claimNews(
    ref: ServiceAccountRef,
    from: UseNews | undefined,
    to: UseNews | undefined,
  ): Promise<boolean> {
    const query = this.#knex('evidence').where(whereRef(ref));
    if (from === undefined) query.whereNull('notified');
    else query.where({ notified: from });
    return (await query.update({ notified: to ?? null })) === 1;
  }

  /** Deletes what is known of identities that are gone, and has not changed since. */
  async sweep(olderThan: number): Promise<number> {
    return this.#knex('evidence as e')
      .where('e.updated_at', '<', olderThan)
      .whereNotExists(this.#knex('associations as a').select(1).whereRaw(SAME))
      .delete();
  }

  #due(clusters: string[], stale: number): Knex.QueryBuilder {
    return this.#knex('associations as a')
      .joinRaw(`left join evidence as e on ${SAME}`)
      .joinRaw(
        `left join service_accounts as s on ${KEY.map(
          column => `s.${column} = a.${column}`,
        ).join(' and ')}`,
      )
      .whereIn('a.cluster', clusters)
      .whereNotNull('a.role_arn')
      .andWhere(any =>
        any
          .whereNull('e.read_at')
          .orWhere('e.read_at', '<', stale)
          .orWhere('e.due', true),
      );
  }

  async #insert(ref: ServiceAccountRef) {
    await this.#knex('evidence')
      .insert({ ...whereRef(ref), updated_at: this.#now() })
      .onConflict(KEY)
      .ignore();
  }
}

function latest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter(time => time !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}
