// @ts-check

/**
 * What AWS recorded of the use of identities, and how far the portal has read it.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.createTable('evidence', table => {
    table.string('cluster', 100).notNullable();
    table.string('namespace', 63).notNullable();
    table.string('service_account', 253).notNullable();
    table
      .text('evidence')
      .comment('JSON, without tokens; null before it was read');
    table
      .text('issuer')
      .comment('OIDC issuer of the cluster, once a look saw it');
    table
      .bigInteger('read_at')
      .comment('End of the last search of this identity');
    table
      .bigInteger('active_at')
      .comment(
        'Last time that its role was obtained, as a search of the account saw',
      );
    table
      .boolean('due')
      .notNullable()
      .defaultTo(false)
      .comment('Its role was obtained since it was searched');
    table
      .bigInteger('obtained_at')
      .comment('Last time that a pod of its own obtained the role');
    table.bigInteger('used_at').comment('Last use of the role by anything');
    table
      .bigInteger('role_read_at')
      .comment('When IAM was last asked for the last use');
    table
      .bigInteger('irsa_at')
      .comment('Last time that its service account obtained the role by IRSA');
    table
      .bigInteger('denied_at')
      .comment('Last time that AWS refused it something');
    table.bigInteger('claimed_at').comment('When a search for a person began');
    table.text('days').comment('Days of use, the newest first, JSON');
    table
      .string('notified', 16)
      .comment('What its owners were last notified of');
    table.integer('version').notNullable().defaultTo(0);
    table.bigInteger('updated_at').notNullable();
    table.primary(['cluster', 'namespace', 'service_account']);
    table.index(['updated_at'], 'evidence_updated_idx');
  });
  await knex.schema.createTable('evidence_sweeps', table => {
    table.string('account_id', 12).notNullable();
    table.string('region', 32).notNullable();
    table
      .bigInteger('searched_until')
      .comment('End of the last search of the whole account');
    table.string('state', 16).notNullable();
    table.text('reason').comment('Why it cannot be read');
    table.bigInteger('updated_at').notNullable();
    table.primary(['account_id', 'region']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('evidence_sweeps');
  await knex.schema.dropTable('evidence');
};
