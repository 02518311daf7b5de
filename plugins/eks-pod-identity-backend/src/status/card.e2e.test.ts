import { carryOut } from '../__testUtils__/byHand';
import { mockCredentials, TestDatabases } from '@backstage/backend-test-utils';
import {
  SandboxPortal,
  startSandboxPortal,
  TIMINGS,
} from '../__testUtils__/sandboxBackend';
import { FOREIGN, ShiftedClock } from './__testUtils__/cardCatalog';
import {
  ADA,
  associate,
  BOB,
  Replica,
  teardown,
  verify,
} from '../__testUtils__/testBackend';
import {
  MARK_TAGS,
  type StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('the card of a component on the whole sandbox', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  let knex: Knex;
  const clock = new ShiftedClock();

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: ['payments-prod'] },
      clusters: [{ name: 'payments-prod', id: 'prod' }],
    });
    knex = await databases.init('SQLITE_3');
    replica = await portal.start({
      knex,
      clock,
      // What changes here is in force at once
      section: {
        // wall time: the first try counts
        timings: { ...TIMINGS, probeGrace: 1000 },
        guardrails: {
          managedPolicies: { allow: ['arn:aws:iam::aws:policy/*ReadOnly*'] },
        },
      },
    });
  });

  afterAll(() => portal?.stop());

  const run = (body: StartOperation) => carryOut(replica.as(ADA), body);

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
    const fresh = await card('looks-right');
    expect(fresh).toMatchObject({
      ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'till' },
      sources: ['aws-tag'],
      association: {
        id: expect.stringMatching(/^a-/),
        owner: 'portal',
        consoleUrl: expect.stringContaining('console.aws.amazon.com'),
      },
      can: { verify: true, remove: true, restart: false },
    });

    await run(verify('till'));
    const proven = await card('no-workload');
    expect(proven.path.map(({ id, status }) => [id, status])).toEqual([
      ['pods', 'pass'],
      ['service-account', 'pass'],
      ['association', 'pass'],
      ['role', 'pass'],
      ['policies', 'pass'],
      // Nothing was asked for.
      ['permissions', 'skip'],
    ]);

    const { iam } = portal.sandbox.aws;
    const { roleArn } = fresh.association!;
    const trusted = iam.role(roleArn).trust;
    iam.updateRole(roleArn, { trust: FOREIGN });
    await run(verify('till'));
    const broken = await card('broken');
    expect(broken.provenAt).toBeUndefined();
    expect(broken.path.find(hop => hop.id === 'role')).toMatchObject({
      status: 'fail',
      finding: {
        checkId: 'role.trust-policy',
        fix: { actions: expect.any(Array) },
      },
    });

    // What was asked for once is asked again by the next verification
    iam.updateRole(roleArn, { trust: trusted });
    const { attached } = iam.role(roleArn);
    await run(
      verify('till', {
        permissionChecks: [{ name: 'list', command: ['s3', 'ls'] }],
      }),
    );
    expect((await card('no-workload')).path.at(-1)).toMatchObject({
      id: 'permissions',
      status: 'pass',
      detail: 's3 ls',
      testedAt: expect.any(String),
    });
    iam.updateRole(roleArn, { attached: [] });
    await run(verify('till'));
    expect((await card('broken')).path.at(-1)).toMatchObject({
      id: 'permissions',
      status: 'fail',
      detail: '0 of 1 allowed',
    });
    iam.updateRole(roleArn, { attached });
    await run(verify('till', { permissionChecks: [] }));
    expect((await card('no-workload')).path.at(-1)).toMatchObject({
      status: 'skip',
      detail: 'not tested',
    });

    await run(teardown('till'));
    await card('none');

    // Made again: what was found before is not said of it
    await run(
      associate('till', {
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
        createServiceAccount: 'always',
      }),
    );
    expect(await card('looks-right')).toMatchObject({
      sentence:
        'This identity was set up and has not been tested yet. “Verify now” runs a test pod.',
      path: expect.arrayContaining([
        expect.objectContaining({ id: 'role', status: 'skip' }),
      ]),
    });
    await run(teardown('till'));
  });

  it('looks at what is opened, once a minute for everybody, and shows what is gone', async () => {
    const other = await portal.start({ knex, clock });
    await run(
      associate('till', {
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
        createServiceAccount: 'always',
      }),
    );
    await run(verify('till'));
    const { association } = await card('no-workload');
    const open = (at = replica) =>
      at.as(ADA).getEntityIdentities({
        kind: 'component',
        namespace: 'default',
        name: 'payments-api',
      });
    /** A minute later, also for the database. */
    const later = async () => {
      clock.shift += 61_000;
      await knex('leases').whereLike('key', 'look%').update({ expires_at: 0 });
      portal.callsSince();
    };
    /** Everybody looks at once, until no look is under way. */
    const openings = async () => {
      let looking = true;
      for (let turn = 0; turn < 100 && looking; turn += 1) {
        const answers = await Promise.all(
          [replica, other, replica, other].map(open),
        );
        looking = answers.some(({ identities }) => identities[0]?.looking);
        await new Promise(resolve => {
          setTimeout(resolve, 20);
        });
      }
      return (await open()).identities[0];
    };

    await later();
    expect((await openings()).status).toBe('no-workload');
    const budget = portal.callsSince().all;
    process.stdout.write(
      `Opened by four viewers on two replicas: ${
        budget.length
      } calls (${budget.join(', ')})\n`,
    );
    expect(budget.sort()).toEqual([
      'eks:DescribePodIdentityAssociation',
      'eks:ListPodIdentityAssociations',
      'iam:GetRole',
      'iam:ListAttachedRolePolicies',
      'iam:ListRolePolicies',
    ]);
    const queries: string[] = [];
    const onQuery = ({ sql }: { sql: string }) => queries.push(sql);
    knex.on('query', onQuery);
    await openings();
    knex.off('query', onQuery);
    expect(portal.callsSince().all).toEqual([]);
    expect(queries.filter(sql => sql.startsWith('update `leases`'))).toEqual(
      [],
    );

    await later();
    portal.sandbox.aws.eks.deleteAssociation('payments-prod', association!.id);
    await openings();
    const gone = await card('broken');
    expect(gone.association).toBeUndefined();
    expect(gone.path.map(({ status }) => status)).toEqual([
      'skip',
      'pass',
      'fail',
      'skip',
      'skip',
      'skip',
    ]);
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

  it('says what is wrong where the cluster does not let the portal read what a form offers', async () => {
    const { faults } = portal.sandbox;
    for (const [path, resource, what] of [
      ['', 'namespaces', 'namespaces'],
      ['/payments/service-accounts', 'serviceaccounts', 'service accounts'],
      [
        '/payments/service-account-choices',
        'serviceaccounts',
        'service accounts',
      ],
    ]) {
      faults.add({
        pattern: `kubernetes:list ${resource}`,
        kind: 'server-error',
      });
      const response = await fetch(
        `${replica.baseUrl}/v1/clusters/prod/namespaces${path}`,
        { headers: { authorization: mockCredentials.user.header(ADA) } },
      );
      faults.clear();
      expect(response.status).toBe(503);
      expect((await response.json()).error.message).toMatch(
        new RegExp(`^Could not read the ${what} of cluster prod`),
      );
    }
  });

  it('offers the existing roles that the component may use, to its owner alone', async () => {
    const entityRef = 'component:default/payments-api';
    const { iam } = portal.sandbox.aws;
    const trust = {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow' as const,
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ],
    };
    iam.putRole({
      name: 'payments-by-hand',
      trust,
      tags: { [MARK_TAGS.entityRef]: entityRef },
    });
    iam.putRole({ name: 'payments-untagged', trust });
    const of = { cluster: 'prod', namespace: 'payments' };
    const asked = { serviceAccount: 'api', entityRef, q: 'payments-' };
    expect(await replica.as(ADA).listRoleChoices(of, asked)).toEqual({
      items: [
        {
          arn: expect.stringMatching(/:role\/payments-by-hand$/),
          name: 'payments-by-hand',
          by: 'tag',
          trusts: true,
        },
      ],
      complete: true,
    });
    await expect(replica.as(BOB).listRoleChoices(of, asked)).rejects.toThrow(
      '403',
    );
    await expect(
      replica
        .as(ADA)
        .listRoleChoices({ ...of, namespace: 'kube-system' }, asked),
    ).rejects.toThrow('403');
  });
});
