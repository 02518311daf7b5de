import {
  CreateAccessEntryCommand,
  type CreateAccessEntryCommandInput,
  CreatePodIdentityAssociationCommand,
  EKSClient,
} from '@aws-sdk/client-eks';
import {
  AttachRolePolicyCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import type { Sandbox } from 'eks-sandbox';
import { BOUNDARY } from '../../lifecycle/__testUtils__/lifecyclePortal';
import { CLUSTER } from './bareAccount';
import type { PlannedResource } from './terraformModule';

export function adminClients(sandbox: Sandbox) {
  const settings = {
    endpoint: sandbox.awsEndpoint,
    region: sandbox.region,
    credentials: sandbox.credentials.admin,
  };
  return { eks: new EKSClient(settings), iam: new IAMClient(settings) };
}

type Clients = ReturnType<typeof adminClients>;

/** The call that makes a resource of the AWS provider, by its type. */
const APPLY: Record<
  string,
  (clients: Clients, values: Record<string, any>) => Promise<unknown>
> = {
  aws_iam_policy: ({ iam }, { name, description, policy }) =>
    iam.send(
      new CreatePolicyCommand({
        PolicyName: name,
        Description: description,
        PolicyDocument: policy,
      }),
    ),
  aws_iam_role: ({ iam }, { name, description, ...values }) =>
    iam.send(
      new CreateRoleCommand({
        RoleName: name,
        Path: values.path,
        Description: description,
        AssumeRolePolicyDocument: values.assume_role_policy,
        PermissionsBoundary: values.permissions_boundary ?? undefined,
      }),
    ),
  aws_iam_role_policy: ({ iam }, { name, role, policy }) =>
    iam.send(
      new PutRolePolicyCommand({
        RoleName: role,
        PolicyName: name,
        PolicyDocument: policy,
      }),
    ),
  aws_iam_role_policy_attachment: ({ iam }, { role, policy_arn }) =>
    iam.send(
      new AttachRolePolicyCommand({ RoleName: role, PolicyArn: policy_arn }),
    ),
  aws_iam_openid_connect_provider: ({ iam }, { url, client_id_list }) =>
    iam.send(
      new CreateOpenIDConnectProviderCommand({
        Url: url,
        ClientIDList: client_id_list,
      }),
    ),
  aws_eks_pod_identity_association: ({ eks }, values) =>
    eks.send(
      new CreatePodIdentityAssociationCommand({
        clusterName: values.cluster_name,
        namespace: values.namespace,
        serviceAccount: values.service_account,
        roleArn: values.role_arn,
      }),
    ),
  aws_eks_access_entry: ({ eks }, values) =>
    eks.send(
      new CreateAccessEntryCommand({
        clusterName: values.cluster_name,
        principalArn: values.principal_arn,
        kubernetesGroups: values.kubernetes_groups,
      }),
    ),
};

/** Makes the resources of a plan, in its order. */
export async function applyPlan(
  clients: Clients,
  resources: PlannedResource[],
): Promise<void> {
  for (const { type, values } of resources) {
    await APPLY[type](clients, values);
  }
}

/** What `eksctl create accessentry --config-file` makes. */
export async function applyAccessEntries(
  { eks }: Clients,
  config: {
    metadata: { name: string };
    accessConfig: {
      accessEntries: { principalARN: string; kubernetesGroups: string[] }[];
    };
  },
): Promise<void> {
  for (const entry of config.accessConfig.accessEntries) {
    const input: CreateAccessEntryCommandInput = {
      clusterName: config.metadata.name,
      principalArn: entry.principalARN,
      kubernetesGroups: entry.kubernetesGroups,
    };
    await eks.send(new CreateAccessEntryCommand(input));
  }
}

const listed = (values: string[]) =>
  values.length === 1 ? values[0] : [...values].sort();

/** Statements with lists in one form and order. */
export function normal(document: string) {
  const { Statement } = JSON.parse(document);
  return JSON.parse(
    JSON.stringify(Statement, (_, value) =>
      Array.isArray(value) && typeof value[0] === 'string'
        ? listed(value)
        : value,
    ),
  );
}

/** What an account has of the portal: roles with their rights, the boundary, access entries. */
export async function pictureOf(sandbox: Sandbox, { iam }: Clients) {
  const { aws, credentials } = sandbox;
  const ours = Object.values(credentials.roles);
  const documentOf = async (PolicyArn: string) => {
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    const { PolicyVersion } = await iam.send(
      new GetPolicyVersionCommand({
        PolicyArn,
        VersionId: Policy!.DefaultVersionId,
      }),
    );
    return {
      description: Policy!.Description,
      statements: normal(decodeURIComponent(PolicyVersion!.Document!)),
    };
  };
  const roles = aws.iam.roles().filter(({ arn }) => ours.includes(arn));
  return {
    boundary: await documentOf(BOUNDARY),
    roles: await Promise.all(
      roles.map(async ({ arn, description, trust, inline, attached }) => ({
        arn,
        description,
        trust: normal(trust),
        inline: Object.fromEntries(
          Object.entries(inline).map(([name, text]) => [name, normal(text)]),
        ),
        attached: await Promise.all(attached.map(documentOf)),
      })),
    ),
    entries: aws.eks
      .accessEntries(CLUSTER)
      .filter(({ principalArn }) => ours.includes(principalArn))
      .map(({ principalArn, groups }) => ({ principalArn, groups })),
  };
}
