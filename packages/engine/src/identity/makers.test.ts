import { deployerOf, sourceOf } from './deployer';
import { makerOfTags } from './makers';

describe('makerOfTags', () => {
  it.each<[Record<string, string>, unknown]>([
    [
      { 'services.k8s.aws/namespace': 'team-a' },
      { by: 'ack', namespace: 'team-a' },
    ],
    [
      { 'aws:cloudformation:stack-name': 'Api-Roles' },
      { by: 'stack', tool: 'CloudFormation', stack: 'Api-Roles' },
    ],
    [
      { 'aws:cloudformation:stack-name': 'eksctl-prod-podidentity' },
      { by: 'stack', tool: 'eksctl', stack: 'eksctl-prod-podidentity' },
    ],
    [
      { 'crossplane-kind': 'role.iam.aws.upbound.io', 'crossplane-name': 'r' },
      { by: 'crossplane', kind: 'role.iam.aws.upbound.io', name: 'r' },
    ],
    [
      { ManagedBy: 'terraform' },
      { by: 'code', tool: 'Terraform', tag: 'ManagedBy' },
    ],
    [{ iac: 'OpenTofu' }, { by: 'code', tool: 'OpenTofu', tag: 'iac' }],
    [
      { 'managed-by': 'Pulumi' },
      { by: 'code', tool: 'Pulumi', tag: 'managed-by' },
    ],
    [
      { Terraform: 'true' },
      { by: 'code', tool: 'Terraform', tag: 'Terraform' },
    ],
    [{ Terraform: 'false' }, undefined],
    [{ Team: 'terraform' }, undefined],
    [{ 'managed-by': 'backstage' }, undefined],
    [{ 'crossplane-kind': 'role.iam.aws.upbound.io' }, undefined],
    [{ 'services.k8s.aws/namespace': 'a; rm -rf /' }, undefined],
    [{ 'crossplane-kind': '$(x)', 'crossplane-name': 'r' }, undefined],
    [
      { 'crossplane-kind': 'clusterrolebinding', 'crossplane-name': 'r' },
      undefined,
    ],
    [{ 'aws:cloudformation:stack-name': '`x`' }, undefined],
    [{}, undefined],
  ])('%j', (tags, maker) => {
    expect(makerOfTags(tags)).toEqual(maker);
  });

  it('knows nothing without tags', () => {
    expect(makerOfTags(undefined)).toBeUndefined();
  });
});

describe('deployerOf and sourceOf', () => {
  it.each<[string | undefined, object]>([
    ['Helm', { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }],
    ['Helm', { annotations: { 'meta.helm.sh/release-name': 'x' } }],
    ['Helm', { labels: { 'helm.sh/chart': 'x-1' } }],
    ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }],
    ['Argo CD', { managedFields: [{ manager: 'argocd-controller' }] }],
    ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } }],
    ['Flux', { labels: { 'helm.toolkit.fluxcd.io/name': 'x' } }],
    [undefined, { labels: { 'app.kubernetes.io/managed-by': 'Helmsman' } }],
    [
      undefined,
      { labels: { app: 'x' }, managedFields: [{ manager: 'kubectl' }] },
    ],
    [undefined, {}],
  ])('find %s', (expected, metadata) => {
    expect(deployerOf({ metadata })).toBe(expected);
    expect(sourceOf({ metadata })).toBe(expected);
  });

  it.each([
    ['Terraform', 'HashiCorp'],
    ['Terraform', 'terraform-provider-kubernetes_v2.38'],
    ['Pulumi', 'pulumi-kubernetes-1a2b'],
    ['Crossplane', 'crossplane-kubernetes-provider'],
  ])('tell %s, which makes single objects, by %s', (tool, manager) => {
    const metadata = { managedFields: [{ manager }] };
    expect(sourceOf({ metadata })).toBe(tool);
    expect(deployerOf({ metadata })).toBeUndefined();
  });
});
