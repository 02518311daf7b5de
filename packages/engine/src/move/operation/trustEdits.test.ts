import type { NewOperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { sample } from 'eks-sandbox/patience/sample';
import { forbidAction } from '../../clusters/__testUtils__/forbidAction';
import { EDIT_TRUST_TAG } from '../../aws/portalRights';
import type { PolicyStatement } from '../../iam/policyDocument';
import {
  ASSUMES,
  POD_IDENTITY,
} from '../../inventory/__testUtils__/accessCase';
import { askedBy, type Asking } from '../../lifecycle/__testUtils__/asking';
import type { CatalogEntity } from '../../identity/entityRecord';
import { MoveWorld, NAME, NAMESPACE, REF } from '../__testUtils__/MoveWorld';

const HOUR = 3_600_000;
const REHEARSAL = `${NAME}-move-rehearsal`;
const PORTAL = 'portal.example.com';
const OURS = /^BackstageEksMove[0-9a-f]{16}$/;
/** As an owner writes one. */
const THEIRS: PolicyStatement = {
  Sid: 'Pipeline',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: 'sts:AssumeRole',
};

let world: MoveWorld;
afterEach(() => world.stop());

const own = () => world.trust().filter(({ Sid }) => OURS.test(Sid ?? ''));
const forget = () => world.world.sandbox.calls.reset();
/** How it ended, in words, and what was written. */
async function said(ended: Promise<{ kind: string; state?: string }>) {
  return ended.then(
    ({ kind, state }) => state ?? kind,
    (error: Error) => error.message,
  );
}
/** Once a step has this status. */
const on = (
  id: string,
  status: 'started' | 'waiting' | 'done',
  then: () => unknown,
) => ({
  emit: async (event: NewOperationEvent) => {
    if (event.type !== 'step' || event.data.id !== id) return;
    if (event.data.status === status) await then();
  },
});

describe('a move of a role whose owner lets the portal edit its trust policy', () => {
  it('adds its statement, moves, and takes the statement out on the way back: none is refused', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    const before = world.trust();
    const { plan } = await world.migrate({ until: 'moved', planOnly: true });
    expect(world.trust()).toEqual(before);
    expect(
      plan.steps.map(({ id, change }) => `${id} ${change}`).slice(0, 4),
    ).toEqual([
      'role.trust create',
      'rehearsal keep',
      'role.trust.rehearsal update',
      'association create',
    ]);
    expect(plan.steps[0].reason).toMatch(
      /guardrails\.roles\.editTrust names the role \(arn:aws:iam::111122223333:role\/r-\*\)/,
    );

    forget();
    const began = world.world.sandbox.clock.now();
    const moved = await world.migrate({ until: 'moved' });
    expect(moved).toMatchObject({ state: 'moved', toConfirm: [] });
    expect(world.ends().slice(0, 2)).toEqual([
      'role.trust done',
      'rehearsal done',
    ]);
    expect(world.writes().slice(0, 1)).toEqual(['UpdateAssumeRolePolicy']);
    // Read again after 5, 30 and 120 seconds
    expect(world.world.sandbox.clock.now() - began).toBeGreaterThan(120_000);
    expect(world.trust()).toEqual([
      ...before,
      {
        Sid: expect.stringMatching(OURS),
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-arn':
              'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
            'aws:RequestTag/kubernetes-namespace': NAMESPACE,
            'aws:RequestTag/kubernetes-service-account': NAME,
          },
        },
      },
    ]);
    await world.world.sandbox.clock.advance(7 * HOUR);
    expect(await world.asking.roads()).toEqual(['container', 'container']);

    const back = await world.rollback();
    expect(back.warnings).toEqual([]);
    expect(world.trust()).toEqual(before);
    expect(world.trusts.all()).toEqual([]);
    await world.world.sandbox.clock.advance(7 * HOUR);
    expect(await world.asking.roads()).toEqual(['irsa', 'irsa']);
    expect(world.asking.refusals()).toEqual([]);
    expect(world.asking.counts(world.roleArn)[0]).toBeGreaterThan(50);
  });

  it('rehearses with it, leaves it to the move that follows, or takes it out again', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    const before = world.trust();
    const rehearsed = await world.migrate();
    expect(rehearsed.state).toBe('rehearsed');
    expect(rehearsed.warnings.join(' ')).toMatch(
      /Statement BackstageEksMove\w+ stays in the trust policy of role r-api after the rehearsal/,
    );
    expect(JSON.stringify(own())).toContain(REHEARSAL);
    expect(world.association()).toBeUndefined();

    expect(await said(world.rollback())).toBe('rollback');
    expect(world.trust()).toEqual(before);

    await world.migrate();
    expect(await said(world.migrate({ until: 'moved' }))).toBe('moved');
    expect(own()).toHaveLength(1);
    expect(JSON.stringify(own())).not.toContain(REHEARSAL);
    expect(world.asking.refusals()).toEqual([]);
  });

  it('takes the statement out again where the move fails and goes back', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    const before = world.trust();
    const full = [{ key: 'full', effect: 'NoSchedule' }];
    const kube = world.world.kube();
    const words = await said(
      world.migrate(
        { until: 'moved', timeoutSeconds: 60 },
        {
          emit: async event => {
            if (event.type === 'log' && /goes back/.test(event.data.message)) {
              await kube.taint([]);
            }
            if (event.type !== 'step' || event.data.status !== 'done') return;
            // Nothing new finds a place from here on
            if (event.data.id === 'probe') await kube.taint(full);
          },
        },
      ),
    );
    expect(words).toMatch(/The move was taken back/);
    expect(world.association()).toBeUndefined();
    expect(world.trust()).toEqual(before);
    expect(world.trusts.all()).toEqual([]);
    expect(world.asking.refusals()).toEqual([]);
  });

  it('keeps what another writer stores right before its own write', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    const before = world.trust();
    await world.migrate(
      {},
      {
        guard: {
          beforeWrite: async what => {
            if (!/into the trust policy/.test(what)) return;
            world.putTrust([THEIRS, ...before]);
          },
          withLease: async (_key, work) => work(),
        },
      },
    );
    expect(world.trust().slice(0, -1)).toEqual([THEIRS, ...before]);
    expect(own()).toHaveLength(1);
  });

  it('adds it without the rehearsal where there is no room for both names', async () => {
    const long = { ...THEIRS, Sid: 'x'.repeat(1_090) };
    world = await MoveWorld.start({
      trusted: false,
      edits: true,
      role: { more: [long] },
    });
    const moved = await world.migrate({ until: 'moved' });
    expect(moved.state).toBe('moved');
    expect(moved.warnings.join()).toMatch(/It is not rehearsed/);
    expect(JSON.stringify(own())).not.toContain(REHEARSAL);
  });
});

it('says which right and which tag are missing where AWS refuses the edit', async () => {
  world = await MoveWorld.start({ trusted: false, edits: true });
  const before = world.trust();
  const { aws, credentials } = world.world.sandbox;
  aws.iam.updateRole(credentials.roles.write, { inline: {} });
  expect(await said(world.migrate({ until: 'moved' }))).toMatch(
    /AWS answered AccessDenied\w*: the portal is not allowed to change the trust policy of role r-api\. Its write role takes the statement of \S+permissions#aws-moving, and role r-api the tag backstage\.io\/edit-trust=portal\.example\.com/,
  );
  expect(world.trust()).toEqual(before);
  expect(world.association()).toBeUndefined();
});

type Role = NonNullable<
  NonNullable<Parameters<typeof MoveWorld.start>[0]>['role']
>;
const tagged = (tags: Record<string, string>) => ({
  tags: { [EDIT_TRUST_TAG]: PORTAL, ...tags },
});

describe("a trust policy that is its owner's to edit is left alone, and the plan says why", () => {
  it.each<[string, Role, RegExp, boolean?]>(
    sample(
      [
        ['one that nothing names', {}, /ask its owner to add \{.*\}\.$/, false],
        [
          'one that its owner did not tag',
          { tags: {} },
          /its owner has not let this portal edit its trust policy.*aws iam tag-role .*Key=backstage\.io\/edit-trust,Value=portal\.example\.com/,
        ],
        [
          'one that its owner tagged for another portal',
          { tags: { [EDIT_TRUST_TAG]: 'other.example.com' } },
          /its owner has not let this portal edit/,
        ],
        [
          'one of Terraform',
          tagged({ ManagedBy: 'Terraform' }),
          /Terraform made/,
        ],
        [
          'one of CloudFormation',
          tagged({ 'aws:cloudformation:stack-name': 'shop' }),
          /CloudFormation made/,
        ],
        [
          'one of eksctl',
          tagged({ 'alpha.eksctl.io/iamserviceaccount-name': 'shop/api' }),
          /eksctl made/,
        ],
        [
          'one of ACK',
          tagged({ 'services.k8s.aws/namespace': 'infra' }),
          /ACK made/,
        ],
        [
          'one with a name as Terraform gives it',
          { name: 'r-api-20240611093027514200000003' },
          /its name looks as if Terraform had made/,
        ],
        [
          'one with a principal that was deleted',
          {
            more: [{ ...THEIRS, Principal: { AWS: 'AIDACKCEVSQ6C2EXAMPLE' } }],
          },
          /names a principal that was deleted/,
        ],
        [
          'one that goes on to others, where the statement would let others in',
          ASSUMES as Role,
          /without session tags the statement would let other service accounts in/,
        ],
        [
          'one that a statement keeps closed',
          {
            more: [
              {
                Effect: 'Deny',
                Principal: '*',
                Action: 'sts:TagSession',
              },
            ],
          },
          /keeps Pod Identity out|does not let this service account in/,
        ],
      ],
      6,
    ),
  )('%s', async (_, role, says, edits = true) => {
    world = await MoveWorld.start({ trusted: false, edits, role });
    const before = world.trust();
    forget();
    for (const until of [undefined, 'moved'] as const) {
      const words = await said(world.migrate({ until }));
      expect(words).toMatch(/^Nothing was changed/);
      expect(words).toMatch(says);
    }
    expect(world.writes()).toEqual([]);
    expect(world.trust()).toEqual(before);
    expect(world.trusts.all()).toEqual([]);
  });
});

describe('another writer of the same trust policy', () => {
  it('who stores it without the statement stops the move before anything else is written', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    const before = world.trust();
    forget();
    const { clock } = world.world.sandbox;
    let stored: Promise<void> | undefined;
    const words = await said(
      world.migrate(
        { until: 'moved' },
        on('role.trust', 'waiting', () => {
          stored ??= clock.sleep(10_000).then(() => world.putTrust(before));
        }),
      ),
    );
    await stored;
    expect(words).toMatch(
      /Statement BackstageEksMove\w+, which this move added, is no longer in the trust policy of role r-api: another writer/,
    );
    expect(world.writes()).toEqual(['UpdateAssumeRolePolicy']);
    expect(world.association()).toBeUndefined();
    expect(world.rehearsals()).toEqual([]);
    // It goes on from there
    expect(await said(world.migrate({ until: 'moved' }))).toBe('moved');
  });

  it('who does so after the rehearsal stops it before the association', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    const before = world.trust();
    const words = await said(
      world.migrate(
        { until: 'moved' },
        on('role.trust.rehearsal', 'done', () => world.putTrust(before)),
      ),
    );
    expect(words).toMatch(/no longer in the trust policy of role r-api/);
    expect(world.association()).toBeUndefined();
    expect(world.asking.refusals()).toEqual([]);
  });

  it('who lets Pod Identity in meanwhile leaves nothing to be written', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    forget();
    const opened = [...world.trust(), POD_IDENTITY];
    const words = await said(
      world.migrate(
        { until: 'moved' },
        on('role.trust', 'started', () => world.putTrust(opened)),
      ),
    );
    expect(words).toMatch(
      /The trust policy of role r-api is no longer what the plan saw/,
    );
    expect(world.writes()).toEqual([]);
    expect(world.trusts.all()).toEqual([]);
  });

  it('who takes the tag away meanwhile ends it before the write', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    forget();
    const { iam } = world.world.sandbox.aws;
    const words = await said(
      world.migrate(
        { until: 'moved' },
        on('role.trust', 'started', () =>
          iam.updateRole(world.roleArn, { tags: {} }),
        ),
      ),
    );
    expect(words).toMatch(
      /The trust policy of role r-api was not changed\. .*has not let this portal edit/,
    );
    expect(world.writes()).toEqual([]);
  });

  it('whose own statement comes meanwhile keeps it, there and back', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    const before = world.trust();
    await world.migrate(
      { until: 'moved' },
      on('rehearsal', 'done', () => {
        const kept = world.trust();
        world.putTrust(
          kept.some(one => one.Sid === THEIRS.Sid) ? kept : [THEIRS, ...kept],
        );
      }),
    );
    expect(world.trust().map(({ Sid }) => Sid)).toContain('Pipeline');
    await world.rollback();
    expect(world.trust()).toEqual([THEIRS, ...before]);
  });
});

describe('the way back', () => {
  const moved = async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    await world.migrate({ until: 'moved' });
  };
  /** What it says of a statement that stays although it goes back. */
  const stays = async (more: Parameters<MoveWorld['rollback']>[1] = {}) => {
    const back = await world.rollback({}, more);
    expect(back.gone).toBe(true);
    expect(world.association()).toBeUndefined();
    expect(own()).toHaveLength(1);
    return back.warnings.join(' ');
  };

  it('leaves a statement alone that its owner has changed, and names it', async () => {
    await moved();
    world.putTrust(
      world
        .trust()
        .map(one =>
          OURS.test(one.Sid ?? '') ? { ...one, Action: 'sts:AssumeRole' } : one,
        ),
    );
    expect(await stays()).toMatch(
      /Statement BackstageEksMove\w+ of role r-api stays: another caller has changed it/,
    );
    expect(world.trusts.all()).toHaveLength(1);
  });

  it('leaves one that is not recorded, as with a database that was lost', async () => {
    await moved();
    await world.trusts.remove(REF, world.roleArn);
    expect(await stays()).toMatch(/no record of this portal says/);
  });

  it('leaves one of which it cannot tell whether an association lives by it', async () => {
    await moved();
    const forbid = () =>
      forbidAction(world.world.sandbox, 'eks:ListPodIdentityAssociations');
    expect(await stays(on('association', 'done', forbid))).toMatch(
      /stays: .*ListPodIdentityAssociations/,
    );
  });

  it('leaves one by which an association lives', async () => {
    await moved();
    const { eks } = world.world.sandbox.aws;
    const associate = () =>
      eks.putAssociation(REF.cluster, {
        namespace: NAMESPACE,
        serviceAccount: REHEARSAL,
        roleArn: world.roleArn,
      });
    expect(await stays(on('association', 'done', associate))).toMatch(
      /stays: the association a-\w+ lives by it/,
    );
  });
});

describe('an insider', () => {
  const MINE = 'component:default/mine';
  const THEIR = 'component:default/theirs';
  const owner = 'group:default/theirs';
  const catalog = new Map<string, CatalogEntity>([
    [THEIR, { entityRef: THEIR, uid: 'uid-theirs', ownerRefs: [owner] }],
  ]);
  const as = (asker: Asking, entityRef = MINE) =>
    askedBy(asker, catalog, entityRef);
  /** How it ended, and what it wrote all the same. */
  const attempted = async (ended: Promise<any>) => {
    const before = world.trust();
    forget();
    const words = await said(ended);
    expect(world.trust()).toEqual(before);
    return [words, ...world.writes()].join('\n');
  };

  it('has no trust policy edited of a role that a pattern of adoption alone gives them', async () => {
    world = await MoveWorld.start({ trusted: false, edits: true });
    expect(
      await attempted(
        world.migrate(
          { until: 'moved', entityRef: MINE },
          as({ owns: [MINE] }),
        ),
      ),
    ).toMatch(
      /only a pattern of guardrails.roles.adopt lets you use the role[^\n]*$/,
    );
  });

  it('has none edited of a role that is named for edits and not for use', async () => {
    world = await MoveWorld.start({
      trusted: false,
      edits: true,
      portalClusters: [
        {
          name: 'payments-prod',
          guardrails: {
            roles: {
              adopt: [],
              editTrust: ['arn:aws:iam::111122223333:role/*'],
            },
          },
        },
      ],
    });
    expect(
      await attempted(
        world.migrate(
          { until: 'moved', entityRef: MINE },
          as({ owns: [MINE] }),
        ),
      ),
    ).toMatch(/You are not allowed to use the role .*r-api[^\n]*$/);
  });

  it('has none edited of a role that gives control of the account', async () => {
    world = await MoveWorld.start({
      trusted: false,
      edits: true,
      role: {
        inline: {
          all: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }],
          },
        },
      },
    });
    expect(await attempted(world.migrate({ until: 'moved' }))).toMatch(
      /a workload must not have this role, which gives control of the account[^\n]*$/,
    );
  });

  it('takes no statement out that was added for another component', async () => {
    world = await MoveWorld.start({
      trusted: false,
      edits: true,
      component: THEIR,
    });
    await world.migrate({ entityRef: THEIR }, as({ claims: [owner] }, THEIR));
    expect(own()).toHaveLength(1);
    expect(
      await attempted(
        world.rollback({ entityRef: MINE }, as({ owns: [MINE] })),
      ),
    ).toMatch(/^rollback[^\n]*$/);
    expect(own()).toHaveLength(1);
    await world.rollback({ entityRef: THEIR }, as({ claims: [owner] }, THEIR));
    expect(own()).toEqual([]);
  });
});
