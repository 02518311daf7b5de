import {
  MARK_TAGS,
  type NewOperationEvent,
} from 'backstage-plugin-eks-pod-identity-common';
import { EDIT_TRUST_TAG } from '../../aws/portalRights';
import type { PolicyStatement } from '../../iam/policyDocument';
import type { CatalogEntity } from '../../identity/entityRecord';
import { askedBy } from '../../lifecycle/__testUtils__/asking';
import { MoveWorld, NAME, NAMESPACE, REF } from '../__testUtils__/MoveWorld';

const HOUR = 3_600_000;
/** As an owner writes one. */
const THEIRS: PolicyStatement = {
  Sid: 'Pipeline',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: 'sts:AssumeRole',
};
const MINE = 'component:default/mine';
const subject = (name: string) => `system:serviceaccount:${NAMESPACE}:${name}`;

let world: MoveWorld;
/** The trust policy before the move: its statement lets another service account in, too. */
let before: PolicyStatement[];
/** The same after it. */
let moved: PolicyStatement[];
afterEach(() => world.stop());
beforeEach(async () => {
  world = await MoveWorld.start({
    trusted: false,
    edits: true,
    component: MINE,
  });
  const text = JSON.stringify(world.trust());
  before = JSON.parse(
    text.replace(subject(NAME), `${subject(NAME)}","${subject('worker')}`),
  );
  world.putTrust(before);
  await world.migrate({ until: 'moved', entityRef: MINE });
  moved = world.trust();
  // Pods that end hold the variables of IRSA until they have
  await world.world.sandbox.clock.advance(120_000);
  world.world.sandbox.calls.reset();
});

/** How it ended, in words, after looks that saw nothing for eight days. */
const finish = (more: Parameters<MoveWorld['migrate']>[1] = {}) => {
  world.silent();
  return world.migrate({ until: 'finished' }, more).then(
    ({ state }) => state as string,
    ({ message }: Error) => message,
  );
};
const edits = () =>
  world.writes().filter(one => one === 'UpdateAssumeRolePolicy').length;

it('takes one out of a shared statement and puts it back beside what others stored: none is refused', async () => {
  world.silent();
  const { plan } = await world.migrate({ until: 'finished', planOnly: true });
  expect(plan.steps.map(({ id, change }) => `${id} ${change}`)).toEqual([
    'probe keep',
    'role.trust.irsa update',
  ]);
  expect(world.trust()).toEqual(moved);
  expect(await finish()).toBe('finished');
  const text = JSON.stringify(world.trust());
  expect(text).toContain(subject('worker'));
  expect(text).not.toContain(subject(NAME));
  expect(world.trust().slice(1)).toEqual(moved.slice(1));
  expect(world.trusts.all()).toMatchObject([{ taken: before }]);
  // Once more it has nothing to write
  expect(await finish()).toBe('finished');
  expect(edits()).toBe(1);
  await world.world.sandbox.clock.advance(7 * HOUR);

  world.putTrust([THEIRS, ...world.trust()]);
  const back = await world.rollback();
  expect(back.gone).toBe(true);
  expect(world.trust()).toEqual([THEIRS, ...before]);
  expect(world.trusts.all()).toEqual([]);
  await world.world.sandbox.clock.advance(7 * HOUR);
  expect(await world.asking.roads()).toEqual(['irsa', 'irsa']);
  expect(world.asking.refusals()).toEqual([]);
  expect(world.asking.counts(world.roleArn)[0]).toBeGreaterThan(50);
});

it('writes nothing where something is not as it has to be at that moment', async () => {
  const kube = world.world.kube();
  const { clock } = world.world.sandbox;
  const { eks, iam } = world.world.sandbox.aws;
  const pod = (name: string, more: object = {}, spec: object = {}) =>
    kube.apply([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: NAMESPACE },
        spec: {
          serviceAccountName: NAME,
          containers: [
            { name: 'app', image: 'registry.example.com/app', ...more },
          ],
          ...spec,
        },
      },
    ] as any);
  const refuses = async (
    says: RegExp,
    more: Parameters<typeof finish>[0] = {},
  ) => {
    expect(await finish(more)).toMatch(says);
    expect(world.trust()).toEqual(moved);
  };

  // As the webhook sets them, on a pod that no node has taken yet
  await pod(
    'late',
    {
      env: [
        { name: 'AWS_ROLE_ARN', value: world.roleArn },
        {
          name: 'AWS_WEB_IDENTITY_TOKEN_FILE',
          value: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token',
        },
      ],
      volumeMounts: [
        {
          name: 'aws-iam-token',
          mountPath: '/var/run/secrets/eks.amazonaws.com/serviceaccount',
        },
      ],
    },
    {
      nodeSelector: { nowhere: 'yes' },
      volumes: [{ name: 'aws-iam-token', emptyDir: {} }],
    },
  );
  await refuses(/Pods of Pod late hold the variables of IRSA/);
  await kube.delete('pods', NAMESPACE, 'late');

  await pod('quiet');
  await clock.advance(60_000);
  await refuses(/CloudTrail does not show that .*Pod quiet.* obtained/);
  await kube.delete('pods', NAMESPACE, 'quiet');
  await clock.advance(60_000);

  const owner = iam.role(world.roleArn).tags;
  const onStep = (then: () => unknown) => ({
    emit: async ({ type, data }: NewOperationEvent) => {
      const isIt = type === 'step' && data.id === 'role.trust.irsa';
      if (isIt && data.status === 'started') await then();
    },
  });
  await refuses(
    /^IRSA was left in role r-api\. .*has not let this portal edit/,
    onStep(() =>
      iam.updateRole(world.roleArn, {
        tags: { [EDIT_TRUST_TAG]: 'other.example.com' },
      }),
    ),
  );
  // Who does not see the trust policy hears nothing of what its owner has to do
  world.silent();
  const heard = await world
    .migrate(
      { entityRef: MINE, until: 'finished' },
      askedBy({ owns: [MINE] }, new Map(), MINE),
    )
    .then(String, String);
  expect(heard).toMatch(/IRSA stays in role r-api\. What this portal lacks/);
  expect(heard).not.toMatch(/edit-trust|editTrust|tag-role/);
  iam.updateRole(world.roleArn, { tags: owner });
  await refuses(
    /^IRSA was left in role r-api\. .*Pod quiet/,
    onStep(() => pod('quiet')),
  );
  await kube.delete('pods', NAMESPACE, 'quiet');
  expect(edits()).toBe(0);

  // Right before the write its owner takes Pod Identity out
  const said = await finish({
    guard: {
      beforeWrite: async what => {
        if (/out of IRSA/.test(what)) world.putTrust(before);
      },
      withLease: async (_key, work) => work(),
    },
  });
  expect(said).toMatch(/is no longer what the plan saw/);
  expect(world.trust()).toEqual(before);
  world.putTrust(moved);

  const { associationId, tags } = world.association()!;
  const tagged = (all: Record<string, string>) =>
    eks.updateAssociation(REF.cluster, associationId, { tags: all });
  tagged({ ...tags, 'backstage.io/moved-from': 'elsewhere' });
  await refuses(/no association with this role that a move of this portal/);
});

it('gives an insider nothing back but what was taken from this service account', async () => {
  const OTHER = 'component:default/theirs';
  expect(await finish()).toBe('finished');
  const was = world.trust();
  const [record] = world.trusts.all();
  const refuses = async (
    says: RegExp,
    ...by: Parameters<MoveWorld['rollback']>
  ) => {
    await expect(world.rollback(...by)).rejects.toThrow(says);
    expect(world.trust()).toEqual(was);
    expect(world.association()).toBeDefined();
  };

  await world.trusts.put(REF, { ...record, taken: [THEIRS] });
  await refuses(/would not let in this service account alone/);

  await world.trusts.put(REF, { ...record, roleId: 'AROAANOTHER' });
  await refuses(/was deleted and made again since/);

  await world.trusts.put(REF, {
    ...record,
    tags: { ...record.tags, [MARK_TAGS.entityRef]: OTHER },
  });
  const catalog = new Map<string, CatalogEntity>([
    [OTHER, { entityRef: OTHER, uid: 'uid', ownerRefs: ['group:default/x'] }],
  ]);
  await refuses(
    /made for another component/,
    { entityRef: MINE },
    askedBy({ owns: [MINE] }, catalog, MINE),
  );

  await world.trusts.put(REF, record);
  const { iam } = world.world.sandbox.aws;
  const { tags } = iam.role(world.roleArn);
  iam.updateRole(world.roleArn, { tags: {} });
  await refuses(/has not let this portal edit its trust policy/);
  iam.updateRole(world.roleArn, { tags });

  // What its owner took away since does not come back
  world.putTrust([THEIRS]);
  await expect(world.rollback()).rejects.toThrow(
    /does not let it in by Pod Identity any more/,
  );
  expect(world.trust()).toEqual([THEIRS]);

  // Without its association its statement goes, and what was taken out stays recorded
  world.putTrust(was);
  const { eks } = world.world.sandbox.aws;
  const kube = world.world.kube();
  eks.deleteAssociation(REF.cluster, world.association()!.associationId);
  for (const name of ['held', 'fresh']) {
    await kube.delete('deployments', NAMESPACE, name);
  }
  await world.world.sandbox.clock.advance(180_000);
  const { gone } = await world.rollback();
  expect(gone).toBe(true);
  expect(world.trusts.all()).toEqual([{ ...record, statements: [] }]);
});
