import { carryOut } from '../__testUtils__/byHand';
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  type IdentityStatus,
  type StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { PATIENCE_MS, until } from 'eks-sandbox/patience';
import {
  SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  Replica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';
import { FOREIGN } from './__testUtils__/cardCatalog';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the repair of a change made outside the portal', () => {
  let portal: SandboxPortal;
  let replica: Replica;

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [
        { name: 'payments-prod', id: 'prod', allow: { installAgent: true } },
      ],
    });
    replica = await portal.start({
      knex: await databases.init('SQLITE_3'),
      section: {
        // wall time: the first try counts
        timings: { ...TIMINGS, probeGrace: 1000 },
        guardrails: {
          inlinePolicies: true,
          tags: { allow: ['team'] },
          targetRoles: { allow: ['arn:aws:iam::*:role/payments-target'] },
        },
      },
    });
  });

  afterAll(() => portal?.stop());

  const run = (body: StartOperation) => carryOut(replica.as(ADA), body);

  const identity = async () => {
    const { identities } = await replica.as(ADA).getEntityIdentities({
      kind: 'component',
      namespace: 'default',
      name: 'payments-api',
    });
    return identities[0];
  };

  /** The card when what just ended has reached it. */
  async function card(wanted: IdentityStatus) {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await identity();
      if (found?.status === wanted) return found;
      if (Date.now() > deadline) {
        throw new Error(`It never became ${wanted}: ${JSON.stringify(found)}`);
      }
      await new Promise(resolve => {
        setTimeout(resolve, 20);
      });
    }
  }

  it('offers the whole last request again, which fixes what was broken', async () => {
    const { eks, iam } = portal.sandbox.aws;
    const action = 's3:ListAllMyBuckets';
    const settings = {
      inlinePolicies: {
        buckets: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
        },
      },
      trustScope: 'namespace',
      tags: { team: 'payments' },
    };
    /** Breaks something, and has the portal fix it with what the card offers. */
    const repairs = async (
      checkId: string,
      breaks: () => unknown,
      probe: 'pod' | 'none' = 'none',
    ) => {
      await breaks();
      await run(verify('till', { probe }));
      const ada = replica.as(ADA);
      const found = async () => {
        const last = await ada.listReports(
          { cluster: 'prod', namespace: 'payments', serviceAccount: 'till' },
          { limit: 1 },
        );
        const { checks } = await ada.getReport(last.items[0].id);
        return checks.find(({ id }) => id === checkId);
      };
      expect([checkId, await found()]).toEqual([
        checkId,
        expect.objectContaining({
          status: expect.stringMatching(/^(fail|warn)$/),
          fix: expect.objectContaining({ rerun: 'as-before' }),
        }),
      ]);
      const { restarts, ...repair } = (await identity()).repair!;
      expect([restarts, repair.keepSettings]).toEqual([true, true]);
      await run(associate('till', repair));
      await run(verify('till', { probe }));
      expect([checkId, await found()]).toEqual([
        checkId,
        // A role that is made again is noted
        expect.objectContaining({ status: expect.stringMatching(/pass|note/) }),
      ]);
    };
    const association = async () => (await identity()).association!;

    await run(
      associate('till', { ...settings, createServiceAccount: 'always' }),
    );
    await run(
      verify('till', {
        permissionChecks: [{ name: 'buckets', command: ['s3', 'ls'] }],
      }),
    );
    const { roleArn } = await association();
    await repairs('role.trust-policy', () =>
      iam.updateRole(roleArn, { trust: FOREIGN }),
    );
    expect(JSON.stringify(iam.role(roleArn).trust)).not.toContain(
      'kubernetes-service-account',
    );
    await repairs(
      'permissions.buckets',
      () => iam.updateRole(roleArn, { inline: {} }),
      'pod',
    );
    await repairs('role.exists', () => iam.deleteRole(roleArn));
    expect(iam.role(roleArn).tags).toMatchObject(settings.tags);
    await repairs('association.exists', async () =>
      eks.deleteAssociation('payments-prod', (await association()).id),
    );

    // Named by the request alone, it is kept by the next repair
    const target = iam.putRole({
      name: 'payments-target',
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow' as const,
            Principal: { AWS: `arn:aws:iam::${portal.sandbox.accountId}:root` },
            Action: ['sts:AssumeRole', 'sts:TagSession'],
          },
        ],
      },
    });
    await run(
      associate('till', { targetRoleArn: target.arn, keepSettings: true }),
    );
    const { inline } = iam.role(roleArn);
    await repairs('role.target', () => iam.updateRole(roleArn, { inline: {} }));
    expect(iam.role(roleArn).inline).toEqual(inline);
    const { id } = await association();
    await repairs('association.matches', () =>
      eks.updateAssociation('payments-prod', id, { targetRoleArn: undefined }),
    );
    await expect(
      run(associate('other', { keepSettings: true })),
    ).rejects.toMatchObject({
      body: {
        error: { message: expect.stringContaining('there is no earlier run') },
      },
    });
    await run(verify('till', { probe: 'none', permissionChecks: [] }));
    await run(teardown('till'));
  });

  it('makes it verified again with what the card offers', async () => {
    const { eks, iam } = portal.sandbox.aws;
    const cluster = portal.sandbox.cluster('payments-prod');
    await run(associate('till', { createServiceAccount: 'always' }));
    await cluster.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'till', namespace: 'payments' },
      spec: {
        selector: { matchLabels: { app: 'till' } },
        template: {
          metadata: { labels: { app: 'till' } },
          spec: {
            serviceAccountName: 'till',
            containers: [{ name: 'till', image: 'till:1' }],
          },
        },
      },
    });
    // A roll-out that is under way is no proof of its pods
    await until(
      () =>
        cluster.get('deployments', 'payments', 'till')?.status
          ?.availableReplicas === 1,
    );
    await run(verify('till'));
    const { association, repair } = await card('verified');
    expect(repair).toBeUndefined();
    const { arn } = iam.putRole({ name: 'other-role', trust: FOREIGN });
    const { id, roleArn } = association!;
    const breaks: [string, () => unknown, object?][] = [
      [
        'association.matches',
        () => eks.updateAssociation('payments-prod', id, { roleArn: arn }),
        { replaceRole: true },
      ],
      [
        'service-account.exists',
        () => cluster.delete('serviceaccounts', 'payments', 'till'),
      ],
      [
        'association.exists',
        async () => {
          iam.updateRole(roleArn, { trust: FOREIGN });
          await run(verify('till'));
          await card('broken');
          eks.deleteAssociation('payments-prod', id);
        },
      ],
    ];
    for (const [cause, change, more] of breaks) {
      await change();
      await run(verify('till', { probe: 'none' }));
      const broken = await card('broken');
      const found = broken.path.find(hop => hop.finding?.isCause)?.finding;
      expect([found?.checkId, found?.fix?.rerun]).toEqual([cause, 'as-before']);
      const { restarts, ...asked } = broken.repair!;
      expect(asked).toEqual({ managedPolicyArns: [], ...more });
      await run(associate('till', { ...asked, restartWorkloads: restarts }));
      await run(verify('till'));
      const green = await card('verified');
      expect([cause, green.association?.roleArn]).toEqual([cause, roleArn]);
    }

    const addon = 'eks-pod-identity-agent';
    eks.cluster('payments-prod').addons.delete(addon);
    await cluster.delete('daemonsets', 'kube-system', addon);
    await run(verify('till', { probe: 'none' }));
    const without = await card('broken');
    expect(without.path.find(hop => hop.finding?.isCause)).toMatchObject({
      finding: { checkId: 'agent.installed', fix: { rerun: 'with-agent' } },
    });
    expect(without.repair).toEqual({
      managedPolicyArns: [],
      restarts: true,
      installsAgent: true,
    });
    await run(associate('till', {}));
    await run(verify('till'));
    await card('verified');

    await cluster.delete('deployments', 'payments', 'till');
    await run(teardown('till', { force: true }));
    // A trust policy that is not ours keeps the role
    iam.deleteRole(roleArn);
    iam.deleteRole(arn);
  });

  it('does not wait for a roll-out that does not end', async () => {
    const ada = replica.as(ADA);
    const cluster = portal.sandbox.cluster('payments-prod');
    const metadata = { name: 'desk', namespace: 'payments' };
    const labels = { app: 'desk' };
    await cluster.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: 'desk',
              containers: [
                {
                  name: 'desk',
                  image: 'desk:1',
                  readinessProbe: {
                    exec: { command: ['false'] },
                    periodSeconds: 1,
                  },
                },
              ],
            },
          },
        },
      },
    ]);
    await until(() =>
      cluster
        .list('pods', 'payments')
        .some(
          pod =>
            pod.metadata.labels?.app === 'desk' &&
            pod.status?.phase === 'Running',
        ),
    );
    const { id } = await ada.startOperation(
      associate('desk', { restartWorkloads: true, timeoutSeconds: 3600 }),
    );
    for await (const { type, data } of ada.followOperation(id)) {
      if (type !== 'step' || data.status !== 'waiting') continue;
      if (data.id.startsWith('restart.')) break;
    }
    const sqs = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
    await run(
      associate('desk', { managedPolicyArns: [sqs], timeoutSeconds: 60 }),
    );
    const { result, state } = await ada.getOperation(id);
    expect([state, result]).toEqual([
      'succeeded',
      expect.objectContaining({
        warnings: expect.arrayContaining([
          'Stopped waiting for Deployment payments/desk: another change of this service account waits. Its roll-out goes on.',
        ]),
      }),
    ]);
    await cluster.delete('deployments', 'payments', 'desk');
    await run(teardown('desk', { force: true }));
  });
});
