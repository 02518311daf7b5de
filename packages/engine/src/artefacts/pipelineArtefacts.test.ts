import {
  DeleteOpenIDConnectProviderCommand,
  ListOpenIDConnectProvidersCommand,
} from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox } from 'eks-sandbox';
import { readingPolicy } from '../aws/portalRights';
import { adminClients, applyPlan, normal } from './__testUtils__/appliers';
import { CLUSTER } from './__testUtils__/bareAccount';
import { stacksOf } from './__testUtils__/stacks';
import { blocksOf, planModule } from './__testUtils__/terraformModule';

const ROLE = 'arn:aws:iam::111122223333:role/backstage-eks-pipeline';
const PROVIDERS = 'arn:aws:iam::111122223333:oidc-provider';

describe('the role of a pipeline', () => {
  let sandbox: Sandbox;
  let clients: ReturnType<typeof adminClients>;
  let stacks: ReturnType<typeof stacksOf>;

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    await sandbox.createCluster({ name: CLUSTER });
    clients = adminClients(sandbox);
    stacks = stacksOf(sandbox, 'pipelines.yaml');
  });
  afterAll(async () => {
    clients.eks.destroy();
    clients.iam.destroy();
    stacks.end();
    await sandbox.stop();
  });

  const stacked = (values: Record<string, string>) =>
    stacks.create({ ClusterName: CLUSTER, ...values });

  const planned = (values: Record<string, unknown>) =>
    planModule(
      blocksOf('terraform/pipelines'),
      { cluster_name: CLUSTER, ...values },
      { account: sandbox.accountId, region: sandbox.region },
    );

  async function providers() {
    const { OpenIDConnectProviderList } = await clients.iam.send(
      new ListOpenIDConnectProvidersCommand({}),
    );
    return OpenIDConnectProviderList!.map(({ Arn }) => Arn);
  }

  const removeProvider = (issuer: string) =>
    clients.iam.send(
      new DeleteOpenIDConnectProviderCommand({
        OpenIDConnectProviderArn: `${PROVIDERS}/${issuer}`,
      }),
    );

  async function picture() {
    const { trust, inline, attached } = sandbox.aws.iam.role(ROLE);
    return {
      trust: normal(trust),
      policies: Object.values(inline).map(normal),
      attached,
      providers: await providers(),
      groups: sandbox.aws.eks
        .accessEntries(CLUSTER)
        .filter(({ principalArn }) => principalArn === ROLE)
        .flatMap(({ groups }) => groups),
    };
  }

  it.each([
    [
      'a branch of GitHub',
      { Provider: 'github', Repository: 'acme/payments' },
      { issued_by: 'github', repository: 'acme/payments' },
      'token.actions.githubusercontent.com',
      'repo:acme/payments:ref:refs/heads/main',
    ],
    [
      'an environment of GitHub, with immutable subjects',
      {
        Provider: 'github',
        Repository: 'acme@12/payments@34',
        Environment: 'production',
      },
      {
        issued_by: 'github',
        repository: 'acme@12/payments@34',
        environment: 'production',
      },
      'token.actions.githubusercontent.com',
      'repo:acme@12/payments@34:environment:production',
    ],
    [
      'a branch of GitLab',
      {
        Provider: 'gitlab',
        Repository: 'acme/shop/payments',
        Branch: 'release/1.x',
      },
      {
        issued_by: 'gitlab',
        repository: 'acme/shop/payments',
        branch: 'release/1.x',
      },
      'gitlab.com',
      'project_path:acme/shop/payments:ref_type:branch:ref:release/1.x',
    ],
    [
      'a GitLab of its own',
      {
        Provider: 'gitlab',
        Repository: 'acme/payments',
        Host: 'gitlab.example.com',
      },
      {
        issued_by: 'gitlab',
        repository: 'acme/payments',
        host: 'gitlab.example.com',
      },
      'gitlab.example.com',
      'project_path:acme/payments:ref_type:branch:ref:main',
    ],
  ])(
    'is the same by stack and by module, for %s',
    async (_, parameters, variables, issuer, subject) => {
      const said = await stacked(parameters);
      const wanted = await picture();
      expect(wanted).toEqual({
        trust: [
          {
            Sid: 'ThePipelineOnly',
            Effect: 'Allow',
            Principal: { Federated: `${PROVIDERS}/${issuer}` },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                [`${issuer}:aud`]: 'sts.amazonaws.com',
                [`${issuer}:sub`]: subject,
              },
            },
          },
        ],
        policies: [
          normal(
            JSON.stringify(
              readingPolicy({
                partition: 'aws',
                region: sandbox.region,
                accountId: sandbox.accountId,
                clusterName: CLUSTER,
                rolePath: '/',
                boundaryArn: '',
                portalId: '',
              }),
            ),
          ),
        ],
        attached: [],
        providers: [`${PROVIDERS}/${issuer}`],
        groups: ['backstage-verifiers'],
      });
      await stacks.delete();
      // Other roles of the account may trust it
      expect(await providers()).toEqual(wanted.providers);
      await removeProvider(issuer);

      const { resources, outputs } = planned(variables);
      await applyPlan(clients, resources);
      expect(await picture()).toEqual(wanted);
      expect(Object.values(outputs).sort()).toEqual(said);
      sandbox.aws.iam.deleteRole(ROLE);
      sandbox.aws.eks.deleteAccessEntry(CLUSTER, ROLE);
      await removeProvider(issuer);
    },
  );

  it('takes a provider that is there, and only reads if so said', async () => {
    const arn = sandbox.aws.iam.putOidcProvider({ url: 'https://gitlab.com' });
    await stacked({
      Provider: 'gitlab',
      Repository: 'acme/payments',
      OidcProviderArn: arn,
      Probe: 'no',
    });
    const { trust, groups } = await picture();
    expect(trust[0].Principal).toEqual({ Federated: arn });
    expect(groups).toEqual(['backstage-readers']);
    await stacks.delete();
    const { resources } = planned({
      issued_by: 'gitlab',
      repository: 'acme/payments',
      oidc_provider_arn: arn,
      probe: false,
    });
    expect(resources.map(({ type }) => type)).toEqual([
      'aws_iam_role',
      'aws_iam_role_policy',
      'aws_eks_access_entry',
    ]);
    expect(resources[2].values.kubernetes_groups).toEqual([
      'backstage-readers',
    ]);
  });

  it('is in a group of its own if so said', async () => {
    const arn = sandbox.aws.iam.putOidcProvider({
      url: 'https://ids.example.com',
    });
    await stacked({
      Provider: 'github',
      Repository: 'acme/payments',
      OidcProviderArn: arn,
      Group: 'payments-pipeline',
    });
    expect((await picture()).groups).toEqual(['payments-pipeline']);
    await stacks.delete();
    const { resources } = planned({
      issued_by: 'github',
      repository: 'acme/payments',
      oidc_provider_arn: arn,
      group: 'payments-pipeline',
    });
    expect(resources[2].values.kubernetes_groups).toEqual([
      'payments-pipeline',
    ]);
  });

  it('has no environment of GitLab', async () => {
    await expect(
      stacked({
        Provider: 'gitlab',
        Repository: 'acme/payments',
        Environment: 'production',
      }),
    ).rejects.toThrow('Environment is for Provider=github');
    expect(() =>
      planned({
        issued_by: 'gitlab',
        repository: 'acme/payments',
        environment: 'production',
      }),
    ).toThrow('environment is for issued_by = "github".');
  });

  it('has Terraform refuse to destroy the provider', () => {
    const [{ blocks }] = blocksOf('terraform/pipelines').filter(
      ({ labels: [type] }) => type === 'aws_iam_openid_connect_provider',
    );
    expect(blocks[0].attributes.prevent_destroy({})).toBe(true);
  });
});
