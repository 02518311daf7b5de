import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { AccessInCluster, ISSUER } from './__testUtils__/AccessInCluster';
import { roleArnOf } from './__testUtils__/SweptAccount';
import { SHUTTING_DOWN } from './AccessLook';

const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;

describe('the look at all AWS access of a cluster', () => {
  const knex = memoryDatabase();
  let cluster: AccessInCluster;

  beforeEach(() => {
    cluster = new AccessInCluster(knex);
  });

  describe('is due', () => {
    it.each<[boolean, string, number | undefined, boolean]>([
      [true, 'where there was none', undefined, false],
      [false, 'at the time of the last one', 0, false],
      [false, 'within a quarter of an hour', QUARTER - 1, false],
      [true, 'within a quarter of an hour, for a person', 1, true],
      [true, 'after a quarter of an hour', QUARTER, false],
      [true, 'where the last one seems to be to come', -1, false],
    ])('%s: %s', async (isDue, _, ms, ordered) => {
      if (ms !== undefined) {
        await cluster.store.access.failed('prod', 'Failed');
        const tried_at = cluster.account.clock.now() - ms;
        await knex('access_looks').update({ tried_at });
      }
      await cluster.store.access.failed('next', 'Failed');
      expect(await cluster.accessLook().isDue(ordered)).toBe(isDue);
    });

    it('never where app-config has it off', async () => {
      const off = new AccessInCluster(knex, { enabled: false });
      expect(await off.accessLook().isDue(true)).toBe(false);
    });
  });

  /** A look that has seen a program of these, which none sees afterwards. */
  async function sawProgram(...keys: string[]) {
    await cluster.look();
    const lastAt = new Date(cluster.account.clock.now()).toISOString();
    const boto3 = { name: 'boto3', age: 'works', lastAt };
    const [{ seen }] = await knex('access_looks').select('seen');
    const programs = keys.map(key => [key, [boto3]]);
    await knex('access_looks').update({
      seen: JSON.stringify({ ...JSON.parse(seen), programs }),
    });
    return boto3;
  }

  it('finds what has IRSA and what has an association, and tells that it has', async () => {
    cluster.annotated.set('shop/api', 'api');
    await cluster.associated('shop/web', { roleArn: roleArnOf('web') });
    const found = await cluster.look();
    expect([...found].map(([key, { row }]) => [key, row.roads])).toEqual([
      ['shop/api', ['irsa']],
      ['shop/web', ['pod-identity']],
    ]);
    expect(cluster.looked).toEqual(['prod']);
    expect(await cluster.state()).toMatchObject({
      lookedAt: cluster.account.clock.now(),
      triedAt: cluster.account.clock.now(),
    });
    expect(cluster.warnings()).toEqual([]);
  });

  it('says what the portal would refuse', async () => {
    cluster.annotated.set('locked/api', 'api').set('open/api', 'api');
    cluster.role('api', {
      statements: [
        {
          Effect: 'Allow',
          Principal: {
            Federated: `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`,
          },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${ISSUER}:aud`]: 'sts.amazonaws.com',
              [`${ISSUER}:sub`]: [
                'system:serviceaccount:locked:api',
                'system:serviceaccount:open:api',
              ],
            },
          },
        },
      ],
    });
    const keys = ['locked/api', 'open/api'];
    cluster.roadless = keys;
    await sawProgram(...keys);
    const found = await cluster.look();
    const said = (key: string) => JSON.stringify(found.get(key)!.row);
    const refusal = 'makes no changes in namespace locked of cluster prod';
    expect(said('locked/api')).toContain(refusal);
    expect(said('open/api')).not.toContain('makes no changes');
  });

  it('remembers the programs that earlier looks have seen', async () => {
    cluster.annotated.set('shop/api', 'api');
    const boto3 = await sawProgram('shop/api');
    const again = await cluster.look();
    expect(again.get('shop/api')!.row.programs).toEqual([boto3]);
  });

  it('counts an association that was not described yet as EKS makes them, and others as they are', async () => {
    const principal = { Service: 'pods.eks.amazonaws.com' };
    const assume = { Action: 'sts:AssumeRole', Principal: principal };
    cluster.role('api', { statements: [{ Effect: 'Allow', ...assume }] });
    const roleArn = roleArnOf('api');
    await cluster.associated('shop/listed', { roleArn });
    const details = { id: 'd', arn: 'arn:d', roleArn, tags: {} };
    await cluster.associated('shop/described', {
      roleArn,
      details: { ...details, disableSessionTags: true },
    });
    cluster.account.during = () => {
      throw Object.assign(new Error('Denied'), {
        name: 'AccessDeniedException',
      });
    };
    const found = await cluster.look();
    const verdictOf = (key: string) => found.get(key)!.row.verdict;
    expect(verdictOf('shop/listed')).toBe('broken');
    expect(verdictOf('shop/described')).not.toBe('broken');
  });

  it('goes without the roles where they cannot be read', async () => {
    cluster.annotated.set('shop/api', 'api');
    const found = await cluster.look(
      {},
      Promise.reject(new Error('No roles today')),
    );
    expect(found.get('shop/api')!.holder).toBeUndefined();
    expect((await cluster.state())!.gaps).toContainEqual(
      expect.objectContaining({ what: 'roles' }),
    );
  });

  describe('that fails', () => {
    let before: Awaited<ReturnType<AccessInCluster['rows']>>;
    let first: number;
    beforeEach(async () => {
      cluster.annotated.set('shop/api', 'api');
      before = await cluster.look();
      first = cluster.account.clock.now();
      cluster.looked.length = 0;
      await cluster.account.clock.advance(MINUTE);
    });

    const fails = () => {
      cluster.describing = () => {
        throw new Error('EKS is away');
      };
    };

    it('leaves the rows of the one before, with its reason', async () => {
      fails();
      expect(await cluster.look()).toEqual(before);
      expect(await cluster.state()).toMatchObject({
        lookedAt: first,
        triedAt: cluster.account.clock.now(),
        failure: expect.stringContaining('EKS is away'),
      });
      expect(cluster.looked).toEqual([]);
      expect(cluster.warnings()).toEqual([
        expect.stringMatching(
          /^All AWS access of cluster prod could not be listed: .*EKS is away/,
        ),
      ]);
    });

    it('does not fail where its reason cannot be stored either', async () => {
      fails();
      const { access } = cluster.account.store;
      const broken = Object.assign(Object.create(access), {
        failed: async () => {
          throw new Error('The disk is full');
        },
      });
      await cluster.look({ store: { ...cluster.store, access: broken } });
      expect(cluster.warnings().at(-1)).toBe('Why could not be stored');
      expect(await cluster.state()).toMatchObject({
        lookedAt: first,
        triedAt: first,
      });
    });

    it('says so where the sweep has ended before, and stores nothing later', async () => {
      cluster.describing = () => cluster.stopping.abort(new Error('Over'));
      expect(await cluster.look()).toEqual(before);
      expect(await cluster.state()).toMatchObject({
        lookedAt: first,
        failure: expect.stringMatching(/did not end within the time/),
      });
      expect(cluster.looked).toEqual([]);
    });

    it('is none where the portal stops', async () => {
      cluster.describing = () => cluster.stopping.abort(SHUTTING_DOWN);
      expect(await cluster.look()).toEqual(before);
      const { failure, triedAt } = (await cluster.state())!;
      expect([failure, triedAt]).toEqual([undefined, first]);
      expect(cluster.warnings()).toEqual([]);
    });
  });
});
