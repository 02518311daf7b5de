import { TestDatabaseId } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { createTestDatabases } from './__testUtils__/databases';
import { migrationsDirectory } from './store';

const directory = migrationsDirectory;
const databases = createTestDatabases();

const ref = {
  cluster: 'prod',
  namespace: 'payments',
  service_account: 'api',
};

const operation = (id: string, kind: string, input: object) => ({
  ...ref,
  id,
  run_id: id,
  kind,
  entity_ref: 'component:default/payments-api',
  state: 'succeeded',
  initiator: 'user:default/ada',
  initiator_type: 'user',
  trigger: 'user',
  request_hash: 'hash',
  input: JSON.stringify(input),
  granted: '[]',
  owner_refs: '["user:default/ada"]',
  last_seq: 1,
  created_at: 1_700_000_000_000,
  updated_at: 1_700_000_000_000,
});

/** Rows of each table, as it is after the migration that made it. */
const ROWS: Record<string, Record<string, object[]>> = {
  '20261125000000_operations.js': {
    operations: [
      operation('done', 'associate', {}),
      operation('plan', 'teardown', { planOnly: true }),
      // A verification has no such input; whatever it carries stays a verification
      operation('look', 'verify', { planOnly: true }),
    ],
    operation_events: [
      {
        run_id: 'done',
        seq: 1,
        at: 1_700_000_000_000,
        type: 'log',
        data: '{"message":"Creating role"}',
      },
    ],
    leases: [
      {
        key: 'sa:prod/payments/api',
        run_id: 'done',
        instance: 'first',
        what: 'associate',
        acquired_at: 1_700_000_000_000,
        expires_at: 1_700_000_060_000,
      },
    ],
    reports: [
      {
        ...ref,
        id: 'report',
        trigger: 'user',
        status: 'verified',
        proof: 'credentials',
        probe: 'pod',
        finished_at: 1_700_000_000_000,
        report: '{"id":"report"}',
      },
    ],
    owners: [
      {
        ...ref,
        entity_ref: 'component:default/payments-api',
        owner_refs: '["user:default/ada"]',
        updated_at: 1_700_000_000_000,
      },
    ],
    settings: [{ key: 'portal', value: '"portal.example.com"' }],
  },
  '20261125010000_status.js': {
    associations: [
      {
        ...ref,
        association_id: 'a-1',
        arn: 'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/prod/a-1',
        owner: 'portal',
        drift: true,
        listed_at: 1_700_000_000_000,
      },
    ],
    service_accounts: [
      {
        ...ref,
        status: 'verified',
        headline: 'Verified: it works.',
        updated_at: 1_700_000_000_000,
      },
    ],
    entity_refs: [
      {
        ...ref,
        entity_ref: 'component:default/payments-api',
        source: 'annotation',
        updated_at: 1_700_000_000_000,
      },
    ],
    cluster_states: [
      {
        cluster: 'prod',
        swept_at: 1_700_000_000_000,
        updated_at: 1_700_000_000_000,
      },
    ],
  },
  '20261125020000_findings.js': {},
  '20261126000000_timelines.js': {
    operation_timelines: [
      { run_id: 'done', timeline: '{"durationMs":1,"entries":[],"cut":0}' },
    ],
  },
  '20261126010000_claimants.js': {},
  '20261126020000_holders.js': {},
  '20261126030000_operation_times.js': {},
  '20261126040000_namespace_owners.js': {},
  '20261126050000_permission_checks.js': {
    permission_checks: [
      { ...ref, checks: '[{"name":"list","command":["s3","ls"]}]' },
    ],
  },
  '20261126060000_bundles.js': {
    report_bundles: [{ report_id: 'report', bundle: '{}' }],
  },
  '20261126070000_evidence.js': {
    evidence: [
      {
        cluster: 'prod',
        namespace: 'payments',
        service_account: 'api',
        evidence: '{}',
        updated_at: 1,
      },
    ],
    evidence_sweeps: [
      {
        account_id: '111122223333',
        region: 'eu-west-1',
        state: 'read',
        updated_at: 1,
      },
    ],
  },
  '20261126080000_setups.js': {
    cluster_setups: [{ cluster: 'prod', looked_at: 1, answers: '[]' }],
  },
  '20261126090000_broken_off.js': {},
  '20261126100000_sentences.js': {},
  '20261129000000_verdicts.js': {},
  '20261129010000_access.js': {
    access: [
      {
        ...ref,
        road: 'irsa',
        verdict: 'ready',
        entity_by: 'team',
        details: '{}',
      },
    ],
    access_looks: [{ cluster: 'prod', tried_at: 1 }],
    access_days: [
      {
        day: '2026-11-29',
        cluster: 'prod',
        owner_ref: '',
        by_pod_identity: 1,
        total: 2,
      },
    ],
  },
  '20261129020000_access_figures.js': {
    access_figures: [
      {
        day: '2026-11-29',
        cluster: 'prod',
        owner_ref: '',
        what: 'verdict',
        name: 'ready',
        count: 2,
      },
    ],
  },
  '20261129020000_access_nodes.js': {},
  '20261130000000_causes.js': {},
  '20261130000000_move_queues.js': {},
  '20261130010000_move_trusts.js': {},
};

describe.each(databases.eachSupportedId())('migrations on %s', databaseId => {
  let knex: Knex;

  beforeEach(async () => {
    knex = await databases.init(databaseId as TestDatabaseId);
  });

  /** Everything that is in the tables, by table. */
  async function contents(tables: string[]) {
    const found: Record<string, string[]> = {};
    for (const table of tables) {
      found[table] = (await knex(table)).map(row => JSON.stringify(row)).sort();
    }
    return found;
  }

  it('knows every migration', async () => {
    const [, waiting] = await knex.migrate.list({ directory });
    expect(waiting.map(({ file }: { file: string }) => file)).toEqual(
      Object.keys(ROWS),
    );
  });

  it('goes up and down, step by step, and keeps what there was', async () => {
    const steps: { tables: string[]; before: Record<string, string[]> }[] = [];
    const tables: string[] = [];
    for (const [name, rows] of Object.entries(ROWS)) {
      steps.push({ tables: [...tables], before: await contents(tables) });
      await knex.migrate.up({ directory, name });
      for (const [table, inserted] of Object.entries(rows)) {
        await knex(table).insert(inserted);
        tables.push(table);
      }
    }
    const names = Object.keys(ROWS);
    for (const [index, step] of [...steps.entries()].reverse()) {
      await knex.migrate.down({ directory, name: names[index] });
      expect(await contents(step.tables)).toEqual(step.before);
      for (const table of tables) {
        expect({ table, exists: await knex.schema.hasTable(table) }).toEqual({
          table,
          exists: step.tables.includes(table),
        });
      }
    }
    // And up again over what is left of the way down: nothing
    await knex.migrate.latest({ directory });
    expect(Object.values(await contents(tables)).flat()).toEqual([]);
  });

  it('tells from their input which earlier operations only planned', async () => {
    const [first, second, third] = Object.keys(ROWS);
    await knex.migrate.up({ directory, name: first });
    await knex('operations').insert(ROWS[first].operations);
    await knex.migrate.up({ directory, name: second });
    await knex('service_accounts').insert(ROWS[second].service_accounts);
    await knex.migrate.up({ directory, name: third });
    const planned = await knex('operations').orderBy('id');
    expect(
      planned.map(({ id, plan_only }) => [id, Boolean(plan_only)]),
    ).toEqual([
      ['done', false],
      ['look', false],
      ['plan', true],
    ]);
    expect(await knex('service_accounts').first()).toMatchObject({
      headline: 'Verified: it works.',
      findings: null,
      version: 0,
    });
  });

  it('leaves the word of its own status out of each headline, and puts it back', async () => {
    const SENTENCES = [
      ['failed', 'Broken: the role is gone.', 'the role is gone.'],
      ['degraded', 'Works, needs attention: Two.', 'Two.'],
      ['restart-needed', 'Works, restart needed: 2 pods.', '2 pods.'],
      ['inconclusive', 'Could not check: Verified: no.', 'Verified: no.'],
      ['consistent', 'Not tested: it looks right.', 'it looks right.'],
      ['verified', 'Verified: it works.', 'it works.'],
      // None of these began with a word
      ['unverified', '', ''],
      ...[
        ['unverified', 'The portal has not looked at this identity yet. V.'],
        ['unverified', 'This identity was set up and has not been tested yet.'],
        ['unverified', 'This identity was taken away; there is none now.'],
        ['changed', 'Something changed since this identity was tested. V.'],
        ['consistent', 'What the last test found wrong is mended. V.'],
        ['consistent', 'What the last test found wrong is fixed. V.'],
        ['verified', 'It worked in its last complete test. A newer test: no.'],
      ].map(([status, text]) => [status, text, text]),
    ];
    const stored = SENTENCES.map(([status, headline], index) => ({
      ...ref,
      service_account: `a${String(index).padStart(2, '0')}`,
      status,
      headline,
      fingerprint: index === 1 ? 'changed-by:one' : `hash-${index}`,
      updated_at: 1,
    }));
    const names = Object.keys(ROWS);
    const name = '20261126100000_sentences.js';
    for (const before of names.slice(0, names.indexOf(name))) {
      await knex.migrate.up({ directory, name: before });
    }
    await knex('service_accounts').insert(stored);
    const rows = () => knex('service_accounts').orderBy('service_account');
    const before = await rows();
    await knex.migrate.up({ directory, name });
    const after = await rows();
    expect(after.map(row => [row.status, row.headline])).toEqual(
      SENTENCES.map(([status, , sentence]) => [status, sentence]),
    );
    const [same, changed] = after;
    expect([same.fingerprint, same.changed_by]).toEqual(['hash-0', null]);
    expect([changed.fingerprint, changed.changed_by]).toEqual([null, 'one']);
    await knex.migrate.down({ directory, name });
    expect(await rows()).toEqual(before);
  });

  describe('to verdicts', () => {
    const names = Object.keys(ROWS);
    const name = '20261129000000_verdicts.js';
    const UNSEEN = 'The portal has not looked at this identity yet. “Verify';
    const LOOKED = { look_report_id: 'look' };
    const RESET = { reset_at: 1 };
    /** The status of version 0.1, what it is now, and what else is in its row. */
    const STATUSES: [string, string, object?][] = [
      ['failed', 'broken', LOOKED],
      ['degraded', 'partly-works', LOOKED],
      ['restart-needed', 'restart-needed', LOOKED],
      ['inconclusive', 'could-not-check', LOOKED],
      ['consistent', 'looks-right', LOOKED],
      ['changed', 'looks-right', { ...LOOKED, changed_since: 'proof' }],
      ['verified', 'verified', { proof_report_id: 'proof' }],
      ['unverified', 'could-not-check', { headline: UNSEEN }],
      ['unverified', 'could-not-check', { ...RESET, headline: UNSEEN }],
      ['unverified', 'looks-right', { ...RESET, headline: 'Set up.' }],
      ['unverified', 'no-identity', { ...RESET, headline: 'Taken away.' }],
    ];
    const rows = () => knex('service_accounts').orderBy('service_account');
    const statuses = async () => (await rows()).map(({ status }) => status);

    beforeEach(async () => {
      for (const before of names.slice(0, names.indexOf(name))) {
        await knex.migrate.up({ directory, name: before });
      }
      const inserted = STATUSES.map(([status, , more], index) => ({
        ...ref,
        service_account: `a${String(index).padStart(2, '0')}`,
        status,
        headline: `It is ${status}.`,
        notified_status: ['failed', 'degraded'].includes(status)
          ? status
          : null,
        updated_at: 1,
        ...more,
      }));
      await knex('service_accounts').insert(inserted);
      // All but the last one have an association
      await knex('associations').insert(
        inserted.slice(0, -1).map(({ service_account }) => ({
          ...ROWS[names[1]].associations[0],
          service_account,
          association_id: service_account,
        })),
      );
    });

    it('gives each status the word of today and forgets what owners were notified of', async () => {
      const before = await rows();
      await knex.migrate.up({ directory, name });
      const after = await rows();
      expect(after.map(({ status }) => status)).toEqual(
        STATUSES.map(([, now]) => now),
      );
      expect(after.map(({ former_notified, memory, ...row }) => row)).toEqual(
        before.map((row, index) => ({
          ...row,
          status: STATUSES[index][1],
          notified_status: null,
        })),
      );
      const associated = { associated: true };
      const lacking = (restart?: true) => ({
        workloads: { state: 'some', good: 0, all: 0, restart },
        assumed: true,
        ...associated,
      });
      expect(after.map(({ memory }) => memory && JSON.parse(memory))).toEqual([
        associated,
        lacking(),
        lacking(true),
        ...[3, 4, 5, 6].map(() => associated),
        null,
        null,
        associated,
        null,
      ]);
      await knex.migrate.down({ directory, name });
      expect(await rows()).toEqual(before);
    });

    it('gives what was judged since the nearest word of version 0.1 on the way down', async () => {
      await knex.migrate.up({ directory, name });
      const JUDGED = {
        'other-identity': 'degraded',
        'no-pod-has-it': 'degraded',
        'pods-not-started': 'degraded',
        'rolling-out': 'inconclusive',
        'no-workload': 'consistent',
      };
      const now = Object.keys(JUDGED);
      for (const [index, status] of now.entries()) {
        await knex('service_accounts')
          .where({ service_account: `a0${index}` })
          .update({ status, memory: '{}', notified_status: status });
      }
      const [kept] = ROWS[names[0]].reports as [object];
      const told = 'It said {\\"status\\":\\"broken\\"}';
      const written = (status: string) =>
        `{"status":"${status}","checks":[{"status":"fail","message":"${told}"}]}`;
      const result = (status: string) =>
        `{"kind":"verify","status":"${status}","report":${written(status)}}`;
      await knex('reports').insert({
        ...kept,
        status: 'broken',
        report: written('broken'),
      });
      await knex('reports').insert({
        ...kept,
        id: 'restart',
        status: 'restart-needed',
        report: written('restart-needed'),
      });
      await knex('operations').insert({
        ...operation('look', 'verify', {}),
        result: result('no-pod-has-it'),
      });
      await knex('operation_events').insert({
        run_id: 'look',
        seq: 1,
        at: 1,
        type: 'result',
        data: result('no-pod-has-it'),
      });
      await knex.migrate.down({ directory, name });
      const former = Object.values(JUDGED);
      expect((await statuses()).slice(0, now.length)).toEqual(former);
      expect(
        (await rows())
          .slice(0, now.length)
          .map(({ notified_status }) => notified_status),
      ).toEqual(former);
      const [restart] = await knex('reports').where({ id: 'restart' });
      expect(restart).toMatchObject({
        status: 'degraded',
        report: written('degraded'),
      });
      expect(
        await knex('reports').whereNot({ id: 'restart' }).first(),
      ).toMatchObject({ status: 'failed', report: written('failed') });
      expect((await knex('operations').first()).result).toBe(
        result('degraded'),
      );
      expect((await knex('operation_events').first()).data).toBe(
        result('degraded'),
      );
    });
  });

  it('records an earlier report for the entity that had the identity, and for none where it had no owner', async () => {
    const names = Object.keys(ROWS);
    const before = names.indexOf('20261126020000_holders.js');
    for (const name of names.slice(0, before)) {
      await knex.migrate.up({ directory, name });
    }
    const { reports, operations } = ROWS[names[0]];
    const told = (id: string, more: object) => ({ ...reports[0], id, ...more });
    await knex('operations').insert(operations);
    await knex('reports').insert([
      told('own', { entity_ref: 'Component:default/payments-api' }),
      told('other', { entity_ref: 'component:default/shop' }),
      told('none', {}),
    ]);
    await knex.migrate.latest({ directory });
    const found = await knex('reports').orderBy('id');
    expect(found.map(row => [row.id, row.holder_ref])).toEqual([
      ['none', null],
      ['other', null],
      ['own', 'component:default/payments-api'],
    ]);
    expect(await knex('operations').first()).toMatchObject({
      holder_ref: 'component:default/payments-api',
      holder_owners: '["user:default/ada"]',
    });
  });
});
