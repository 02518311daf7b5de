import {
  DescribeClusterCommand,
  ListClustersCommand,
} from '@aws-sdk/client-eks';
import { GetRoleCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { SandboxClient } from '../../client/client';
import { Sandbox, startSandbox } from '../../sandbox';
import { Clients, errorOf, sdk } from '../../__testUtils__/clients';

let sandbox: Sandbox;
let client: SandboxClient;
let admin: Clients;

beforeAll(async () => {
  sandbox = await startSandbox({
    clusters: ['payments-prod'],
    clockRate: 0,
    delays: { iam: 1_000 },
  });
  client = new SandboxClient(sandbox.awsEndpoint);
  admin = sdk(sandbox, sandbox.credentials.admin);
});
beforeEach(() => client.restore());
afterAll(async () => {
  admin.destroy();
  await sandbox.stop();
});

describe('the client', () => {
  it('summarises the sandbox', async () => {
    expect(await client.summary()).toMatchObject({
      awsEndpoint: sandbox.awsEndpoint,
      accounts: [{ id: '111122223333' }, { id: '444455556666' }],
      clusters: [{ name: 'payments-prod', associations: 2 }],
    });
    expect(await client.credentials()).toEqual(sandbox.credentials);
  });

  it('advances the clock and changes its rate', async () => {
    const before = await client.clock();
    const after = await client.advance(90_000);
    expect(after).toEqual({ now: before.now + 90_000, rate: 0 });
    expect((await client.setRate(2)).rate).toBe(2);
    expect((await client.setRate(0)).rate).toBe(0);
  });

  it('changes only the delays that it names', async () => {
    const delays = await client.setDelays({ association: 10_000 });
    expect(delays).toMatchObject({ association: 10_000, iam: 1_000 });
    expect(sandbox.delays.association).toBe(10_000);
    const error = await errorOf(client.setDelays({ typo: 1 } as any));
    expect(error.message).toContain('Unknown delay typo');
    expect((await errorOf(client.setDelays({ iam: -1 }))).message).toBe(
      'iam must be a number, 0 or more.',
    );
  });

  it('delays answers', async () => {
    await client.setLatency('eks:ListClusters', 150);
    const started = performance.now();
    await admin.eks.send(new ListClustersCommand({}));
    expect(performance.now() - started).toBeGreaterThanOrEqual(145);
    await client.clearLatency();
    expect(sandbox.latency.delayFor('eks', 'ListClusters')).toBe(0);
  });

  it('counts calls, including failed ones, and distinguishes writes from reads', async () => {
    await client.resetCalls();
    await admin.eks.send(new ListClustersCommand({}));
    await errorOf(admin.iam.send(new GetRoleCommand({ RoleName: 'none' })));
    await client.aws.iam.putRole({ name: 'uncounted' });
    expect(await client.counters()).toEqual({
      'eks:ListClusters': 1,
      'iam:GetRole': 1,
    });
    expect(await client.calls({ operation: 'iam:*' })).toEqual([
      {
        service: 'iam',
        operation: 'GetRole',
        write: false,
        principalArn: sandbox.credentials.admin.arn,
        status: 404,
        internal: false,
        attempt: 1,
        at: sandbox.clock.now(),
      },
    ]);
    expect(await client.calls({ write: true })).toEqual([]);
  });

  it('changes state directly', async () => {
    const role = await client.aws.iam.putRole({
      name: 'foreign',
      tags: { owner: 'somebody' },
    });
    const association = await client.aws.eks.putAssociation('payments-prod', {
      namespace: 'x',
      serviceAccount: 'y',
      roleArn: role.arn,
      ownerArn: 'arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/x/1',
    });
    const all = await client.aws.eks.associations('payments-prod');
    expect(all).toContainEqual(association);
    await client.aws.iam.deleteRole(role.arn);
    expect(await client.aws.iam.findRole(role.arn)).toBeNull();
    expect((await errorOf(client.aws.iam.role(role.arn))).message).toBe(
      `There is no role ${role.arn}`,
    );
  });

  it('reaches only methods', async () => {
    const remote = client.aws as any;
    const calls = [
      () => remote.world.addAccount('1'),
      () => remote.iam.constructor('return process'),
      () => remote.constructor.constructor('return process'),
      () => remote.nothing(),
      () => remote.mainAccount.big(),
    ];
    for (const call of calls) {
      expect((await errorOf(call())).message).toMatch(/^There is no/);
    }
  });

  it('saves and restores states, and issued credentials stay valid', async () => {
    const session = await client.aws.iam.sessionOf({
      roleArn: sandbox.credentials.roles.read,
    });
    await client.aws.iam.putRole({ name: 'kept' });
    await client.snapshot('with-role');
    await client.restore();
    const arn = 'arn:aws:iam::111122223333:role/kept';
    expect(await client.aws.iam.findRole(arn)).toBeNull();
    await client.restore('with-role');
    expect(await client.aws.iam.findRole(arn)).toMatchObject({ name: 'kept' });
    await client.restore();
    const { eks, destroy } = sdk(sandbox, session);
    expect(
      (await eks.send(new DescribeClusterCommand({ name: 'payments-prod' })))
        .cluster?.name,
    ).toBe('payments-prod');
    destroy();
    expect((await errorOf(client.restore('never'))).message).toBe(
      'There is no snapshot never.',
    );
  });

  it('creates associations in bulk', async () => {
    expect((await client.scenarios()).map(({ name }) => name)).toContain(
      'bulk-associations',
    );
    const made = await client.scenario('bulk-associations', {
      cluster: 'payments-prod',
      count: 300,
    });
    expect(made).toEqual({ made: 300 });
    expect(await client.aws.eks.associations('payments-prod')).toHaveLength(
      302,
    );
    await sandbox.clock.advance(1_000);
    const { Roles } = await admin.iam.send(
      new ListRolesCommand({ MaxItems: 1000 }),
    );
    expect(Roles!.length).toBeGreaterThan(300);
    expect((await errorOf(client.scenario('none'))).message).toContain(
      'There is no scenario none',
    );
  });
});

describe('the control API', () => {
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${sandbox.controlUrl}${path}`, init);
    return { status: response.status, body: await response.json() };
  };

  it('refuses requests from web pages', async () => {
    const { status, body } = await ask('/', {
      headers: { origin: 'http://evil.example' },
    });
    expect(status).toBe(403);
    expect(body.error).toBe(
      'The control API answers only programs on this machine.',
    );
  });

  it('says what is wrong with a request', async () => {
    const post = (path: string, body: string) =>
      ask(path, { method: 'POST', body });
    expect((await post('/clock/advance', '{')).body.error).toBe(
      'The body is not JSON.',
    );
    expect((await post('/clock/advance', '{"ms":"1"}')).body.error).toBe(
      'ms must be a number, 0 or more.',
    );
    expect((await post('/clock/advance', '[1]')).body.error).toBe(
      'The body must be a JSON object.',
    );
    expect(await ask('/nowhere')).toEqual({
      status: 404,
      body: { error: 'The control API has no GET /_sandbox/nowhere.' },
    });
  });
});
