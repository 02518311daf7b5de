// @ts-check

/**
 * Findings that outlive looks which could not see, a version so that two writers of a headline notice each other,
 * and which operations only planned.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('service_accounts', table => {
    table
      .text('findings')
      .comment('Checks that last answered with a warning or failure, JSON');
    table.integer('version').notNullable().defaultTo(0);
  });
  await knex.schema.alterTable('operations', table => {
    table.boolean('plan_only').notNullable().defaultTo(false);
  });
  const changes = await knex('operations')
    .whereIn('kind', ['associate', 'teardown'])
    .select('id', 'input');
  for (const { id, input } of changes) {
    if (JSON.parse(input).planOnly === true) {
      await knex('operations').where({ id }).update({ plan_only: true });
    }
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('operations', table => {
    table.dropColumn('plan_only');
  });
  await knex.schema.alterTable('service_accounts', table => {
    table.dropColumns('findings', 'version');
  });
};
