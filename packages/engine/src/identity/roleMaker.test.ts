import { makerOfRole } from './roleMaker';

describe('the maker of a role', () => {
  it.each<[string, Record<string, string>, object | undefined]>([
    [
      'eksctl-shop-addon-iamserviceaccount-Role1-1A2B',
      {},
      { tool: 'eksctl', by: 'name' },
    ],
    [
      'anything',
      { 'alpha.eksctl.io/iamserviceaccount-name': 'shop/api' },
      { tool: 'eksctl', by: 'tag' },
    ],
    [
      'shop-api-20261128101112131400000001',
      {},
      { tool: 'Terraform', by: 'name' },
    ],
    ['shop-api', { ManagedBy: 'terraform' }, { tool: 'Terraform', by: 'tag' }],
    [
      'shop-api',
      { 'aws:cloudformation:stack-name': 'shop' },
      { tool: 'CloudFormation', by: 'tag' },
    ],
    [
      'shop-api',
      { 'services.k8s.aws/namespace': 'shop' },
      { tool: 'ACK', by: 'tag' },
    ],
    [
      'shop-api',
      {
        'crossplane-kind': 'role.iam.aws.upbound.io',
        'crossplane-name': 'shop-api',
      },
      { tool: 'Crossplane', by: 'tag' },
    ],
    ['shop-api-2026', {}, undefined],
  ])('%s %j', (name, tags, maker) => {
    expect(makerOfRole({ name, tags })).toEqual(maker);
  });
});
