import { createServiceFactory } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import type { Knex } from 'knex';
import {
  type MigrateInput,
  type Operation,
  type RollbackInput,
} from 'backstage-plugin-eks-pod-identity-common';
import { letPortalPass, POD_IDENTITY_TRUST } from 'eks-sandbox';
import { until } from 'eks-sandbox/patience';
import { tasksByHand } from '../__testUtils__/byHand';
import { componentOf } from '../__testUtils__/changingCatalog';
import { irsaStatement, onIrsa, SHOP } from '../__testUtils__/irsa';
import {
  type SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import { ADA, BOB, follow, type Replica } from '../__testUtils__/testBackend';

const CLUSTER = 'payments-prod';
const CAROL = 'user:default/carol';
const ENTITY = 'component:default/shop';
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const TARGET = {
  clusterName: CLUSTER,
  namespace: 'shop',
  serviceAccount: 'api',
};
const REF = { cluster: CLUSTER, namespace: 'shop', serviceAccount: 'api' };

describe('moves by the portal', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let knex: Knex;
  let denied = '';
  const { tasks, scheduler } = tasksByHand();
  const kube = () => portal.sandbox.cluster(CLUSTER);
  const sweep = () =>
    tasks.get(`sweep:${CLUSTER}`)!(new AbortController().signal);

  const statement = (name = 'api') => irsaStatement(kube(), name);

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER] },
      clusters: [{ name: CLUSTER }],
    });
    const { aws, credentials } = portal.sandbox;
    aws.iam.putOidcProvider({ url: kube().issuer });
    const { arn } = aws.iam.putRole({
      name: 'shop-api',
      tags: {
        'backstage.io/entity-ref': ENTITY,
        'backstage.io/entity-uid': 'shop-first',
      },
      trust: {
        Version: '2012-10-17',
        Statement: [statement(), ...[POD_IDENTITY_TRUST.Statement].flat()],
      },
    });
    const web = aws.iam.putRole({
      name: 'shop-web',
      tags: {
        'backstage.io/entity-ref': ENTITY,
        'backstage.io/entity-uid': 'shop-first',
        'backstage.io/edit-trust': 'test-portal',
      },
      trust: { Version: '2012-10-17', Statement: [statement('web')] },
    }).arn;
    letPortalPass(aws, credentials, [arn, web]);
    await kube().apply([
      SHOP,
      ...onIrsa('api', arn),
      ...onIrsa('web', web),
    ] as any);
    knex = await databases.init('SQLITE_3');
    replica = await portal.start({
      knex,
      scheduler,
      deny: (_, permission) => permission === denied,
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
        guardrails: { roles: { adopt: [], editTrust: [web] } },
      },
    });
    aws.set({ lookupsPerSecond: 1_000 });
    // Until AWS has recorded their programs
    for (;;) {
      await sweep();
      const { items } = await replica.as(CAROL).listAccess({ q: 'shop/' });
      const seen = items.filter(({ programs }) => programs?.length);
      if (seen.length === 2) break;
      await portal.sandbox.clock.advance(10_000);
    }
  });
  afterAll(() => portal?.stop());

  async function run(
    user: string,
    request:
      | { kind: 'migrate'; input: Partial<MigrateInput> }
      | { kind: 'rollback'; input: Partial<RollbackInput> },
  ): Promise<Operation> {
    const client = replica.as(user);
    const { id } = await client.startOperation({
      ...request,
      input: { ...TARGET, entityRef: ENTITY, ...request.input },
    });
    await follow(client, id);
    return client.getOperation(id);
  }
  const card = async () =>
    (
      await replica.as(ADA).getEntityIdentities({
        kind: 'component',
        namespace: 'default',
        name: 'shop',
      })
    ).identities[0];
  const row = async () =>
    (await replica.as(CAROL).listAccess({ q: 'shop/api' })).items[0];
  const association = () =>
    portal.sandbox.aws.eks
      .associations(CLUSTER)
      .find(({ serviceAccount }) => serviceAccount === 'api');

  const forbid = (Action: string) => {
    const { aws, credentials } = portal.sandbox;
    const { inline } = aws.iam.role(credentials.roles.read);
    const kept = Object.entries(inline).map(([name, text]) => [
      name,
      JSON.parse(text),
    ]);
    aws.iam.updateRole(credentials.roles.read, {
      inline: {
        ...Object.fromEntries(kept),
        forbidden: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Deny', Action, Resource: '*' }],
        },
      },
    });
  };

  it('asks for the permission of each way, and for the component', async () => {
    await expect(
      run(BOB, { kind: 'migrate', input: {} }),
    ).rejects.toMatchObject({
      statusCode: 403,
      body: { error: { message: expect.stringContaining('entityRef') } },
    });
    for (const [kind, right] of [
      ['migrate', 'migration.create'],
      ['migrate', 'workload.restart'],
      ['rollback', 'migration.rollback'],
    ] as const) {
      denied = `eks-pod-identity.${right}`;
      const input = kind === 'migrate' ? { until: 'moved' as const } : {};
      await expect(
        run(ADA, { kind, input } as Parameters<typeof run>[1]),
      ).rejects.toMatchObject({
        statusCode: 403,
        body: { error: { message: expect.stringContaining(denied) } },
      });
    }
    denied = '';
    expect(association()).toBeUndefined();
  });

  it('says before anything is written that it adds its statement to a trust policy', async () => {
    const serviceAccount = 'web';
    const { iam } = portal.sandbox.aws;
    const trust = () =>
      iam.roles().find(({ name }) => name === 'shop-web')!.trust;
    const before = trust();
    const { items } = await replica.as(CAROL).listAccess({ q: 'shop/web' });
    expect(items).toMatchObject([
      {
        verdict: 'ready',
        sentence: expect.stringMatching(
          /the portal adds its statement to the trust policy of role shop-web/,
        ),
      },
    ]);
    const page = await replica.as(ADA).planMove({ ...REF, serviceAccount });
    expect(page.stages[0].notes.join()).toMatch(
      /The portal adds such a statement itself/,
    );
    const { result } = await run(ADA, {
      kind: 'migrate',
      input: { serviceAccount, planOnly: true, until: 'moved' },
    });
    expect(result?.kind === 'migrate' && result.plan.steps[0]).toMatchObject({
      id: 'role.trust',
      change: 'create',
      owner: 'portal',
      reason: expect.stringMatching(/guardrails\.roles\.editTrust names the/),
      after: { Sid: expect.stringMatching(/^BackstageEksMove/) },
    });
    expect(trust()).toBe(before);
  });

  it('leaves nothing of a rehearsal that was cancelled', async () => {
    const client = replica.as(ADA);
    const { id } = await client.startOperation({
      kind: 'migrate',
      input: { ...TARGET, entityRef: ENTITY },
    });
    const rehearsal = () =>
      portal.sandbox.aws.eks
        .associations(CLUSTER)
        .filter(({ serviceAccount }) => /rehearsal/.test(serviceAccount));
    while (rehearsal().length === 0) {
      await new Promise(resolve => setImmediate(resolve));
    }
    await client.cancelOperation(id);
    await follow(client, id);
    expect((await client.getOperation(id)).state).toBe('cancelled');
    expect(rehearsal()).toEqual([]);
    expect(
      kube().get('serviceaccounts', 'shop', 'api-move-rehearsal'),
    ).toBeUndefined();
    // Nothing of the service account itself was changed
    expect(await card()).toBeUndefined();
  });

  it('rehearses, moves, waits beside the status until it is confirmed, and goes back', async () => {
    const rehearsed = await run(ADA, { kind: 'migrate', input: {} });
    if (rehearsed.error) throw new Error(rehearsed.error.message);
    expect(rehearsed).toMatchObject({
      state: 'succeeded',
      result: { kind: 'migrate', state: 'rehearsed' },
    });
    expect(association()).toBeUndefined();

    // From here on the portal cannot see by itself whether a workload works
    forbid('cloudtrail:LookupEvents');
    const moving = await run(ADA, {
      kind: 'migrate',
      input: { until: 'moved' },
    });
    expect(moving).toMatchObject({
      state: 'succeeded',
      result: { state: 'moving', toConfirm: ['Deployment api'] },
    });
    expect(association()?.tags).toMatchObject({
      'backstage.io/entity-ref': ENTITY,
    });
    const waiting = await card();
    expect(waiting).toMatchObject({
      ref: REF,
      sources: ['aws-tag'],
      change: {
        kind: 'migrate',
        state: 'waiting',
        toConfirm: ['Deployment api'],
      },
      can: { migrate: true, rollback: true },
    });
    expect(waiting.status).not.toBe('broken');

    const confirmed = await run(ADA, {
      kind: 'migrate',
      input: { until: 'moved', confirmed: ['Deployment api'] },
    });
    expect(confirmed.result).toMatchObject({ state: 'moved', toConfirm: [] });
    // The portal verifies what it has moved, with or without a page that waits for it
    while ((await card()).status !== 'verified') {
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(await card()).not.toHaveProperty('change');
    expect(await row()).toMatchObject({
      verdict: 'left-over',
      roads: ['pod-identity', 'irsa'],
    });

    const plan = await replica.as(ADA).planMove(REF);
    expect(plan.can).toEqual({ migrate: true, rollback: true });

    const back = await run(ADA, { kind: 'rollback', input: {} });
    expect(back).toMatchObject({
      state: 'succeeded',
      result: { kind: 'rollback', applied: true, gone: true },
    });
    expect(association()).toBeUndefined();
    expect(await card()).toBeUndefined();
    expect(await row()).toMatchObject({ verdict: 'ready', roads: ['irsa'] });

    // With all that is ready of its owner: it breaks on the way, goes back, and ends the rest
    const client = replica.as(ADA);
    // As the next look links it
    await knex('access').update({ entity_ref: ENTITY, entity_by: 'tag' });
    const web = { ...REF, serviceAccount: 'web' };
    await client.startMoveQueue({ ownedBy: ADA, refs: [REF, web] });
    while (!association()) await new Promise(resolve => setImmediate(resolve));
    await kube().change('deployments', 'shop', 'api', ({ spec }) => {
      spec.paused = true;
    });
    const queue = await until(async () => {
      const { items } = await client.listMoveQueues();
      return items[0].state === 'ended' ? items[0] : undefined;
    });
    expect(queue.moves).toMatchObject([
      { state: 'failed', message: expect.stringMatching(/was taken back/) },
      {
        state: 'waiting',
        message: `The move of ${CLUSTER}/shop/api ended the queue.`,
      },
    ]);
    const left = portal.sandbox.aws.eks
      .associations(CLUSTER)
      .filter(({ namespace }) => namespace === 'shop');
    expect(left).toEqual([]);
    expect(await card()).toBeUndefined();
  });
});
