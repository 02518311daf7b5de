import {
  CreatePodIdentityAssociationCommand,
  EKSClient,
  ListClustersCommand,
} from '@aws-sdk/client-eks';
import { EC2Client, DescribeVpcEndpointsCommand } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Clients, errorOf, sdk } from '../__testUtils__/clients';
import { SandboxClient } from '../client/client';
import { FaultKind } from '../core/contract';
import { wire } from '../kubernetes/__testUtils__/wire';
import { Sandbox, startSandbox } from '../sandbox';

const CLUSTER = 'payments-prod';
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  ],
});

/** In Jest the SDK keeps the text of Node's error, not its code. */
const HUNG_UP = /socket hang up|ECONNRESET/;

let sandbox: Sandbox;
let admin: Clients;
let ec2: EC2Client;
let kubernetes: ReturnType<typeof wire>;

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: [CLUSTER] });
  const keys = sandbox.credentials.admin;
  admin = sdk(sandbox, keys);
  ec2 = new EC2Client({
    region: sandbox.region,
    endpoint: sandbox.awsEndpoint,
    credentials: keys,
    maxAttempts: 1,
  });
  kubernetes = wire({
    credentials: sandbox.credentials as any,
    handle: sandbox.cluster(CLUSTER),
    key: sandbox.cluster(CLUSTER).key,
  });
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.calls.reset();
});
afterAll(async () => {
  admin.destroy();
  ec2.destroy();
  await sandbox.stop();
});

const bodyOf = (name: string) => ({
  path: '/api/v1/namespaces/payments/serviceaccounts',
  body: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'payments' },
  },
});

const createServiceAccount = (name: string) => {
  const { path, body } = bodyOf(name);
  return kubernetes.call('POST', path, { body });
};

const isThere = (name: string) =>
  sandbox.cluster(CLUSTER).get('serviceaccounts', 'payments', name) !==
  undefined;

/** Status and fault of each call from outside, oldest first. */
const recorded = () =>
  sandbox.calls
    .calls()
    .filter(({ internal }) => !internal)
    .map(({ operation, status, fault }) => [operation, status, fault]);

describe('AWS', () => {
  const asks = {
    iam: () => admin.iam.send(new ListRolesCommand({})),
    sts: () => admin.sts.send(new GetCallerIdentityCommand({})),
    eks: () => admin.eks.send(new ListClustersCommand({})),
    ec2: () => ec2.send(new DescribeVpcEndpointsCommand({})),
    s3: () => admin.s3.send(new ListBucketsCommand({})),
  };

  it.each<[keyof typeof asks, FaultKind, string, number]>([
    ['iam', 'throttle', 'Throttling', 400],
    ['iam', 'server-error', 'ServiceFailure', 500],
    ['iam', 'unavailable', 'ServiceUnavailable', 503],
    ['sts', 'throttle', 'Throttling', 400],
    ['eks', 'throttle', 'ThrottlingException', 429],
    ['eks', 'server-error', 'ServerException', 500],
    ['ec2', 'throttle', 'RequestLimitExceeded', 503],
    ['ec2', 'server-error', 'InternalError', 500],
    ['s3', 'throttle', 'SlowDown', 503],
  ])('%s answers %s with %s', async (service, kind, code, status) => {
    sandbox.faults.add({ pattern: `${service}:*`, kind, times: 1 });
    const error = await errorOf(asks[service]());
    // The SDK calls modelled errors of the query protocol by the name of their class.
    expect([error.Code ?? error.name, error.name]).toContain(
      code === 'ServiceFailure' ? 'ServiceFailureException' : code,
    );
    expect(error.$metadata.httpStatusCode).toBe(status);
    await asks[service]();
    expect(recorded().map(([, ...rest]) => rest)).toEqual([
      [status, kind],
      [200, undefined],
    ]);
    expect(sandbox.calls.calls()[0].principalArn).toBe(
      sandbox.credentials.admin.arn,
    );
  });

  it('throttles beyond a rate on the clock of the sandbox', async () => {
    sandbox.clock.setRate(0);
    sandbox.faults.add({
      pattern: 'iam:*',
      kind: 'throttle',
      beyond: { perSecond: 0.01, burst: 2 },
    });
    await asks.iam();
    await asks.iam();
    expect((await errorOf(asks.iam())).Code).toBe('Throttling');
    await asks.sts();
    await sandbox.clock.advance(100_000);
    await asks.iam();
    expect((await errorOf(asks.iam())).Code).toBe('Throttling');
    sandbox.clock.setRate(1);
  });

  const createRole = (RoleName: string) =>
    admin.iam.send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }),
    );
  const roleNames = () => sandbox.aws.iam.roles().map(({ name }) => name);

  it('keeps no write whose connection was reset before, and every write whose answer was lost', async () => {
    sandbox.faults.add({ pattern: 'iam:CreateRole', kind: 'reset', times: 1 });
    sandbox.faults.add({ pattern: 'iam:CreateRole', kind: 'lost-answer' });
    expect((await errorOf(createRole('before'))).message).toMatch(HUNG_UP);
    expect(roleNames()).not.toContain('before');
    expect((await errorOf(createRole('after'))).message).toMatch(HUNG_UP);
    expect(roleNames()).toContain('after');
    expect(recorded()).toEqual([
      ['CreateRole', 0, 'reset'],
      ['CreateRole', 200, 'lost-answer'],
    ]);
  });

  it('closes the connection in the middle of a body', async () => {
    sandbox.faults.add({
      pattern: 'eks:CreatePodIdentityAssociation',
      kind: 'truncate',
    });
    const role = await sandbox.aws.iam.putRole({ name: 'cut-off' });
    const error = await errorOf(
      admin.eks.send(
        new CreatePodIdentityAssociationCommand({
          clusterName: CLUSTER,
          namespace: 'payments',
          serviceAccount: 'cut-off',
          roleArn: role.arn,
        }),
      ),
    );
    expect(error.message).toMatch(/aborted/);
    expect(
      sandbox.aws.eks
        .associations(CLUSTER)
        .map(association => association.serviceAccount),
    ).toContain('cut-off');
  });

  it('refuses signatures by its own clock, and tells it so that the SDK corrects its own', async () => {
    sandbox.faults.skewMs = 10 * 60_000;
    const eksError = await errorOf(asks.eks());
    expect([eksError.name, eksError.message]).toEqual([
      'InvalidSignatureException',
      expect.stringMatching(/^Signature expired: \w+ is now earlier than/),
    ]);
    expect(recorded()).toEqual([['ListClusters', 403, 'skew']]);
    const retrying = new EKSClient({
      region: sandbox.region,
      endpoint: sandbox.awsEndpoint,
      credentials: sandbox.credentials.admin,
    });
    await retrying.send(new ListClustersCommand({}));
    retrying.destroy();
    expect((await kubernetes.call('GET', '/api/v1/namespaces')).status).toBe(
      200,
    );
    sandbox.faults.skewMs = -20 * 60_000;
    expect((await kubernetes.call('GET', '/api/v1/namespaces')).status).toBe(
      401,
    );
  });
});

describe('Kubernetes', () => {
  it('refuses under load as API Priority and Fairness does', async () => {
    sandbox.faults.add({
      pattern: 'kubernetes:create serviceaccounts',
      kind: 'throttle',
      times: 1,
    });
    const refused = await createServiceAccount('throttled');
    expect([refused.status, refused.body]).toEqual([
      429,
      'Too many requests, please try again later.\n',
    ]);
    expect(refused.headers['retry-after']).toBe('1');
    expect(isThere('throttled')).toBe(false);
    expect((await createServiceAccount('throttled')).status).toBe(201);
  });

  it.each([
    ['server-error' as const, 500, 'InternalError'],
    ['unavailable' as const, 503, 'ServiceUnavailable'],
  ])('answers %s with a Status', async (kind, code, reason) => {
    sandbox.faults.add({ pattern: 'kubernetes:*', kind });
    const { status, body } = await kubernetes.call('GET', '/api/v1/nodes');
    expect(status).toBe(code);
    expect(body).toMatchObject({ kind: 'Status', code, reason });
  });

  it('breaks connections before, after and in the middle', async () => {
    const pattern = 'kubernetes:create serviceaccounts';
    const kinds = ['reset', 'lost-answer', 'truncate'] as const;
    for (const kind of kinds) {
      sandbox.faults.add({ pattern, kind, times: 1 });
    }
    for (const kind of kinds) {
      const error = await errorOf(createServiceAccount(kind));
      expect(error.code).toBe('ECONNRESET');
    }
    expect(kinds.map(isThere)).toEqual([false, true, true]);
    expect(recorded()).toEqual([
      ['create serviceaccounts', 0, 'reset'],
      ['create serviceaccounts', 201, 'lost-answer'],
      ['create serviceaccounts', 201, 'truncate'],
    ]);
  });

  it('breaks a watch', async () => {
    sandbox.faults.add({ pattern: 'kubernetes:watch *', kind: 'truncate' });
    const path = '/api/v1/namespaces/payments/serviceaccounts?watch=true';
    const error = await errorOf(kubernetes.call('GET', path));
    expect(error.code).toBe('ECONNRESET');
  });
});

describe('the agent', () => {
  const ask = async () => {
    const [{ namespace, serviceAccount }] =
      sandbox.aws.eks.associations(CLUSTER);
    const cluster = sandbox.cluster(CLUSTER);
    const token = await cluster.serviceAccountToken({
      namespace,
      serviceAccount,
      pod: 'asking',
    });
    const answer = await fetch(cluster.agentLoopbackUrl(), {
      headers: { authorization: token },
    });
    return [answer.status, await answer.text()];
  };

  it.each<[FaultKind, number, RegExp]>([
    ['throttle', 429, /\(ThrottlingException\): Rate exceeded, fault: client/],
    ['unavailable', 503, /\(ServiceUnavailableException\)/],
    [
      'reset',
      500,
      /^error getting credentials to cache: .*, exceeded maximum number of attempts, 3,/,
    ],
  ])('asks EKS Auth three times on %s', async (kind, status, text) => {
    sandbox.faults.add({ pattern: 'eks-auth:*', kind, times: 2 });
    expect((await ask())[0]).toBe(200);
    sandbox.faults.add({ pattern: 'eks-auth:*', kind, times: 3 });
    expect(await ask()).toEqual([status, expect.stringMatching(text)]);
    const asked = sandbox.calls
      .calls()
      .filter(call => call.service === 'eks-auth');
    expect(asked.filter(call => call.fault === kind)).toHaveLength(5);
  });
});

describe('the control API', () => {
  it('sets, shows, counts and ends faults for other processes', async () => {
    const client = new SandboxClient(sandbox.awsEndpoint);
    const rule = {
      pattern: 'iam:*',
      kind: 'throttle' as const,
      times: 1,
      beyond: { perSecond: 0, burst: 0 },
    };
    const seeded = { seed: 3, rates: { reset: 0.1 }, pattern: 'eks:*' };
    await client.addFault(rule);
    await client.seedFaults(seeded);
    await client.setSkew(-1000);
    expect(await client.faults()).toEqual({
      rules: [rule],
      seeded,
      skewMs: -1000,
    });
    await errorOf(admin.iam.send(new ListRolesCommand({})));
    await admin.iam.send(new ListRolesCommand({}));
    expect(await client.counters({ fault: true })).toEqual({
      'iam:ListRoles': 1,
    });
    await client.clearFaults();
    expect(await client.faults()).toEqual({ rules: [], skewMs: 0 });
  });

  it('says what it does not understand', async () => {
    const client = new SandboxClient(sandbox.awsEndpoint);
    const messages = await Promise.all(
      [
        client.addFault({ pattern: 'iam:*', kind: 'slow' as any }),
        client.seedFaults({ seed: 1, rates: { slow: 0.1 } as any }),
        client.seedFaults({ seed: 1, rates: { reset: 0.6, throttle: 0.6 } }),
        client.addFault({ kind: 'reset' } as any),
        ...[5, { perSecond: -1, burst: 2 }, { perSecond: 1 }].map(beyond =>
          client.addFault({
            pattern: 'iam:*',
            kind: 'throttle',
            beyond: beyond as any,
          }),
        ),
      ].map(async call => (await errorOf(call)).message),
    );
    expect(messages).toEqual([
      expect.stringContaining('Unknown fault slow. The faults are throttle,'),
      expect.stringContaining('Unknown fault slow.'),
      'The rates of faults are more than 1 together.',
      'pattern must be a string.',
      'beyond must be an object of perSecond and burst.',
      'perSecond must be a number, 0 or more.',
      'burst must be a number, 0 or more.',
    ]);
  });
});
