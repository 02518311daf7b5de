import { createServiceFactory } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import type { Knex } from 'knex';
import { letPortalPass } from 'eks-sandbox';
import { tasksByHand } from '../__testUtils__/byHand';
import { componentOf } from '../__testUtils__/changingCatalog';
import { irsaStatement, onIrsa, SHOP } from '../__testUtils__/irsa';
import {
  type SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import { ADA, BOB, follow, type Replica } from '../__testUtils__/testBackend';

const CLUSTER = 'payments-prod';
const ENTITY = 'component:default/shop';
const ROLE = 'arn:aws:iam::111122223333:role/shop-api';
const TARGET = {
  clusterName: CLUSTER,
  namespace: 'shop',
  serviceAccount: 'api',
  entityRef: ENTITY,
};
const REF = { cluster: CLUSTER, namespace: 'shop', serviceAccount: 'api' };
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

/** The right of docs/permissions.md, "AWS: moving". */
const MOVING = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: 'iam:UpdateAssumeRolePolicy',
      Resource: '*',
      Condition: {
        StringEquals: {
          'aws:ResourceTag/backstage.io/edit-trust': 'test-portal',
        },
      },
    },
  ],
};

describe('a move that edits a trust policy, by the portal', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let knex: Knex;
  const { tasks, scheduler } = tasksByHand();
  const trust = () =>
    JSON.parse(portal.sandbox.aws.iam.role(ROLE).trust).Statement;
  const records = () => knex('move_trusts');
  const audited = () =>
    replica.logger.lines
      .map(({ meta }) => meta as any)
      .filter(
        ({ eventId, isAuditEvent, status }) =>
          isAuditEvent &&
          eventId === 'role-trust-mutate' &&
          status === 'succeeded',
      );

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER], clockRate: 20 },
      clusters: [{ name: CLUSTER }],
    });
    const { aws, clock, credentials } = portal.sandbox;
    const kube = portal.sandbox.cluster(CLUSTER);
    aws.iam.putOidcProvider({ url: kube.issuer });
    aws.iam.putRole({
      name: 'shop-api',
      tags: {
        'backstage.io/entity-ref': ENTITY,
        'backstage.io/entity-uid': 'shop-first',
        'backstage.io/edit-trust': 'test-portal',
      },
      trust: {
        Version: '2012-10-17',
        Statement: [irsaStatement(kube, 'api')],
      },
    });
    letPortalPass(aws, credentials, [ROLE]);
    const { inline } = aws.iam.role(credentials.roles.write);
    const held = Object.entries(inline).map(([name, text]) => [
      name,
      JSON.parse(text),
    ]);
    aws.iam.updateRole(credentials.roles.write, {
      inline: { ...Object.fromEntries(held), moving: MOVING as any },
    });
    await kube.apply([SHOP, ...onIrsa('api', ROLE)] as any);
    knex = await databases.init('SQLITE_3');
    replica = await portal.start({
      knex,
      scheduler,
      // Two minutes pass between a write and the last look at it
      clock: {
        now: () => clock.now(),
        sleep: (ms, signal) => clock.sleep(ms, signal),
      },
      catalog: createServiceFactory({
        service: catalogServiceRef,
        deps: {},
        factory: () =>
          catalogServiceMock({ entities: [componentOf('shop', ADA)] }),
      }),
      section: {
        administrators: [BOB],
        evidence: { cloudTrail: true },
        inventory: {},
        guardrails: { roles: { adopt: [], editTrust: [ROLE] } },
        timings: { leaseTtl: 3_600_000, leaseHeartbeat: 60_000 },
      },
    });
    aws.set({ lookupsPerSecond: 1_000 });
    // Until AWS has recorded its program
    for (;;) {
      await tasks.get(`sweep:${CLUSTER}`)!(new AbortController().signal);
      const { items } = await replica.as(ADA).listAccess({ q: 'shop/' });
      if (items[0]?.verdict === 'ready') break;
      await clock.advance(10_000);
    }
  });
  afterAll(() => portal?.stop());

  let operationId: string;
  async function run(kind: 'migrate' | 'rollback') {
    const client = replica.as(ADA);
    const { id } = await client.startOperation({ kind, input: TARGET });
    operationId = id;
    await follow(client, id);
    return client.getOperation(id);
  }

  it('is recorded, and in the audit log, there and back', async () => {
    const before = trust();
    const left = async () => {
      const plan = await replica.as(ADA).planMove(REF);
      return plan.ownStatement;
    };
    expect(await left()).toBe('to-add');
    expect(await run('migrate')).toMatchObject({
      state: 'succeeded',
      result: { kind: 'migrate', state: 'rehearsed' },
    });
    const [written] = trust().slice(before.length);
    expect(written.Sid).toMatch(/^BackstageEksMove/);
    const [row] = await records();
    expect(row).toMatchObject({ role_arn: ROLE, service_account: 'api' });
    expect(JSON.parse(row.record)).toMatchObject({
      sid: written.Sid,
      tags: { 'backstage.io/entity-ref': ENTITY },
    });
    expect(JSON.parse(row.record).statements).toContainEqual(written);
    expect(audited()).toMatchObject([
      {
        meta: {
          actionType: 'write',
          operationId,
          initiator: ADA,
          ref: `${CLUSTER}/shop/api`,
          roleArn: ROLE,
          entityRef: ENTITY,
          statement: JSON.stringify(written),
        },
      },
    ]);

    // Administrators alone see what is recorded
    const { items } = await replica.as(BOB).listMoveRecords();
    expect(items).toEqual([
      {
        version: 1,
        ref: REF,
        roleArn: ROLE,
        record: JSON.parse(row.record),
        ownStatement: 'added',
        since: JSON.parse(row.record).at,
        entityRef: ENTITY,
      },
    ]);
    const counted = async (user: string) =>
      (await replica.as(user).getAccessProgress()).moveRecords;
    expect([await counted(BOB), await counted(ADA)]).toEqual([1, undefined]);
    await expect(replica.as(ADA).listMoveRecords()).rejects.toMatchObject({
      body: {
        error: {
          message: expect.stringMatching(/only an administrator of this/),
        },
      },
    });

    expect(await left()).toBe('added');
    // Its owner wrote the statement for Pod Identity
    const taken = { ...JSON.parse(row.record), statements: [], taken: before };
    await records().update({ version: 2, record: JSON.stringify(taken) });
    const plan = await replica.as(ADA).planMove(REF);
    expect([plan.irsa, plan.ownStatement]).toEqual(['taken-out', undefined]);
    await records().update({ version: 1, record: row.record });
    expect(await run('rollback')).toMatchObject({ state: 'succeeded' });
    expect(trust()).toEqual(before);
    expect(await records()).toEqual([]);
    expect(audited()).toHaveLength(2);
    expect(audited()[1].meta).toMatchObject({
      actionType: 'remove',
      operationId,
      statement: JSON.stringify(written),
    });
    // Nothing is left to be written, and so nothing to be told
    expect(await run('rollback')).toMatchObject({ state: 'succeeded' });
    expect(audited()).toHaveLength(2);
  });
});
