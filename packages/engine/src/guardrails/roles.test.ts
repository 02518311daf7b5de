import {
  contextWith,
  entity as catalogEntity,
  USER,
} from './__testUtils__/context';
import { judgeAdoption } from './roles';

describe('judgeAdoption', () => {
  const role = (entity?: string) =>
    ({
      arn: 'arn:aws:iam::111122223333:role/team/app',
      tags: entity
        ? {
            'backstage.io/entity-ref': entity,
            'backstage.io/entity-uid': `uid-${
              entity.toLowerCase().split('/')[1]
            }`,
          }
        : {},
    } as { arn: string; tags: Record<string, string> });
  const PORTAL_ROLE = 'arn:aws:iam::111122223333:role/portal/write';
  const mine = catalogEntity('mine', 'group:default/a');
  const findEntity = async (ref: string) =>
    ref === mine.entityRef ? mine : catalogEntity('other', 'group:default/b');

  it.each<
    [
      string,
      string | undefined,
      Record<string, unknown>,
      Record<string, unknown>,
      boolean,
    ]
  >([
    [
      'an entity the user owns',
      'component:default/mine',
      {},
      { claimant: USER },
      true,
    ],
    ['letter case', 'Component:default/Mine', {}, { claimant: USER }, true],
    [
      'an entity owned by others',
      'component:default/other',
      {},
      { claimant: USER, entityRef: 'component:default/other' },
      false,
    ],
    ['no tag', undefined, {}, { claimant: USER }, false],
    [
      'a pattern',
      undefined,
      {
        guardrails: {
          roles: { adopt: ['arn:aws:iam::111122223333:role/team/*'] },
        },
      },
      { claimant: USER },
      true,
    ],
    [
      'a pattern for others',
      undefined,
      {
        guardrails: {
          roles: { adopt: ['arn:aws:iam::111122223333:role/x/*'] },
        },
      },
      { claimant: USER },
      false,
    ],
    [
      'a service, the same entity',
      'component:default/a',
      {},
      { entityRef: 'component:default/a' },
      true,
    ],
    [
      'a service, another entity',
      'component:default/a',
      {},
      { entityRef: 'component:default/b' },
      false,
    ],
    ['a service without an entity', 'component:default/a', {}, {}, false],
  ])('%s', async (_, entity, overrides, context, allowed) => {
    const { cluster } = contextWith(overrides);
    const verdict = await judgeAdoption(role(entity), {
      cluster,
      namespace: 'shop',
      portalRoles: [PORTAL_ROLE],
      findEntity,
      ...context,
    });
    expect(verdict.allowed).toBe(allowed);
  });

  it.each([
    ['the namespace', 'role/team/{{namespace}}-*', 'role/team/shop-api', true],
    [
      'another namespace',
      'role/team/{{namespace}}-*',
      'role/team/payments-api',
      false,
    ],
    ['the owner', 'role/{{owner}}/*', 'role/a/api', true],
    ['another owner', 'role/{{owner}}/*', 'role/b/api', false],
    ['the portal’s own role', 'role/*', 'role/portal/write', false],
    [
      'a service-linked role',
      'role/*',
      'role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS',
      false,
    ],
    [
      'a role of Identity Center',
      'role/*',
      'role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1',
      false,
    ],
    [
      'the organisation’s way into the account',
      'role/*',
      'role/OrganizationAccountAccessRole',
      false,
    ],
    ['what Control Tower uses', '*', 'role/AWSControlTowerExecution', false],
  ])('a pattern and %s', async (_, pattern, name, allowed) => {
    const account = 'arn:aws:iam::111122223333';
    const { cluster } = contextWith({
      guardrails: { roles: { adopt: [`${account}:${pattern}`] } },
    });
    const context = {
      cluster,
      namespace: 'shop',
      portalRoles: [PORTAL_ROLE],
      entity: mine,
      claimant: USER,
      findEntity,
    };
    const arn = `${account}:${name}`;
    const tagged = {
      'backstage.io/entity-ref': mine.entityRef,
      'backstage.io/entity-uid': mine.uid,
    };
    for (const tags of [{}, tagged] as Record<string, string>[]) {
      const verdict = await judgeAdoption({ arn, tags }, context);
      // A tag opens what a pattern does, and what it does not, but never those that govern
      const byTag = /\/(team|b)\//.test(name) && Object.keys(tags).length > 0;
      expect(verdict.allowed).toBe(allowed || byTag);
      // No tag helps there, so none is asked for
      const governs = /AWS|Organization/.test(name);
      expect(
        'reason' in verdict && /govern the account/.test(verdict.reason),
      ).toBe(governs);
    }
  });

  it.each<[string, Record<string, unknown>, Record<string, string>, boolean]>([
    ['a user', { claimant: USER }, {}, false],
    [
      'an administrator',
      { claimant: { ...USER, isAdministrator: true } },
      {},
      true,
    ],
    [
      'a user whose identity has it',
      { claimant: USER, inUse: role().arn },
      {},
      true,
    ],
    [
      'a user whose identity has another',
      { claimant: USER, inUse: `${role().arn}-2` },
      {},
      false,
    ],
    [
      'a user, where a portal made it before it recorded uids',
      { claimant: USER },
      { 'backstage.io/managed-by': 'eks-pod-identity' },
      true,
    ],
    ['a service', { entityRef: mine.entityRef }, {}, true],
    [
      'a user, where the catalog gives none',
      { claimant: USER, entity: { ...mine, uid: '' } },
      {},
      true,
    ],
  ])('a tag without the uid and %s', async (_, context, tags, allowed) => {
    const verdict = await judgeAdoption(
      {
        ...role(),
        tags: { 'backstage.io/entity-ref': mine.entityRef, ...tags },
      },
      {
        cluster: contextWith().cluster,
        namespace: 'shop',
        portalRoles: [PORTAL_ROLE],
        entity: mine,
        findEntity,
        ...context,
      },
    );
    expect(verdict.allowed).toBe(allowed);
  });

  it('says nothing about a role that it refuses', async () => {
    const { cluster } = contextWith();
    const reasons = await Promise.all(
      ['component:default/other', undefined].map(entity =>
        judgeAdoption(role(entity), {
          cluster,
          namespace: 'shop',
          portalRoles: [],
          findEntity,
          claimant: USER,
        }),
      ),
    );
    expect(reasons[0]).toEqual(reasons[1]);
    expect(JSON.stringify(reasons)).not.toContain('component:default/other');
    expect(reasons[0]).toEqual({
      allowed: false,
      reason: expect.stringMatching(
        /^You are not allowed to use the role \S+role\/team\/app: it is not tagged for an entity that you own, /,
      ),
    });
  });

  it.each([undefined, 'component:default/other'])(
    'prints what its owner can run, with nothing that sticks to it, for a role tagged for %s',
    async tagged => {
      const refusal = await judgeAdoption(role(tagged), {
        cluster: contextWith().cluster,
        namespace: 'shop',
        portalRoles: [],
        entity: mine,
        findEntity,
        claimant: USER,
      });
      expect(refusal).toMatchObject({
        reason: expect.stringMatching(
          / ask its owner to run "aws iam tag-role --region \S+ --role-name app --tags Key=backstage\.io\/entity-ref,Value=component:default\/mine Key=backstage\.io\/entity-uid,Value=uid-mine", which tags it for component:default\/mine and takes it from any other component that its tags name\.$/,
        ),
      });
    },
  );

  it('names the entity of the request where a service asks', async () => {
    expect(
      await judgeAdoption(role(), {
        cluster: contextWith().cluster,
        namespace: 'shop',
        portalRoles: [],
        findEntity,
      }),
    ).toMatchObject({
      allowed: false,
      reason: expect.stringContaining(
        'not tagged for the entity of this request',
      ),
    });
  });
});
