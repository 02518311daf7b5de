import { readingPolicy } from '../aws/portalRights';
import { AWS, policySub, policyYaml } from './cloudFormationYaml';
import { terraformDocuments } from './terraform';
import { trustOfToken } from './trusts';

const SID = 'ThePipelineOnly';

const NOWHERE = { rolePath: '/', boundaryArn: '', portalId: '' };

/** deploy/pipelines.yaml. */
export const pipelinesStack =
  () => `# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.
#
# A role for the pipeline of one repository, which verifies identities of one cluster (docs/pipelines.md): it reads what the
# program reads, and one branch or environment assumes it by a token of GitHub or GitLab.
#
#   aws cloudformation deploy --stack-name eks-pod-identity-pipeline --template-file deploy/pipelines.yaml \\
#     --capabilities CAPABILITY_NAMED_IAM --parameter-overrides ClusterName=… Provider=github Repository=…
#
# An account has one OpenID Connect provider for each issuer: name one that is there as OidcProviderArn. For a further
# repository or cluster take another RoleName, and name the provider that the first stack made. It stays when that stack is
# deleted, because other roles may trust it; a new stack takes it as OidcProviderArn.
AWSTemplateFormatVersion: '2010-09-09'
Description: A role for a pipeline that verifies the EKS Pod Identities of one cluster

Parameters:
  ClusterName:
    Type: String
    Description: Name of the EKS cluster, in the region of this stack
    AllowedPattern: '[A-Za-z0-9][A-Za-z0-9_-]{0,99}'
    ConstraintDescription: the name of an EKS cluster
  Provider:
    Type: String
    Description: Who issues the token
    AllowedValues: [github, gitlab]
  Repository:
    Type: String
    Description: owner/repository of GitHub, as owner@ID/repository@ID where its subjects are immutable, or group/project of GitLab
    AllowedPattern: '[A-Za-z0-9_.@-]+(/[A-Za-z0-9_.@-]+)+'
    ConstraintDescription: 'a repository, such as acme/payments'
  Branch:
    Type: String
    Description: The branch whose pipelines assume the role
    Default: main
    AllowedPattern: '[A-Za-z0-9_./@#+=,-]+'
    ConstraintDescription: one branch
  Environment:
    Type: String
    Description: The environment of GitHub whose jobs assume the role, instead of those of the branch; it needs deployment branch rules
    Default: ''
    AllowedPattern: '[A-Za-z0-9_.@-]*'
    ConstraintDescription: one environment
  Host:
    Type: String
    Description: Issuer without https://, where it is not token.actions.githubusercontent.com or gitlab.com
    Default: ''
    AllowedPattern: '([A-Za-z0-9.-]+(/[A-Za-z0-9_-]+)*)?'
    ConstraintDescription: 'the host of an issuer, such as gitlab.example.com'
  Audience:
    Type: String
    Description: The audience of the token
    Default: sts.amazonaws.com
    AllowedPattern: '[A-Za-z0-9_.:/-]+'
    ConstraintDescription: one audience
  OidcProviderArn:
    Type: String
    Description: ARN of the OpenID Connect provider of the issuer, where the account has one; without it this stack makes one
    Default: ''
    AllowedPattern: '(arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[A-Za-z0-9./_-]+)?'
    ConstraintDescription: the ARN of an OpenID Connect provider
  Probe:
    Type: String
    Description: Whether it is in the group backstage-verifiers, which may start the probe in all of its namespaces (yes), or only reads, with --probe none (no)
    Default: 'yes'
    AllowedValues: ['yes', 'no']
  Group:
    Type: String
    Description: The group of its access entry, instead of backstage-verifiers or backstage-readers, such as one for fewer namespaces
    Default: ''
    AllowedPattern: '([A-Za-z0-9][A-Za-z0-9_.@/-]*)?'
    ConstraintDescription: the name of a group without colons
  AccessEntry:
    Type: String
    Description: Whether to make an access entry; no for a CONFIG_MAP cluster, which needs an entry in aws-auth
    Default: 'yes'
    AllowedValues: ['yes', 'no']
  RoleName:
    Type: String
    Description: Name of the role
    Default: backstage-eks-pipeline
    AllowedPattern: '[A-Za-z0-9_+=,.@-]{1,64}'
    ConstraintDescription: at most 64 characters that IAM allows in a name

Rules:
  Environment:
    RuleCondition: !Equals [!Ref Provider, gitlab]
    Assertions:
      - Assert: !Equals [!Ref Environment, '']
        AssertDescription: Environment is for Provider=github

Conditions:
  OfGitHub: !Equals [!Ref Provider, github]
  OfBranch: !Equals [!Ref Environment, '']
  OfPublicHost: !Equals [!Ref Host, '']
  NewProvider: !Equals [!Ref OidcProviderArn, '']
  Probing: !Equals [!Ref Probe, 'yes']
  OwnGroup: !Not [!Equals [!Ref Group, '']]
  Entries: !Equals [!Ref AccessEntry, 'yes']

Resources:
  OidcProvider:
    Type: AWS::IAM::OIDCProvider
    Condition: NewProvider
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      Url: !If
        - OfPublicHost
        - !If
          - OfGitHub
          - https://token.actions.githubusercontent.com
          - https://gitlab.com
        - !Sub 'https://\${Host}'
      ClientIdList: [!Ref Audience]

  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref RoleName
      Description: A pipeline that verifies EKS Pod Identities
      AssumeRolePolicyDocument: !Sub
${policySub(
  trustOfToken(SID, {
    providerArn: '${ProviderArn}',
    issuer: '${Issuer}',
    audience: '${Audience}',
    subject: '${Subject}',
  }),
  6,
  {
    ProviderArn: `!If
  - NewProvider
  - !Ref OidcProvider
  - !Ref OidcProviderArn`,
    Issuer: `!If
  - OfPublicHost
  - !If [OfGitHub, token.actions.githubusercontent.com, gitlab.com]
  - !Ref Host`,
    Subject: `!If
  - OfGitHub
  - !If
    - OfBranch
    - !Sub 'repo:\${Repository}:ref:refs/heads/\${Branch}'
    - !Sub 'repo:\${Repository}:environment:\${Environment}'
  - !Sub 'project_path:\${Repository}:ref_type:branch:ref:\${Branch}'`,
  },
)}
      Policies:
        - PolicyName: reading
          PolicyDocument:
${policyYaml(
  readingPolicy({ ...AWS, ...NOWHERE, clusterName: '${ClusterName}' }),
  10,
)}

  Entry:
    Type: AWS::EKS::AccessEntry
    Condition: Entries
    Properties:
      ClusterName: !Ref ClusterName
      PrincipalArn: !GetAtt Role.Arn
      KubernetesGroups:
        - !If
          - OwnGroup
          - !Ref Group
          - !If [Probing, backstage-verifiers, backstage-readers]

Outputs:
  Role:
    Description: For role-to-assume of GitHub, or AWS_ROLE_ARN of GitLab
    Value: !GetAtt Role.Arn
  OidcProvider:
    Description: For OidcProviderArn of further stacks
    Value: !If [NewProvider, !Ref OidcProvider, !Ref OidcProviderArn]
`;

/** deploy/terraform/pipelines/policies.tf. */
export const pipelinesModule = () =>
  terraformDocuments({
    trust: trustOfToken(SID, {
      providerArn: '${local.provider_arn}',
      issuer: '${local.issuer}',
      audience: '${var.audience}',
      subject: '${local.subject}',
    }),
    reading: readingPolicy({
      partition: '${local.partition}',
      region: '${local.region}',
      accountId: '${local.account_id}',
      clusterName: '${var.cluster_name}',
      ...NOWHERE,
    }),
  });
