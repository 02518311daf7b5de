import type { NewOperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { PolicyStatement } from '../../iam/policyDocument';
import { entityTags } from '../../identity/entityRecord';
import { askedBy } from '../../lifecycle/__testUtils__/asking';
import { MoveWorld, NAME, NAMESPACE } from '../__testUtils__/MoveWorld';

const REHEARSAL = `${NAME}-move-rehearsal`;
const OURS = /^BackstageEksMove[0-9a-f]{16}$/;

let world: MoveWorld;
let before: PolicyStatement[];
beforeEach(async () => {
  world = await MoveWorld.start({ trusted: false, edits: true });
  before = world.trust();
});
afterEach(() => world.stop());

const own = () => world.trust().filter(({ Sid }) => OURS.test(Sid ?? ''));
const noTag = () =>
  world.world.sandbox.aws.iam.updateRole(world.roleArn, { tags: {} });
/** Once a step has this status. */
const on = (id: string, status: string, then: () => unknown) => ({
  emit: async (event: NewOperationEvent) => {
    if (event.type !== 'step' || event.data.id !== id) return;
    if (event.data.status === status) await then();
  },
});

it('leaves the statement, and says so, where its owner has taken the tag off', async () => {
  await world.migrate();
  noTag();
  const back = await world.rollback();
  expect(back.gone).toBe(true);
  expect(back.warnings.join(' ')).toMatch(
    /Statement BackstageEksMove\w+ of role r-api stays: AWS answered AccessDenied\w*: the portal is not allowed to change the trust policy of role r-api.* the tag backstage\.io\/edit-trust=/,
  );
  expect(own()).toHaveLength(1);
  expect(world.trusts.all()).toHaveLength(1);
});

it('leaves the statement of a move for no component to administrators', async () => {
  await world.migrate();
  const entityRef = 'component:default/mine';
  const asked = askedBy({ owns: [entityRef] }, new Map(), entityRef);
  const { warnings } = await world.rollback({ entityRef }, asked);
  expect(warnings.join(' ')).toMatch(
    /stays: The statement was made for no component: only an administrator/,
  );
  expect(own()).toHaveLength(1);
  await world.rollback({}, askedBy({ isAdministrator: true }, new Map(), ''));
  expect(own()).toEqual([]);
});

it.each(['moved', 'finished'] as const)(
  'lets the owners take back what was %s for no component and then given to theirs',
  async until => {
    await world.migrate({ until: 'moved' });
    await world.world.sandbox.clock.advance(120_000);
    world.silent();
    if (until === 'finished') await world.migrate({ until });
    const entityRef = 'component:default/mine';
    const asked = askedBy({ owns: [entityRef] }, new Map(), entityRef);
    await expect(world.rollback({ entityRef }, asked)).rejects.toThrow(
      /was made for no component: only an administrator can change or remove it\. Ask one/,
    );
    Object.assign(world.association()!.tags, entityTags(asked.entity!));
    await world.rollback({ entityRef }, asked);
    expect(world.trust()).toEqual(before);
    expect(world.association()).toBeUndefined();
  },
);

it('looks again before it takes a statement for gone', async () => {
  await world.migrate();
  const written = world.trust();
  // As a replica of IAM shows it that lags behind
  world.putTrust(before);
  const { clock } = world.world.sandbox;
  let shown: Promise<void> | undefined;
  await world.rollback(
    {},
    on('role.trust', 'started', () => {
      shown ??= clock.sleep(2_000).then(() => world.putTrust(written));
    }),
  );
  await shown;
  expect(world.trust()).toEqual(before);
  expect(world.trusts.all()).toEqual([]);
});

it('takes a rehearsal back although its service account is gone', async () => {
  await world.migrate();
  expect(own()).toHaveLength(1);
  const kube = world.world.kube();
  await kube.delete('deployments', NAMESPACE, 'held');
  await kube.delete('deployments', NAMESPACE, 'fresh');
  await kube.delete('serviceaccounts', NAMESPACE, NAME);
  await world.world.sandbox.clock.advance(120_000);
  const back = await world.rollback();
  expect(back.gone).toBe(true);
  expect(world.trust()).toEqual(before);
  expect(world.trusts.all()).toEqual([]);
});

it('records the component of the move that uses the statement last', async () => {
  const components = ['component:default/first', 'component:default/second'];
  for (const entityRef of components) await world.migrate({ entityRef });
  const [{ tags }] = world.trusts.all();
  expect(tags[MARK_TAGS.entityRef]).toBe(components[1]);
  expect(own()).toHaveLength(1);
});

it('no longer takes the rehearsal out where IAM would refuse the policy', async () => {
  const dead = {
    Effect: 'Allow',
    Principal: { AWS: 'AIDACKCEVSQ6C2EXAMPLE' },
    Action: 'sts:AssumeRole',
  };
  const moved = await world.migrate(
    { until: 'moved' },
    on('rehearsal', 'done', () => world.putTrust([...world.trust(), dead])),
  );
  expect(moved.state).toBe('moved');
  expect(moved.warnings.join(' ')).toMatch(
    /may let the service account of the rehearsal in: .*names a principal that was deleted/,
  );
  expect(JSON.stringify(own())).toContain(REHEARSAL);
});

it('adds the statement again where another writer lost it under an association', async () => {
  await world.migrate({ until: 'moved' });
  const [written] = own();
  world.putTrust(before);
  const { plan } = await world.migrate({ until: 'moved', planOnly: true });
  expect(
    plan.steps
      .filter(({ id }) => /^role\.trust/.test(id))
      .map(({ id, change }) => `${id} ${change}`),
  ).toEqual(['role.trust create']);
  expect((await world.migrate({ until: 'moved' })).state).toBe('moved');
  expect(world.trust()).toEqual([...before, written]);
  expect(world.trusts.all()).toMatchObject([{ roleArn: world.roleArn }]);
});

it('forgets the statement of a role that was made again with it, and says so', async () => {
  await world.migrate();
  const { iam } = world.world.sandbox.aws;
  const { trust } = iam.role(world.roleArn);
  iam.deleteRole(world.roleArn);
  iam.putRole({ name: 'r-api', trust: JSON.parse(trust) });
  const back = await world.rollback();
  expect(back.warnings.join(' ')).toMatch(
    /stays: the role was deleted and made again with it/,
  );
  expect(own()).toHaveLength(1);
  expect(world.trusts.all()).toEqual([]);
});
