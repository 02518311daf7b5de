import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import {
  SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import {
  ADA,
  associate,
  follow,
  Replica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';

jest.setTimeout(90_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the card of a component on the whole sandbox', () => {
  let portal: SandboxPortal;
  let replica: Replica;

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [{ name: 'payments-prod', id: 'prod' }],
    });
    replica = await portal.start({
      knex: await databases.init('SQLITE_3'),
      // What changes here is in force at once
      section: { timings: { ...TIMINGS, probeGrace: 1000 } },
    });
  });

  afterAll(() => portal?.stop());

  async function run(
    body: Parameters<ReturnType<Replica['as']>['startOperation']>[0],
  ) {
    const ada = replica.as(ADA);
    const { id } = await ada.startOperation(body);
    await follow(ada, id);
    expect((await ada.getOperation(id)).error).toBeUndefined();
  }

  /** The card when what just ended has reached it; opening it asks nobody. */
  async function card(until: string) {
    let last: unknown;
    for (let turn = 0; turn < 100; turn += 1) {
      portal.callsSince();
      const { identities } = await replica.as(ADA).getEntityIdentities({
        kind: 'component',
        namespace: 'default',
        name: 'payments-api',
      });
      expect(portal.callsSince().all).toEqual([]);
      last = identities;
      if ((identities[0]?.status ?? 'none') === until) return identities[0];
      await new Promise(resolve => {
        setTimeout(resolve, 20);
      });
    }
    throw new Error(`It never became ${until}: ${JSON.stringify(last)}`);
  }

  it('follows an identity through its life, without a commit to the catalog', async () => {
    await card('none');
    await run(
      associate('till', {
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
        createServiceAccount: 'always',
      }),
    );
    const fresh = await card('unverified');
    expect(fresh).toMatchObject({
      ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'till' },
      sources: ['aws-tag'],
      association: {
        id: expect.stringMatching(/^a-/),
        owner: 'portal',
        consoleUrl: expect.stringContaining('console.aws.amazon.com'),
      },
      can: { verify: true, remove: true },
    });

    await run(verify('till'));
    const proven = await card('verified');
    expect(proven.path.find(hop => hop.id === 'access')).toMatchObject({
      status: 'pass',
    });

    const { iam } = portal.sandbox.aws;
    const { roleArn } = fresh.association!;
    const trusted = iam.role(roleArn).trust;
    iam.updateRole(roleArn, {
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'ec2.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
    });
    await run(verify('till'));
    const broken = await card('failed');
    expect(broken.provenAt).toBeUndefined();
    expect(broken.path.find(hop => hop.id === 'role')).toMatchObject({
      status: 'fail',
      finding: {
        checkId: 'role.trust-policy',
        fix: { actions: expect.any(Array) },
      },
    });

    iam.updateRole(roleArn, { trust: trusted });
    await run(verify('till'));
    await card('verified');

    await run(teardown('till'));
    await card('none');

    // Made again: what was found before is not said of it
    await run(
      associate('till', {
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
        createServiceAccount: 'always',
      }),
    );
    expect(await card('unverified')).toMatchObject({
      headline:
        'No verification and no sweep has looked at this identity yet. Verify it now.',
      path: expect.arrayContaining([
        expect.objectContaining({ id: 'role', status: 'skip' }),
      ]),
    });
    await run(teardown('till'));
  });

  it('offers the namespaces and accounts that are open', async () => {
    const names = async (path: string) => {
      const response = await fetch(`${replica.baseUrl}/v1/clusters/${path}`, {
        headers: { authorization: mockCredentials.user.header(ADA) },
      });
      expect(response.status).toBe(200);
      return (await response.json()).items as string[];
    };
    const namespaces = await names('prod/namespaces');
    expect(namespaces).toContain('payments');
    expect(namespaces).not.toContain('kube-system');
    expect(await names('prod/namespaces/payments/service-accounts')).toContain(
      'default',
    );
  });
});
