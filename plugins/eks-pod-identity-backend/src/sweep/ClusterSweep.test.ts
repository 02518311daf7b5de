import type {
  PodIdentityCheck,
  PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';
import { NarrowLists } from 'eks-pod-identity-engine';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import {
  BAD,
  refOf,
  roleArnOf,
  SweptAccount,
} from './__testUtils__/SweptAccount';
import { ClusterSweep, type ClusterSweepOptions } from './ClusterSweep';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const API = 'component:default/api';
const ADA = 'user:default/ada';
const DESCRIBE = 'DescribePodIdentityAssociation';
const ROLES = 'GetAccountAuthorizationDetails';

describe('the sweep of a cluster', () => {
  const knex = memoryDatabase();
  let account: SweptAccount;
  let controller: AbortController;

  const begin = (section: object = {}) => {
    account = new SweptAccount(knex, section);
    controller = new AbortController();
  };
  beforeEach(() => begin());

  const sweeping = (more: Partial<ClusterSweepOptions> = {}) =>
    new ClusterSweep(
      account.engine.clusters.get('prod'),
      {
        ...account.sweepOptions(),
        narrowLists: new NarrowLists(account.clock),
        upSince: account.clock.now() - 60 * MINUTE,
        ...more,
      },
      controller.signal,
    );

  /** A sweep, a minute after the one before. */
  async function sweep(more: Partial<ClusterSweepOptions> = {}) {
    await account.clock.advance(MINUTE);
    account.judged.length = 0;
    account.took('');
    return sweeping(more).run();
  }
  const names = () => account.judged.map(([name]) => name);
  const state = () => account.store.clusterStates.find('prod');
  const during = (operation: string, work: () => unknown) => {
    account.during = call => call.startsWith(operation) && work();
  };
  const lines = (level: string) =>
    account.logger.lines
      .filter(line => line.level === level)
      .map(({ message }) => message);

  it('looks once at each identity, and at those that an entity claims', async () => {
    for (const name of ['c', 'a', 'd']) account.foreign(name);
    await account.store.entityRefs.replaceOfEntity(API, 'annotation', [
      refOf('b'),
      refOf('a'),
    ]);
    expect(await sweep()).toEqual({
      associations: 3,
      described: 3,
      looked: 4,
      resumed: false,
    });
    expect(names()).toEqual(['a', 'b', 'c', 'd']);
    const { sweptAt, cursor, stale } = await state();
    expect(sweptAt).toBe(account.clock.now());
    expect([cursor, stale]).toEqual([undefined, undefined]);
  });

  it('goes on after 25 identities that were looked at, where one before was stopped', async () => {
    for (let index = 10; index < 60; index += 1) account.foreign(`a-${index}`);
    account.judging = () => account.judged.length === 30 && controller.abort();
    await expect(sweep()).rejects.toThrow(
      'The sweep of cluster prod was stopped before its end; the next one goes on where this one stopped',
    );
    const began = account.clock.now();
    const cursor = { startedAt: began, after: 'prod/shop/a-34' };
    expect((await state()).cursor).toEqual({ ...cursor, triedAt: began });
    expect((await state()).stale).toBeUndefined();
    controller = new AbortController();
    account.judging = () => {};
    let goingOn: unknown;
    during('List', async () => {
      goingOn = (await state()).cursor;
    });
    expect(await sweep()).toMatchObject({ looked: 25, resumed: true });
    expect(goingOn).toEqual({ ...cursor, triedAt: account.clock.now() });
    expect(names()[0]).toBe('a-35');
    expect(names()).toHaveLength(25);
  });

  it.each([
    ['goes on with', -1, ['c']],
    ['starts over instead of', 0, ['a', 'b', 'c']],
  ])('%s one of a while ago', async (_, more, expected) => {
    for (const name of ['a', 'b', 'c']) account.foreign(name);
    const { maxAgeMs } = account.config.sweep;
    const startedAt = account.clock.now() + MINUTE - maxAgeMs - more;
    await account.store.clusterStates.setCursor('prod', {
      startedAt,
      triedAt: startedAt,
      after: 'prod/shop/b',
    });
    await sweep();
    expect(names()).toEqual(expected);
  });

  it('says why a cluster could not be read, and keeps what it knew', async () => {
    account.foreign('a');
    await sweep();
    const { sweptAt } = await state();
    during('List', () => {
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    });
    expect(await sweep()).toBeUndefined();
    expect(await state()).toMatchObject({
      sweptAt,
      stale: { since: account.clock.now(), reason: expect.any(String) },
    });
    expect(lines('warn')).toEqual([
      `Cluster prod could not be swept: ${(await state()).stale!.reason}`,
    ]);
    expect(await account.store.associations.ofCluster('prod')).toHaveLength(1);
    account.during = () => {};
    await sweep();
    expect((await state()).stale).toBeUndefined();
  });

  describe('describes what fails once more, if its description is of an earlier sweep:', () => {
    beforeEach(async () => {
      for (const name of ['a', 'b', 'c']) {
        account.foreign(name, { roleArn: BAD });
      }
      await sweep();
    });
    const roleOf = async (name: string) => {
      const found = await account.store.associations.findMany([refOf(name)]);
      return found.get(`prod/shop/${name}`)?.roleArn;
    };
    const described = (name: string) =>
      account.took(DESCRIBE).filter(call => call.endsWith(` ${name}`));

    it('each once, and judges none again that is as it was', async () => {
      await sweep();
      expect(account.took(DESCRIBE).sort()).toEqual(
        ['a', 'b', 'c'].map(name => `${DESCRIBE} ${name}`),
      );
      expect(names()).toEqual(['a', 'b', 'c']);
    });

    it('judges by what it is now, and stores that', async () => {
      during(ROLES, () => account.foreign('c', { roleArn: roleArnOf('good') }));
      await sweep();
      expect(account.judged.slice(-2)).toEqual([
        ['c', BAD],
        ['c', roleArnOf('good')],
      ]);
      expect(await roleOf('c')).toBe(roleArnOf('good'));
      expect(await roleOf('b')).toBe(BAD);
    });

    it('judges one as taken away that is gone', async () => {
      during(ROLES, () => account.associations.delete('c'));
      await sweep();
      expect(account.judged.slice(-2)).toEqual([
        ['c', BAD],
        ['c', undefined],
      ]);
      expect(described('c')).toHaveLength(1);
      // The next sweep tells its owners
      expect(await roleOf('c')).toBe(BAD);
    });

    it('believes what it knew where that fails', async () => {
      during(ROLES, () =>
        during(`${DESCRIBE} c`, () => {
          throw new Error('EKS is away');
        }),
      );
      expect(await sweep()).toMatchObject({ looked: 3 });
      expect(account.judged.slice(-1)).toEqual([['c', BAD]]);
      expect(names()).toEqual(['a', 'b', 'c']);
      expect(lines('debug').slice(-1)).toEqual([
        'Could not describe the association of prod/shop/c again: EKS is away',
      ]);
    });

    it('not what works, and not what has none', async () => {
      account.foreign('b');
      await account.store.associations.removeRef(refOf('b'));
      await account.store.entityRefs.replaceOfEntity(API, 'annotation', [
        refOf('d'),
      ]);
      await sweep();
      // Its description is of this sweep
      expect(described('b')).toHaveLength(1);
      expect(names()).toEqual(['a', 'b', 'c', 'd']);
    });
  });

  it('verifies what is gone while it is known whose it was, and forgets it', async () => {
    account.catalog.set(API, { uid: 'u-1', ownerRefs: [ADA] });
    account.ours('api', API);
    await sweep();
    account.associations.clear();
    let holder: unknown;
    account.judging = async () => {
      holder ??= await account.store.owners.find(refOf('api'));
    };
    await sweep();
    expect(account.judged.at(-1)).toEqual(['api', undefined]);
    expect(holder).toMatchObject({ ownerRefs: [ADA] });
    expect(await account.store.owners.find(refOf('api'))).toBeUndefined();
    expect(await account.store.entityRefs.ofRef(refOf('api'))).toEqual([]);
  });

  it.each([
    ['has never been swept', false, 60 * MINUTE, false],
    ['was swept, two minutes after the start', true, 2 * MINUTE, true],
    ['was swept, right after the start', true, 2 * MINUTE - 1, false],
  ])(
    'believes a catalog that lacks an entity: cluster that %s',
    async (_, isSwept, upMs, expected) => {
      if (isSwept) await sweep();
      account.ours('api', API);
      await sweep({ upSince: account.clock.now() + MINUTE - upMs });
      const [{ orphan }] = await account.store.associations.ofCluster('prod');
      expect(orphan).toBe(expected);
    },
  );

  it('keeps the agent that was seen before where it sees none', async () => {
    const agent = { version: 'v1', ready: 2, needed: 2 };
    await account.store.clusterStates.finished('prod', agent);
    await sweep();
    expect((await state()).agent).toEqual(agent);
  });

  describe('the roles of the account', () => {
    const unused = 90 * DAY;

    it.each([
      ['used', { LastUsedDate: 5 }, { Created: 1 }, 5],
      ['old and never used', {}, { Created: unused + 1 }, null],
      ['of unknown age and never used', {}, {}, null],
      ['new and never used', {}, { Created: unused }, undefined],
      ['new and used', { LastUsedDate: 5 }, { Created: 1 }, 5],
    ])(
      'tell of their use: one that is %s',
      async (_, { LastUsedDate }: any, { Created }: any, expected) => {
        account.foreign('a');
        const now = account.clock.now() + MINUTE;
        account.roles = [
          {
            Arn: roleArnOf('a'),
            CreateDate: Created && new Date(now - Created),
            RoleLastUsed: LastUsedDate && {
              LastUsedDate: new Date(LastUsedDate),
            },
          },
        ];
        await sweep();
        const [row] = await knex('evidence');
        expect(row?.used_at).toBe(expected);
        expect(row?.role_read_at).toBe(row && now);
      },
    );

    it('say nothing where the portal is not allowed to list them', async () => {
      account.foreign('a');
      account.roles = undefined;
      expect(await sweep()).toMatchObject({ looked: 1 });
      expect(await knex('evidence')).toEqual([]);
    });

    const reads = (...of: string[]) =>
      [{ reads: [] }, { reads: of }] as unknown as PodIdentityCheck[];
    it.each([
      ['of a role that assumes another', [], roleArnOf('target'), true],
      ['of no role that assumes none', [], undefined, false],
      ['of each that a check reads', reads('inlinePolicies'), undefined, true],
      ['of none that no check reads', reads('role'), undefined, false],
    ])(
      'keep their inline policies: %s',
      async (_, additionalChecks, targetRoleArn, expected) => {
        account.foreign('a', { targetRoleArn });
        const policy = { PolicyName: 'p', PolicyDocument: '%7B%7D' };
        account.roles = ['a', 'target'].map(name => ({
          Arn: roleArnOf(name),
          RolePolicyList: [policy],
        }));
        const kept: string[] = [];
        account.judging = async known => {
          for (const name of ['a', 'target']) {
            await known.inlinePolicies!({
              get: async () => ({
                known: true,
                value: { arn: roleArnOf(name) },
              }),
              collect: async () => kept.push(`not ${name}`),
            } as any);
          }
        };
        await sweep({ additionalChecks });
        expect(kept).toEqual([...(expected ? [] : ['not a']), 'not target']);
      },
    );
  });

  it('looks at all AWS access beside it every quarter of an hour, and when a person orders a sweep', async () => {
    begin({ inventory: { enabled: true } });
    account.foreign('a');
    account.roles = [{ Arn: roleArnOf('a'), CreateDate: new Date(0) }];
    const isLooking = async () => {
      await account.clock.advance(MINUTE);
      account.took('');
      const one = sweeping();
      expect(await one.run()).toMatchObject({ looked: 1 });
      await one.lookingEnded();
      return account.took(ROLES);
    };
    const withPolicies = `${ROLES} Role,LocalManagedPolicy,AWSManagedPolicy`;
    expect(await isLooking()).toEqual([withPolicies]);
    expect(await knex('evidence')).toHaveLength(1);
    expect(await isLooking()).toEqual([`${ROLES} Role`]);
    await account.store.clusterStates.order('prod');
    expect(await isLooking()).toEqual([withPolicies]);
    const tried = { startedAt: account.clock.now(), triedAt: 1 };
    await account.store.clusterStates.setCursor('prod', tried);
    expect(await isLooking()).toEqual([`${ROLES} Role`]);
    await account.clock.advance(15 * MINUTE);
    expect(await isLooking()).toEqual([withPolicies]);
  });

  it.each([
    ['fails', false, 1],
    ['is stopped', true, 0],
  ])(
    'leaves its search for changes to the next one where that %s',
    async (_, isStopped, warnings) => {
      account.foreign('a');
      await sweep();
      account.foreign('a', { roleArn: BAD });
      const one = sweeping({
        changeSource: () =>
          ({
            search: async () => {
              throw new Error('CloudTrail is away');
            },
          } as unknown as PodIdentityEvidenceSource),
      });
      await account.clock.advance(MINUTE);
      await one.run();
      let asked = 0;
      Object.assign(account.store.changes, {
        versions: async () => {
          asked += 1;
          if (isStopped) controller.abort();
          throw new Error('not now');
        },
      });
      await one.searchForChanges();
      expect(asked).toBe(1);
      expect(lines('warn')).toEqual(
        Array(warnings).fill(
          'Could not search for who changed identities on cluster prod',
        ),
      );
    },
  );
});
