import type { NotificationSendOptions } from '@backstage/plugin-notifications-node';
import { createBackendModule } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import type { Knex } from 'knex';
import {
  POD_IDENTITY_ANNOTATION,
  type StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityGuardrailsExtensionPoint } from 'backstage-plugin-eks-pod-identity-node';
import { letPortalPass, POD_IDENTITY_TRUST } from 'eks-sandbox';
import { notificationsTo, tasksByHand } from '../__testUtils__/byHand';
import { changingCatalog, componentOf } from '../__testUtils__/changingCatalog';
import { irsaStatement, onIrsa } from '../__testUtils__/irsa';
import {
  type SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import { ADA, BOB, follow, type Replica } from '../__testUtils__/testBackend';

const CLUSTER = 'payments-prod';
const EVE = 'user:default/eve';
const OWN = 'component:default/tenant-d';
const NAMESPACE = 'backstage.io/kubernetes-namespace';
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const MINUTE = 60_000;
const VICTIM = 'tenant-victim';

const annotated = (entity: Entity, annotations: Record<string, string>) => ({
  ...entity,
  metadata: { ...entity.metadata, annotations },
});

describe('a rule, and those who would have it move what is not theirs', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let knex: Knex;
  let tenants: string;
  let others: string;
  let closed: string;
  const sent: NotificationSendOptions[] = [];
  const { tasks, scheduler } = tasksByHand();
  let answer: (verdict: { allowed: true }) => void = () => {};
  const judged = new Promise<{ allowed: true }>(resolve => {
    answer = resolve;
  });
  const slowGuardrail = createBackendModule({
    pluginId: 'eks-pod-identity',
    moduleId: 'slow',
    register: env =>
      env.registerInit({
        deps: { guardrails: podIdentityGuardrailsExtensionPoint },
        init: async ({ guardrails }) =>
          guardrails.addGuardrail({ name: 'slow', judge: () => judged }),
      }),
  });

  const kube = () => portal.sandbox.cluster(CLUSTER);
  const put = (namespace: string, role: string, name = 'app') =>
    kube().apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      ...onIrsa(name, role, namespace),
    ] as any);
  const annotate = (namespace: string, role: string) =>
    kube().apply([onIrsa('app', role, namespace)[0]] as any);
  const look = () =>
    tasks.get(`sweep:${CLUSTER}`)!(new AbortController().signal);
  const moves = () =>
    knex('operations')
      .where({ kind: 'migrate' })
      .orderBy('created_at')
      .select(
        'id',
        'initiator',
        'namespace',
        'service_account',
        'state',
        'error',
      );
  const associations = () =>
    portal.sandbox.aws.eks
      .associations(CLUSTER)
      .filter(({ serviceAccount }) =>
        ['app', 'batch'].includes(serviceAccount),
      );
  const associated = () =>
    associations()
      .map(one => `${one.namespace}/${one.serviceAccount}`)
      .sort();
  /** Time is made to pass until then. */
  const ended = async (namespace: string) => {
    for (let at = 0; at < 60; at++) {
      const one = (await moves()).find(move => move.namespace === namespace);
      if (['succeeded', 'failed'].includes(one?.state)) return one;
      await portal.sandbox.clock.advance(10_000);
    }
    throw new Error(`The move of ${namespace} did not end`);
  };
  /** However short ago the last look was, until the rule has asked for a move of this one. */
  const lookUntilAsked = async (namespace: string) => {
    do {
      await portal.sandbox.clock.advance(10_000);
      await knex('access_looks').update({ tried_at: 0 });
      await look();
    } while (!(await moves()).some(one => one.namespace === namespace));
  };

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER], clockRate: 20 },
      clusters: [{ name: CLUSTER }],
    });
    const { aws, clock, credentials } = portal.sandbox;
    aws.iam.putOidcProvider({ url: kube().issuer });
    const issuer = kube().issuer.replace('https://', '');
    const role = (name: string, ...more: object[]) =>
      aws.iam.putRole({
        name,
        tags: { 'backstage.io/edit-trust': 'test-portal' },
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              ...irsaStatement(kube(), ''),
              // Wider than the rules
              Condition: {
                StringLike: { [`${issuer}:sub`]: 'system:serviceaccount:*:*' },
              },
            },
            ...more,
          ] as any,
        },
      }).arn;
    const both = [POD_IDENTITY_TRUST.Statement].flat();
    tenants = role('tenants', ...both);
    others = role('others', ...both);
    closed = role('closed');
    const unopened = role('unopened', ...both);
    letPortalPass(aws, credentials, [tenants, others, closed, unopened]);
    for (const namespace of ['tenant-a', 'tenant-b', 'tenant-d']) {
      await put(namespace, tenants);
    }
    // What fits a rule in part
    await put('tenant-a', tenants, 'batch');
    await put('payments', tenants);
    await put('other-tenant-a', tenants);
    await put('tenant-c', closed);
    await put('tenant-e', unopened);
    // Runs without AWS; the annotation is planted
    const [account, workload] = onIrsa('app', tenants, VICTIM);
    const { annotations: _, ...metadata } = account.metadata as any;
    await kube().apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: VICTIM } },
      { ...account, metadata },
      workload,
    ] as any);
    while (kube().list('pods', VICTIM).length === 0) {
      await clock.advance(MINUTE);
    }
    await annotate(VICTIM, tenants);
    const claims = `${CLUSTER}/tenant-a/app`;
    knex = await databases.init('SQLITE_3');
    replica = await portal.start({
      knex,
      scheduler,
      clock: {
        now: () => clock.now(),
        sleep: (ms, signal) => clock.sleep(ms, signal),
      },
      features: [notificationsTo(one => sent.push(one)), slowGuardrail],
      catalog: changingCatalog(
        new Map([
          [
            'eve',
            annotated(componentOf('eve', EVE), {
              [POD_IDENTITY_ANNOTATION]: claims,
            }),
          ],
          [
            'ada',
            annotated(componentOf('tenant-d', ADA), {
              [NAMESPACE]: 'tenant-d',
            }),
          ],
        ]),
      ),
      section: {
        administrators: [BOB],
        evidence: { cloudTrail: true },
        inventory: {},
        guardrails: {
          roles: {
            adopt: [tenants, others, closed],
            editTrust: [tenants, others, closed],
          },
        },
        moves: {
          rules: [tenants, closed, unopened].map((roleArn, at) => ({
            cluster: CLUSTER,
            roleArn,
            namespace: ['tenant-*', 'tenant-c', 'tenant-e'][at],
            serviceAccount: 'app',
          })),
        },
        timings: { leaseTtl: 3_600_000, leaseHeartbeat: 60_000 },
      },
    });
    aws.set({ lookupsPerSecond: 1_000 });
    await portal.sandbox.clock.advance(10_000);
    // It ends, although the guardrail does not answer
    await look();
    answer({ allowed: true });
    await lookUntilAsked('tenant-a');
    // Between the look and its move
    await annotate('tenant-b', others);
    await ended('tenant-a');
    await ended('tenant-d');
  });
  afterAll(() => portal?.stop());

  it('moves what fits it, the one after the other', async () => {
    expect(associated()).toEqual(['tenant-a/app', 'tenant-d/app']);
    expect(associations().map(one => one.roleArn)).toEqual([tenants, tenants]);
    const { id, initiator, state } = await ended('tenant-a');
    const rule = `rules:${CLUSTER}`;
    expect([initiator, state]).toEqual([rule, 'succeeded']);
    expect(
      replica.logger.lines
        .map(({ meta }) => meta as any)
        .filter(
          ({ eventId, isAuditEvent, meta }) =>
            isAuditEvent &&
            eventId === 'association-mutate' &&
            meta?.operationId === id,
        ),
    ).toMatchObject([{ status: 'succeeded', meta: { initiator: rule } }]);
  });

  it('gives no component an identity, by no claim: it is for administrators until they give it to one', async () => {
    expect(
      associations().map(({ tags }) => tags['backstage.io/entity-ref']),
    ).toEqual([undefined, undefined]);
    expect(sent).toEqual([]);
    for (const [user, namespace, entityRef] of [
      [EVE, 'tenant-a', 'component:default/eve'],
      [ADA, 'tenant-d', OWN],
    ]) {
      const client = replica.as(user);
      const asked = {
        clusterName: CLUSTER,
        namespace,
        serviceAccount: 'app',
        entityRef,
      };
      for (const [kind, more] of [
        ['teardown', { force: true }],
        ['associate', { roleArn: tenants }],
        ['rollback', { acceptUnproven: true }],
      ] as const) {
        const body = { kind, input: { ...asked, ...more } } as StartOperation;
        const { id } = await client.startOperation(body);
        await follow(client, id);
        expect((await client.getOperation(id)).error?.message).toMatch(
          /was made for no component: only an administrator/,
        );
      }
    }
    expect(associated()).toEqual(['tenant-a/app', 'tenant-d/app']);
  });

  it('gives no other role, where the annotation was changed after the look', async () => {
    const { error, state } = await ended('tenant-b');
    expect([state, JSON.parse(error).message]).toEqual([
      'failed',
      expect.stringMatching(/tenant-b\/app is no longer what a rule moves/),
    ]);
    expect(error).not.toMatch(/role\/others/);
  });

  it.each([
    ['in a namespace that its pattern does not name', 'payments', 'app'],
    ['in one whose name ends like it', 'other-tenant-a', 'app'],
    ['of another name', 'tenant-a', 'batch'],
    ['whose annotation is planted, and that runs without it', VICTIM, 'app'],
    ['whose role does not let Pod Identity in', 'tenant-c', 'app'],
    ['whose role the guardrails do not name', 'tenant-e', 'app'],
  ])('asks for nothing of one %s', async (_, namespace, name) => {
    const asked = (await moves()).filter(
      one => one.namespace === namespace && one.service_account === name,
    );
    expect(asked).toEqual([]);
  });

  it('edits no trust policy', () => {
    const { aws } = portal.sandbox;
    const statements = (arn: string) =>
      JSON.parse(aws.iam.role(arn).trust).Statement.length;
    expect([closed, tenants].map(statements)).toEqual([1, 2]);
  });

  it('stops at the guardrails, asks for nothing, and says so', async () => {
    const { items } = await replica.as(BOB).listMoveRules();
    expect(items.map(({ ready, waits }) => [ready, waits])).toEqual([
      [[], undefined],
      [[], undefined],
      [[], undefined],
    ]);
    expect(items.map(({ leftOut }) => leftOut.map(({ why }) => why))).toEqual([
      expect.arrayContaining([
        expect.stringMatching(
          /^Its move was refused within 24 hours: .*tenant-b\/app is no longer what a rule moves/,
        ),
      ]),
      [expect.stringMatching(/^It is not ready: /)],
      [expect.stringMatching(/: guardrails\.roles\.adopt does not name it/)],
    ]);
  });

  it('is seen by administrators alone', async () => {
    const refused = /only an administrator of this portal/;
    for (const user of [ADA, EVE]) {
      await expect(replica.as(user).listMoveRules()).rejects.toMatchObject({
        body: { error: { message: expect.stringMatching(refused) } },
      });
    }
  });

  it('is no name that a request can take', async () => {
    const asked: StartOperation = {
      kind: 'migrate',
      input: {
        clusterName: CLUSTER,
        namespace: VICTIM,
        serviceAccount: 'app',
        until: 'moved',
        rule: { roleArn: others },
      } as any,
    };
    await expect(replica.as(BOB).startOperation(asked)).rejects.toMatchObject({
      body: {
        error: {
          name: 'InputError',
          message: expect.stringMatching(/fields: rule$/),
        },
      },
    });
  });

  it('undoes no roll-back, days later either', async () => {
    const client = replica.as(BOB);
    const { id } = await client.startOperation({
      kind: 'rollback',
      input: {
        clusterName: CLUSTER,
        namespace: 'tenant-d',
        serviceAccount: 'app',
        acceptUnproven: true,
      },
    });
    await follow(client, id);
    expect((await client.getOperation(id)).error).toBeUndefined();
    const days = { created_at: 0, updated_at: 0, finished_at: 0 };
    await knex('operations').update(days);
    // What is made later is moved
    await put('tenant-new', tenants);
    await lookUntilAsked('tenant-new');
    expect(associated()).not.toContain('tenant-d/app');
    expect(
      (await moves()).filter(one => one.namespace === 'tenant-d'),
    ).toHaveLength(1);
    const { items } = await replica.as(BOB).listMoveRules();
    expect(items[0].leftOut).toContainEqual({
      ref: { cluster: CLUSTER, namespace: 'tenant-d', serviceAccount: 'app' },
      why: expect.stringMatching(/left to people/),
    });
  });

  it('is cancelled by administrators alone', async () => {
    const { id } = (await moves()).at(-1)!;
    await expect(replica.as(ADA).cancelOperation(id)).rejects.toMatchObject({
      body: { error: { message: expect.stringMatching(/is not yours/) } },
    });
    const client = replica.as(BOB);
    await client.cancelOperation(id);
    await follow(client, id);
    expect(await client.getOperation(id)).toMatchObject({
      ref: { namespace: 'tenant-new' },
      state: 'cancelled',
    });
  });
});
