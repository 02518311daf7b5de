// @ts-check

/**
 * The check that the sentence of a status comes from, so that a fleet can be grouped by cause. A look fills it in.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('service_accounts', table => {
    table
      .text('cause')
      .comment('Id of the check whose finding the headline tells');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('service_accounts', table => {
    table.dropColumn('cause');
  });
};
