// @ts-check

/**
 * How many service accounts of each owner had each verdict, road and note on each day, for progress over time and for the
 * notes of a team.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('access_figures', table => {
    table.string('day', 10).notNullable().comment('2026-11-29, UTC');
    table.string('cluster', 100).notNullable();
    table
      .string('owner_ref', 600)
      .notNullable()
      .comment('Empty without one, * for all');
    table.string('what', 16).notNullable().comment('verdict, road or note');
    table.string('name', 32).notNullable();
    table.integer('count').notNullable();
    table.primary(['owner_ref', 'cluster', 'day', 'what', 'name']);
    table.index(['cluster', 'day']);
  });
  await knex.schema.alterTable('access_looks', table => {
    table
      .text('seen')
      .comment(
        'JSON: programs that asked by IRSA, as the last look that read them saw',
      );
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('access_looks', table => {
    table.dropColumn('seen');
  });
  await knex.schema.dropTable('access_figures');
};
