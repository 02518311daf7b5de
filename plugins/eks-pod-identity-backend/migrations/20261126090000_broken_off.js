// @ts-check

/**
 * Whether a run changed something, so that one that broke off can be told from one that never began; and the operations of
 * an entity, which has no other link to an identity before it is set up.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('operations', table => {
    table
      .boolean('wrote')
      .notNullable()
      .defaultTo(false)
      .comment('It changed something in AWS or Kubernetes');
    table.index(['entity_ref', 'state'], 'operations_entity_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('operations', table => {
    table.dropIndex(['entity_ref', 'state'], 'operations_entity_idx');
    table.dropColumn('wrote');
  });
};
