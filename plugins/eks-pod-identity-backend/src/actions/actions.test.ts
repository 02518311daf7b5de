import { actionsServiceFactory } from '@backstage/backend-defaults/alpha';
import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import maxSessionCheck from '../__testUtils__/examples/maxSessionCheck';
import { FakeWorld } from '../__testUtils__/FakeWorld';
import {
  ADA,
  appConfig,
  associate,
  BOB,
  Deny,
  Replica,
  startReplica,
} from '../__testUtils__/testBackend';
import { accessRow, found, SECRETS } from '../status/__testUtils__/accessRows';
import {
  API,
  recorderOn,
  checkResult,
  reportOf,
} from '../status/__testUtils__/statusReports';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the actions of the registry', () => {
  let world: FakeWorld;
  let knex: Knex;
  let replica: Replica;
  let denied: Deny;

  beforeAll(async () => {
    world = new FakeWorld();
    knex = await databases.init('SQLITE_3');
    replica = await startReplica({
      world,
      knex,
      deny: (...args) => denied(...args),
      config: {
        ...appConfig,
        eksPodIdentity: {
          ...appConfig.eksPodIdentity,
          docsUrl: 'https://docs.example.com/checks',
        },
        backend: { actions: { pluginSources: ['eks-pod-identity'] } },
      },
      features: [actionsServiceFactory, maxSessionCheck],
    });
    const { store, write } = recorderOn(knex);
    await store.associations.upsert([
      {
        ref: API,
        associationId: 'a-1',
        arn: 'arn:a-1',
        owner: 'portal',
        roleArn: 'arn:aws:iam::111122223333:role/api',
        entityRef: 'component:default/payments-api',
        orphan: false,
        drift: false,
        listedAt: 1,
      },
    ]);
    await store.entityRefs.add([
      {
        entityRef: 'component:default/payments-api',
        ref: API,
        source: 'aws-tag',
      },
    ]);
    await write(reportOf('proof'));
  });

  beforeEach(() => {
    denied = () => false;
  });

  afterAll(() => replica.stop());

  const call = async (path: string, user: string, body?: object) => {
    const response = await fetch(
      `${replica.baseUrl}/.backstage/actions/v1/actions${path}`,
      {
        method: body ? 'POST' : 'GET',
        headers: {
          authorization: mockCredentials.user.header(user),
          'content-type': 'application/json',
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      },
    );
    return { status: response.status, body: await response.json() };
  };
  const invoke = (name: string, input: object, user = ADA) =>
    call(`/eks-pod-identity:${name}/invoke`, user, input);

  it('are listed, none that writes among them, for those who may use the plugin', async () => {
    const { body } = await call('', ADA);
    expect(
      body.actions.map(({ name, attributes }: any) => [name, attributes]),
    ).toEqual(
      [
        'get-status',
        'list-associations',
        'list-access',
        'explain-check',
        'plan',
        'verify',
      ].map(name => [
        name,
        // A verification is recorded, and its news may notify people
        { readOnly: name !== 'verify', idempotent: true, destructive: false },
      ]),
    );
    for (const { description } of body.actions) {
      expect(description).toMatch(/\bUse it .*\bDo not use it /s);
    }
    denied = (user, permission) =>
      user === BOB && permission === 'eks-pod-identity.use';
    expect((await call('', BOB)).body.actions).toEqual([]);
    expect((await invoke('explain-check', {}, BOB)).status).toBe(404);
  });

  it('tell the status of a component, without the channel of its cards', async () => {
    const input = { entityRef: 'component:default/payments-api' };
    const { body } = await invoke('get-status', input);
    expect(body.output).toMatchObject({
      entityRef: 'component:default/payments-api',
      identities: [{ ref: API, status: 'verified' }],
    });
    expect(body.output).not.toHaveProperty('signalChannel');
    expect(
      await invoke('get-status', { entityRef: 'component:default/nobody' }),
    ).toMatchObject({ status: 404 });
    expect(await invoke('get-status', { entityRef: 'a b c' })).toMatchObject({
      status: 400,
    });
    expect(await invoke('get-status', {})).toMatchObject({ status: 400 });
    denied = (user, permission) =>
      user === BOB && permission === 'eks-pod-identity.association.read';
    expect(await invoke('get-status', input, BOB)).toMatchObject({
      status: 403,
      body: { error: { name: 'NotAllowedError' } },
    });
  });

  it('list what the caller may see', async () => {
    const { body } = await invoke('list-associations', { status: 'verified' });
    expect(body.output).toMatchObject({
      items: [{ ref: API, entityTitle: 'payments-api' }],
      totalItems: 1,
    });
    expect(
      await invoke('list-associations', { cursor: 'bogus' }),
    ).toMatchObject({ status: 400 });
    denied = (_user, permission) =>
      permission === 'eks-pod-identity.association.read';
    expect((await invoke('list-associations', {})).body.output).toMatchObject({
      items: [],
      totalItems: 0,
      counts: {},
    });
  });

  it('list all AWS access, and name roles only to whom the policy lets verify it', async () => {
    const { store } = recorderOn(knex);
    await found(store, [
      { row: accessRow('payments/api') },
      { row: accessRow('shop/web', { verdict: 'broken' }) },
    ]);
    const outputFor = async (user: string, input = {}) =>
      (await invoke('list-access', input, user)).body.output;
    const output = await outputFor(ADA, { verdict: 'needs-owner' });
    expect(output).toMatchObject({
      items: [
        {
          role: { arn: accessRow('payments/api').role!.arn },
          clusterTitle: 'prod',
        },
      ],
      totalItems: 1,
      verdicts: { broken: 1, 'needs-owner': 1 },
    });
    denied = (user, permission) =>
      user === BOB && permission === 'eks-pod-identity.verification.create';
    const toBob = await outputFor(BOB);
    expect(toBob.items.map((item: any) => item.withheld)).toEqual([true, true]);
    for (const secret of SECRETS) {
      expect(JSON.stringify(toBob)).not.toContain(secret);
      expect((await outputFor(BOB, { q: secret })).items).toEqual([]);
    }
    denied = (user, permission) =>
      user === BOB && permission === 'eks-pod-identity.association.read';
    expect(await outputFor(BOB)).toMatchObject({ items: [], totalItems: 0 });
    denied = (user, permission) =>
      user === BOB && permission === 'eks-pod-identity.use';
    expect((await invoke('list-access', {}, BOB)).status).toBe(404);
    const wrong = await invoke('list-access', { verdict: 'nonsense' });
    expect(wrong.status).toBe(400);
  });

  it('explain checks by id, also those made of a command', async () => {
    const all = (await invoke('explain-check', {})).body.output.checks;
    expect(all.length).toBeGreaterThan(20);
    expect(all.every((check: any) => check.question.length > 10)).toBe(true);
    const explained = async (id: string) =>
      (await invoke('explain-check', { id })).body.output.checks;
    expect(await explained('role.trust-policy')).toMatchObject([
      {
        id: 'role.trust-policy',
        category: 'role',
        docs: 'https://docs.example.com/checks#roletrust-policy',
        explanation: expect.stringMatching(/^- `fail`: .*sts:TagSession/),
      },
    ]);
    expect(await explained('permissions.list-buckets')).toMatchObject([
      { category: 'permissions', explanation: expect.stringMatching(/fail/) },
    ]);
    // A module's own
    expect(await explained('role.max-session')).toEqual([
      {
        id: 'role.max-session',
        category: 'role',
        title: 'Session duration',
        question: 'Session duration',
        docs: 'https://wiki.example.com/aws/roles#sessions',
      },
    ]);
    expect(
      await invoke('explain-check', { id: 'role.nonsense' }),
    ).toMatchObject({
      status: 404,
      body: { error: { message: expect.stringContaining('role.exists') } },
    });
  });

  it('plan with the rights of the caller, and write nothing', async () => {
    const { body } = await invoke('plan', associate('planned'));
    expect(body.output).toMatchObject({
      plan: { kind: 'associate', changes: true },
      lines: expect.arrayContaining([expect.any(String)]),
    });
    // Bob does not own Ada's component
    expect(await invoke('plan', associate('planned'), BOB)).toMatchObject({
      status: 403,
    });
    denied = (_user, permission) =>
      permission === 'eks-pod-identity.association.create';
    expect(await invoke('plan', associate('planned'))).toMatchObject({
      status: 403,
    });
    expect(
      await invoke('plan', { kind: 'associate', input: {} }),
    ).toMatchObject({ status: 400 });
    expect(world.writes).toEqual([]);
  });

  it('plan without names of components that the catalog does not give', async () => {
    const real = world.lifecycle.planAssociate;
    jest
      .spyOn(world.lifecycle, 'planAssociate')
      .mockImplementationOnce(async (request, context) => {
        const plan = await real(request, context);
        const [step] = plan.steps;
        const entityRef = 'component:secret/project';
        return {
          ...plan,
          steps: [
            {
              ...step,
              before: { 'backstage.io/entity-ref': entityRef },
              reason: `it is for ${entityRef}`,
            },
          ],
        };
      });
    const { status, body } = await invoke('plan', associate('named'));
    expect(status).toBe(200);
    expect(body.output.lines[0]).toContain('it is for another component');
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('suggest only service accounts that the caller may see', async () => {
    const { write } = recorderOn(knex);
    const nearby = ['api2', 'treasury'].map(serviceAccount => ({
      ...API,
      serviceAccount,
    }));
    await write(
      reportOf('failed', {
        status: 'broken',
        fingerprint: 'B',
        finishedAt: '2026-01-03T00:00:00.000Z',
        checks: [checkResult('association.exists', 'fail', { nearby })],
      }),
    );
    denied = (_user, _permission, ref) => ref?.endsWith('/treasury') ?? false;
    const input = { entityRef: 'component:default/payments-api' };
    const told = JSON.stringify((await invoke('get-status', input)).body);
    expect(told).toContain('api2');
    expect(told).not.toContain('treasury');
  });
});
