import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import { context, OUR_TAGS } from '../__testUtils__/judge';
import { associationOwner, type Owner, roleOwner } from './owner';

const ACK = { 'services.k8s.aws/namespace': 'team-a' };
const CROSSPLANE = {
  'crossplane-kind': 'role.iam.aws.upbound.io',
  'crossplane-name': 'api-x7',
};

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
      { tags: ACK },
      /ACK .* namespace team-a/,
      /^Change the PodIdentityAssociation resource in namespace team-a/,
    ],
    [
      'eksctl',
      { tags: { 'aws:cloudformation:stack-name': 'eksctl-api' } },
      /^the eksctl stack eksctl-api/,
      /^Change it in the eksctl stack eksctl-api/,
    ],
    [
      'another service account of the portal',
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

describe('roleOwner', () => {
  it.each<[string, Record<string, string>, string, string, string]>([
    ['the portal', OUR_TAGS, 'this portal', 'Run "Give', ''],
    [
      'ACK',
      ACK,
      'ACK (custom resources in namespace team-a)',
      'Change the Role resource in namespace team-a',
      '',
    ],
    [
      'Crossplane',
      CROSSPLANE,
      'Crossplane (role.iam.aws.upbound.io api-x7)',
      'Change the resource api-x7 (role.iam.aws.upbound.io)',
      '',
    ],
    [
      'CloudFormation',
      { 'aws:cloudformation:stack-name': 'Api' },
      'the CloudFormation stack Api',
      'Change it in the CloudFormation stack Api',
      'The CloudFormation stack Api made the role: change it there too, or the next update of the stack may undo the command.',
    ],
    [
      'Terraform',
      { ManagedBy: 'Terraform' },
      'Terraform, as its tag ManagedBy says',
      'Change it in the code of Terraform',
      'Terraform made the role, as its tag ManagedBy says: change it there too, or the next run of Terraform undoes the command.',
    ],
  ])('knows %s', (_what, tags, name, where, undone) => {
    const owner: Owner = roleOwner({ tags } as Role, context);
    expect(owner.name).toBe(name);
    expect(owner.where).toContain(where);
    expect(owner.undone.join()).toBe(undone);
  });
});
