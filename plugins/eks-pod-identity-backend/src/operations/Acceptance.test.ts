import {
  associationReadPermission,
  associationUpdatePermission,
  IDENTITY_ENTITY_TYPE,
  verificationCreatePermission,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  createPodIdentityConditionalDecision,
  podIdentityConditions,
} from '../permissions/permissionRules';
import {
  accept,
  acceptanceIn,
  ADA,
  API,
  type Asked,
  COMMAND,
  componentOf,
  DENY,
  holder,
  ref,
  ROLE,
  S3,
  service,
  target,
  template,
  type World,
} from './__testUtils__/acceptance';

describe('What a user asks for', () => {
  it('is accepted with what the user may do now, for the component that it is for', async () => {
    const { cluster, ...accepted } = await accept(['associate'], {
      policy: { [associationUpdatePermission.name]: DENY },
    });
    expect(cluster.id).toBe('prod');
    expect(accepted).toEqual({
      request: { kind: 'associate', input: target },
      ref,
      initiator: { type: 'user', name: ADA },
      trigger: 'user',
      granted: expect.arrayContaining([associationReadPermission.name]),
      entity: holder,
      claimant: { claims: [ADA], isAdministrator: false },
      holder,
    });
    expect(accepted.granted).not.toContain(associationUpdatePermission.name);
  });

  it('is refused where the policy does not allow what it is about', async () => {
    const policy = { [verificationCreatePermission.name]: DENY };
    await expect(accept(['verify'], { policy })).rejects.toThrow(
      'You are not allowed to verify prod/payments/api: you lack the permission eks-pod-identity.verification.create on prod/payments/api. Ask the owners of the portal or of the cluster',
    );
  });

  it('is refused for a component of others, but not to an administrator', async () => {
    const entity = componentOf('group:default/others');
    await expect(accept(['restart'], { entity })).rejects.toThrow(
      'belongs to group:default/others, and you are none of them',
    );
    const administrators = [ADA];
    expect(
      (await accept(['restart'], { entity, administrators })).claimant,
    ).toEqual({ claims: [ADA], isAdministrator: true });
  });

  it('names those clusters alone that the user may see, where the one it names is none', async () => {
    const asked = accept(['verify', { clusterName: 'prot' }]);
    await expect(asked).rejects.toThrow(
      'There is no cluster "prot" that you may use: did you mean "prod"? Those that you may use: prod, dev',
    );
  });

  it.each([
    ['associate', [ADA], 'choose a component that you own'],
    ['restart', [], 'choose a component that you own'],
    ['restart', [ADA], 'leave it out'],
  ])(
    '(%s, administrators: %s) for a component that is not there: %s',
    async (kind, administrators, says) => {
      await expect(
        accept([kind], { entity: null, administrators }),
      ).rejects.toThrow(
        `entityRef ${API} is not in the catalog, or you are not allowed to see it: ${says}`,
      );
    },
  );

  it('cannot be for what the catalog answers in the place of the component, nor for an identity', async () => {
    const other = componentOf(ADA, undefined, { kind: 'API' });
    await expect(accept(['verify'], { entity: other })).rejects.toThrow(
      'is not in the catalog',
    );
    const entityRef = 'resource:default/api';
    const entity = componentOf(ADA, undefined, {
      kind: 'Resource',
      spec: { type: IDENTITY_ENTITY_TYPE },
    });
    await expect(accept(['verify', { entityRef }], { entity })).rejects.toThrow(
      'stands for an AWS identity and runs under none',
    );
  });

  it('names no task, unless the scaffolder runs it', async () => {
    const asked: Asked = ['teardown', {}, { taskId: 't' }];
    await expect(accept(asked)).rejects.toThrow('taskId is not allowed');
    expect(await accept(asked, {}, template)).toMatchObject({
      request: { taskId: 't' },
      trigger: 'action',
    });
    const empty: Asked = ['teardown', {}, { taskId: undefined }];
    expect((await accept(empty)).trigger).toBe('user');
  });

  it('is refused where a guardrail of a module has something against it', async () => {
    const guard = jest.fn(async () => {
      throw new Error('Not on a Friday');
    });
    await expect(accept(['teardown'], { guard })).rejects.toThrow(
      'Not on a Friday',
    );
    expect(guard).toHaveBeenCalledWith({
      request: { kind: 'teardown', input: target },
      ref,
      cluster: expect.objectContaining({ id: 'prod' }),
      entityRef: API,
      initiator: { type: 'user', name: ADA },
    });
  });
});

describe('What a service asks for', () => {
  it('needs no component, and is bound by no claims', async () => {
    const owner = { entityRef: API, ownerRefs: [] };
    const accepted = await accept(
      ['associate', { entityRef: undefined, roleArn: ROLE }],
      { owner, entity: null },
      service,
    );
    expect(accepted).toMatchObject({
      initiator: { type: 'service', name: 'external:pipeline' },
      trigger: 'action',
      entity: undefined,
      claimant: undefined,
      holder: owner,
    });
  });

  it('for a component is recorded for it', async () => {
    const asked: Asked = ['associate', { roleArn: ROLE }];
    expect(await accept(asked, {}, service)).toMatchObject({
      claimant: undefined,
      holder,
    });
  });
});

describe('An accepted request', () => {
  const owner = { entityRef: 'component:default/former', ownerRefs: [] };

  it.each([
    ['associate', holder],
    ['migrate', holder],
    ['verify', owner],
    ['restart', owner],
    ['teardown', owner],
    ['rollback', owner],
  ])(
    '(%s) is recorded for whom it makes it, or who has it',
    async (kind, of) => {
      expect((await accept([kind], { owner })).holder).toEqual(of);
    },
  );

  it('asks a pod what the configuration has for the policies that it names', async () => {
    const asked: Asked = ['verify', { managedPolicyArns: [S3] }];
    expect((await accept(asked)).request.input).toEqual({
      ...target,
      permissionChecks: [{ name: expect.any(String), command: COMMAND }],
    });
  });

  it.each<[string, Asked, string[] | undefined]>([
    [
      'one that names a role',
      ['associate', { roleArn: ROLE }],
      ['prod/shop/a'],
    ],
    ['a move', ['migrate'], ['prod/shop/a']],
    ['one that makes a role', ['associate'], undefined],
    ['one that names an empty role', ['associate', { roleArn: '' }], undefined],
    ['a removal', ['teardown'], undefined],
  ])(
    'of %s shares the role of other namespaces of the component that the user may change',
    async (_, asked, mayUpdate) => {
      const inShop = podIdentityConditions.isInNamespace({
        namespaces: ['shop', 'payments'],
      });
      const { claimant } = await accept(asked, {
        policy: {
          [associationUpdatePermission.name]:
            createPodIdentityConditionalDecision(
              associationUpdatePermission,
              inShop,
            ),
        },
        links: [
          { ref: 'prod/shop/a', source: 'aws-tag' },
          { ref: 'prod/shop/b', source: 'annotation' },
          { ref: 'prod/payments/c', source: 'aws-tag' },
          { ref: 'prod/other/d', source: 'aws-tag' },
        ],
      });
      expect(claimant?.mayUpdate).toEqual(mayUpdate);
    },
  );

  it('of an administrator without a component shares no role', async () => {
    const { claimant } = await accept(['migrate', { entityRef: undefined }], {
      administrators: [ADA],
      links: [{ ref: 'prod/shop/a', source: 'aws-tag' }],
    });
    expect(claimant).toEqual({
      claims: [ADA],
      isAdministrator: true,
      claimsIt: false,
      decided: false,
    });
  });

  it.each<[string, Asked, string | undefined, boolean | undefined]>([
    ['names it', ['verify'], 'prod/shop/web, prod/payments/api', true],
    ['names it', ['migrate'], 'prod/payments/api', true],
    ['names others', ['verify'], 'prod/shop/web', false],
    ['names none', ['verify'], undefined, false],
    ['does not matter', ['restart'], 'prod/payments/api', undefined],
  ])(
    'whose component %s in its annotation: %j, with %s, claims it: %s',
    async (_, asked, annotation, claimsIt) => {
      const entity = componentOf(ADA, annotation);
      expect((await accept(asked, { entity })).claimant?.claimsIt).toBe(
        claimsIt,
      );
    },
  );

  it.each<[Asked, boolean, boolean | undefined]>([
    [['verify'], true, true],
    [['verify'], false, false],
    [['migrate', { until: 'moved' }], true, true],
    [['migrate', { until: 'rehearsal' }], true, false],
    [['restart'], true, undefined],
  ])(
    '%j, where a condition of the policy allows the verification: %s, was decided for it: %s',
    async (asked, isConditional, decided) => {
      const decision = createPodIdentityConditionalDecision(
        verificationCreatePermission,
        podIdentityConditions.isInCluster({ clusters: ['prod'] }),
      );
      const policy: World['policy'] = isConditional
        ? { [verificationCreatePermission.name]: decision }
        : {};
      const { claimant } = await accept(asked, { policy });
      expect(claimant?.decided).toBe(decided);
    },
  );
});

describe('A repair that keeps the settings', () => {
  const asked: Asked = ['associate', { roleArn: ROLE, keepSettings: true }];
  const input = { ...target, targetRoleArn: ROLE, roleArn: ROLE };

  it('has those of the last run for the component', async () => {
    const { request } = await accept(asked, { last: { holder, input } });
    expect(request).toEqual({ kind: 'associate', input });
  });

  it.each([
    ['there is none', undefined],
    ['it was for none', { input }],
    ['it was for another', { input, holder: { ...holder, uid: 'former' } }],
  ])('is refused where %s', async (_, last) => {
    await expect(accept(asked, { last })).rejects.toThrow(
      'keepSettings: there is no earlier run for this component that gave prod/payments/api settings to keep',
    );
  });

  it('is none where the request does not say so', async () => {
    const { request } = await accept(['associate', { keepSettings: false }], {
      last: { holder, input },
    });
    expect(request.input).toEqual({ ...target, keepSettings: false });
  });
});

test('what was accepted before is shown to the guardrails of modules again as it begins', async () => {
  const guard = jest.fn();
  const asked = {
    kind: 'restart',
    ref,
    entityRef: API,
    initiator: ADA,
    initiatorType: 'user',
    input: target,
  };
  await acceptanceIn({ guard }).guard(asked as any);
  expect(guard).toHaveBeenCalledWith({
    request: { kind: 'restart', input: target },
    ref,
    cluster: expect.objectContaining({ id: 'prod' }),
    entityRef: API,
    initiator: { type: 'user', name: ADA },
  });
});
