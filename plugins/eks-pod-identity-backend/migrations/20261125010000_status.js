// @ts-check

/**
 * What was seen of clusters, associations and entities, and the headline of each service account. Times are epoch
 * milliseconds; documents are JSON text.
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

  await knex.schema.createTable('associations', table => {
    ref(table);
    table.string('association_id', 64).notNullable();
    table.text('arn').notNullable();
    table.string('owner', 16).notNullable().comment('portal, addon, external');
    table.text('role_arn').comment('Null until it was described');
    table.text('target_role_arn');
    table.text('entity_ref').comment('Entity that our AWS tag names');
    table.boolean('orphan').notNullable().defaultTo(false);
    table.boolean('drift').notNullable().defaultTo(false);
    table.text('drift_reason');
    table.text('details').comment('What Describe showed, JSON');
    table.bigInteger('listed_at').notNullable();
    table.bigInteger('described_at');
    table.primary(['cluster', 'association_id']);
    table.index(
      ['cluster', 'namespace', 'service_account'],
      'associations_ref_idx',
    );
    table.index(['cluster', 'described_at'], 'associations_described_idx');
  });

  await knex.schema.createTable('service_accounts', table => {
    ref(table);
    table.string('status', 16).notNullable().comment('IdentityStatus');
    table.text('headline').notNullable();
    table.string('changed_since', 16);
    table.string('fingerprint', 128).comment('As last seen');
    table.string('proof_report_id', 64);
    table.string('look_report_id', 64);
    table.bigInteger('proven_at');
    table.bigInteger('looked_at');
    table
      .bigInteger('reset_at')
      .comment('Reports from before are of an identity that was removed');
    table.bigInteger('updated_at').notNullable();
    table.string('notified_status', 16).comment('Told to the owners last');
    table.primary(['cluster', 'namespace', 'service_account']);
    table.index(['status'], 'service_accounts_status_idx');
  });

  await knex.schema.createTable('entity_refs', table => {
    table.string('entity_ref', 600).notNullable();
    ref(table);
    table.string('source', 16).notNullable().comment('annotation, aws-tag');
    table.bigInteger('updated_at').notNullable();
    table.primary(
      ['entity_ref', 'cluster', 'namespace', 'service_account', 'source'],
      'entity_refs_pk',
    );
    table.index(
      ['cluster', 'namespace', 'service_account'],
      'entity_refs_ref_idx',
    );
  });

  await knex.schema.createTable('cluster_states', table => {
    table.string('cluster', 100).primary();
    table.bigInteger('swept_at').comment('End of the last whole sweep');
    table.text('cursor').comment('Where an unfinished sweep goes on');
    table.bigInteger('stale_since');
    table.text('stale_reason');
    table.text('agent').comment('Version and coverage, JSON');
    table.bigInteger('updated_at').notNullable();
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  for (const table of [
    'cluster_states',
    'entity_refs',
    'service_accounts',
    'associations',
  ]) {
    await knex.schema.dropTable(table);
  }
};
