import {
  DeleteOpenIDConnectProviderCommand,
  ListOpenIDConnectProvidersCommand,
} from '@aws-sdk/client-iam';
import { startSandbox, type Sandbox } from 'eks-sandbox';
import { principalPolicy } from '../aws/portalRights';
import { adminClients, applyPlan, normal } from './__testUtils__/appliers';
import { CLUSTER } from './__testUtils__/bareAccount';
import { stacksOf } from './__testUtils__/stacks';
import { blocksOf, planModule } from './__testUtils__/terraformModule';

const ROLE = 'arn:aws:iam::111122223333:role/backstage-portal';
const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE';
const PROVIDER = `arn:aws:iam::111122223333:oidc-provider/${ISSUER}`;
const ELSEWHERE = 'arn:aws:iam::444455556666:role/backstage-portal';
const OWN = ['read', 'verify', 'write'].map(
  use => `arn:aws:iam::111122223333:role/backstage-eks-${use}`,
);

describe('the principal of a portal', () => {
  let sandbox: Sandbox;
  let clients: ReturnType<typeof adminClients>;
  let stacks: ReturnType<typeof stacksOf>;

  beforeEach(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    await sandbox.createCluster({ name: CLUSTER });
    clients = adminClients(sandbox);
    stacks = stacksOf(sandbox, 'portal.yaml');
  });
  afterEach(async () => {
    clients.eks.destroy();
    clients.iam.destroy();
    stacks.end();
    await sandbox.stop();
  });

  const planned = (values: Record<string, unknown>) =>
    planModule(blocksOf('terraform/portal'), values, {
      account: sandbox.accountId,
      region: sandbox.region,
    });

  function picture() {
    const { trust, inline, attached } = sandbox.aws.iam.role(ROLE);
    return {
      trust: normal(trust),
      policies: Object.fromEntries(
        Object.entries(inline).map(([name, text]) => [name, normal(text)]),
      ),
      attached,
      associations: sandbox.aws.eks
        .associations(CLUSTER)
        .map(({ namespace, serviceAccount, roleArn }) => ({
          namespace,
          serviceAccount,
          roleArn,
        })),
    };
  }

  const providers = async () => {
    const { OpenIDConnectProviderList } = await clients.iam.send(
      new ListOpenIDConnectProvidersCommand({}),
    );
    return OpenIDConnectProviderList!.map(({ Arn }) => Arn);
  };

  async function removeProviders() {
    for (const OpenIDConnectProviderArn of await providers()) {
      await clients.iam.send(
        new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }),
      );
    }
  }

  const policyOf = (resources: string | string[]) =>
    normal(JSON.stringify(principalPolicy(resources)));

  it.each([
    [
      'EKS Pod Identity',
      { SignsInBy: 'pod-identity', ClusterName: CLUSTER },
      { signs_in_by: 'pod-identity', cluster_name: CLUSTER },
      {
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-arn': `arn:aws:eks:eu-west-1:111122223333:cluster/${CLUSTER}`,
            'aws:RequestTag/kubernetes-namespace': 'backstage',
            'aws:RequestTag/kubernetes-service-account': 'backstage',
          },
        },
      },
      [
        {
          namespace: 'backstage',
          serviceAccount: 'backstage',
          roleArn: ROLE,
        },
      ],
    ],
    [
      'IAM roles for service accounts',
      {
        SignsInBy: 'irsa',
        OidcIssuer: ISSUER,
        MakeOidcProvider: 'yes',
        Namespace: 'portal',
      },
      {
        signs_in_by: 'irsa',
        oidc_issuer: ISSUER,
        make_oidc_provider: true,
        namespace: 'portal',
      },
      {
        Principal: { Federated: PROVIDER },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${ISSUER}:aud`]: 'sts.amazonaws.com',
            [`${ISSUER}:sub`]: 'system:serviceaccount:portal:backstage',
          },
        },
      },
      [],
    ],
    [
      'its role in another account',
      { SignsInBy: 'role', PortalPrincipalArn: ELSEWHERE },
      { signs_in_by: 'role', portal_principal_arn: ELSEWHERE },
      {
        Principal: { AWS: ELSEWHERE },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      },
      [],
    ],
  ])(
    'is the same by stack and by module, with %s',
    async (_, parameters, variables, statement, associations) => {
      sandbox.aws.iam.putRole({
        name: 'backstage-portal',
        accountId: '444455556666',
      });
      const said = await stacks.create({
        ...parameters,
        MoreRoleArns: `${ELSEWHERE},${ELSEWHERE}-2`,
      });
      const wanted = picture();
      expect(wanted).toEqual({
        trust: [{ Sid: 'ThePortalOnly', Effect: 'Allow', ...statement }],
        policies: {
          assuming: policyOf(OWN),
          elsewhere: policyOf([ELSEWHERE, `${ELSEWHERE}-2`]),
        },
        attached: [],
        associations,
      });
      expect(said).toEqual([ROLE]);
      await stacks.delete();
      expect(sandbox.aws.iam.findRole(ROLE)).toBeUndefined();
      await removeProviders();

      const { resources, outputs } = planned({
        ...variables,
        more_role_arns: [ELSEWHERE, `${ELSEWHERE}-2`],
      });
      await applyPlan(clients, resources);
      expect(picture()).toEqual(wanted);
      expect(outputs).toEqual({ role: ROLE });
    },
  );

  const IRSA = {
    SignsInBy: 'irsa',
    OidcIssuer: ISSUER,
    MakeOidcProvider: 'yes',
  };

  it.each<[string, () => Promise<unknown>]>([
    [
      'signs in by Pod Identity',
      () => stacks.update({ SignsInBy: 'pod-identity', ClusterName: CLUSTER }),
    ],
    [
      'no longer makes it',
      () => stacks.update({ ...IRSA, MakeOidcProvider: 'no' }),
    ],
    ['is deleted', () => stacks.delete()],
  ])(
    'keeps the provider of the cluster where its stack %s',
    async (_, change) => {
      await stacks.create(IRSA);
      expect(await providers()).toEqual([PROVIDER]);
      await change();
      expect(await providers()).toEqual([PROVIDER]);
    },
  );

  it('leaves no provider behind where its stack could not be made', async () => {
    sandbox.aws.iam.putRole({ name: 'backstage-portal' });
    await expect(stacks.create(IRSA)).rejects.toThrow('ROLLBACK_COMPLETE');
    expect(await providers()).toEqual([]);
    await stacks.delete();
    sandbox.aws.iam.deleteRole(ROLE);
    expect(await stacks.create(IRSA)).toEqual([ROLE]);
  });

  it('assumes nothing elsewhere where nothing is named', async () => {
    const values = { SignsInBy: 'pod-identity', ClusterName: CLUSTER };
    await stacks.create(values);
    const { policies } = picture();
    expect(Object.keys(policies)).toEqual(['assuming']);
    const plan = planned({
      signs_in_by: 'pod-identity',
      cluster_name: CLUSTER,
    });
    expect(plan.resources.map(({ type }) => type)).toEqual([
      'aws_iam_role',
      'aws_iam_role_policy',
      'aws_eks_pod_identity_association',
    ]);
  });

  it.each([
    ['pod-identity', 'ClusterName'],
    ['irsa', 'OidcIssuer'],
    ['role', 'PortalPrincipalArn'],
  ])(
    'is not made where what %s needs is missing',
    async (SignsInBy, parameter) => {
      await expect(stacks.create({ SignsInBy })).rejects.toThrow(
        `SignsInBy=${SignsInBy} needs ${parameter}`,
      );
      expect(() => planned({ signs_in_by: SignsInBy })).toThrow(
        'signs_in_by needs ',
      );
    },
  );

  it('has Terraform refuse to destroy the provider', () => {
    const [{ blocks }] = blocksOf('terraform/portal').filter(
      ({ labels: [type] }) => type === 'aws_iam_openid_connect_provider',
    );
    expect(blocks[0].attributes.prevent_destroy({})).toBe(true);
  });
});
