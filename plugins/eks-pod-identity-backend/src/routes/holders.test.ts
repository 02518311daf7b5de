import { setTimeout } from 'node:timers/promises';
import type { TestDatabaseId } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { changingCatalog, componentOf } from '../__testUtils__/changingCatalog';
import { createTestDatabases } from '../__testUtils__/databases';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  associate,
  BOB,
  follow,
  type Replica,
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';

const ROOT = 'user:default/root';
const CAT = 'user:default/cat';
const ROLE = 'arn:aws:iam::111122223333:role/api';
const SHOP = 'component:default/shop';
const REFUSAL = /when another component had its identity/;

const databases = createTestDatabases();

/** The policy lets everybody read everything: what stands in the way is whose it was. */
describe.each(databases.eachSupportedId())(
  'what is recorded of an identity on %s',
  databaseId => {
    let world: FakeWorld;
    let knex: Knex;
    let replica: Replica;
    /** Each test has one of its own: what ends late is not another's. */
    const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: '' };
    let tests = 0;
    const entities = new Map<string, Entity>();
    const register = (name: string, owner: string, uid?: string) =>
      entities.set(name, componentOf(name, owner, uid));

    beforeAll(async () => {
      world = new FakeWorld();
      knex = await databases.init(databaseId as TestDatabaseId);
      replica = await startReplica({
        world,
        knex,
        catalog: changingCatalog(entities),
        config: {
          ...appConfig,
          eksPodIdentity: {
            ...appConfig.eksPodIdentity,
            administrators: [ROOT],
          },
        },
      });
    });
    beforeEach(() => {
      tests += 1;
      ref.serviceAccount = `api-${tests}`;
      register('payments-api', ADA);
      register('shop', BOB);
    });
    afterAll(() => replica.stop());

    async function run(
      user: string,
      body: Parameters<ReturnType<Replica['as']>['startOperation']>[0],
    ) {
      const client = replica.as(user);
      const { id } = await client.startOperation(body);
      await follow(client, id);
      return client.getOperation(id);
    }

    const mine = (table: string) =>
      knex(table).where({ service_account: ref.serviceAccount });

    /** The headline is written after the operation has ended. */
    async function becomes(headline: object) {
      for (let tries = 0; tries < 200; tries++) {
        const found = await mine('service_accounts').first();
        const keys = Object.entries(headline);
        if (found && keys.every(([key, value]) => found[key] === value)) return;
        await setTimeout(10);
      }
      expect(await mine('service_accounts').first()).toMatchObject(headline);
    }

    /** Ada's identity, and what she did with it. */
    async function adas() {
      const made = await run(ADA, associate(ref.serviceAccount));
      const verified = await run(ADA, verify(ref.serviceAccount));
      const { result } = verified;
      return {
        operations: [made.id, verified.id],
        report: result?.kind === 'verify' ? result.report.id : '',
      };
    }

    /** An administrator gives the identity to another component. */
    async function handOver(entityRef: string) {
      world.associations.get(stringifyServiceAccountRef(ref))!.tags = entityRef;
      await run(ROOT, associate(ref.serviceAccount, { entityRef }));
    }

    /** What this user can read of it, by id and in the history. */
    async function reads(
      user: string,
      { operations, report }: Awaited<ReturnType<typeof adas>>,
    ) {
      const client = replica.as(user);
      const tries = await Promise.allSettled([
        ...operations.map(id => client.getOperation(id)),
        client.getReport(report),
      ]);
      const { items } = await client.listReports(ref);
      return {
        byId: tries.map(one =>
          one.status === 'fulfilled'
            ? 'read'
            : String(one.reason.cause?.message ?? one.reason),
        ),
        history: items.map(({ id }) => id),
      };
    }
    const all = (kept: { report: string }) => ({
      byId: ['read', 'read', 'read'],
      history: [kept.report],
    });
    const none = {
      byId: [1, 2, 3].map(() => expect.stringMatching(REFUSAL)),
      history: [],
    };

    it('lends its settings to the next run for the same entity alone', async () => {
      const { serviceAccount } = ref;
      const trustScope = 'namespace';
      await run(ADA, associate(serviceAccount, { trustScope }));
      const again = (entityRef?: string) =>
        associate(serviceAccount, {
          ...(entityRef ? { entityRef } : {}),
          keepSettings: true,
        });
      await expect(replica.as(BOB).plan(again(SHOP))).rejects.toMatchObject({
        body: {
          error: {
            message: expect.stringContaining(
              'there is no earlier run for this component',
            ),
          },
        },
      });
      const { id } = await run(ADA, again());
      const { input } = await knex('operations').where({ id }).first();
      expect(JSON.parse(input)).toEqual({
        ...associate(serviceAccount).input,
        trustScope,
      });
    });

    it('can be read by every user who may read the identity while the same entity has it, under any owner', async () => {
      const kept = await adas();
      expect(await reads(CAT, kept)).toEqual(all(kept));
      register('payments-api', BOB);
      expect(await reads(BOB, kept)).toEqual(all(kept));
      await run(BOB, associate(ref.serviceAccount));
      expect(await reads(CAT, kept)).toEqual(all(kept));
    });

    it('does not pass to the component that gets the identity', async () => {
      const kept = await adas();
      await handOver(SHOP);
      expect(await reads(BOB, kept)).toEqual(none);
      expect(await reads(CAT, kept)).toEqual(none);
      const own = await run(
        BOB,
        verify(ref.serviceAccount, { entityRef: SHOP }),
      );
      expect(own.result).toMatchObject({ reused: false });
      const { items } = await replica.as(BOB).listReports(ref);
      expect(items).toHaveLength(1);
    });

    it('stays with those who started it, with the owners of their time, and with administrators', async () => {
      const kept = await adas();
      await handOver(SHOP);
      const known = all(kept);
      expect(await reads(ADA, kept)).toEqual(known);
      expect(await reads(ROOT, kept)).toEqual(known);
      // Ada's component has another owner now, who did not start anything
      register('payments-api', CAT);
      expect(await reads(CAT, kept)).toEqual(known);
      expect(await reads(ADA, kept)).toEqual(known);
      expect(await reads(BOB, kept)).toEqual(none);
    });

    it('does not pass to a component that is registered again under the name', async () => {
      const kept = await adas();
      register('payments-api', BOB, 'second');
      await run(ROOT, associate(ref.serviceAccount));
      expect(await reads(BOB, kept)).toEqual(none);
      expect(await reads(ADA, kept)).toEqual(all(kept));
    });

    it('does not pass to the next component after a removal', async () => {
      const kept = await adas();
      await run(ADA, teardown(ref.serviceAccount));
      expect(await reads(CAT, kept)).toEqual(none);
      await run(BOB, associate(ref.serviceAccount, { entityRef: SHOP }));
      expect(await reads(BOB, kept)).toEqual(none);
    });

    it('gives the next component a headline of its own', async () => {
      await adas();
      await becomes({ status: 'verified' });
      await mine('service_accounts').update({
        notified_status: 'verified',
        memory: '{}',
      });
      await handOver(SHOP);
      await becomes({
        status: 'could-not-check',
        memory: null,
        proof_report_id: null,
        look_report_id: null,
        findings: null,
        notified_status: null,
      });
      // And the earlier one gets back what it had
      await handOver('component:default/payments-api');
      expect((await replica.as(ADA).listReports(ref)).items).toHaveLength(1);
    });

    it('does not let the next component follow a verification that is running for the one before', async () => {
      await adas();
      const probe = world.hold('probe');
      const running = await replica
        .as(ADA)
        .startOperation(verify(ref.serviceAccount, { expectedRoleArn: ROLE }));
      await probe.reached;
      await handOver(SHOP);
      const own = await replica.as(BOB).startOperation(
        verify(ref.serviceAccount, {
          entityRef: SHOP,
          expectedRoleArn: ROLE,
        }),
      );
      await follow(replica.as(BOB), own.id);
      probe.open();
      await follow(replica.as(ADA), running.id);
      const { items } = await replica.as(BOB).listReports(ref);
      expect(items).toHaveLength(1);
      await becomes({ proof_report_id: items[0].id });
    });

    it('of before uids were recorded is judged by the name until the uid of the identity is known', async () => {
      const kept = await adas();
      await mine('owners').update({ entity_uid: null });
      await mine('reports').update({ holder_uid: null });
      await mine('operations').update({ holder_uid: null });
      expect(await reads(CAT, kept)).toEqual(all(kept));
      await run(ADA, associate(ref.serviceAccount));
      register('payments-api', BOB, 'second');
      await run(ROOT, associate(ref.serviceAccount));
      expect(await reads(BOB, kept)).toEqual(none);
    });
  },
);
