import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { context, OUR_TAGS } from '../__testUtils__/judge';
import { associationOwner } from './owner';

describe('associationOwner', () => {
  it.each<[string, object, RegExp, RegExp]>([
    [
      'the portal',
      { tags: OUR_TAGS },
      /^this portal$/,
      /^Run "Give a component/,
    ],
    [
      'an add-on, whatever the tags say',
      { tags: OUR_TAGS, ownerArn: 'arn:addon' },
      /^arn:addon$/,
      /EKS add-on/,
    ],
    [
      'ACK',
      { tags: { 'services.k8s.aws/namespace': 'team-a' } },
      /ACK .* namespace team-a/,
      /^Change the PodIdentityAssociation resource in namespace team-a/,
    ],
    [
      'a stack',
      { tags: { 'aws:cloudformation:stack-name': 'eksctl-api' } },
      /stack eksctl-api/,
      /^Change it in the CloudFormation stack eksctl-api/,
    ],
    [
      'another ServiceAccount of the portal',
      { tags: { ...OUR_TAGS, [MARK_TAGS.namespace]: 'else' } },
      /^another owner/,
      /^The portal does not change it/,
    ],
    ['an unknown owner', { tags: {} }, /^another owner/, /Terraform/],
  ])('knows %s', (_what, association, name, where) => {
    const owner = associationOwner(association as Association, context);
    expect(owner.name).toMatch(name);
    expect(owner.where).toMatch(where);
    expect(owner.portal).toBe(owner.name === 'this portal');
  });
});
