import {
  type AssociateInput,
  type AssociateResult,
  associationCreatePermission,
  associationReadPermission,
  diagnose,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  LifecycleWorld,
  outline,
  type RunOptions,
  stepOf,
} from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const API = 'component:default/api';
const SQS = 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess';
/** A trust policy that keeps every pod out. */
const FOREIGN = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow' as const,
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
};
const OWNER: RunOptions = { claims: ['group:default/shop'] };
const ASKED = { entityRef: API, managedPolicyArns: [SQS] };

/** The last request again, as the form of a repair sends it. */
describe('A repair', () => {
  let world: LifecycleWorld;
  let first: AssociateResult;
  beforeEach(async () => {
    world = await LifecycleWorld.start();
    world.catalog.set(API, {
      entityRef: API,
      uid: 'uid-api',
      ownerRefs: ['group:default/shop'],
    });
    await world.kube().namespace('shop');
    first = await world.associate(REF, ASKED, OWNER);
    world.forget();
  });
  afterEach(() => world.stop());

  const asking = (more: RunOptions = {}) => ({
    ...OWNER,
    lastAssociate: { input: ASKED as AssociateInput, result: first },
    ...more,
  });
  const plan = (input = {}, more?: RunOptions) =>
    world.planAssociate(REF, { ...ASKED, ...input }, asking(more));
  const repair = (input = {}, more?: RunOptions) =>
    world.associate(REF, { ...ASKED, ...input }, asking(more));
  const look = async () => {
    const report = await world.verify(REF, { entityRef: API }, asking());
    return [report.status, diagnose(report).cause?.check.id];
  };
  const role = () => world.role(first.roleArn)!;
  /** Changes the association outside the portal: to a role that EKS cannot assume, with these tags. */
  const give = (tags = {}) => {
    const { iam, eks } = world.sandbox.aws;
    const { arn } = iam.putRole({
      name: 'other-role',
      tags,
      trust: FOREIGN,
    });
    const { associationId } = world.association(REF)!;
    eks.updateAssociation('payments-prod', associationId, { roleArn: arn });
    return arn;
  };

  it.each([
    ['a role of others', {}],
    ['a role that the component may use', { [MARK_TAGS.entityRef]: API }],
  ])('sets back the role where the association has %s', async (_, tags) => {
    const other = give(tags);
    const before = JSON.stringify(world.role(other));
    expect(await look()).toEqual(['broken', 'association.matches']);
    expect(stepOf(await plan(), 'association')).toMatchObject({
      change: 'conflict',
      before: { roleArn: other },
      after: { roleArn: first.roleArn },
      choice: { replaceRole: true },
    });
    await expect(repair()).rejects.toThrow(/^Nothing was changed/);
    expect(world.writes()).toEqual([]);

    const wanted = { replaceRole: true };
    expect(stepOf(await plan(wanted), 'association').change).toBe('update');
    expect(world.writes()).toEqual([]);
    await repair(wanted);
    expect(world.writes()).toEqual([
      'eks:TagResource',
      'eks:UpdatePodIdentityAssociation',
    ]);
    expect(world.association(REF)?.roleArn).toBe(first.roleArn);
    expect(JSON.stringify(world.role(other))).toBe(before);
    expect(await look()).toEqual(['no-workload', undefined]);
  });

  it('sets back an existing role only where the request names it', async () => {
    give({ [MARK_TAGS.entityRef]: API });
    const input: AssociateInput = {
      ...(ASKED as AssociateInput),
      roleArn: first.roleArn,
    };
    const last = { lastAssociate: { input, result: first } };
    const step = stepOf(await plan({}, last), 'association');
    expect(step.change).toBe('keep');
  });

  it('makes the role again that was deleted besides', async () => {
    give();
    world.sandbox.aws.iam.deleteRole(first.roleArn!);
    await repair({ replaceRole: true });
    expect(role().attached).toEqual([SQS]);
    expect(world.association(REF)?.roleArn).toBe(first.roleArn);
  });

  it('makes another role where the former one belongs to others by now', async () => {
    const other = give();
    world.sandbox.aws.iam.updateRole(first.roleArn!, {
      tags: { [MARK_TAGS.portal]: 'another.example.com' },
    });
    const { roleArn } = await repair({ replaceRole: true });
    expect([first.roleArn, other]).not.toContain(roleArn);
    expect(world.association(REF)?.roleArn).toBe(roleArn);
    expect(world.role(roleArn)?.attached).toEqual([SQS]);
  });

  it('leaves the choice to those who may change an association', async () => {
    give();
    const granted = [
      associationCreatePermission.name,
      associationReadPermission.name,
    ];
    const { choice } = stepOf(await plan({}, { granted }), 'association');
    expect(choice).toBeUndefined();
    await expect(
      repair({ replaceRole: true }, { granted }),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    await expect(
      repair({ replaceRole: true }, { claims: ['group:default/others'] }),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    expect(world.writes()).toEqual([]);
  });

  it('makes the service account again', async () => {
    await world.kube().remove('ServiceAccount', 'api', 'shop');
    expect(await look()).toEqual(['broken', 'service-account.exists']);
    expect(outline(await plan())).toContain('create service-account');
    await repair();
    expect(world.writes()).toEqual(['kubernetes:create serviceaccounts']);
    expect(await look()).toEqual(['no-workload', undefined]);
  });

  it('lets the user choose whether it makes one that a tool should bring', async () => {
    await world.kube().remove('ServiceAccount', 'api', 'shop');
    await world.kube().apply(
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name: 'shop',
          labels: { 'argocd.argoproj.io/instance': 'shop' },
        },
      },
      'argocd',
    );
    expect(stepOf(await plan(), 'service-account')).toMatchObject({
      change: 'keep',
      choice: { createServiceAccount: 'always' },
    });
    const left = stepOf(
      await plan({ createServiceAccount: 'never' }),
      'service-account',
    );
    expect(left.choice).toBeUndefined();
    await repair({ createServiceAccount: 'always' });
    expect(await look()).toEqual(['no-workload', undefined]);
  });

  it('makes the association again that is gone while an older fault stands', async () => {
    const { eks, iam } = world.sandbox.aws;
    iam.updateRole(first.roleArn!, {
      trust: FOREIGN,
      attached: [],
    });
    expect(await look()).toEqual(['broken', 'role.trust-policy']);
    const { associationId } = world.association(REF)!;
    eks.deleteAssociation('payments-prod', associationId);
    expect(await look()).toEqual(['broken', 'association.exists']);
    await repair();
    expect(role().attached).toEqual([SQS]);
    expect(await look()).toEqual(['no-workload', undefined]);
  });

  it('names a Deny that the portal did not write, and leaves it', async () => {
    const { iam } = world.sandbox.aws;
    const quarantine = {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'NotFromShop',
          Effect: 'Deny' as const,
          Principal: '*',
          Action: 'sts:AssumeRole',
        },
      ],
    };
    iam.updateRole(first.roleArn!, {
      trust: {
        ...quarantine,
        Statement: [
          ...world.trustOf(first.roleArn).Statement,
          ...quarantine.Statement,
        ],
      },
      inline: {
        Quarantine: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
        },
      },
      attached: [],
    });
    await expect(repair()).rejects.toThrow(/Statement "NotFromShop" \(Deny\)/);
    expect(world.writes()).toEqual([]);

    iam.updateRole(first.roleArn!, {
      trust: FOREIGN,
    });
    await repair();
    expect(role().attached).toEqual([SQS]);
    expect(Object.keys(role().inline)).toEqual(['Quarantine']);
  });
});
