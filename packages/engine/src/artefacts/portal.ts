import { principalPolicy, trustOfRoles } from '../aws/portalRights';
import { AWS, indented, policySub, policyYaml } from './cloudFormationYaml';
import { terraformDocuments } from './terraform';
import { trustOfPods, trustOfToken } from './trusts';

const SID = 'ThePortalOnly';
const USES = ['read', 'verify', 'write'];
const AUDIENCE = 'sts.amazonaws.com';

const ownRoles = (partition: string, accountId: string, prefix: string) =>
  USES.map(use => `arn:${partition}:iam::${accountId}:role${prefix}-${use}`);

const PROVIDER =
  'arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/${OidcIssuer}';

const needed = (signsInBy: string, parameter: string) => `  ${parameter}:
    RuleCondition: !Equals [!Ref SignsInBy, ${signsInBy}]
    Assertions:
      - Assert: !Not [!Equals [!Ref ${parameter}, '']]
        AssertDescription: SignsInBy=${signsInBy} needs ${parameter}`;

/** deploy/portal.yaml. */
export const portalStack =
  () => `# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.
#
# The principal of the portal in one account: the role with which it assumes its three roles there, and no more. Deploy this
# before cloudformation.yaml, which takes its output as PortalPrincipalArn:
#
#   aws cloudformation deploy --stack-name backstage-portal --template-file deploy/portal.yaml \\
#     --capabilities CAPABILITY_NAMED_IAM --parameter-overrides SignsInBy=pod-identity ClusterName=…
#
# SignsInBy=pod-identity and irsa are for a portal that runs on EKS, in the account of that cluster. SignsInBy=role is for each
# further account: a landing role, if you want one there (docs/adopting.md, "Several accounts").
#
# An OpenID Connect provider that this stack made stays when the stack no longer makes it or is deleted, because every role of
# the cluster may trust it. From then on it is one that the account has already: MakeOidcProvider=no.
AWSTemplateFormatVersion: '2010-09-09'
Description: The principal of a developer portal in one account

Parameters:
  SignsInBy:
    Type: String
    Description: How the portal comes to this role, by EKS Pod Identity, by IAM roles for service accounts, or from its role in another account
    AllowedValues: [pod-identity, irsa, role]
  ClusterName:
    Type: String
    Description: For pod-identity, the cluster on which the portal runs, in the account and region of this stack
    Default: ''
    AllowedPattern: '([A-Za-z0-9][A-Za-z0-9_-]{0,99})?'
    ConstraintDescription: the name of an EKS cluster
  Namespace:
    Type: String
    Description: For pod-identity and irsa, the namespace of the portal
    Default: backstage
    AllowedPattern: '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
    ConstraintDescription: the name of a namespace
  ServiceAccount:
    Type: String
    Description: For pod-identity and irsa, the service account of the portal
    Default: backstage
    AllowedPattern: '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?'
    ConstraintDescription: the name of a service account
  OidcIssuer:
    Type: String
    Description: For irsa, the issuer of the cluster on which the portal runs, without https://
    Default: ''
    AllowedPattern: '([A-Za-z0-9.-]+(/[A-Za-z0-9_-]+)*)?'
    ConstraintDescription: 'an issuer, such as oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE'
  MakeOidcProvider:
    Type: String
    Description: For irsa, whether to make the OpenID Connect provider of the cluster, which the account may have already
    Default: 'no'
    AllowedValues: ['yes', 'no']
  PortalPrincipalArn:
    Type: String
    Description: For role, the ARN of the role of the portal in the other account
    Default: ''
    AllowedPattern: '(arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+)?'
    ConstraintDescription: the ARN of an IAM role
  RoleName:
    Type: String
    Description: Name of the role
    Default: backstage-portal
    AllowedPattern: '[A-Za-z0-9_+=,.@-]{1,64}'
    ConstraintDescription: at most 64 characters that IAM allows in a name
  RolePrefix:
    Type: String
    Description: RolePrefix of cloudformation.yaml in this account; names that end with the region (Regional=yes) go into MoreRoleArns
    Default: backstage-eks
    AllowedPattern: '[A-Za-z0-9_+=,.@-]{1,40}'
    ConstraintDescription: at most 40 characters that IAM allows in a name
  RolesPath:
    Type: String
    Description: RolesPath of account.yaml in this account
    Default: /
    AllowedPattern: '/([A-Za-z0-9_+=,.@-]+/)*'
    ConstraintDescription: 'a path with both slashes, such as /platform/'
  MoreRoleArns:
    Type: CommaDelimitedList
    Description: ARNs of roles in other accounts, the three or a landing role, and of the roles of further stacks
    Default: ''
    AllowedPattern: '(arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=.@/-]+(,|$))*'
    ConstraintDescription: ARNs of IAM roles

Rules:
${needed('pod-identity', 'ClusterName')}
${needed('irsa', 'OidcIssuer')}
${needed('role', 'PortalPrincipalArn')}

Conditions:
  ByPodIdentity: !Equals [!Ref SignsInBy, pod-identity]
  ByToken: !Equals [!Ref SignsInBy, irsa]
  NewProvider: !And
    - !Condition ByToken
    - !Equals [!Ref MakeOidcProvider, 'yes']
  OnlyOwn: !Equals [!Join ['', !Ref MoreRoleArns], '']

Resources:
  OidcProvider:
    Type: AWS::IAM::OIDCProvider
    Condition: NewProvider
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      Url: !Sub 'https://\${OidcIssuer}'
      ClientIdList: [${AUDIENCE}]

  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      Description: The developer portal signs in
      AssumeRolePolicyDocument: !If
        - ByPodIdentity
        - ${policyYaml(
          trustOfPods(SID, {
            clusterArn:
              'arn:${AWS::Partition}:eks:${AWS::Region}:${AWS::AccountId}:cluster/${ClusterName}',
            namespace: '${Namespace}',
            serviceAccount: '${ServiceAccount}',
          }),
          8,
        ).trimStart()}
        - !If
          - ByToken
          - !Sub
${indented(
  policySub(
    trustOfToken(SID, {
      providerArn: '${ProviderArn}',
      issuer: '${OidcIssuer}',
      audience: AUDIENCE,
      subject: 'system:serviceaccount:${Namespace}:${ServiceAccount}',
    }),
    0,
    {
      ProviderArn: `!If
  - NewProvider
  - !Ref OidcProvider
  - !Sub '${PROVIDER}'`,
    },
  ),
  10,
)}
          - ${policyYaml(trustOfRoles('${PortalPrincipalArn}'), 10).trimStart()}
      Policies:
        - PolicyName: assuming
          PolicyDocument:
${policyYaml(
  principalPolicy(
    ownRoles(AWS.partition, AWS.accountId, '${RolesPath}${RolePrefix}'),
  ),
  10,
)}
        - !If
          - OnlyOwn
          - !Ref AWS::NoValue
          - PolicyName: elsewhere
            PolicyDocument:
${policyYaml(principalPolicy('${MoreRoleArns}'), 12)}

  Association:
    Type: AWS::EKS::PodIdentityAssociation
    Condition: ByPodIdentity
    Properties:
      ClusterName: !Ref ClusterName
      Namespace: !Ref Namespace
      ServiceAccount: !Ref ServiceAccount
      RoleArn: !GetAtt Role.Arn

Outputs:
  Role:
    Description: For PortalPrincipalArn of cloudformation.yaml in this account, and of portal.yaml in further ones
    Value: !GetAtt Role.Arn
`;

/** deploy/terraform/portal/policies.tf. */
export const portalModule = () =>
  terraformDocuments({
    pod_identity: trustOfPods(SID, {
      clusterArn:
        'arn:${local.partition}:eks:${local.region}:${local.account_id}:cluster/${var.cluster_name}',
      namespace: '${var.namespace}',
      serviceAccount: '${var.service_account}',
    }),
    irsa: trustOfToken(SID, {
      providerArn: '${local.provider_arn}',
      issuer: '${var.oidc_issuer}',
      audience: AUDIENCE,
      subject: 'system:serviceaccount:${var.namespace}:${var.service_account}',
    }),
    role: trustOfRoles('${var.portal_principal_arn}'),
    assuming: principalPolicy(
      ownRoles(
        '${local.partition}',
        '${local.account_id}',
        '${var.roles_path}${var.role_prefix}',
      ),
    ),
    elsewhere: principalPolicy('${var.more_role_arns}'),
  });
