import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { letPortalPass } from 'eks-sandbox';
import { LifecycleWorld, stepOf } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const ENTITY = 'component:default/api';
/** Of a role that its owner opened by hand. */
const TAGGED = {
  [MARK_TAGS.entityRef]: ENTITY,
  [MARK_TAGS.entityUid]: `uid-${ENTITY}`,
};
const ACCOUNT = 'arn:aws:iam::111122223333:role';
const VENDOR = `${ACCOUNT}/hidden/vendor`;
const SECRET_TRUST = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::999988887777:root' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'vendor-secret' } },
    },
  ],
};

/** A user who is not allowed to use a role learns nothing of it, not even whether it exists. */
describe('Using an existing role', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.withCluster({
      agent: false,
      section: { guardrails: { roles: { adopt: [`${ACCOUNT}/team/*`] } } },
    });
    world.sandbox.aws.iam.putRole({
      name: 'vendor',
      path: '/hidden/',
      trust: SECRET_TRUST as any,
    });
  });
  afterEach(() => world.stop());

  /** The whole answer as one text: the plan or the error. */
  const ask = async (
    input: Record<string, unknown>,
    options = { owns: [ENTITY] } as { owns?: string[] },
  ) => {
    const request = { entityRef: ENTITY, ...input };
    const told = await Promise.all(
      [
        world.planAssociate(REF, request, options),
        world.associate(REF, { ...request, planOnly: true }, options),
        world.associate(REF, request, options),
      ].map(answer =>
        answer.then(
          value => JSON.stringify(value),
          error => `${error.name}: ${error.message}`,
        ),
      ),
    );
    return told.join('\n');
  };

  it('is a choice where another owner has associated it, if the guardrails name it', async () => {
    const { eks, iam } = world.sandbox.aws;
    const open = iam.putRole({ name: 'open', path: '/team/' });
    const association = eks.putAssociation('payments-prod', {
      namespace: 'shop',
      serviceAccount: 'api',
      roleArn: VENDOR,
    });
    const choice = async () => {
      const request = { entityRef: ENTITY };
      const plan = await world.planAssociate(REF, request, { owns: [ENTITY] });
      return stepOf(plan, 'association').choice;
    };
    expect(await choice()).toBeUndefined();
    association.roleArn = open.arn;
    expect(await choice()).toEqual({ roleArn: open.arn });
    // What the request has no word for would stay a conflict
    association.disableSessionTags = true;
    expect(await choice()).toBeUndefined();
  });

  it.each([
    ['a user', { owns: [ENTITY] }],
    ['a service', {}],
  ])(
    'is refused to %s in the same words whether it exists, has another path or is missing',
    async (_, options) => {
      const words = async (roleArn: string) =>
        (await ask({ roleArn }, options))
          .replaceAll(roleArn, '<arn>')
          // Of the command, which names what was asked for
          .replaceAll(/--role-name \S+/g, '');
      const there = await words(VENDOR);
      world.sandbox.aws.iam.putRole({
        name: 'tagged',
        tags: { [MARK_TAGS.entityRef]: 'component:default/others' },
      });
      const calls = () => {
        const made = world.calls();
        world.forget();
        return made;
      };
      calls();
      expect(await words(`${ACCOUNT}/vendor`)).toBe(there);
      const looks = calls();
      expect(await words(`${ACCOUNT}/nobody`)).toBe(there);
      expect(calls().sort()).toEqual(looks.sort());
      expect(await words(`${ACCOUNT}/tagged`)).toBe(there);
      expect(calls().sort()).toEqual(looks.sort());
      expect(there).toMatch(
        /^NotAllowedError: You are not allowed to use the role <arn>:/,
      );
      expect(there).not.toMatch(/hidden|vendor|999988887777|trustPolicy/);
      expect(world.writes()).toEqual([]);
    },
  );

  it('reports a missing role and another path where the guardrails cover the ARN, but no path outside them', async () => {
    expect(await ask({ roleArn: `${ACCOUNT}/team/none` })).toMatch(
      /^NotFoundError: roleArn: there is no role/,
    );
    const beyond = await ask({ roleArn: `${ACCOUNT}/team/vendor` });
    expect(beyond).toMatch(/^NotFoundError: roleArn: there is no role/);
    expect(beyond).not.toContain('hidden');
    world.sandbox.aws.iam.putRole({ name: 'deep', path: '/team/deep/' });
    for (const path of ['', '/team']) {
      expect(await ask({ roleArn: `${ACCOUNT}${path}/deep` })).toContain(
        `the role deep is ${ACCOUNT}/team/deep/deep, not`,
      );
    }
    world.sandbox.aws.iam.putRole({
      name: 'mine',
      path: '/somewhere/',
      tags: TAGGED,
    });
    expect(await ask({ roleArn: `${ACCOUNT}/mine` })).toContain(
      `${ACCOUNT}/somewhere/mine, not`,
    );
  });

  it('does not show the policies of a role that only a pattern opens', async () => {
    for (const [name, trust] of [
      ['closed', SECRET_TRUST],
      [
        'unclear',
        {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'pods.eks.amazonaws.com' },
              Action: ['sts:AssumeRole', 'sts:TagSession'],
              Condition: { StringEquals: { 'aws:SourceOrgID': 'secret-org' } },
            },
          ],
        },
      ],
    ] as const) {
      const { arn } = world.sandbox.aws.iam.putRole({
        name,
        path: '/team/',
        trust: trust as any,
      });
      const told = await ask({ roleArn: arn });
      expect(told).toMatch(/lets? this service account in/);
      expect(told).not.toMatch(/secret|999988887777/);
    }
  });

  it('shows the trust policy of a role of one’s own that does not fit', async () => {
    const { arn } = world.sandbox.aws.iam.putRole({
      name: 'ours',
      trust: SECRET_TRUST as any,
      tags: TAGGED,
    });
    const plan = await world.planAssociate(
      REF,
      { roleArn: arn, entityRef: ENTITY },
      { owns: [ENTITY] },
    );
    expect(stepOf(plan, 'role.trust')).toMatchObject({
      change: 'conflict',
      before: { trustPolicy: SECRET_TRUST },
    });
  });

  it('is not opened by the name of a component alone, which may be registered again', async () => {
    const { eks, iam } = world.sandbox.aws;
    const { arn } = iam.putRole({
      name: 'by-name',
      tags: { [MARK_TAGS.entityRef]: ENTITY },
    });
    letPortalPass(world.sandbox.aws, world.sandbox.credentials, [arn]);
    const asked = { entityRef: ENTITY, roleArn: arn };
    const owns = { owns: [ENTITY] };
    await expect(world.associate(REF, asked, owns)).rejects.toThrow(
      `ask its owner to run "aws iam tag-role --region eu-west-1 --role-name by-name --tags Key=backstage.io/entity-ref,Value=${ENTITY} Key=backstage.io/entity-uid,Value=uid-${ENTITY}"`,
    );
    // An identity that has it already, as versions before left it
    await world.associate(REF, { entityRef: ENTITY }, owns);
    const { associationId } = world.association(REF)!;
    eks.updateAssociation('payments-prod', associationId, { roleArn: arn });
    for (const input of [asked, { entityRef: ENTITY }]) {
      expect(await world.associate(REF, input, owns)).toMatchObject({
        roleArn: arn,
      });
    }
    await expect(
      world.associate('payments-prod/shop/other', asked, owns),
    ).rejects.toThrow('You are not allowed to use the role');
    iam.updateRole(arn, { tags: TAGGED });
    await world.associate('payments-prod/shop/other', asked, owns);
  });

  it('is not revealed through its name either', async () => {
    const told = await ask({ roleName: 'vendor' });
    expect(told).toMatch(
      /the name vendor is wanted .*a new role needs another name/,
    );
    expect(told).not.toMatch(/hidden|999988887777/);
  });

  it('does not reveal whose identity has the name', async () => {
    const { roleArn } = await world.associate('payments-prod/secret/batch', {
      entityRef: 'component:default/batch',
      roleName: 'batch',
      rolePath: '/backstage/quiet/',
    });
    expect(world.role(roleArn)).toBeDefined();
    const told = await ask({ roleName: 'batch' });
    expect(told).toMatch(/taken; a new role needs another name/);
    expect(told).not.toMatch(/secret|quiet|component:default\/batch/);
  });

  it('stops where the association has a role that may no longer be used, without showing its policies', async () => {
    const { arn } = world.sandbox.aws.iam.putRole({
      name: 'once',
      tags: TAGGED,
    });
    letPortalPass(world.sandbox.aws, world.sandbox.credentials, [arn]);
    await world.associate(REF, { entityRef: ENTITY, roleArn: arn });
    world.sandbox.aws.iam.updateRole(arn, {
      tags: {},
      trust: SECRET_TRUST as any,
    });
    world.forget();
    const told = await ask({});
    expect(told).toMatch(
      /the association has the role \S+role\/once, the request wants \S+; choose to replace its role/,
    );
    expect(told).not.toContain('999988887777');
    expect(world.writes()).toEqual([]);
    const { roleArn } = await world.associate(REF, {
      entityRef: ENTITY,
      replaceRole: true,
    });
    expect(world.role(roleArn)?.path).toBe('/backstage/');
    expect(world.association(REF)?.roleArn).toBe(roleArn);
  });
});
