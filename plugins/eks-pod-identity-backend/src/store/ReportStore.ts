import { InputError } from '@backstage/errors';
import {
  failureOf,
  IDENTITY_STATUS_ORDER,
  presentReport,
  ServiceAccountRef,
  stringifyServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import {
  type Holder,
  type HolderColumns,
  holderColumns,
  ofPresentHolder,
  toHolder,
} from './holder';
import { inParts, RefColumns, toRef, whereRef, whereRefs } from './refs';
import { fromJson, toMs } from './values';

interface ReportRow extends RefColumns, HolderColumns {
  id: string;
  probe: string;
  proof: string;
  status: string;
  request_hash: string | null;
  initiator: string | null;
  finished_at: number | string;
  report: string;
}

/** For whom a report is recorded, and who asked for it; a sweep's has no initiator. */
export interface Recorded {
  holder?: Holder;
  initiator?: string;
}

/** Not for everybody who may read about its service account now. */
export interface StoredReport extends Recorded {
  report: VerificationReport;
}

interface Rank {
  conclusive: number | string;
  place: number | string;
}

function readCursor(cursor: string): { at: number; id: string } {
  const [at, id = ''] = Buffer.from(cursor, 'base64url').toString().split('/');
  if (!/^\d{1,15}$/.test(at) || !/^[\w-]{1,64}$/.test(id)) {
    throw new InputError(
      'The cursor is not one that this list handed out; ask again without it',
    );
  }
  return { at: Number(at), id };
}

/** Only this store writes them, as the type says: to check thirty of them again took most of the time of a card. */
function parse(row: ReportRow): VerificationReport {
  const report = fromJson<VerificationReport>(row.report);
  return presentReport({ ...report, startedBy: userOf(row.initiator) });
}

/** Entity ref of the initiator, if that is a user; a service is named as `plugin:scaffolder` or `external:ci`. */
function userOf(initiator: string | null): string | undefined {
  return initiator?.startsWith('user:') ? initiator : undefined;
}

function toRow(
  report: VerificationReport,
  { requestHash, ...recorded }: Recorded & { requestHash?: string },
) {
  return {
    id: report.id,
    ...whereRef(report.ref),
    entity_ref: report.entityRef ?? null,
    trigger: report.trigger,
    status: report.status,
    proof: report.proof,
    probe: report.probe,
    fingerprint: report.fingerprint ?? null,
    request_hash: requestHash ?? null,
    ...holderColumns(recorded.holder),
    initiator: recorded.initiator ?? null,
    finished_at: Date.parse(report.finishedAt),
    report: JSON.stringify(report),
  };
}

/** What counts of the reports of one ref. */
export interface LastReports {
  /** See `lastProof`. */
  proof?: VerificationReport;
  /** See `lastLook`. */
  look?: VerificationReport;
}

/** 1 for a pod run that showed whether it works, as `lastProof` wants it. */
const CONCLUSIVE =
  "case when probe = 'pod' and (proof = 'credentials' or status in ('broken', 'failed')) then 1 else 0 end";

/** 1 for a pod run that obtained the identity and found nothing broken, as `lastWorking` wants it. */
const WORKING =
  "case when probe = 'pod' and proof = 'credentials' and status not in ('broken', 'failed') then 1 else 0 end";

/** Statuses of a run whose pod proved the identity, where nothing else is wrong. */
const PROVEN: readonly string[] = ['verified', 'no-workload'];

/** Statuses of a run that contradicts an earlier proof, in the words of version 0.1 too. */
const WORSE: readonly string[] = [
  'failed',
  'degraded',
  ...IDENTITY_STATUS_ORDER.filter(one => failureOf(one) === 'finding'),
];

/** Reports that are kept in memory; thirty identities have up to sixty, of some 5 KB each. */
const KEPT = 300;

/** Reports of verifications. */
export class ReportStore {
  readonly #knex: Knex;
  /** A report never changes. Those that `findMany` found last, the latest at the end. */
  readonly #kept = new Map<string, VerificationReport>();

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Stores a report once; the same id again changes nothing. */
  async insert(
    report: VerificationReport,
    options: Recorded & { requestHash?: string } = {},
    tx: Knex = this.#knex,
  ) {
    await tx('reports')
      .insert(toRow(report, options))
      .onConflict('id')
      .ignore();
  }

  /** Stores each once, as `insert` does. */
  async insertMany(reports: StoredReport[]) {
    for (const part of inParts(reports, 50)) {
      await this.#knex('reports')
        .insert(part.map(({ report, ...recorded }) => toRow(report, recorded)))
        .onConflict('id')
        .ignore();
    }
  }

  async find(id: string): Promise<StoredReport | undefined> {
    const row = await this.#knex<ReportRow>('reports').where({ id }).first();
    return (
      row && {
        report: parse(row),
        holder: toHolder(row),
        initiator: row.initiator ?? undefined,
      }
    );
  }

  /** For whom there are reports of a ref. */
  async holdersOf(ref: ServiceAccountRef): Promise<(Holder | undefined)[]> {
    const rows = await this.#knex('reports')
      .where(whereRef(ref))
      .distinct<HolderColumns[]>('holder_ref', 'holder_uid', 'holder_owners');
    return rows.map(toHolder);
  }

  /** By id; deleted reports are absent. */
  async findMany(ids: string[]): Promise<Map<string, VerificationReport>> {
    const found = new Map<string, VerificationReport>();
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      const kept = this.#kept.get(id);
      if (kept) found.set(id, kept);
      else missing.push(id);
    }
    for (const part of inParts(missing, 500)) {
      const rows = await this.#knex<ReportRow>('reports').whereIn('id', part);
      for (const row of rows) found.set(row.id, parse(row));
    }
    for (const [id, report] of found) this.#keep(id, report);
    return found;
  }

  /**
   * The last run with a pod that showed whether it works. One whose pod could not run shows nothing, and takes nothing
   * from the proof before it.
   */
  async lastProof(
    ref: ServiceAccountRef,
  ): Promise<VerificationReport | undefined> {
    return this.#last(this.#of(ref).andWhereRaw(`${CONCLUSIVE} = 1`));
  }

  /** The last run whose pod obtained the identity, and found nothing broken. */
  async lastWorking(
    ref: ServiceAccountRef,
  ): Promise<VerificationReport | undefined> {
    return this.#last(this.#of(ref).andWhereRaw(`${WORKING} = 1`));
  }

  /** The last run of any kind. */
  async lastLook(
    ref: ServiceAccountRef,
  ): Promise<VerificationReport | undefined> {
    return this.#last(this.#of(ref));
  }

  /** `lastProof` and `lastLook` of each, by written ref; those without a report are missing. */
  async lastOfMany(
    refs: ServiceAccountRef[],
  ): Promise<Map<string, LastReports>> {
    const found = new Map<string, LastReports>();
    for (const part of inParts(refs)) {
      const rows: (ReportRow & Rank)[] = await this.#knex('reports as r')
        .join(
          ofPresentHolder(this.#ranked(part), this.#knex, 'reports').as('p'),
          'p.id',
          'r.id',
        )
        .where('p.place', 1)
        .orWhere(proof => {
          proof.where('p.conclusive', 1).andWhere('p.place_among_proofs', 1);
        })
        .select('r.*', 'p.conclusive', 'p.place');
      for (const row of rows) {
        const key = stringifyServiceAccountRef(toRef(row));
        const report = parse(row);
        found.set(key, {
          ...found.get(key),
          ...(Number(row.conclusive) === 1 ? { proof: report } : {}),
          ...(Number(row.place) === 1 ? { look: report } : {}),
        });
      }
    }
    return found;
  }

  /**
   * The last verified pod run since a given time, with a hash the last that asked the very same; none where something worse
   * was seen after it, or an identity that was repaired would stay as it was shown when it was broken.
   */
  async lastVerified(
    ref: ServiceAccountRef,
    requestHash: string | undefined,
    since: number,
  ): Promise<VerificationReport | undefined> {
    const row = await this.#of(ref)
      .where({
        probe: 'pod',
        proof: 'credentials',
        ...(requestHash === undefined ? {} : { request_hash: requestHash }),
      })
      .whereIn('status', [...PROVEN])
      .andWhere('finished_at', '>=', since)
      .orderBy('finished_at', 'desc')
      .first();
    if (!row) return undefined;
    const worse = await this.#of(ref)
      .andWhere('finished_at', '>', row.finished_at)
      .andWhere(any => {
        any
          .whereIn('status', [...WORSE])
          .orWhere(pod =>
            pod.where('probe', 'pod').whereNotIn('status', [...PROVEN]),
          );
      })
      .select('id')
      .first();
    return worse ? undefined : parse(row);
  }

  /** Those that are recorded for one of the holders, and those of the initiator; newest first. */
  async page(
    ref: ServiceAccountRef,
    options: {
      holders: (Holder | undefined)[];
      initiator: string;
      limit: number;
      cursor?: string;
    },
  ): Promise<{ items: VerificationReport[]; nextCursor?: string }> {
    const query = this.#knex<ReportRow>('reports')
      .where(whereRef(ref))
      .andWhere(any => {
        any.where({ initiator: options.initiator });
        for (const holder of options.holders)
          any.orWhere(holderColumns(holder));
      })
      .orderBy([
        { column: 'finished_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(options.limit + 1);
    if (options.cursor) {
      const { at, id } = readCursor(options.cursor);
      query.andWhere(older => {
        older.where('finished_at', '<', at).orWhere(same => {
          same.where('finished_at', at).andWhere('id', '<', id);
        });
      });
    }
    const rows = await query;
    const items = rows.slice(0, options.limit);
    const last = items[items.length - 1];
    return {
      items: items.map(parse),
      nextCursor:
        rows.length > options.limit
          ? Buffer.from(`${toMs(last.finished_at)}/${last.id}`).toString(
              'base64url',
            )
          : undefined,
    };
  }

  /**
   * Keeps the newest of each ref that are young enough, and always its last look, its last proof, and the last run that
   * worked: what a broken one differs from.
   */
  async sweep(options: { perRef: number; olderThan: number }): Promise<number> {
    const ranked = this.#ranked().select(
      this.#knex.raw(`${WORKING} as working`),
      this.#knex.raw(
        `row_number() over (partition by cluster, namespace, service_account, ${WORKING} order by finished_at desc, id desc) as place_among_working`,
      ),
    );
    const rows = await this.#knex
      .from(ranked.as('r'))
      .where(old => {
        old
          .where('place', '>', options.perRef)
          .orWhere('finished_at', '<', options.olderThan);
      })
      .andWhere('place', '>', 1)
      .andWhereNot(proof => {
        proof.where({ conclusive: 1, place_among_proofs: 1 });
      })
      .andWhereNot(worked => {
        worked.where({ working: 1, place_among_working: 1 });
      })
      .limit(1000)
      .select('id');
    if (rows.length === 0) return 0;
    const ids = rows.map((row: { id: string }) => row.id);
    await this.#knex('report_bundles').whereIn('report_id', ids).delete();
    return this.#knex('reports').whereIn('id', ids).delete();
  }

  /** What counts of a ref now. */
  #of(ref: ServiceAccountRef) {
    return ofPresentHolder(
      this.#knex<ReportRow>('reports').where(whereRef(ref)),
      this.#knex,
      'reports',
    );
  }

  #keep(id: string, report: VerificationReport) {
    this.#kept.delete(id);
    this.#kept.set(id, report);
    if (this.#kept.size > KEPT) {
      const [oldest] = this.#kept.keys();
      this.#kept.delete(oldest);
    }
  }

  /** Ids with their places among the reports of their ref, 1 for the newest. */
  #ranked(refs?: ServiceAccountRef[]) {
    const reports = this.#knex('reports');
    return (refs ? whereRefs(reports, refs) : reports).select(
      'id',
      'finished_at',
      this.#knex.raw(`${CONCLUSIVE} as conclusive`),
      this.#knex.raw(
        'row_number() over (partition by cluster, namespace, service_account order by finished_at desc, id desc) as place',
      ),
      this.#knex.raw(
        `row_number() over (partition by cluster, namespace, service_account, ${CONCLUSIVE} order by finished_at desc, id desc) as place_among_proofs`,
      ),
    );
  }

  async #last(reports: Knex.QueryBuilder<ReportRow, ReportRow[]>) {
    const row = await reports
      .orderBy([
        { column: 'finished_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .first();
    return row && parse(row);
  }
}
