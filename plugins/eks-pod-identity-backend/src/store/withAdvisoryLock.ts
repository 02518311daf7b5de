import { ServiceUnavailableError } from '@backstage/errors';
import { Knex } from 'knex';

/** Of all processes on one database: this number means the start of this plugin to them. */
const LOCK = 5_037_718_244;
/** Migrations that took longer would be told apart from a process that hangs in them by nobody. */
const PATIENCE_SECONDS = 120;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Does what replicas that start in the same second must do one after the other: two that make the tables of a new
 * database at once both write a row into knex' lock table, and no migration ever runs again. `work` gets the
 * transaction that ends the wait of the others; a process that dies ends it too. SQLite has one process anyway.
 *
 * @throws ServiceUnavailableError when the others take too long
 */
export async function withAdvisoryLock<T>(
  knex: Knex,
  work: (tx: Knex) => Promise<T>,
): Promise<T> {
  if (String(knex.client.config.client) !== 'pg') return work(knex);
  return knex.transaction(async tx => {
    await tx.raw(`set local lock_timeout = '${PATIENCE_SECONDS}s'`);
    try {
      await tx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      throw new ServiceUnavailableError(
        `Another process has been setting up the database of eks-pod-identity for ${PATIENCE_SECONDS} s; look at what the other replicas log, and start this one again`,
      );
    }
    await tx.raw('set local lock_timeout = default');
    return work(tx);
  });
}

/**
 * The same for work that takes connections of its own from the pool, as the scheduler does when it makes its tables
 * in the database of the plugin with the first task. Where the pool has one connection, such work would wait for
 * itself, so nobody waits for it.
 */
export async function withAdvisoryLockBeside<T>(
  knex: Knex,
  work: () => Promise<T>,
): Promise<T> {
  return knex.client.pool?.max > 1 ? withAdvisoryLock(knex, work) : work();
}
