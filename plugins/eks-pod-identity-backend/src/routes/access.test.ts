import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import type { PolicyDecision } from '@backstage/plugin-permission-common';
import { associationReadPermission } from 'backstage-plugin-eks-pod-identity-common';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  associate,
  BOB,
  Deny,
  follow,
  Replica,
  restart,
  startReplica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from '../permissions/permissionRules';

/** A policy that allows everything on one cluster, and nothing elsewhere. */
const onlyIn = (cluster: string): PolicyDecision =>
  createPodIdentityConditionalDecision(
    associationReadPermission,
    podIdentityConditions.isInCluster({ clusters: [cluster] }),
  );

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('who may do what', () => {
  let world: FakeWorld;
  let replica: Replica;
  let denied: Deny;
  let decided: PolicyDecision | undefined;

  beforeAll(async () => {
    world = new FakeWorld();
    replica = await startReplica({
      world,
      knex: await databases.init('SQLITE_3'),
      deny: (...args) => denied(...args),
      decide: () => decided,
    });
  });

  beforeEach(() => {
    denied = () => false;
    world.writes.length = 0;
    world.granted.length = 0;
    replica.authorizeCalls.length = 0;
  });

  afterAll(() => replica.stop());

  const refusal = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => undefined,
      thrown => thrown,
    );
    return (
      error && {
        status: error.statusCode,
        name: error.cause?.name,
        message: error.cause?.message,
      }
    );
  };

  it('asks everything an associate may need in one call, and keeps what was granted', async () => {
    denied = (_user, permission) => permission.endsWith('agent.install');
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(associate());
    expect(replica.authorizeCalls).toEqual([
      {
        user: ADA,
        permissions: [
          'eks-pod-identity.association.create',
          'eks-pod-identity.association.read',
          'eks-pod-identity.association.update',
          'eks-pod-identity.agent.install',
        ],
      },
    ]);
    await follow(ada, id);
    expect(world.granted).toEqual([
      [
        'eks-pod-identity.association.create',
        'eks-pod-identity.association.read',
        'eks-pod-identity.association.update',
      ],
    ]);
  });

  it('lets only the scaffolder and services name a task', async () => {
    const task = { ...associate('task'), taskId: 'task-of-another' };
    const refused = {
      status: 403,
      message: expect.stringContaining('taskId is not allowed'),
    };
    const { ada, tasks, service } = {
      ada: replica.as(ADA),
      tasks: replica.asTaskOf(ADA),
      service: replica.asService(),
    };
    expect(await refusal(ada.startOperation(task))).toMatchObject(refused);
    expect(
      await refusal(ada.startOperation({ ...task, taskId: '' })),
    ).toMatchObject(refused);
    expect(
      await refusal(ada.plan({ ...teardown('task'), taskId: 'a-task' })),
    ).toMatchObject(refused);
    expect(world.writes).toEqual([]);
    for (const client of [tasks, service]) {
      const { id, taskId } = await client.startOperation(task);
      await follow(client, id);
      expect(taskId).toBe('task-of-another');
    }
  });

  it('lets a user without read follow and cancel only what they started', async () => {
    denied = (_user, name) => name === 'eks-pod-identity.association.read';
    const [ada, bob] = [replica.as(ADA), replica.as(BOB)];
    const held = world.hold('before association of prod/payments/unread');
    const { id } = await ada.startOperation(associate('unread'));
    await held.reached;
    expect(await refusal(bob.getOperation(id))).toMatchObject({ status: 403 });
    expect((await ada.getOperation(id)).state).toBe('running');
    await ada.cancelOperation(id);
    held.open();
    expect((await follow(ada, id)).at(-1)).toMatchObject({
      data: { state: 'cancelled' },
    });
  });

  it('opens pages and pickers with eks-pod-identity.use only', async () => {
    denied = (_user, name) => name === 'eks-pod-identity.use';
    for (const path of [
      'entities/component/default/payments-api',
      'associations',
      'clusters',
      'clusters/prod/namespaces',
      'clusters/prod/namespaces/payments/service-accounts',
      'policies',
      'docs/checks',
      'docs/permissions',
    ]) {
      const response = await fetch(`${replica.baseUrl}/v1/${path}`, {
        headers: { authorization: mockCredentials.user.header(ADA) },
      });
      expect([path, response.status]).toEqual([path, 403]);
      expect((await response.json()).error.message).toContain(
        'you lack the permission eks-pod-identity.use',
      );
    }
  });

  it.each([
    ['associate', associate(), 'association.create'],
    [
      'a wish for another role',
      associate('api', { replaceRole: true }),
      'association.update',
    ],
    ['verify', verify(), 'verification.create'],
    ['verify, which reads,', verify(), 'association.read'],
    ['teardown', teardown(), 'association.delete'],
    ['restart', restart(), 'workload.restart'],
    ['restart, which reads,', restart(), 'association.read'],
  ])('refuses %s without the permission', async (_what, body, permission) => {
    denied = (_user, name) => name === `eks-pod-identity.${permission}`;
    expect(await refusal(replica.as(ADA).startOperation(body))).toMatchObject({
      status: 403,
      name: 'NotAllowedError',
      message: expect.stringContaining(
        `you lack the permission eks-pod-identity.${permission} on prod/payments/api`,
      ),
    });
    expect(world.writes).toEqual([]);
  });

  it.each([associate(), teardown()])(
    'refuses the plan of a $kind without the permission',
    async body => {
      denied = (_user, name) => /association\.(create|delete)$/.test(name);
      expect(await refusal(replica.as(ADA).plan(body))).toMatchObject({
        status: 403,
      });
    },
  );

  it('hides operations, events and reports from those who are not allowed to read the ref', async () => {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(verify());
    await follow(ada, id);
    const { result } = await ada.getOperation(id);
    const reportId = (result as any).report.id;
    denied = (user, name) =>
      user === BOB && name === 'eks-pod-identity.association.read';
    const bob = replica.as(BOB);
    const ref = {
      cluster: 'prod',
      namespace: 'payments',
      serviceAccount: 'api',
    };
    for (const promise of [
      bob.getOperation(id),
      bob.getReport(reportId),
      bob.listReports(ref),
      bob.cancelOperation(id),
      follow(bob, id),
    ]) {
      expect(await refusal(promise)).toMatchObject({ status: 403 });
    }
    expect((await ada.listReports(ref)).items).toMatchObject([
      { id: reportId, status: 'verified', proof: 'credentials', passed: 1 },
    ]);
  });

  it.each([
    [
      'somebody else’s component',
      BOB,
      associate(),
      403,
      'component:default/payments-api belongs to user:default/ada, and you are none of them',
    ],
    [
      'a component that is not there',
      ADA,
      associate('api', { entityRef: 'component:default/nope' }),
      400,
      'is not in the catalog, or you are not allowed to see it',
    ],
    [
      'a session policy while session tags are on',
      ADA,
      associate('api', {
        sessionPolicy: {
          Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
        },
      }),
      400,
      'sessionPolicy needs disableSessionTags: true',
    ],
    [
      'a trust scope that needs session tags without them',
      ADA,
      associate('api', { disableSessionTags: true, trustScope: 'namespace' }),
      400,
      'trustScope "namespace" cannot work with disableSessionTags',
    ],
    [
      'no component at all',
      ADA,
      teardown('api', { entityRef: undefined }),
      400,
      'entityRef is missing',
    ],
    [
      'a cluster nobody configured',
      ADA,
      associate('api', { clusterName: 'prdo' }),
      404,
      'did you mean "prod"?',
    ],
    [
      'the component of another owner',
      BOB,
      restart(),
      403,
      'belongs to user:default/ada',
    ],
    [
      'a restart in a namespace of Kubernetes itself',
      ADA,
      restart('api', { namespace: 'kube-system' }),
      403,
      'namespaces.deny',
    ],
    [
      'a namespace of Kubernetes itself',
      ADA,
      associate('api', { namespace: 'kube-system' }),
      403,
      'namespaces.deny',
    ],
    [
      'a powerful policy',
      ADA,
      associate('api', {
        managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
      }),
      403,
      'AdministratorAccess',
    ],
    [
      'a malformed name',
      ADA,
      associate('API!'),
      400,
      'input.serviceAccount must be a Kubernetes service account name',
    ],
    [
      'a field that does not exist',
      ADA,
      associate('api', { image: 'evil' }),
      400,
      'unknown fields: image',
    ],
    ['another kind', ADA, { kind: 'explode', input: {} }, 400, 'kind'],
    ['nothing', ADA, undefined, 400, 'operation'],
  ])('refuses %s', async (_what, user, body, status, sentence) => {
    expect(
      await refusal(replica.as(user).startOperation(body as any)),
    ).toMatchObject({ status, message: expect.stringContaining(sentence) });
    expect(world.writes).toEqual([]);
  });

  it.each(['startOperation', 'plan'] as const)(
    'names no cluster to those who may reach none (%s)',
    async method => {
      const elsewhere = associate('api', { clusterName: 'prdo' });
      decided = onlyIn('prdo');
      const told = await refusal(replica.as(ADA)[method](elsewhere));
      decided = undefined;
      expect(told).toMatchObject({ status: 404, name: 'NotFoundError' });
      expect(told.message).not.toMatch(/prod|test/);

      denied = () => true;
      const refused = await Promise.all(
        [associate(), elsewhere].map(async body => {
          const { status, message } = await refusal(
            replica.as(ADA)[method](body),
          );
          return [status, message.replaceAll(body.input.clusterName, 'it')];
        }),
      );
      expect(refused[0]).toEqual(refused[1]);
      expect(refused[0][0]).toBe(403);
    },
  );

  it('lets a service leave the component out', async () => {
    const service = replica.asService();
    const { id, initiator } = await service.startOperation(
      verify('api', { entityRef: undefined }),
    );
    await follow(service, id);
    expect(initiator).toBe('external:test-service');
    expect((await service.getOperation(id)).state).toBe('succeeded');
  });

  it('answers unknown ids with 404', async () => {
    const ada = replica.as(ADA);
    expect(await refusal(ada.getOperation('nope'))).toMatchObject({
      status: 404,
      message: expect.stringContaining('There is no operation nope'),
    });
    expect(await refusal(follow(ada, 'nope'))).toMatchObject({ status: 404 });
    expect(await refusal(ada.cancelOperation('nope'))).toMatchObject({
      status: 404,
    });
    expect(await refusal(ada.getReport('nope'))).toMatchObject({ status: 404 });
  });

  it.each([
    ['what is no JSON', '{"kind":', 400, /JSON/],
    [
      'what is too large',
      JSON.stringify({ x: 'x'.repeat(300_000) }),
      413,
      /too large/,
    ],
    [
      'what has too many entries',
      JSON.stringify({ x: Array.from({ length: 1_001 }, () => 0) }),
      400,
      /1001 entries, of which at most 1000 are read/,
    ],
    ['a long object', JSON.stringify({ ...Array(1_001).fill(0) }), 400, /1001/],
    ['33 levels', nested(33), 400, /more than 32 levels/],
    ['100,000 levels', nested(100_000), 400, /more than 32 levels/],
    // Read, and refused for what it says
    ['32 levels', nested(32), 400, /kind is wrong|not valid/],
    [
      'brackets in a text',
      `{"x":"\\"${'['.repeat(99)}"}`,
      400,
      /kind is wrong/,
    ],
  ])('refuses %s', async (_what, body, status, says) => {
    const response = await fetch(`${replica.baseUrl}/v1/operations`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        authorization: mockCredentials.user.header(ADA),
      },
    });
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(says);
  });

  it('refuses a body whose brackets it could not count', async () => {
    const response = await fetch(`${replica.baseUrl}/v1/operations`, {
      method: 'POST',
      body: Buffer.from('{}', 'utf16le'),
      headers: {
        'content-type': 'application/json; charset=utf-16',
        authorization: mockCredentials.user.header(ADA),
      },
    });
    expect(response.status).toBe(415);
    expect(await response.text()).toMatch(/in utf-16; send it in utf-8/);
  });

  it('refuses those who are not signed in', async () => {
    const response = await fetch(`${replica.baseUrl}/v1/operations/x`, {
      headers: { authorization: 'Bearer mock-none-token' },
    });
    expect(response.status).toBe(401);
  });

  it('answers "not modified" to the same caller only', async () => {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(verify());
    await follow(ada, id);
    const url = `${replica.baseUrl}/v1/operations/${id}`;
    const as = (user: string, etag?: string) =>
      fetch(url, {
        headers: {
          authorization: `Bearer mock-user-token:${JSON.stringify({
            sub: user,
          })}`,
          ...(etag ? { 'if-none-match': etag } : {}),
        },
      });
    const first = await as(ADA);
    const etag = first.headers.get('etag')!;
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect((await as(ADA, etag)).status).toBe(304);
    expect((await as(BOB, etag)).status).toBe(200);
    denied = user => user === BOB;
    expect((await as(BOB, etag)).status).toBe(403);
  });

  describe('plans', () => {
    it('are shared for half a minute between equal askers with equal rights', async () => {
      const planned = jest.spyOn(world.lifecycle, 'planAssociate');
      const ada = replica.as(ADA);
      const body = associate('worker');
      expect(await ada.plan(body)).toMatchObject({
        changes: true,
        ref: { cluster: 'prod', namespace: 'payments' },
      });
      await ada.plan(body);
      expect(planned).toHaveBeenCalledTimes(1);
      await ada.plan({ ...body, fresh: true });
      expect(planned).toHaveBeenCalledTimes(2);
      denied = (_user, name) => name.endsWith('.update');
      await ada.plan(body);
      expect(planned).toHaveBeenCalledTimes(3);
      expect(planned.mock.calls[2][1].granted).not.toContain(
        'eks-pod-identity.association.update',
      );
      expect(world.writes).toEqual([]);
    });

    it('are not shared over a change of the identity', async () => {
      const ada = replica.as(ADA);
      const body = associate('changed');
      expect(await ada.plan(body)).toMatchObject({ changes: true });
      const { id } = await ada.startOperation(body);
      await follow(ada, id);
      expect(await ada.plan(body)).toMatchObject({ changes: false });
    });

    it('cannot write', async () => {
      jest
        .spyOn(world.lifecycle, 'planTeardown')
        .mockImplementationOnce(async (_request, context) => {
          await context.guard.beforeWrite('a sneaky tag');
          throw new Error('it wrote');
        });
      expect(await refusal(replica.as(ADA).plan(teardown()))).toMatchObject({
        status: 500,
      });
    });

    it('need ownership too', async () => {
      expect(await refusal(replica.as(BOB).plan(associate()))).toMatchObject({
        status: 403,
      });
    });
  });

  describe('the permission resource', () => {
    const apply = async (resourceRefs: string[], conditions: unknown) => {
      const response = await fetch(
        `${replica.baseUrl}/.well-known/backstage/permissions/apply-conditions`,
        {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: 'Bearer mock-service-token',
          },
          body: JSON.stringify({
            items: resourceRefs.map((resourceRef, index) => ({
              id: `${index}`,
              resourceRef,
              resourceType: 'eks-pod-identity-service-account',
              conditions,
            })),
          }),
        },
      );
      const { items } = await response.json();
      return items.map((item: { result: string }) => item.result);
    };
    const rule = (name: string, params: unknown) => ({
      rule: name,
      resourceType: 'eks-pod-identity-service-account',
      params,
    });

    it('exists for every well-formed ref, and for nothing else', async () => {
      expect(
        await apply(
          ['prod/payments/never-seen', 'test/payments/x', 'prod/payments'],
          rule('IN_CLUSTER', { clusters: ['prod'] }),
        ),
      ).toEqual(['ALLOW', 'DENY', 'DENY']);
    });

    it('belongs to the owners of the component it was associated for, until it is torn down', async () => {
      const owned = (claims: string[]) =>
        apply(['prod/payments/owned'], rule('IS_ENTITY_OWNER', { claims }));
      expect(await owned([ADA])).toEqual(['DENY']);
      const ada = replica.as(ADA);
      const made = await ada.startOperation(associate('owned'));
      await follow(ada, made.id);
      expect(await owned([ADA])).toEqual(['ALLOW']);
      expect(await owned([BOB])).toEqual(['DENY']);

      // Associating what is there already with a component of one's own does not make it one's own.
      const bob = replica.as(BOB);
      const kept = await bob.startOperation(
        associate('owned', { entityRef: 'component:default/shop' }),
      );
      await follow(bob, kept.id);
      expect((await bob.getOperation(kept.id)).state).toBe('succeeded');
      expect(await owned([BOB])).toEqual(['DENY']);
      expect(await owned([ADA])).toEqual(['ALLOW']);

      const gone = await ada.startOperation(teardown('owned'));
      await follow(ada, gone.id);
      expect(await owned([ADA])).toEqual(['DENY']);
    });
  });
});
