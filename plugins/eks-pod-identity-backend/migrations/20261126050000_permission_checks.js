// @ts-check

/**
 * The permission checks that were last asked for of an identity, which every verification asks again.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('permission_checks', table => {
    table.string('cluster', 100).notNullable();
    table.string('namespace', 63).notNullable();
    table.string('service_account', 253).notNullable();
    table.text('checks').notNullable().comment('JSON');
    table
      .text('holder_ref')
      .comment('Entity that the identity was made for then, lower case');
    table.text('holder_uid');
    table.text('holder_owners').comment('JSON');
    table.primary(['cluster', 'namespace', 'service_account']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('permission_checks');
};
