// @ts-check

/**
 * Who acts as the nodes of each cluster, as the last look at all AWS access found it.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('access_looks', table => {
    table.text('node_groups').comment('JSON: who acts as the nodes');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('access_looks', table => {
    table.dropColumn('node_groups');
  });
};
