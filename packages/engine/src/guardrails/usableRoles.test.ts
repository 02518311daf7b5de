import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { trustStatement } from '../identity/trust';
import { identityTarget } from '../identity/names';
import { createTags } from '../identity/ownership';
import { contextWith, entity as catalogEntity } from './__testUtils__/context';
import { usableRoles } from './usableRoles';

const ACCOUNT = 'arn:aws:iam::111122223333:role';
const BOUNDARY = 'arn:aws:iam::111122223333:policy/boundary';

describe('usableRoles', () => {
  const entity = catalogEntity('mine', 'group:default/a');
  const { cluster } = contextWith({
    guardrails: {
      roles: { adopt: [`${ACCOUNT}/team-{{owner}}/*`] },
      permissionsBoundaryArn: BOUNDARY,
    },
  });
  const subject = {
    portalId: 'portal.example.com',
    cluster,
    namespace: 'shop',
    serviceAccount: 'api',
  };
  const trust = (namespace = 'shop') => ({
    Version: '2012-10-17',
    Statement: [
      trustStatement(
        'serviceAccount',
        identityTarget(cluster, { namespace, serviceAccount: 'api' }),
      ),
    ],
  });
  const role = (
    path: string,
    tags: Record<string, string> = {},
    more: object = {},
  ) => ({
    role: {
      arn: `${ACCOUNT}${path}`,
      name: path.slice(path.lastIndexOf('/') + 1),
      tags,
      trustPolicy: trust(),
      ...more,
    } as never,
    policies: { attached: [], inline: [] },
  });
  const tagged = (name: string) => ({
    [MARK_TAGS.entityRef]: `component:default/${name}`,
    [MARK_TAGS.entityUid]: `uid-${name}`,
  });
  const made = (namespace: string, name = 'mine') =>
    createTags(
      { ...subject, namespace, serviceAccount: 'worker' },
      { tags: {}, entityRef: `component:default/${name}`, taskId: undefined },
    );
  const offered = (...roles: ReturnType<typeof role>[]) =>
    usableRoles(roles, {
      subject,
      entity,
      portalRoles: [`${ACCOUNT}/team-a/portal`],
    }).map(({ role: { name }, by, trusts }) => [name, by, trusts]);

  it('are those that the guardrails name for the owner, and those tagged for the entity', () => {
    expect(
      offered(
        role('/team-a/open'),
        role('/team-b/of-others'),
        role('/plain'),
        role('/tagged', tagged('mine')),
        role('/tagged-for-others', tagged('other')),
        role('/tagged-without-uid', {
          [MARK_TAGS.entityRef]: 'component:default/mine',
        }),
        role('/reused-name', {
          ...tagged('mine'),
          [MARK_TAGS.entityUid]: 'of-an-earlier-one',
        }),
      ),
    ).toEqual([
      ['open', 'guardrail', true],
      ['tagged', 'tag', true],
    ]);
  });

  it('are never those of the portal itself, nor those that govern an account', () => {
    expect(
      offered(
        role('/team-a/portal'),
        role('/team-a/OrganizationAccountAccessRole', tagged('mine')),
        role('/aws-reserved/sso', tagged('mine')),
      ),
    ).toEqual([]);
  });

  it('say whether their trust policy lets the service account in', () => {
    expect(
      offered(
        role('/team-a/of-another', {}, { trustPolicy: trust('billing') }),
      ),
    ).toEqual([['of-another', 'guardrail', false]]);
  });

  it('of the portal are those of the same entity and namespace, with the boundary', () => {
    const bounded = { permissionsBoundaryArn: BOUNDARY };
    expect(
      offered(
        role('/near', made('shop'), bounded),
        role('/far', made('billing'), bounded),
        role('/of-others', made('shop', 'other'), bounded),
        role('/unbounded', made('shop')),
      ),
    ).toEqual([['near', 'tag', true]]);
  });
});
