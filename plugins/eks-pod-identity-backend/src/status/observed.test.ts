import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from 'eks-pod-identity-engine';
import { createTags } from 'eks-pod-identity-engine/portal';
import { describedAs } from './observed';

const SUBJECT = {
  portalId: 'portal.example.com',
  cluster: { name: 'prod', region: 'eu-west-1' },
  namespace: 'payments',
  serviceAccount: 'api',
};
const OURS = createTags(SUBJECT, {
  tags: {},
  entityRef: 'Component:default/API',
});

const described = (more: Partial<Association>) =>
  describedAs(
    {
      id: 'a-1',
      arn: 'arn:a-1',
      roleArn: 'arn:role',
      targetRoleArn: 'arn:target',
      disableSessionTags: false,
      tags: OURS,
      ...more,
    },
    SUBJECT,
    7,
  );

it.each<[string, Partial<Association>, object]>([
  [
    'ours by our marks, of the entity that they name',
    {},
    { owner: 'portal', entityRef: 'component:default/api' },
  ],
  [
    'of an add-on that owns it, whatever its tags say',
    { ownerArn: 'arn:addon' },
    { owner: 'addon', entityRef: undefined },
  ],
  [
    'foreign without marks',
    { tags: {} },
    { owner: 'external', entityRef: undefined },
  ],
  [
    'foreign with marks that were copied from another service account',
    { tags: { ...OURS, [MARK_TAGS.serviceAccount]: 'web' } },
    { owner: 'external', entityRef: undefined },
  ],
  [
    'ours without an entity where the marks name none',
    { tags: createTags(SUBJECT, { tags: {} }) },
    { owner: 'portal', entityRef: undefined },
  ],
])('an association is %s', (_, more, expected) => {
  expect(described(more)).toMatchObject({
    roleArn: 'arn:role',
    targetRoleArn: 'arn:target',
    describedAt: 7,
    ...expected,
  });
});
