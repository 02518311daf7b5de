// @ts-check

/**
 * Operations with their events, the leases that keep two of them apart, the reports of verifications, and who owns
 * an identity. Times are epoch milliseconds; documents are JSON text.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  /** @param {import('knex').Knex.CreateTableBuilder} table */
  const ref = table => {
    table.string('cluster', 100).notNullable().comment('Id from app-config');
    table.string('namespace', 63).notNullable();
    table.string('service_account', 253).notNullable();
  };

  await knex.schema.createTable('operations', table => {
    table.string('id', 36).primary();
    table
      .string('run_id', 36)
      .notNullable()
      .comment('Operation that leads the run; another one for a joined verify');
    table.string('kind', 16).notNullable();
    ref(table);
    table.text('entity_ref').comment('Checked at acceptance');
    table.string('state', 16).notNullable();
    table.text('initiator').notNullable();
    table.string('initiator_type', 16).notNullable();
    table.string('trigger', 16).notNullable();
    table.string('task_id', 200);
    table.string('idempotency_key', 256);
    table.string('request_hash', 64).notNullable();
    table.text('input').notNullable();
    table
      .text('granted')
      .notNullable()
      .comment('Names of the permissions granted at acceptance');
    table
      .text('owner_refs')
      .notNullable()
      .comment('ownedBy of the checked entity at acceptance');
    table
      .text('owned_entities')
      .comment('Entities the initiator owned at acceptance; null: not limited');
    table.text('plan');
    table.text('result');
    table.text('error');
    table.integer('attempts').notNullable().defaultTo(0);
    table
      .integer('last_seq')
      .notNullable()
      .defaultTo(0)
      .comment('Greatest event number of the run; counted on the leader');
    table.integer('end_seq').comment('Event that ended this operation');
    table.bigInteger('cancel_requested_at');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.bigInteger('finished_at');
    table.index(['run_id'], 'operations_run_idx');
    table.index(['state'], 'operations_state_idx');
    table.index(
      ['cluster', 'namespace', 'service_account', 'kind', 'created_at'],
      'operations_ref_idx',
    );
    table.unique(['initiator', 'idempotency_key'], {
      indexName: 'operations_idempotency_uq',
    });
  });

  await knex.schema.createTable('operation_events', table => {
    table.string('run_id', 36).notNullable();
    table.integer('seq').notNullable();
    table
      .string('operation_id', 36)
      .comment('Set on what concerns one follower of the run only');
    table.bigInteger('at').notNullable();
    table.string('type', 16).notNullable();
    table.text('data').notNullable();
    table.primary(['run_id', 'seq']);
  });

  await knex.schema.createTable('leases', table => {
    table.string('key', 512).primary();
    table.string('run_id', 36).notNullable();
    table
      .string('instance', 36)
      .notNullable()
      .comment('Process that holds it; another one after a takeover');
    table.text('what').notNullable().comment('Shown to those who wait');
    table.bigInteger('acquired_at').notNullable();
    table.bigInteger('expires_at').notNullable().comment('Database time');
    table.index(['instance'], 'leases_instance_idx');
    table.index(['run_id'], 'leases_run_idx');
  });

  await knex.schema.createTable('reports', table => {
    table.string('id', 64).primary();
    ref(table);
    table.text('entity_ref');
    table.string('trigger', 16).notNullable();
    table.string('status', 16).notNullable();
    table.string('proof', 16).notNullable();
    table.string('probe', 16).notNullable();
    table.string('fingerprint', 128);
    table.string('request_hash', 64).comment('Equal for equal questions');
    table.bigInteger('finished_at').notNullable();
    table.text('report').notNullable();
    table.index(
      ['cluster', 'namespace', 'service_account', 'finished_at', 'id'],
      'reports_ref_idx',
    );
    table.index(
      ['cluster', 'namespace', 'service_account', 'probe', 'finished_at'],
      'reports_proof_idx',
    );
  });

  await knex.schema.createTable('owners', table => {
    ref(table);
    table
      .text('entity_ref')
      .notNullable()
      .comment('Entity that our AWS tag names');
    table.text('owner_refs').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.primary(['cluster', 'namespace', 'service_account']);
  });

  await knex.schema.createTable('settings', table => {
    table.string('key', 64).primary();
    table.text('value').notNullable();
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const table of [
    'settings',
    'owners',
    'reports',
    'leases',
    'operation_events',
    'operations',
  ]) {
    await knex.schema.dropTable(table);
  }
};
