// @ts-check

/**
 * Moves of one team, one after the other, with what their starter was allowed to do.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('move_queues', table => {
    table.string('id', 36).primary();
    table.string('owned_by', 600).notNullable();
    table
      .string('running_of', 600)
      .unique()
      .comment('`owned_by` until it has ended: one queue of a team at a time');
    table.string('initiator', 600).notNullable();
    table.string('state', 16).notNullable();
    table.text('why').comment('Why it ended before its last move, or waits');
    table.bigInteger('created_at').notNullable().comment('Epoch milliseconds');
    table.bigInteger('finished_at').comment('Epoch milliseconds');
    table.index(['initiator', 'created_at']);
  });
  await knex.schema.createTable('queued_moves', table => {
    table.string('queue_id', 36).notNullable();
    table.integer('position').notNullable();
    table.string('cluster', 100).notNullable();
    table.string('namespace', 63).notNullable();
    table.string('service_account', 253).notNullable();
    table.string('entity_ref', 600).comment('Lower case');
    table.string('state', 16).notNullable();
    table.text('message').comment('Why it failed or was left out');
    table.string('operation_id', 36);
    table.text('asked').comment('JSON: the operation with its rights');
    table.primary(['queue_id', 'position']);
    table.index(['operation_id']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('queued_moves');
  await knex.schema.dropTable('move_queues');
};
