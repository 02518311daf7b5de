import {
  DescribeClusterCommand,
  ListPodIdentityAssociationsCommand,
} from '@aws-sdk/client-eks';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { startSandbox, type Sandbox, useEndpoint } from 'eks-sandbox';
import { until } from 'eks-sandbox/patience';
import { classifyAwsError, toAwsBackstageError } from '../aws/errors';
import { ManualClock } from '../async/ManualClock';
import { portal } from './__testUtils__/portal';

describe('Clusters against the sandbox', () => {
  let sandbox: Sandbox;
  let restore: () => void;

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    await sandbox.createCluster({ name: 'payments-prod' });
    restore = useEndpoint(sandbox.awsEndpoint);
  });
  afterAll(async () => {
    restore();
    await sandbox.stop();
  });
  beforeEach(() => {
    sandbox.calls.reset();
    sandbox.latency.clear();
  });

  const admin = () => ({
    accessKeyId: sandbox.credentials.admin.accessKeyId,
    secretAccessKey: sandbox.credentials.admin.secretAccessKey,
  });
  const backstage = () => ({
    accessKeyId: sandbox.credentials.backstage.accessKeyId,
    secretAccessKey: sandbox.credentials.backstage.secretAccessKey,
  });
  const callsOf = (operation: string) =>
    sandbox.calls.calls().filter(call => call.operation === operation);

  it('lists, finds and misses clusters', () => {
    const { clusters } = portal({
      sandbox,
      clusters: [{ name: 'payments-prod' }, { name: 'other', id: 'orders' }],
    });
    expect(clusters.list().map(({ id }) => id)).toEqual([
      'payments-prod',
      'orders',
    ]);
    expect(clusters.get('orders').name).toBe('other');
    expect(() => clusters.get('order')).toThrow(
      /^There is no cluster "order": [^"]*does not name it$/,
    );
    expect(() => clusters.get('order')).not.toThrow(/orders|payments-prod/);
  });

  it('creates a session once', () => {
    const { clusters } = portal({ sandbox, keys: admin() });
    expect(clusters.session('payments-prod', 'read')).toBe(
      clusters.session('payments-prod', 'read'),
    );
    expect(clusters.session('payments-prod', 'read').aws).toBe(
      clusters.session('payments-prod', 'read').aws,
    );
  });

  it('replaces clusters, and keeps what running work has', async () => {
    const { clusters, config } = portal({ sandbox, keys: admin() });
    const [own] = config.clusters;
    const named = (name: string, more: object = {}) => ({
      ...own,
      id: name,
      name,
      arn: own.arn.replace('payments-prod', name),
      ...more,
    });
    const ids = () => clusters.list().map(({ id }) => id);
    clusters.replace([named('a'), named('b')]);
    const running = clusters.snapshot();
    const [a, b] = ['a', 'b'].map(id => running.session(id, 'read'));

    const limit = { namespaces: { allow: ['x'], deny: [] } };
    clusters.replace([named('a'), named('b', limit), named('c')]);
    expect(ids()).toEqual(['payments-prod', 'a', 'b', 'c']);
    expect(clusters.session('a', 'read')).toBe(a);
    expect(clusters.session('b', 'read').cluster).toMatchObject(limit);
    expect(running.session('b', 'read')).toBe(b);
    expect(running.get('b').namespaces).toEqual(own.namespaces);

    clusters.replace([]);
    expect(ids()).toEqual(['payments-prod']);
    expect(() => clusters.session('a', 'read')).toThrow('no cluster "a"');
    expect(running.session('a', 'read')).toBe(a);

    expect(() =>
      clusters.replace([named('c'), named('payments-prod')]),
    ).toThrow('has the id "payments-prod"');
    expect(ids()).toEqual(['payments-prod']);
    await clusters.close();
  });

  it('uses the account credentials of aws.mainAccount', async () => {
    const { clusters, calls } = portal({ sandbox, keys: admin() });
    const session = clusters.session('payments-prod', 'read');
    const { Arn } = await session.aws.sts.send(
      new GetCallerIdentityCommand({}),
    );
    expect(Arn).toBe(sandbox.credentials.admin.arn);
    expect(calls).toEqual([
      { service: 'sts', operation: 'GetCallerIdentity', outcome: 'ok' },
    ]);
    await clusters.close();
  });

  it('assumes the role of each use on top, once', async () => {
    const { clusters } = portal({
      sandbox,
      keys: backstage(),
      clusters: [{ name: 'payments-prod', roles: sandbox.credentials.roles }],
    });
    for (const use of ['read', 'verify', 'write'] as const) {
      const session = clusters.session('payments-prod', use);
      const { Arn } = await session.aws.sts.send(
        new GetCallerIdentityCommand({}),
      );
      expect(Arn).toBe(
        `arn:aws:sts::${sandbox.accountId}:assumed-role/backstage-eks-${use}/backstage-eks-pod-identity`,
      );
    }
    expect(callsOf('AssumeRole')).toHaveLength(3);
    await Promise.all(
      Array.from({ length: 5 }, () =>
        clusters
          .session('payments-prod', 'write')
          .describeCluster({ fresh: true }),
      ),
    );
    expect(callsOf('AssumeRole')).toHaveLength(3);
    await clusters.close();
  });

  describe('in an account that aws.accounts does not name', () => {
    const accountId = '444455556666';
    const reader = `arn:aws:iam::${accountId}:role/reader`;
    const elsewhere = (more: object = {}) =>
      portal({
        sandbox,
        keys: admin(),
        clusters: [{ name: 'orders-prod', accountId, roles: { read: reader } }],
        ...more,
      }).clusters;

    beforeAll(async () => {
      await sandbox.createCluster({ name: 'orders-prod', accountId });
      sandbox.aws.iam.putRole({
        name: 'reader',
        accountId,
        trust: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: sandbox.credentials.admin.arn },
              Action: 'sts:AssumeRole',
            },
          ],
        },
        inline: {
          read: {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: 'eks:Describe*', Resource: '*' },
            ],
          },
        },
      });
    });

    it('assumes its roles with the main credentials', async () => {
      const clusters = elsewhere();
      const session = clusters.session('orders-prod', 'read');
      expect(await session.describeCluster()).toMatchObject({
        arn: `arn:aws:eks:eu-west-1:${accountId}:cluster/orders-prod`,
      });
      const { Arn } = await clusters
        .principal('orders-prod')
        .sts.send(new GetCallerIdentityCommand({}));
      expect(Arn).toBe(sandbox.credentials.admin.arn);
      await clusters.close();
    });

    it('has no credentials for what no role is named', async () => {
      const clusters = elsewhere();
      await expect(
        clusters.session('orders-prod', 'write').describeCluster(),
      ).rejects.toThrow(`has no AWS credentials for account ${accountId}`);
      expect(callsOf('DescribeCluster')).toHaveLength(0);
      await clusters.close();
    });

    it('leaves the main credentials alone where it does name the account', async () => {
      const { accessKeyId, secretAccessKey, arn } =
        sandbox.credentials.backstage;
      const clusters = elsewhere({
        aws: { accounts: [{ accountId, accessKeyId, secretAccessKey }] },
      });
      await expect(
        clusters.session('orders-prod', 'read').describeCluster(),
      ).rejects.toThrow(`${arn} is not authorized to perform: sts:AssumeRole`);
      await clusters.close();
    });
  });

  it('caches DescribeCluster for ten seconds and shares it among parallel callers and roles', async () => {
    const clock = new ManualClock(Date.now());
    const { clusters } = portal({ sandbox, keys: admin(), clock });
    const session = clusters.session('payments-prod', 'read');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => session.describeCluster()),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0].arn).toBe(session.cluster.arn);
    expect(callsOf('DescribeCluster')).toHaveLength(1);

    await clock.advance(9_999);
    await session.describeCluster();
    await clusters.session('payments-prod', 'write').kubernetes();
    expect(callsOf('DescribeCluster')).toHaveLength(1);
    await clock.advance(1);
    await session.describeCluster();
    expect(callsOf('DescribeCluster')).toHaveLength(2);
    await session.describeCluster({ fresh: true });
    expect(callsOf('DescribeCluster')).toHaveLength(3);
    await clusters.close();
  });

  it('says where a cluster is missing', async () => {
    const { clusters } = portal({
      sandbox,
      keys: admin(),
      clusters: [{ name: 'gone', id: 'gone-1' }],
    });
    await expect(
      clusters.session('gone-1', 'read').describeCluster(),
    ).rejects.toThrow(
      expect.objectContaining({
        name: 'NotFoundError',
        message: expect.stringMatching(
          /no EKS cluster gone in eu-west-1 of account 111122223333, which app-config names "gone-1"/,
        ),
      }),
    );
    await clusters.close();
  });

  it('names the account and the setting when there are no credentials for it', async () => {
    const { clusters } = portal({
      sandbox,
      keys: admin(),
      clusters: [{ name: 'payments-prod', accountId: '999999999999' }],
    });
    const error = await clusters
      .session('payments-prod', 'read')
      .describeCluster()
      .catch(e => e);
    expect(classifyAwsError(error).kind).toBe('credentials');
    expect(
      toAwsBackstageError(error, {
        doing: 'describe the cluster',
      }).message,
    ).toMatch(
      /^Could not describe the cluster\. The portal has no AWS credentials for account 999999999999 \(There is no AWS integration that matches 999999999999.*Add the account to aws\.accounts in app-config .* name roles of the account in roles\.read/,
    );
    await clusters.close();
  });

  it('refuses keys of another account', async () => {
    const second = sandbox.credentials.secondAdmin;
    sandbox.aws.eks.putCluster({
      name: 'payments-prod',
      accountId: '444455556666',
    } as any);
    const { clusters } = portal({
      sandbox,
      aws: {
        accounts: [
          {
            accountId: sandbox.accountId,
            accessKeyId: second.accessKeyId,
            secretAccessKey: second.secretAccessKey,
          },
        ],
      },
    });
    await expect(
      clusters.session('payments-prod', 'read').describeCluster(),
    ).rejects.toThrow(
      expect.objectContaining({
        name: 'NotAllowedError',
        message: expect.stringMatching(
          /see arn:aws:eks:eu-west-1:444455556666:cluster\/payments-prod instead of arn:aws:eks:eu-west-1:111122223333:cluster\/payments-prod/,
        ),
      }),
    );
    await clusters.close();
  });

  it('names the role that cannot be assumed, and its setting', async () => {
    const { clusters } = portal({
      sandbox,
      keys: {
        accessKeyId: sandbox.credentials.nobody.accessKeyId,
        secretAccessKey: sandbox.credentials.nobody.secretAccessKey,
      },
      clusters: [
        {
          name: 'payments-prod',
          roles: { write: sandbox.credentials.roles.write },
        },
      ],
    });
    const error = await clusters
      .session('payments-prod', 'write')
      .describeCluster()
      .catch(e => e);
    expect(error.name).toBe('AwsCredentialsError');
    expect(error.message).toMatch(
      /could not assume arn:aws:iam::111122223333:role\/portal\/backstage-eks-write, which roles\.write of cluster payments-prod names \(AccessDenied.*sts:AssumeRole/,
    );
    await clusters.close();
  });

  it('distinguishes a wrong secret from a denial', async () => {
    const wrong = portal({
      sandbox,
      keys: { ...admin(), secretAccessKey: 'x'.repeat(40) },
    });
    const refused = portal({
      sandbox,
      keys: backstage(),
    });
    const kinds = [];
    for (const { clusters } of [wrong, refused]) {
      const error = await clusters
        .session('payments-prod', 'read')
        .describeCluster()
        .catch(e => e);
      kinds.push(classifyAwsError(error).kind);
      await clusters.close();
    }
    expect(kinds).toEqual(['credentials', 'denied']);
  });

  it('names action and resource of a real denial, per service', async () => {
    const { clusters } = portal({
      sandbox,
      keys: backstage(),
      clusters: [
        {
          name: 'payments-prod',
          roles: { write: sandbox.credentials.roles.write },
        },
      ],
    });
    const { aws } = clusters.session('payments-prod', 'read');
    const eks = classifyAwsError(
      await aws.eks
        .send(
          new ListPodIdentityAssociationsCommand({
            clusterName: 'payments-prod',
          }),
        )
        .catch((e: unknown) => e),
    );
    expect(eks).toEqual(
      expect.objectContaining({
        kind: 'denied',
        code: 'AccessDeniedException',
        action: 'eks:ListPodIdentityAssociations',
        resource: 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
        principal: sandbox.credentials.backstage.arn,
      }),
    );
    const iam = classifyAwsError(
      await aws.iam
        .send(new GetRoleCommand({ RoleName: 'x' }))
        .catch((e: unknown) => e),
    );
    expect(iam).toEqual(
      expect.objectContaining({
        kind: 'denied',
        code: 'AccessDenied',
        action: 'iam:GetRole',
      }),
    );
    const missing = classifyAwsError(
      await clusters
        .session('payments-prod', 'write')
        .aws.iam.send(new GetRoleCommand({ RoleName: 'x' }))
        .catch((e: unknown) => e),
    );
    expect(missing).toEqual(
      expect.objectContaining({ kind: 'not-found', code: 'NoSuchEntity' }),
    );
    await clusters.close();
  });

  it('paces calls per account and region across sessions', async () => {
    const clock = new ManualClock(Date.now());
    const { clusters, calls } = portal({
      sandbox,
      keys: admin(),
      clock,
      clusters: [{ name: 'payments-prod' }, { name: 'second' }],
      section: { pacing: { eksPerSecond: 5, iamPerSecond: 2.5, burst: 3 } },
    });
    await sandbox.createCluster({ name: 'second' });
    const looks = ['payments-prod', 'second'].flatMap(id =>
      Array.from({ length: 5 }, () =>
        clusters
          .session(id, 'read')
          .aws.eks.send(new DescribeClusterCommand({ name: id })),
      ),
    );
    const roles = Array.from({ length: 3 }, () =>
      clusters
        .session('second', 'write')
        .aws.iam.send(new GetRoleCommand({ RoleName: 'backstage-eks-read' })),
    );
    const count = (service: string) =>
      calls.filter(call => call.service === service).length;
    /** Expects this many calls, and no more while the clock stands still. */
    const expectCalls = async (eks: number, iam: number) => {
      await until(() => count('eks') >= eks && count('iam') >= iam);
      // wall time: more would have come by then
      await new Promise(resolve => setTimeout(resolve, 50));
      expect([count('eks'), count('iam')]).toEqual([eks, iam]);
    };
    // Two thirds of the burst, then four fifths of the rate.
    await expectCalls(2, 2);
    await clock.advance(1_000);
    await expectCalls(6, 3);
    await clock.advance(1_000);
    await Promise.all([...looks, ...roles]);
    await expectCalls(10, 3);
    await clusters.close();
  });

  it('answers one of two callers of the same DescribeCluster when the other one leaves', async () => {
    const { clusters } = portal({ sandbox, keys: admin() });
    const session = clusters.session('payments-prod', 'read');
    const leaving = new AbortController();
    const left = session
      .describeCluster({ signal: leaving.signal })
      .catch(e => e.message);
    const staying = session.describeCluster();
    leaving.abort(new Error('gone'));
    const [gone, described] = await Promise.all([left, staying]);
    expect(gone).toBe('gone');
    expect(described.name).toBe('payments-prod');
    await clusters.close();
  });

  it('refuses Kubernetes where app-config sets access: none', async () => {
    const { clusters } = portal({
      sandbox,
      keys: admin(),
      clusters: [{ name: 'payments-prod', kubernetes: { access: 'none' } }],
    });
    await expect(
      clusters.session('payments-prod', 'read').kubernetes(),
    ).rejects.toThrow(/kubernetes\.access: none/);
    expect(sandbox.calls.calls()).toEqual([]);
  });
});
