import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import type { TrustRecord } from 'eks-pod-identity-engine';
import { auditedTrusts } from '../operations/auditedTrusts';
import { createStore, migrationsDirectory } from './index';

const databases = TestDatabases.create();
const REF = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const ROLE = 'arn:aws:iam::111122223333:role/shop-api';
const record = (more: Partial<TrustRecord> = {}): TrustRecord => ({
  roleArn: ROLE,
  roleId: 'AROAEXAMPLE',
  sid: 'BackstageEksMove0123456789abcdef',
  statements: [{ Sid: 'BackstageEksMove0123456789abcdef', Effect: 'Allow' }],
  tags: {
    'backstage.io/entity-ref': 'component:default/shop',
    'backstage.io/task-id': 'task-7',
  },
  at: '2026-11-30T08:00:00.000Z',
  ...more,
});

describe.each(databases.eachSupportedId())(
  'what moves wrote into trust policies, on %s',
  id => {
    const open = async () => {
      const knex = await databases.init(id as TestDatabaseId);
      await knex.migrate.latest({ directory: migrationsDirectory });
      const events: { meta: object; ended?: string }[] = [];
      const store = createStore(knex, () => Date.parse('2030-01-01'));
      const trusts = auditedTrusts(store, {
        createEvent: async ({ eventId, meta }) => {
          const event: (typeof events)[number] = { meta: { eventId, ...meta } };
          events.push(event);
          return {
            success: async () => {
              event.ended = 'succeeded';
            },
            fail: async () => {
              event.ended = 'failed';
            },
          };
        },
      });
      return { events, store, trusts, knex };
    };

    it('is kept for each role until it is gone, whatever its age, with an event of the audit log', async () => {
      const { events, store, trusts } = await open();
      const other = record({ roleArn: `${ROLE}-before` });
      await trusts.put(REF, record());
      await trusts.put(REF, other);
      const narrow = { Sid: record().sid, Effect: 'Deny' };
      const later = record({
        statements: [...record().statements, narrow],
      });
      await trusts.put(REF, later);
      await store.operations.sweep(Date.parse('2029-12-31'));
      await store.clusterStates.keepOnly(['another'], Number.MAX_SAFE_INTEGER);
      expect(await trusts.find(REF)).toEqual([later, other]);
      expect(await trusts.find({ ...REF, serviceAccount: 'api-2' })).toEqual(
        [],
      );
      await trusts.remove(REF, ROLE);
      expect(await trusts.find(REF)).toEqual([other]);
      // The records are not the writes
      expect(events).toEqual([]);
    });

    it.each([
      ['succeeded', async () => {}],
      ['failed', () => Promise.reject(new Error('AWS answered AccessDenied'))],
    ] as const)(
      'each write is an event of the audit log: one that %s',
      async (ended, write) => {
        const { events, trusts } = await open();
        const [statement] = record().statements;
        const said = await trusts.audited!(
          REF,
          {
            actionType: 'narrow',
            statement,
            record: record(),
            operation: { id: 'operation-1', initiator: 'user:default/ada' },
          },
          write,
        ).then(
          () => 'succeeded',
          ({ message }: Error) => message,
        );
        expect(said).toBe(
          ended === 'failed' ? 'AWS answered AccessDenied' : ended,
        );
        expect(events).toEqual([
          {
            ended,
            meta: {
              eventId: 'role-trust-mutate',
              ref: 'prod/shop/api',
              actionType: 'narrow',
              roleArn: ROLE,
              entityRef: 'component:default/shop',
              taskId: 'task-7',
              operationId: 'operation-1',
              initiator: 'user:default/ada',
              statement: JSON.stringify(statement),
            },
          },
        ]);
      },
    );

    it('has a version of its own with what was taken out, and lists what is left', async () => {
      const { store, trusts } = await open();
      const taken = [{ Effect: 'Allow', Action: 'sts:*' }];
      await trusts.put(REF, record({ taken }));
      expect(await trusts.find(REF)).toEqual([record({ taken })]);
      const listed = {
        ref: REF,
        roleArn: ROLE,
        ownStatement: 'added',
        since: record().at,
        entityRef: 'component:default/shop',
      };
      expect(await store.moveTrusts.all()).toEqual([
        {
          ...listed,
          version: 2,
          irsa: 'taken-out',
          record: record({ taken }),
        },
      ]);
      await trusts.put(REF, record());
      expect(await store.moveTrusts.all()).toEqual([
        { ...listed, version: 1, record: record() },
      ]);
    });

    it('refuses a row of a later version, and leaves it', async () => {
      const { knex, store, trusts } = await open();
      await trusts.put(REF, record());
      await knex('move_trusts').update({ version: 3 });
      // What it means is not known here
      expect(await store.moveTrusts.all()).toEqual([
        { ref: REF, roleArn: ROLE, version: 3, record: record() },
      ]);
      const later = /by a later version/;
      await expect(trusts.find(REF)).rejects.toThrow(later);
      await expect(trusts.put(REF, record())).rejects.toThrow(later);
      await expect(trusts.remove(REF, ROLE)).rejects.toThrow(later);
      expect(await knex('move_trusts')).toMatchObject([{ version: 3 }]);
    });
  },
);
