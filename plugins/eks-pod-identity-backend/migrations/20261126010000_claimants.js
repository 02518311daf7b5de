// @ts-check

/**
 * Who asked for an operation and for which entity, so that a run can compare them with the identity it finds. The
 * entities of the user are not listed any more.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('operations', table => {
    table.text('entity_uid').comment('Uid of the entity in the catalog');
    table
      .text('claimant')
      .comment('What the asking user owns by, JSON; null for a service');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('operations', table => {
    table.dropColumn('entity_uid');
    table.dropColumn('claimant');
  });
};
