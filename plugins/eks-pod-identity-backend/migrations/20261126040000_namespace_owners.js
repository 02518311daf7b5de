// @ts-check

/**
 * Which of the entities that claim a service account name its namespace as their own.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('entity_refs', table => {
    table
      .boolean('owns_namespace')
      .notNullable()
      .defaultTo(false)
      .comment('By backstage.io/kubernetes-namespace');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('entity_refs', table => {
    table.dropColumn('owns_namespace');
  });
};
