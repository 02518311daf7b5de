import type { Knex } from 'knex';

/** Kinds that may change an identity. */
const CHANGES_IDENTITY = [
  'associate',
  'teardown',
  'migrate',
  'rollback',
] as const;

/**
 * Only operations that may change an identity: a rehearsal, which is a move until then, touches nothing of it. The statement
 * that it may add to a trust policy has its own record and its own event of the audit log.
 */
export const changesIdentityOnly =
  (table = '') =>
  (query: Knex.QueryBuilder): void => {
    const column = (name: string) => (table ? `${table}.${name}` : name);
    query.whereIn(column('kind'), CHANGES_IDENTITY).whereNot(rehearsal => {
      rehearsal
        .where(column('kind'), 'migrate')
        .andWhere(column('input'), 'not like', '%"until":"moved"%');
    });
  };
