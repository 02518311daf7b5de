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
    table.string('owner_ref', 600).notNullable().comment('Or empty');
    table.string('what', 16).notNullable().comment('verdict, road or note');
    table.string('name', 32).notNullable();
    table.integer('count').notNullable();
    table.primary(['day', 'cluster', 'owner_ref', 'what', 'name']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('access_figures');
};
