import {
  CheckResult,
  IdentityStatus,
  presentStatus,
  ServiceAccountRef,
  stringifyServiceAccountRef,
  WorkloadsFound,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import { inParts, RefColumns, toRef, whereRef, whereRefs } from './refs';
import { fromOptionalJson, toOptionalMs } from './values';

/** The headline of an identity before the first look. */
export const UNSEEN =
  'The portal has not looked at this identity yet. “Verify now” runs a test pod.';

/** The same of a name that neither AWS nor an entity has told the portal. */
export const UNKNOWN =
  'The portal has found no association for this service account. Check the spelling, or choose “Verify now” to look at it.';

/** The same after it was set up or taken over. */
export const UNTESTED =
  'This identity was set up and has not been tested yet. “Verify now” runs a test pod.';

/** The same after a change that no look has seen. */
export const CHANGED =
  'The portal has not looked at this identity since it was changed. “Verify now” runs a test pod.';

/** What a look leaves to the next ones, which a headline needs to be steady. */
export interface Memory {
  /** Of the application's pods, by the newest run that could tell. */
  workloads?: WorkloadsFound;
  /** No run of this version has seen the pods: the status that version 0.1 wrote says so. */
  assumed?: true;
  /** It has or had an association, so that one that is missing was removed. */
  associated?: true;
  /** A sweep has seen worse, which does not count yet: a lack, or that they cannot be seen. */
  pending?: { lack: boolean; since: number };
  /** Warnings that leave the status as it is. */
  notes?: number;
  /** When the fingerprint was first seen, epoch milliseconds: the last change was before. */
  sameSince?: number;
  /** What gave it since the last proof, and not for that: `agent HASH`; and when a look had not seen that yet. */
  replaced?: Record<string, number>;
  /** How often in a row a look got no answer. */
  unseen?: 'once' | 'again';
}

/** Headline of a service account, kept so that lists can be filtered and counted in SQL. */
export interface ServiceAccountState {
  ref: ServiceAccountRef;
  status: IdentityStatus;
  /** The sentence, without the word for the status. */
  headline: string;
  /** Id of the check whose finding the sentence tells. */
  cause?: string;
  changedSince?: 'proof' | 'failure';
  /** Of the identity as last seen. */
  fingerprint?: string;
  /** The operation that has changed the identity, which was not looked at since. */
  changedBy?: string;
  memory?: Memory;
  /** Warnings, failures and counted notes that have not been seen to pass since; undefined before the first look. */
  findings?: CheckResult[];
  proofReportId?: string;
  lookReportId?: string;
  provenAt?: number;
  lookedAt?: number;
  /** Reports from before are of an identity that was removed. */
  resetAt?: number;
  /** What the owners were last notified of. */
  notifiedStatus?: IdentityStatus;
  /** Counts the writes; of what was read. */
  version?: number;
}

interface StateRow extends RefColumns {
  status: IdentityStatus;
  headline: string;
  cause: string | null;
  changed_since: 'proof' | 'failure' | null;
  fingerprint: string | null;
  changed_by: string | null;
  memory: string | null;
  findings: string | null;
  version: number;
  proof_report_id: string | null;
  look_report_id: string | null;
  proven_at: number | string | null;
  looked_at: number | string | null;
  reset_at: number | string | null;
  updated_at: number | string;
  notified_status: IdentityStatus | null;
}

const REF_COLUMNS = ['cluster', 'namespace', 'service_account'];

function toState(row: StateRow): ServiceAccountState {
  return {
    ref: toRef(row),
    status: presentStatus(row.status),
    headline: row.headline,
    cause: row.cause ?? undefined,
    changedSince: row.changed_since ?? undefined,
    fingerprint: row.fingerprint ?? undefined,
    changedBy: row.changed_by ?? undefined,
    memory: fromOptionalJson(row.memory),
    findings: fromOptionalJson(row.findings),
    version: Number(row.version),
    proofReportId: row.proof_report_id ?? undefined,
    lookReportId: row.look_report_id ?? undefined,
    provenAt: toOptionalMs(row.proven_at),
    lookedAt: toOptionalMs(row.looked_at),
    resetAt: toOptionalMs(row.reset_at),
    notifiedStatus: row.notified_status ?? undefined,
  };
}

function valuesOf(state: ServiceAccountState) {
  return {
    status: state.status,
    headline: state.headline,
    cause: state.cause ?? null,
    changed_since: state.changedSince ?? null,
    fingerprint: state.fingerprint ?? null,
    changed_by: state.changedBy ?? null,
    memory: state.memory ? JSON.stringify(state.memory) : null,
    findings: state.findings ? JSON.stringify(state.findings) : null,
    proof_report_id: state.proofReportId ?? null,
    look_report_id: state.lookReportId ?? null,
    proven_at: state.provenAt ?? null,
    looked_at: state.lookedAt ?? null,
    reset_at: state.resetAt ?? null,
  };
}

/** Whether two headlines of a ref differ in nothing but the time of the last look. */
export function isSameButLookedAt(
  one: ServiceAccountState,
  other: ServiceAccountState,
): boolean {
  const values = (state: ServiceAccountState) =>
    JSON.stringify(valuesOf({ ...state, lookedAt: undefined }));
  return values(one) === values(other);
}

/** Headlines, one for each ref anyone has an association or a report of. */
export class ServiceAccountStore {
  readonly #knex: Knex;
  readonly #now: () => number;

  constructor(knex: Knex, now: () => number) {
    this.#knex = knex;
    this.#now = now;
  }

  /** Replaces what is there. What the owners were notified of is kept: see `claimNotification`. */
  async set(state: ServiceAccountState, tx: Knex = this.#knex) {
    const values = { ...valuesOf(state), updated_at: this.#now() };
    await tx('service_accounts')
      .insert({ ...whereRef(state.ref), ...values, version: 1 })
      .onConflict(['cluster', 'namespace', 'service_account'])
      .merge({
        ...values,
        version: tx.raw('?? + 1', ['service_accounts.version']),
      });
  }

  /** Writes only if nothing was written since `before` was read; answers whether it did. */
  async replace(
    before: ServiceAccountState | undefined,
    state: ServiceAccountState,
  ): Promise<boolean> {
    const values = { ...valuesOf(state), updated_at: this.#now() };
    const rows = this.#knex('service_accounts');
    if (before) {
      const version = before.version ?? 0;
      const written = await rows
        .where({ ...whereRef(state.ref), version })
        .update({ ...values, version: version + 1 });
      return written === 1;
    }
    const inserted = await rows
      .insert({ ...whereRef(state.ref), ...values, version: 1 })
      .onConflict(['cluster', 'namespace', 'service_account'])
      .ignore()
      .returning('version');
    return inserted.length === 1;
  }

  /** Stores those that are not there yet; answers with the written refs of those. */
  async insertMany(states: ServiceAccountState[]): Promise<Set<string>> {
    const written = new Set<string>();
    for (const part of inParts(states, 50)) {
      const rows = await this.#knex('service_accounts')
        .insert(
          part.map(state => ({
            ...whereRef(state.ref),
            ...valuesOf(state),
            updated_at: this.#now(),
            version: 1,
          })),
        )
        .onConflict(['cluster', 'namespace', 'service_account'])
        .ignore()
        .returning(REF_COLUMNS);
      for (const row of rows)
        written.add(stringifyServiceAccountRef(toRef(row)));
    }
    return written;
  }

  /**
   * Notes that they were looked at and are as they were; answers with the written refs of those that nothing else has
   * written since they were read.
   */
  async looked(
    states: ServiceAccountState[],
    lookedAt: number,
  ): Promise<Set<string>> {
    const written = new Set<string>();
    for (const part of inParts(states)) {
      const rows = await this.#knex('service_accounts')
        .whereIn(
          [...REF_COLUMNS, 'version'],
          part.map(({ ref, version = 0 }) => [
            ref.cluster,
            ref.namespace,
            ref.serviceAccount,
            version,
          ]),
        )
        .update({
          looked_at: lookedAt,
          updated_at: this.#now(),
          version: this.#knex.raw('?? + 1', ['version']),
        })
        .returning(REF_COLUMNS);
      for (const row of rows)
        written.add(stringifyServiceAccountRef(toRef(row)));
    }
    return written;
  }

  async find(ref: ServiceAccountRef): Promise<ServiceAccountState | undefined> {
    return (await this.findMany([ref])).get(stringifyServiceAccountRef(ref));
  }

  /** By written ref. */
  async findMany(
    refs: ServiceAccountRef[],
  ): Promise<Map<string, ServiceAccountState>> {
    const found = new Map<string, ServiceAccountState>();
    for (const part of inParts(refs)) {
      const rows: StateRow[] = await whereRefs(
        this.#knex('service_accounts'),
        part,
      ).select('*');
      for (const row of rows) {
        found.set(stringifyServiceAccountRef(toRef(row)), toState(row));
      }
    }
    return found;
  }

  /**
   * Claims the right to tell the owners about a change: true for one caller only, however many replicas try.
   */
  async claimNotification(
    ref: ServiceAccountRef,
    from: IdentityStatus | undefined,
    to: IdentityStatus,
  ): Promise<boolean> {
    const query = this.#knex('service_accounts').where(whereRef(ref));
    if (from === undefined) query.whereNull('notified_status');
    else query.where({ notified_status: from });
    return (await query.update({ notified_status: to })) === 1;
  }

  /** The next verdict is where comparing begins again, not a change. */
  async forgetNotification(ref: ServiceAccountRef) {
    await this.#knex('service_accounts')
      .where(whereRef(ref))
      .update({ notified_status: null });
  }
}
