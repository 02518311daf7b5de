import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PolicyStatement } from '../../iam/policyDocument';
import { createTags } from '../../identity/ownership';
import { POD_IDENTITY } from '../../inventory/__testUtils__/accessCase';
import { analyseTrustPolicy } from '../../identity/trustAnalysis';
import { endingBefore } from '../__testUtils__/endingBefore';
import {
  MoveWorld,
  NAME,
  programs,
  REF,
  workload,
} from '../__testUtils__/MoveWorld';
import { PLANTED } from '../__testUtils__/planted';
import { rehearsalName } from '../trustStage';

let world: MoveWorld;

interface Asked {
  isCarriedOn?: boolean;
  mayBegin?: boolean;
  planOnly?: boolean;
}

/** As a rule asks for it: without a person, for the role of the rule. */
const follow = (
  { isCarriedOn = false, mayBegin = true, planOnly = false }: Asked = {},
  context: Parameters<MoveWorld['context']>[0] = {},
) =>
  world.moves.migrate(
    {
      ref: REF,
      input: {
        clusterName: REF.cluster,
        namespace: REF.namespace,
        serviceAccount: NAME,
        until: 'moved',
        planOnly,
      },
      expects: { roleArn: world.roleArn, isCarriedOn, mayBegin },
    },
    world.context(context),
  );

const NO_LONGER = /^Nothing further was changed: shop\/api is no longer what/;

/** What it says; nothing is written, and no role is named. */
const refused = async (asked: Asked = {}) => {
  world.world.sandbox.calls.reset();
  const words = await follow(asked).then(
    ({ state }) => state,
    ({ message }: Error) => message,
  );
  expect(words).not.toMatch(/arn:|r-/);
  expect(world.writes()).toEqual([]);
  return words;
};

describe('a move that no person asks for', () => {
  afterEach(() => world.stop());

  it('shows nothing of a trust policy that others changed meanwhile, and is carried on alone after its process has ended', async () => {
    world = await MoveWorld.start({ pattern: true });
    const ended = follow({}, endingBefore(5));
    await expect(ended).rejects.toThrow(/the process has ended/);
    expect(world.association()).toBeDefined();
    expect(await refused()).toMatch(NO_LONGER);
    const trust = world.trust();
    world.putTrust([
      trust[0],
      {
        ...(POD_IDENTITY as any),
        Condition: {
          StringEquals: {
            'aws:RequestTag/kubernetes-namespace': 'secret-team',
          },
        },
      },
    ]);
    const words = await follow({ isCarriedOn: true }).then(
      ({ plan, warnings }) => JSON.stringify([plan, warnings]),
      ({ message }: Error) => message,
    );
    expect(words).toMatch(/does not let this service account in/);
    expect(words).not.toMatch(/secret-team/);
    world.putTrust(trust);
    expect((await follow({ isCarriedOn: true })).state).toBe('moved');
    expect(world.asking.refusals()).toEqual([]);
  });

  it('@night takes over no move that stands, and is carried on in the middle of its own way back, also where its rule is gone', async () => {
    world = await MoveWorld.start({ pattern: true });
    expect((await follow()).state).toBe('moved');
    expect(await refused()).toMatch(NO_LONGER);
    const back = world.rollback({}, endingBefore(3));
    await expect(back).rejects.toThrow(/the process has ended/);
    expect(world.association()).toBeUndefined();
    expect((await follow({ isCarriedOn: true, mayBegin: false })).state).toBe(
      'moved',
    );
    expect(world.asking.refusals()).toEqual([]);
  });

  it('leaves alone what is not ready at that moment', async () => {
    world = await MoveWorld.start({ pattern: true });
    const [held] = programs('5m');
    const old = { ...held, name: 'old', sdk: 'go-v1/1.44.0' };
    await world.world.kube().apply([workload(old)] as any);
    await world.world.sandbox.clock.advance(60_000);
    expect(await refused()).toMatch(NO_LONGER);
  });
});

describe('a move that no person asks for leaves alone', () => {
  const pattern = () =>
    world.access.oidc('', {
      StringLike: world.access.sub('a*'),
    }) as PolicyStatement;
  const podIdentity = POD_IDENTITY as PolicyStatement;
  beforeAll(async () => {
    // The configuration and its owner let moves edit its trust policy
    world = await MoveWorld.start({ trusted: false, edits: true });
  });
  beforeEach(() => world.putTrust([pattern(), podIdentity]));
  afterAll(() => world.stop());

  it('nothing that is as the rule says', async () => {
    const { plan, state } = await follow({ planOnly: true });
    expect([state, plan.conflicts]).toEqual(['planned', false]);
  });

  const plant = async () => {
    await world.world.kube().apply([PLANTED] as any);
    await world.world.sandbox.clock.advance(60_000);
  };

  it('everything without the right to move, as a portal carries it out that knows no rules', async () => {
    world.world.sandbox.calls.reset();
    await expect(
      world.migrate({ until: 'moved' }, { granted: new Set() }),
    ).rejects.toThrow(/needs the permission eks-pod-identity.migration.create/);
    expect(world.writes()).toEqual([]);
  });

  it('what no rule stands for any more, and nothing was made of', async () => {
    expect(await refused({ isCarriedOn: true, mayBegin: false })).toMatch(
      NO_LONGER,
    );
  });

  it('what no rule stands for any more in the middle of its rehearsal, of which nothing is left', async () => {
    const ended = follow({}, endingBefore(2));
    await expect(ended).rejects.toThrow(/the process has ended/);
    expect(world.rehearsals()).toHaveLength(2);
    const carriedOn = follow({ isCarriedOn: true, mayBegin: false });
    await expect(carriedOn).rejects.toThrow(NO_LONGER);
    expect(world.rehearsals()).toEqual([]);
  });

  it('what its role names', async () => {
    world.putTrust([world.access.oidc(NAME) as PolicyStatement, podIdentity]);
    expect(await refused()).toMatch(NO_LONGER);
  });

  it('what the role no longer lets in by IRSA', async () => {
    world.putTrust([podIdentity]);
    expect(await refused()).toMatch(NO_LONGER);
  });

  it('what the role does not let in by Pod Identity, and edits no trust policy', async () => {
    world.putTrust([pattern()]);
    expect(await refused()).toMatch(NO_LONGER);
    expect(world.trusts.all()).toEqual([]);
  });

  it('what has a role that the portal made, whatever the guardrails name', async () => {
    const { clusters, config } = world.context();
    const cluster = clusters.get(REF.cluster);
    const { iam } = world.world.sandbox.aws;
    const { tags } = iam.role(world.roleArn);
    const made = createTags(
      { ...REF, portalId: config.portalId, cluster },
      { tags: {} },
    );
    iam.updateRole(world.roleArn, { tags: made });
    expect(await refused()).toMatch(NO_LONGER);
    iam.updateRole(world.roleArn, { tags });
  });

  it('what has another role by then, whatever that one lets in', async () => {
    const { access } = world;
    const role = access.role('r-other', [pattern(), podIdentity]);
    await access.runs(NAME, { role, kind: 'none' });
    expect(await refused()).toMatch(NO_LONGER);
    await access.runs(NAME, { role: world.roleArn, kind: 'none' });
  });

  it('pods that hold variables of Pod Identity, of any author', async () => {
    await plant();
    expect(await refused()).toMatch(NO_LONGER);
  });

  it.each([false, true])(
    'pods into which their author wrote Pod Identity and that have no IRSA, carried on: %s',
    async isCarriedOn => {
      await plant();
      world.putTrust([podIdentity]);
      expect(await refused({ isCarriedOn })).toMatch(NO_LONGER);
    },
  );

  it('an association that another caller made, carried on or not', async () => {
    world.world.sandbox.aws.eks.putAssociation(REF.cluster, {
      namespace: REF.namespace,
      serviceAccount: NAME,
      roleArn: world.roleArn,
    });
    expect(await refused({ isCarriedOn: true })).toMatch(NO_LONGER);
  });
});

describe('the statement that docs/migrating.md prints for a rule', () => {
  const page = resolve(__dirname, '../../../../../docs/migrating.md');
  const [, printed] = /```json\n([\s\S]*?)```/.exec(
    readFileSync(page, 'utf8').split('## A role that lets in a pattern')[1],
  )!;
  const trust = { Version: '2012-10-17', Statement: [JSON.parse(printed)] };

  it.each([
    ['allows', 'tenant-a', 'app'],
    ['allows', 'tenant-a', rehearsalName('app')],
    ['denies', 'tenant-a', 'worker'],
    ['denies', 'payments', 'app'],
    ['denies', 'tenant-a', 'app', 'payments-test'],
  ])('%s %s/%s', (verdict, namespace, serviceAccount, name = REF.cluster) => {
    const arn = `arn:aws:eks:eu-west-1:111122223333:cluster/${name}`;
    const pod = { clusterArn: arn, clusterName: name, namespace };
    const asked = { ...pod, serviceAccount, sessionTags: true };
    expect(analyseTrustPolicy(trust, asked).verdict).toBe(verdict);
  });
});
