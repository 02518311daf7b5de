import { contextWith } from './__testUtils__/context';
import { judgeAdoption } from './roles';

describe('judgeAdoption', () => {
  const role = (entity?: string) =>
    ({
      arn: 'arn:aws:iam::111122223333:role/team/app',
      tags: entity ? { 'backstage.io/entity-ref': entity } : {},
    } as { arn: string; tags: Record<string, string> });
  const owned = { owns: (ref: string) => ref === 'component:default/mine' };

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
      { ownedEntities: owned },
      true,
    ],
    [
      'letter case',
      'Component:default/Mine',
      {},
      { ownedEntities: owned },
      true,
    ],
    [
      'an entity owned by others',
      'component:default/other',
      {},
      { ownedEntities: owned, entityRef: 'component:default/other' },
      false,
    ],
    ['no tag', undefined, {}, { ownedEntities: owned }, false],
    [
      'a pattern',
      undefined,
      {
        guardrails: {
          roles: { adopt: ['arn:aws:iam::111122223333:role/team/*'] },
        },
      },
      { ownedEntities: owned },
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
      { ownedEntities: owned },
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
  ])('%s', (_, entity, overrides, context, allowed) => {
    const { cluster } = contextWith(overrides);
    expect(judgeAdoption(role(entity), { cluster, ...context }).allowed).toBe(
      allowed,
    );
  });

  it('says nothing about a role that it refuses', () => {
    const { cluster } = contextWith();
    const reasons = ['component:default/other', undefined].map(entity =>
      judgeAdoption(role(entity), { cluster, ownedEntities: owned }),
    );
    expect(reasons[0]).toEqual(reasons[1]);
    expect(JSON.stringify(reasons)).not.toContain('component:default/other');
    expect(reasons[0]).toEqual({
      allowed: false,
      reason: expect.stringMatching(
        /^roleArn \S+role\/team\/app may not be used: .* names an entity that you own\. /,
      ),
    });
  });

  it('names the entity of the request where a service asks', () => {
    expect(
      judgeAdoption(role(), { cluster: contextWith().cluster }),
    ).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('names the entity of this request'),
    });
  });
});
