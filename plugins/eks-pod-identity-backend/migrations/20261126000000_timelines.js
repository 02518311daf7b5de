// @ts-check

/**
 * Timelines of the runs that were asked to record one. Apart from the operations, which are read far more often.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('operations', table => {
    table
      .boolean('records_timeline')
      .notNullable()
      .defaultTo(false)
      .comment('Asked for when it was started');
  });
  await knex.schema.createTable('operation_timelines', table => {
    table.string('run_id', 36).primary();
    table.text('timeline').notNullable().comment('JSON');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('operation_timelines');
  await knex.schema.alterTable('operations', table => {
    table.dropColumn('records_timeline');
  });
};
