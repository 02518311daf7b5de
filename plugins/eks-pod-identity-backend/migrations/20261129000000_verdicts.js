// @ts-check

/** What version 0.1 called a status, and what it is now. */
const NOW = {
  failed: 'broken',
  degraded: 'partly-works',
  inconclusive: 'could-not-check',
  consistent: 'looks-right',
  changed: 'looks-right',
  unverified: 'looks-right',
};

/** The other way, and of each new word the nearest. */
const BEFORE = {
  broken: 'failed',
  'no-pod-has-it': 'degraded',
  'other-identity': 'degraded',
  'pods-not-started': 'degraded',
  'partly-works': 'degraded',
  'could-not-check': 'inconclusive',
  'setting-up': 'inconclusive',
  'rolling-out': 'inconclusive',
  'looks-right': 'consistent',
  'no-workload': 'consistent',
  'no-identity': 'unverified',
};

/** Version 0.1 had this word for a service account, and none for a report. */
const BEFORE_IN_REPORTS = { ...BEFORE, 'restart-needed': 'degraded' };

/** What is remembered of the pods, which version 0.1 did not count, until they are looked at. */
const LACKING = {
  degraded: { state: 'some', good: 0, all: 0 },
  'restart-needed': { state: 'some', good: 0, all: 0, restart: true },
};

const UNSEEN = 'The portal has not looked at this identity yet.';

/** Where reports are stored as JSON. A quote within a sentence is escaped there, so this text is a status. */
const REPORTS = [
  ['reports', 'report'],
  ['operations', 'result'],
  ['operation_events', 'data'],
];

/**
 * A status is a verdict over the way to the identity and over the pods of the application. Stored findings stay as they
 * are until a look replaces them; reports keep the word they were written with. What the owners were notified of was
 * judged otherwise, so comparing begins again.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('service_accounts', table => {
    table
      .text('memory')
      .comment('JSON: what a look leaves to the next ones, pods among it');
    table
      .string('former_notified', 16)
      .comment('What version 0.1 had notified the owners of');
  });
  await knex('service_accounts').update({
    former_notified: knex.ref('notified_status'),
    notified_status: null,
  });
  const unverified = () =>
    knex('service_accounts').where({ status: 'unverified' });
  await unverified()
    .where('headline', 'like', `${UNSEEN}%`)
    .update({ status: 'could-not-check' });
  // It was taken away, and not set up again since.
  await unverified()
    .whereNotNull('reset_at')
    .whereNotExists(
      knex('associations as a')
        .select('a.cluster')
        .whereRaw('?? = ??', ['a.cluster', 'service_accounts.cluster'])
        .whereRaw('?? = ??', ['a.namespace', 'service_accounts.namespace'])
        .whereRaw('?? = ??', [
          'a.service_account',
          'service_accounts.service_account',
        ]),
    )
    .update({ status: 'no-identity' });
  // What has been looked at without having had an association was called failed, and stays so.
  await knex('service_accounts')
    .whereNot('status', 'no-identity')
    .whereNot('headline', 'like', `${UNSEEN}%`)
    .update({ memory: JSON.stringify({ associated: true }) });
  // Or the next write without a look at the pods would forget what they lack.
  for (const [status, workloads] of Object.entries(LACKING)) {
    await knex('service_accounts')
      .where({ status })
      .update({
        memory: JSON.stringify({ workloads, assumed: true, associated: true }),
      });
  }
  for (const [former, status] of Object.entries(NOW)) {
    await knex('service_accounts').where({ status: former }).update({ status });
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  // Three words of version 0.1 are one now; what stands beside it tells them apart.
  await knex('service_accounts')
    .where({ status: 'looks-right' })
    .whereNotNull('changed_since')
    .update({ status: 'changed' });
  await knex('service_accounts')
    .whereIn('status', ['looks-right', 'could-not-check'])
    .whereNull('proof_report_id')
    .whereNull('look_report_id')
    .update({ status: 'unverified' });
  for (const [status, former] of Object.entries(BEFORE)) {
    await knex('service_accounts').where({ status }).update({ status: former });
    await knex('service_accounts')
      .where({ notified_status: status })
      .update({ notified_status: former });
  }
  for (const [status, former] of Object.entries(BEFORE_IN_REPORTS)) {
    await knex('reports').where({ status }).update({ status: former });
    for (const [table, column] of REPORTS) {
      const written = `"status":"${status}"`;
      await knex(table)
        .where(column, 'like', `%${written}%`)
        .update({
          [column]: knex.raw('replace(??, ?, ?)', [
            column,
            written,
            `"status":"${former}"`,
          ]),
        });
    }
  }
  // Nothing was judged since then of which the owners could have been notified.
  await knex('service_accounts')
    .whereNull('notified_status')
    .update({ notified_status: knex.ref('former_notified') });
  await knex.schema.alterTable('service_accounts', table => {
    table.dropColumns('memory', 'former_notified');
  });
};
