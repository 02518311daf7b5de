import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { planScope } from '../__testUtils__/planScope';
import { entityOf } from './teardownFacts';

it.each<[string, (string | undefined)[], string | undefined]>([
  ['the one of the request', ['asked', 'tagged', 'last'], 'asked'],
  ['the one of the tags', [undefined, 'tagged', 'last'], 'tagged'],
  ['the one of the last run', [undefined, undefined, 'last'], 'last'],
  ['not known', [undefined, undefined, undefined], undefined],
])('the entity of an identity is %s', (_, [asked, tagged, last], entity) => {
  const scope = planScope(
    {},
    {
      lastAssociate: last ? ({ input: { entityRef: last } } as any) : undefined,
    },
  );
  const request = { input: { entityRef: asked } } as any;
  const association = {
    tags: tagged ? { [MARK_TAGS.entityRef]: tagged } : {},
  } as any;
  expect(entityOf(scope, request, association)).toBe(entity);
  expect(entityOf(scope, request, undefined)).toBe(
    entity === 'tagged' ? last : entity,
  );
});
