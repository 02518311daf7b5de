// @ts-check

const TABLES = ['operations', 'reports'];

/**
 * For which entity a record was made, so that it does not pass to the next one that gets the service account. What is there
 * has only the entity that its request named; the uid follows when that of the identity is first seen.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('owners', table => {
    table.text('entity_uid').comment('Uid of the entity in the catalog');
  });
  for (const name of TABLES) {
    await knex.schema.alterTable(name, table => {
      table
        .text('holder_ref')
        .comment('Entity that the identity was made for then, lower case');
      table.text('holder_uid');
      table.text('holder_owners').comment('JSON');
    });
  }
  await knex.schema.alterTable('reports', table => {
    table.text('initiator').comment('Whose verification it was');
  });
  await knex('operations').update({
    holder_ref: knex.raw('lower(entity_ref)'),
    holder_uid: knex.ref('entity_uid'),
    holder_owners: knex.ref('owner_refs'),
  });
  // What was verified for an entity that never had the identity here is recorded for none.
  const associates = knex('operations as o').where('o.kind', 'associate');
  await knex('reports')
    .update({
      holder_ref: knex.raw('lower(entity_ref)'),
      holder_owners: '[]',
    })
    .where(had => {
      for (const rows of [knex('owners as o'), associates]) {
        had.orWhereExists(
          rows
            .select(knex.raw('1'))
            .whereRaw('o.cluster = reports.cluster')
            .whereRaw('o.namespace = reports.namespace')
            .whereRaw('o.service_account = reports.service_account')
            .whereRaw('lower(o.entity_ref) = lower(reports.entity_ref)'),
        );
      }
    });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('reports', table => {
    table.dropColumn('initiator');
  });
  for (const name of TABLES) {
    await knex.schema.alterTable(name, table => {
      table.dropColumn('holder_ref');
      table.dropColumn('holder_uid');
      table.dropColumn('holder_owners');
    });
  }
  await knex.schema.alterTable('owners', table => {
    table.dropColumn('entity_uid');
  });
};
