// @ts-check

/** What a headline began with, by its status, until this migration. */
const WORDS = {
  failed: 'Broken',
  degraded: 'Works, needs attention',
  'restart-needed': 'Works, restart needed',
  inconclusive: 'Could not check',
  changed: 'Changed since test',
  unverified: 'New',
  consistent: 'Not tested',
  verified: 'Verified',
};

/** How the headlines begin that had no word. */
const WITHOUT_WORD = [
  'The portal has not looked at this identity yet.',
  'This identity was ',
  'Something changed since this identity ',
  'What the last test found wrong is mended.',
  'What the last test found wrong is fixed.',
  'It worked in its last complete test.',
];

const MARKER = 'changed-by:';

/**
 * A headline is the sentence alone; its word follows from the status. The operation that changed an identity, which was
 * not looked at since, stands beside the fingerprint instead of in it.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  for (const [status, word] of Object.entries(WORDS)) {
    await knex('service_accounts')
      .where({ status })
      .where('headline', 'like', `${word}: %`)
      .update({
        headline: knex.raw('substr(headline, ?)', [word.length + 3]),
      });
  }
  await knex.schema.alterTable('service_accounts', table => {
    table
      .string('changed_by', 36)
      .comment('Operation that has changed the identity, not looked at since');
  });
  await knex('service_accounts')
    .where('fingerprint', 'like', `${MARKER}%`)
    .update({
      changed_by: knex.raw('substr(fingerprint, ?)', [MARKER.length + 1]),
      fingerprint: null,
    });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex('service_accounts')
    .whereNotNull('changed_by')
    .update({ fingerprint: knex.raw('? || changed_by', [MARKER]) });
  await knex.schema.alterTable('service_accounts', table => {
    table.dropColumn('changed_by');
  });
  for (const [status, word] of Object.entries(WORDS)) {
    const rows = knex('service_accounts')
      .where({ status })
      .whereNot('headline', '');
    for (const start of WITHOUT_WORD) {
      rows.whereNot('headline', 'like', `${start}%`);
    }
    await rows.update({ headline: knex.raw('? || headline', [`${word}: `]) });
  }
};
