// @ts-check

/**
 * What moves wrote into trust policies of roles: kept until the statement is gone, however long that is.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('move_trusts', table => {
    table.string('cluster', 100).notNullable();
    table.string('namespace', 63).notNullable();
    table.string('service_account', 253).notNullable();
    table.string('role_arn', 700).notNullable();
    table.integer('version').notNullable().comment('Of `record`');
    table.text('record').notNullable().comment('JSON');
    table.primary(['cluster', 'namespace', 'service_account', 'role_arn']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('move_trusts');
};
