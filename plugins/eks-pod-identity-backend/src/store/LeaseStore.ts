import { Knex } from 'knex';
import { databaseNow, toMs } from './values';

/** A run, and the process that executes it at the moment. */
export interface LeaseHolder {
  runId: string;
  instance: string;
}

/** A live lease of another run. */
export interface HeldLease {
  runId: string;
  /** Sentence for runs that wait. */
  what: string;
  /** Epoch milliseconds, database time. */
  since: number;
}

interface LeaseRow {
  key: string;
  run_id: string;
  instance: string;
  what: string;
  acquired_at: number | string;
  expires_at: number | string;
}

/**
 * Leases: rows with an expiry. A process that takes one over writes its instance into the row, which fences the former
 * holder off: all it can still do is notice.
 */
export class LeaseStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /**
   * Takes a free or expired lease. `inherit` also takes it from another process that held it for the same run: only
   * for those who hold the run's own lease.
   */
  async acquire(
    key: string,
    holder: LeaseHolder,
    options: { what: string; ttlMs: number; inherit: boolean },
    tx: Knex = this.#knex,
  ): Promise<{ acquired: true } | { acquired: false; by: HeldLease }> {
    const row = {
      run_id: holder.runId,
      instance: holder.instance,
      what: options.what,
      acquired_at: databaseNow(tx),
      expires_at: databaseNow(tx, options.ttlMs),
    };
    for (;;) {
      const updated = await tx<LeaseRow>('leases')
        .where({ key })
        .andWhere(free => {
          free
            .where('expires_at', '<=', databaseNow(tx))
            .orWhere(
              options.inherit
                ? { run_id: holder.runId }
                : { instance: holder.instance, run_id: holder.runId },
            );
        })
        .update(row as any);
      if (updated > 0) return { acquired: true };
      const inserted = await tx('leases')
        .insert({ key, ...row })
        .onConflict('key')
        .ignore()
        .returning('key');
      if (inserted.length > 0) return { acquired: true };
      const held = await tx<LeaseRow>('leases').where({ key }).first();
      // Released between the two statements: try again.
      if (!held) continue;
      return {
        acquired: false,
        by: {
          runId: held.run_id,
          what: held.what,
          since: toMs(held.acquired_at),
        },
      };
    }
  }

  /** Extends every lease of these runs in one process; answers what it still holds. */
  async renewRuns(
    instance: string,
    runIds: string[],
    ttlMs: number,
  ): Promise<{ key: string; runId: string }[]> {
    if (runIds.length === 0) return [];
    return this.#knex.transaction(async tx => {
      const rows = await this.#lockInOrder(tx, query =>
        query.where({ instance }).whereIn('run_id', runIds),
      );
      await this.#extend(tx, rows, ttlMs);
      return rows.map(row => ({ key: row.key, runId: row.run_id }));
    });
  }

  /** Extends the leases of one run in this process; answers the keys it still holds. */
  async renewRun(holder: LeaseHolder, ttlMs: number): Promise<string[]> {
    const kept = await this.renewRuns(holder.instance, [holder.runId], ttlMs);
    return kept.map(lease => lease.key);
  }

  /** Locks everything a run holds until the transaction ends; true while `key` is among it and names this holder. */
  async lockRun(key: string, holder: LeaseHolder, tx: Knex): Promise<boolean> {
    const rows = await this.#lockInOrder(tx, query =>
      query.where({ run_id: holder.runId }),
    );
    return rows.some(
      row => row.key === key && row.instance === holder.instance,
    );
  }

  /** True while the key stands for this run; locks it until the transaction ends. */
  async lock(key: string, runId: string, tx: Knex): Promise<boolean> {
    // Updating a column to its own value takes the row lock on every database.
    const updated = await tx<LeaseRow>('leases')
      .where({ key, run_id: runId })
      .update({ key });
    return updated > 0;
  }

  /** Names the run that a key stands for, ours if it stood for none. Locks the row until the transaction ends. */
  async claim(
    key: string,
    holder: LeaseHolder,
    what: string,
    tx: Knex,
  ): Promise<string> {
    for (;;) {
      const inserted = await tx('leases')
        .insert({
          key,
          run_id: holder.runId,
          instance: holder.instance,
          what,
          acquired_at: databaseNow(tx),
          expires_at: databaseNow(tx),
        })
        .onConflict('key')
        .ignore()
        .returning('key');
      if (inserted.length > 0) return holder.runId;
      const [held] = await tx<LeaseRow>('leases')
        .where({ key })
        .update({ key })
        .returning('run_id');
      if (held) return held.run_id;
    }
  }

  async release(
    key: string,
    holder: LeaseHolder,
    tx: Knex = this.#knex,
  ): Promise<void> {
    await tx('leases')
      .where({ key, run_id: holder.runId, instance: holder.instance })
      .delete();
  }

  /** Releases it for that run, whichever process holds it. */
  async drop(key: string, runId: string, tx: Knex): Promise<void> {
    await tx('leases').where({ key, run_id: runId }).delete();
  }

  /** Everything a run holds, whichever process held it. */
  async releaseRun(runId: string, tx: Knex): Promise<void> {
    await this.#lockInOrder(tx, query => query.where({ run_id: runId }));
    await tx('leases').where({ run_id: runId }).delete();
  }

  /** Lets others take over at once, and see that the run is not finished. */
  async expireRun(holder: LeaseHolder): Promise<void> {
    await this.#knex.transaction(async tx => {
      const rows = await this.#lockInOrder(tx, query =>
        query.where({ run_id: holder.runId, instance: holder.instance }),
      );
      await tx('leases')
        .whereIn(
          'key',
          rows.map(row => row.key),
        )
        .update({ expires_at: 0, instance: '' });
    });
  }

  async #extend(tx: Knex, rows: LeaseRow[], ttlMs: number) {
    if (rows.length === 0) return;
    await tx<LeaseRow>('leases')
      .whereIn(
        'key',
        rows.map(row => row.key),
      )
      .update({ expires_at: databaseNow(tx, ttlMs) as any });
  }

  /** Several leases are always locked in the order of their keys, and leases before operations: no deadlocks. */
  async #lockInOrder(
    tx: Knex,
    where: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
  ): Promise<LeaseRow[]> {
    return where(tx('leases')).orderBy('key').forUpdate().select('*');
  }
}
