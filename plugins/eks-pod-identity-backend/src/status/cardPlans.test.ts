import type { Entity } from '@backstage/catalog-model';
import {
  POD_IDENTITY_ANNOTATION,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { createTestDatabases, postgresIds } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import { ADA, type Replica, startReplica } from '../__testUtils__/testBackend';
import { lookOf, recorderOn, reportOf } from './__testUtils__/statusReports';

const databases = createTestDatabases();

const refs = Array.from({ length: 30 }, (_, index) => ({
  cluster: 'cluster-3',
  namespace: 'payments',
  serviceAccount: `sa-${index}`,
}));

const entity: Entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: {
    name: 'many',
    namespace: 'default',
    annotations: {
      [POD_IDENTITY_ANNOTATION]: refs.map(stringifyServiceAccountRef).join(','),
    },
  },
};

/** Two reports for each of the thirty, and some more. */
const FEW = 100;

/** Makes 50,000 associations in 12 clusters, half of them of 10,000 components, with what belongs to them. */
async function fill(knex: Knex) {
  const ref = `'cluster-' || n % 12, 'team-' || n % 200, 'service-' || n`;
  const columns = 'cluster, namespace, service_account';
  const document = `repeat('x', 2000)`;
  const from = (rows: number) => `from generate_series(1, ${rows}) n`;
  for (const sql of [
    `insert into associations (${columns}, association_id, arn, owner, role_arn, details, listed_at, described_at)
     select ${ref}, 'a-' || n, 'arn:' || n, 'portal', 'arn:role/' || n, ${document}, n, n ${from(
      50_000,
    )}`,
    `insert into service_accounts (${columns}, status, headline, proof_report_id, look_report_id, looked_at, updated_at)
     select ${ref}, (array['verified', 'broken', 'looks-right'])[n % 3 + 1], 'As it was.', 'proof-' || n, 'look-' || n, n, n ${from(
      50_000,
    )}`,
    `insert into reports (id, ${columns}, trigger, status, proof, probe, finished_at, report)
     select kind || '-' || n, ${ref}, 'user', 'verified', 'none', 'none', n, ${document}
     ${from(50_000)}, (values ('proof'), ('look')) kinds (kind)`,
    `insert into entity_refs (entity_ref, ${columns}, source, updated_at)
     select 'component:default/service-' || n % 10000, ${ref}, 'aws-tag', n ${from(
      25_000,
    )}`,
    `insert into owners (${columns}, entity_ref, owner_refs, updated_at)
     select ${ref}, 'component:default/service-' || n % 10000, '[]', n ${from(
      25_000,
    )}`,
    `insert into operations (id, run_id, kind, ${columns}, state, initiator, initiator_type, trigger, request_hash, input, granted, owner_refs, result, created_at, updated_at, finished_at)
     select 'o-' || n, 'o-' || n, (array['verify', 'associate'])[n % 2 + 1], ${ref}, 'succeeded', 'user:default/ada', 'user', 'user', 'h', '{}', '[]', '[]', ${document}, n, n, n ${from(
      20_000,
    )}`,
    `insert into access (${columns}, road, verdict, entity_ref, entity_by, details)
     select ${ref}, 'irsa', 'ready', 'component:default/service-' || n % 10000, 'tag', ${document} ${from(
      50_000,
    )}`,
  ]) {
    await knex.raw(sql.replace(/\?/g, '\\?'));
  }
}

interface Query {
  sql: string;
  bindings: unknown[];
}

/** Tables of which the query looks at many rows, whether it then wants them or not. */
async function lookedThrough(connection: any, { sql, bindings }: Query) {
  const { rows } = await connection.query(
    `explain (analyze, format json) ${sql}`,
    bindings,
  );
  const tables: string[] = [];
  const walk = (plan: any) => {
    const looked = [
      plan['Actual Rows'],
      plan['Rows Removed by Filter'] ?? 0,
      plan['Rows Removed by Index Recheck'] ?? 0,
    ].reduce((sum, count) => sum + count * plan['Actual Loops'], 0);
    if (plan['Relation Name'] && looked > FEW) {
      tables.push(plan['Relation Name']);
    }
    for (const inner of plan.Plans ?? []) walk(inner);
  };
  walk(rows[0]['QUERY PLAN'][0].Plan);
  return tables;
}

const postgres = postgresIds(databases);

it('has the PostgreSQL that the test run brings', () => {
  expect(postgres.length > 0).toBe(
    process.env.EKS_POD_IDENTITY_TEST_POSTGRES !== undefined,
  );
});

for (const databaseId of postgres) {
  describe(`the queries of a card with 50,000 associations on ${databaseId}`, () => {
    let knex: Knex;
    let connection: any;
    let replica: Replica;
    let queries: Query[];
    let shown: number;

    beforeAll(async () => {
      knex = await databases.init(databaseId);
      replica = await startReplica({
        world: new FakeWorld(),
        knex,
        entities: [entity],
        // Its conditions depend on each ref, so that owners are read
        deny: () => false,
      });
      await fill(knex);
      const { store, write } = recorderOn(knex);
      for (const [index, ref] of refs.entries()) {
        await write(
          reportOf(`ours-${index}`, { ref }),
          lookOf(`our-look-${index}`, { ref }),
        );
      }
      await knex.raw('analyze');
      // As after an earlier card, but for the reports, which a second card finds in memory
      await store.entityRefs.add(
        refs.map(ref => ({
          entityRef: 'component:default/many',
          ref,
          source: 'annotation',
        })),
      );
      await store.settings.getOrSet('signalSecret', 'secret');
      queries = [];
      const note = (query: Query) => {
        if (!query.sql.includes('"settings"')) queries.push(query);
      };
      knex.on('query', note);
      const { identities } = await replica.as(ADA).getEntityIdentities({
        kind: 'component',
        namespace: 'default',
        name: 'many',
      });
      knex.off('query', note);
      shown = identities.length;
      connection = await knex.client.acquireConnection();
    });

    afterAll(async () => {
      if (connection) await knex.client.releaseConnection(connection);
      await replica?.stop();
    });

    it('read nine tables', () => {
      expect(shown).toBe(30);
      // The backend may look for operations to carry on at the same time
      const tables = new Set(
        queries.map(({ sql }) => /from "(\w+)"/.exec(sql)?.[1]),
      );
      expect([...tables].sort()).toEqual([
        'access',
        'access_looks',
        'associations',
        'cluster_states',
        'entity_refs',
        'operations',
        'owners',
        'reports',
        'service_accounts',
      ]);
    });

    it('look at few rows', async () => {
      for (const query of queries) {
        expect([query.sql, await lookedThrough(connection, query)]).toEqual([
          query.sql,
          [],
        ]);
      }
    });

    it.each([
      ['associations', 'index associations_ref_idx'],
      ['service_accounts', 'constraint service_accounts_pkey'],
      ['entity_refs', 'constraint entity_refs_pk'],
      ['reports', 'constraint reports_pkey'],
      ['owners', 'constraint owners_pkey'],
      ['operations', 'index operations_ref_idx'],
      ['access', 'constraint access_pkey'],
      ['access', 'index access_entity_ref_index'],
    ])('would look through %s without its %s', async (table, dropped) => {
      await connection.query('begin');
      try {
        await connection.query(
          dropped.startsWith('index')
            ? `drop ${dropped}`
            : `alter table ${table} drop ${dropped}`,
        );
        const found: string[] = [];
        for (const query of queries) {
          found.push(...(await lookedThrough(connection, query)));
        }
        expect([...new Set(found)]).toEqual([table]);
      } finally {
        await connection.query('rollback');
      }
    });
  });
}
