// @ts-check

/**
 * The facts of reports, to be judged elsewhere. Apart from the reports, which are read far more often.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('report_bundles', table => {
    table.string('report_id', 64).primary();
    table.text('bundle').notNullable().comment('JSON, gzip, base64');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('report_bundles');
};
