// @ts-check

/**
 * Every AWS identity of each cluster as the last look found it, whatever its road, and how many went by Pod Identity on
 * each day.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('access', table => {
    table.string('cluster', 100).notNullable();
    table.string('namespace', 63).notNullable();
    table.string('service_account', 253).notNullable();
    table.string('road', 16).notNullable().comment('The one that wins');
    table.string('verdict', 16).notNullable();
    table
      .bigInteger('irsa_at')
      .comment('Last time that it obtained the role by IRSA, epoch ms');
    table.string('entity_ref', 600).comment('Lower case');
    table
      .string('entity_by', 16)
      .comment('tag, annotation, namespace, or team: one of several');
    table
      .text('holder')
      .comment('JSON: whose the role is, as its tags say for sure');
    table.text('details').notNullable().comment('JSON: the row');
    table.primary(['cluster', 'namespace', 'service_account']);
    table.index(['entity_ref']);
  });
  await knex.schema.createTable('access_looks', table => {
    table.string('cluster', 100).primary();
    table.bigInteger('tried_at').notNullable().comment('Epoch milliseconds');
    table.bigInteger('looked_at').comment('Of the rows, epoch milliseconds');
    table.string('used_since', 30).comment('ISO 8601');
    table.text('gaps').comment('JSON');
    table.text('failure').comment('Why the last look found nothing');
  });
  await knex.schema.createTable('access_days', table => {
    table.string('day', 10).notNullable().comment('2026-11-29, UTC');
    table.string('cluster', 100).notNullable();
    table.string('owner_ref', 600).notNullable().comment('Or empty');
    table.integer('by_pod_identity').notNullable();
    table.integer('total').notNullable();
    table.primary(['day', 'cluster', 'owner_ref']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('access_days');
  await knex.schema.dropTable('access_looks');
  await knex.schema.dropTable('access');
};
