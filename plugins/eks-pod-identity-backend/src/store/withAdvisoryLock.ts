import { ServiceUnavailableError } from '@backstage/errors';
import { Knex } from 'knex';

/** Key of the advisory lock that serialises start-up across replicas. Never change it. */
const LOCK = 5_037_718_244;
/** After this long a slow migration cannot be told from a hung one, so start-up fails. */
const WAIT_SECONDS = 120;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Serialises what replicas do when they start together: two that create the tables of a new database at once both
 * write a row into knex' lock table, and no migration ever runs again. `work` gets the transaction that holds the lock;
 * the lock ends with it, also when the process dies. SQLite has one process anyway.
 *
 * @throws ServiceUnavailableError when the others take too long
 */
export async function withAdvisoryLock<T>(
  knex: Knex,
  work: (tx: Knex) => Promise<T>,
): Promise<T> {
  if (String(knex.client.config.client) !== 'pg') return work(knex);
  return knex.transaction(async tx => {
    await tx.raw(`set local lock_timeout = '${WAIT_SECONDS}s'`);
    try {
      await tx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      throw new ServiceUnavailableError(
        `Another process has been setting up the database of eks-pod-identity for ${WAIT_SECONDS} s; look at what the other replicas log, and start this one again`,
      );
    }
    await tx.raw('set local lock_timeout = default');
    return work(tx);
  });
}

/**
 * The same for work that takes more connections from the pool, as the scheduler does when it creates its tables with the
 * first task. In a pool of one connection such work would wait for itself, so it runs without the lock.
 */
export async function withAdvisoryLockBeside<T>(
  knex: Knex,
  work: () => Promise<T>,
): Promise<T> {
  return knex.client.pool?.max > 1 ? withAdvisoryLock(knex, work) : work();
}
