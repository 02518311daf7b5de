// @ts-check

/**
 * What the last look at the portal's own set-up on each cluster found.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('cluster_setups', table => {
    table.string('cluster', 100).primary();
    table.bigInteger('looked_at').notNullable().comment('Epoch milliseconds');
    table.text('answers').notNullable().comment('JSON');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('cluster_setups');
};
