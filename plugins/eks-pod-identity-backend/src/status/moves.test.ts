import { createServiceFactory } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  associationReadPermission,
  mayMove,
} from 'backstage-plugin-eks-pod-identity-common';
import { tasksByHand } from '../__testUtils__/byHand';
import { componentOf } from '../__testUtils__/changingCatalog';
import { irsaStatement, onIrsa, SHOP } from '../__testUtils__/irsa';
import {
  type SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import { ShiftedClock } from '../__testUtils__/ShiftedClock';
import { ADA, BOB, type Replica } from '../__testUtils__/testBackend';
import { MoveTrustStore } from '../store/MoveTrustStore';

const CLUSTER = 'payments-prod';
const CAROL = 'user:default/carol';
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const TAGS = {
  'backstage.io/entity-ref': 'component:default/shop',
  'backstage.io/entity-uid': 'shop-first',
};
const ref = (serviceAccount: string) => ({
  cluster: CLUSTER,
  namespace: 'shop',
  serviceAccount,
});

describe('the plan of a move', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let knex: Awaited<ReturnType<typeof databases.init>>;
  let hidden = '';
  let isOpen = false;
  const clock = new ShiftedClock();
  const { tasks, scheduler } = tasksByHand();
  const kube = () => portal.sandbox.cluster(CLUSTER);
  const sweep = () =>
    tasks.get(`sweep:${CLUSTER}`)!(new AbortController().signal);

  const role = (name: string, ...others: string[]) =>
    portal.sandbox.aws.iam.putRole({
      name: `shop-${name}`,
      tags: TAGS,
      trust: {
        Version: '2012-10-17',
        Statement: [irsaStatement(kube(), name, ...others)],
      },
    }).arn;
  /** Its trust policy lets in a pattern. */
  const widened = (arn: string) => {
    const { iam } = portal.sandbox.aws;
    const trust = JSON.parse(
      iam.role(arn).trust.replace('"StringEquals"', '"StringLike"'),
    );
    iam.updateRole(arn, { trust });
    return arn;
  };
  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER] },
      clusters: [{ name: CLUSTER }],
    });
    portal.sandbox.aws.iam.putOidcProvider({ url: kube().issuer });
    portal.sandbox.aws.set({ lookupsPerSecond: 1_000 });
    await kube().apply([
      SHOP,
      ...onIrsa('api', role('api')),
      ...onIrsa('shared', role('shared', 'worker')),
      ...onIrsa('wide', widened(role('wide', '*'))),
      ...onIrsa('far', 'arn:aws:iam::444455556666:role/partner'),
    ] as any);
    knex = await databases.init('SQLITE_3');
    replica = await portal.start({
      knex,
      scheduler,
      clock,
      decide: (_, permission) =>
        isOpen && permission === associationReadPermission.name
          ? { result: AuthorizeResult.ALLOW }
          : undefined,
      deny: (_, permission, of = '') =>
        permission === associationReadPermission.name &&
        of.endsWith(`/${hidden}`),
      catalog: createServiceFactory({
        service: catalogServiceRef,
        deps: {},
        factory: () =>
          catalogServiceMock({ entities: [componentOf('shop', ADA)] }),
      }),
      section: {
        evidence: { cloudTrail: true },
        inventory: {},
        administrators: [CAROL],
      },
    });
    // Until AWS has recorded both programs
    for (;;) {
      await sweep();
      const { items } = await replica.as(CAROL).listAccess({ q: 'shop/' });
      const seen = items.filter(one => one.programs?.length);
      if (items.length === 4 && seen.length === 3) break;
      // A sweep looks at all AWS access once in a quarter of an hour
      clock.shift += 16 * 60_000;
      await portal.sandbox.clock.advance(16 * 60_000);
    }
  });
  afterEach(() => {
    isOpen = false;
  });

  afterAll(() => portal?.stop());

  const states = async (user: string, name: string) =>
    (await replica.as(user).planMove(ref(name))).stages.map(
      ({ id, state }) => `${id} ${state}`,
    );

  it('shows an owner by tag each stage, with its commands', async () => {
    portal.sandbox.calls.reset();
    const plan = await replica.as(ADA).planMove(ref('api'));
    expect(plan).toMatchObject({
      verdict: 'needs-owner',
      back: { possible: true },
      role: { arn: 'arn:aws:iam::111122223333:role/shop-api' },
    });
    expect(plan.stages.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'trust to-do',
      'rehearsal to-do',
      'association to-do',
      'gate to-do',
      'restart to-do',
      'old-trust to-do',
      'annotation to-do',
    ]);
    expect(plan.stages[0].commands).toMatch(
      /^aws iam update-assume-role-policy --role-name shop-api /,
    );
    const calls = portal.sandbox.calls.calls();
    expect(calls.filter(({ write }) => write)).toEqual([]);
    // CloudTrail has no more than two searches a second for all: what the look saw is enough.
    expect(calls.filter(one => one.service === 'cloudtrail')).toEqual([]);
  });

  it.each([
    [ADA, false],
    [BOB, false],
    [CAROL, false],
    [ADA, true],
    [BOB, true],
  ])(
    'is offered to %s where it is not refused, and nowhere else; all read all: %s',
    async (user, readsAll) => {
      isOpen = readsAll;
      const client = replica.as(user);
      const { items } = await client.listAccess({ q: 'shop/' });
      const offered = items.filter(
        row =>
          mayMove(row) && !row.planWithheld && row.role && !row.role.withheld,
      );
      const given: string[] = [];
      for (const row of items) {
        const { stages } = await client
          .planMove(row.ref)
          .catch(() => ({ stages: [] }));
        if (stages.length > 0) given.push(row.ref.serviceAccount);
      }
      expect(given).toEqual(
        offered.map(({ ref: { serviceAccount } }) => serviceAccount),
      );
      expect(given.includes('wide')).toBe(user === CAROL);
      expect(given.includes('api')).toBe(user !== BOB);
    },
  );

  it('reads a cluster once for all who ask within seconds', async () => {
    portal.sandbox.calls.reset();
    await Promise.all([
      states(ADA, 'api'),
      states(CAROL, 'api'),
      states(CAROL, 'shared'),
    ]);
    const lists = portal.sandbox.calls
      .calls()
      .filter(({ operation }) => operation === 'list serviceaccounts');
    expect(lists.length).toBeLessThanOrEqual(1);
  });

  it('refuses those who own nothing of it, whatever they claim or the policy allows', async () => {
    await expect(replica.as(BOB).planMove(ref('api'))).rejects.toMatchObject({
      statusCode: 403,
      body: { error: { message: expect.stringContaining('quotes the trust') } },
    });
  });

  it('refuses an owner who is not allowed to see all whom the role lets in', async () => {
    await states(ADA, 'shared');
    hidden = 'worker';
    await expect(states(ADA, 'shared')).rejects.toMatchObject({
      statusCode: 403,
    });
    hidden = 'shared';
    await expect(states(CAROL, 'shared')).rejects.toMatchObject({
      statusCode: 403,
      body: { error: { message: expect.stringContaining('to see the AWS') } },
    });
    hidden = '';
  });

  it('refuses an owner whose role names more than service accounts, or is of others since', async () => {
    const { iam } = portal.sandbox.aws;
    const name = 'shop-api';
    const before = () => role('api');
    const deny = { Effect: 'Deny', Principal: '*', Action: 'sts:TagSession' };
    iam.putRole({
      name,
      tags: TAGS,
      trust: {
        Version: '2012-10-17',
        Statement: [irsaStatement(kube(), 'api'), deny as never],
      },
    });
    clock.shift += 16_000;
    await expect(states(ADA, 'api')).rejects.toMatchObject({ statusCode: 403 });
    await states(CAROL, 'api');
    before();
    iam.putRole({
      name,
      tags: { ...TAGS, 'backstage.io/entity-ref': 'component:default/other' },
      trust: {
        Version: '2012-10-17',
        Statement: [irsaStatement(kube(), 'api')],
      },
    });
    clock.shift += 16_000;
    await expect(states(ADA, 'api')).rejects.toMatchObject({ statusCode: 403 });
    before();
    clock.shift += 16_000;
    await states(ADA, 'api');
  });

  it('shows administrators alone how one with a role of another account moves by hand', async () => {
    const plan = await replica.as(CAROL).planMove(ref('far'));
    expect(plan).toMatchObject({ verdict: 'needs-target', byHand: true });
    expect(plan.stages).toHaveLength(8);
    expect(plan.stages[1].statements).toHaveLength(2);
    // No button of the portal may stand there
    expect(plan).not.toHaveProperty('can');
    expect(await replica.as(CAROL).planMove(ref('api'))).toHaveProperty('can');
    await expect(states(ADA, 'far')).rejects.toMatchObject({ statusCode: 403 });
    // What an earlier move left in another role goes by a button as ever
    await new MoveTrustStore(knex).put(ref('far'), {
      ...{ roleArn: role('before'), roleId: 'AROAEXAMPLE' },
      ...{ sid: 'BackstageEksMove0', statements: [{ Effect: 'Allow' }] },
      ...{ tags: {}, at: '2026-11-30T00:00:00.000Z' },
    });
    expect(await replica.as(CAROL).planMove(ref('far'))).toMatchObject({
      byHand: true,
      ownStatement: 'added',
      can: { migrate: false, rollback: true },
    });
  });

  it('says so where there is nothing to plan', async () => {
    await expect(states(CAROL, 'absent')).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  it('shows nothing of a role that the annotation names since the look, nor of whom it lets in since', async () => {
    role('api', 'worker');
    clock.shift += 16_000;
    await states(ADA, 'api');
    hidden = 'worker';
    await expect(states(ADA, 'api')).rejects.toMatchObject({ statusCode: 403 });
    hidden = '';
    await kube().apply(onIrsa('api', role('shared')).slice(0, 1) as any);
    clock.shift += 16_000;
    await expect(states(ADA, 'api')).rejects.toMatchObject({ statusCode: 409 });
  });
});
