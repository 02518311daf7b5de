import { parametersOf } from './cloudFormationParameters';
import { AWS, MORE_DATA, policyYaml, statementIf } from './cloudFormationYaml';
import { documents } from './documents';

const DOCUMENTS = documents({
  ...AWS,
  clusterName: '${ClusterName}',
  rolePath: '${RolePath}',
  boundaryArn: '${BoundaryOfRoles}',
  portalId: '${PortalId}',
  principalArn: '${PortalPrincipalArn}',
  portalRolesPrefix: '${RolePrefix}',
});

type Name = keyof typeof DOCUMENTS;

const namesCluster = (statement: object) =>
  JSON.stringify(statement).includes('${ClusterName}');

/** A statement that names the cluster is in its stack, and any other in the one of the account. */
function partOf(where: 'account' | 'cluster', names: Name[], column: number) {
  const statements = names
    .flatMap(name => DOCUMENTS[name].Statement as object[])
    .filter(one => namesCluster(one) === (where === 'cluster'));
  return policyYaml({ Version: '2012-10-17', Statement: statements }, column)
    .replaceAll('role/${RolePrefix}', 'role${RolesPath}${RolePrefix}')
    .split('\n')
    .map(line => {
      const [before, after] = line.split('!Ref BoundaryOfRoles');
      const indent = ' '.repeat(line.length - line.trimStart().length + 2);
      return after === undefined
        ? line
        : [
            `${before}!If`,
            '- NewBoundary',
            '- !Ref Boundary',
            '- !Ref BoundaryArn',
          ].join(`\n${indent}`);
    })
    .join('\n');
}

const policyIf = (
  condition: string,
  name: 'look' | 'optional' | 'evidence' | 'moving',
) => `
        - !If
          - ${condition}
          - PolicyName: ${name}
            PolicyDocument:
${partOf('account', [name], 12)}
          - !Ref AWS::NoValue`;

const role = (
  use: 'Read' | 'Verify' | 'Write',
  policies: string[] = [],
) => `  ${use}Role:
    Type: AWS::IAM::Role${use === 'Write' ? '\n    Condition: Writing' : ''}
    Properties:
      RoleName: !Sub '\${RolePrefix}-${use.toLowerCase()}'
      Path: !If
        - Placed
        - !Ref RolesPath
        - !Ref AWS::NoValue
      Description: 'The developer portal: ${use.toLowerCase()}'
      PermissionsBoundary: !If
        - Bounded
        - !Ref RolesBoundaryArn
        - !Ref AWS::NoValue
      AssumeRolePolicyDocument:
${partOf('account', ['trust'], 6)}
      ManagedPolicyArns: [!Ref Reading]${
        policies.length > 0 ? `\n      Policies:${policies.join('')}` : ''
      }`;

/** deploy/account.yaml. */
export const accountStack =
  () => `# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.
#
# For several clusters of one account, instead of cloudformation.yaml: the boundary of workloads' roles, and the portal's
# three roles with the rights that name no cluster. Each cluster adds its own rights and access entries with cluster.yaml.
#
#   aws cloudformation deploy --stack-name backstage-account --template-file deploy/account.yaml \\
#     --capabilities CAPABILITY_NAMED_IAM --parameter-overrides PortalPrincipalArn=… PortalId=…
#
# The clusters share the roles and RolePath, so the write role may pass the roles of one cluster to pods of another. IAM
# limits how many managed policies a role may have: one is from here, and one from each cluster.
#
# The boundary stays when the stack is deleted or no longer has SelfService, because roles of workloads may carry it; a stack
# that makes the write role after that takes it as BoundaryArn. Delete the stacks of the clusters before this one. For
# SelfService=no update them before this one, for SelfService=yes after it.
AWSTemplateFormatVersion: '2010-09-09'
Description: What a developer portal needs on AWS in one account, for the EKS Pod Identities of several clusters

${parametersOf(
  'PortalPrincipalArn',
  'PortalId',
  'SelfService',
  'EditTrust',
  'LookOfAccount',
  'OptionalReading',
  'CloudTrailEvidence',
  'SharedRolePath',
  'RolePrefix',
  'RolesPath',
  'BoundaryName',
  'MoreDataActionsOfAccount',
  'BoundaryArn',
  'RolesBoundaryArn',
)}

Rules:
  Apart:
    Assertions:
      - Assert: !Not [!Equals [!Ref RolesPath, !Ref RolePath]]
        AssertDescription: RolesPath has to differ from RolePath, whose roles the portal changes

Conditions:
  Writing: !Equals [!Ref SelfService, 'yes']
  NewBoundary: !And
    - !Condition Writing
    - !Equals [!Ref BoundaryArn, '']
  Bounded: !Not [!Equals [!Ref RolesBoundaryArn, '']]
  # A stack that is there has roles without this property, and would have to replace them
  Placed: !Not [!Equals [!Ref RolesPath, /]]
  Moving: !Equals [!Ref EditTrust, 'yes']
  Looking: !Equals [!Ref Look, 'yes']
  Optional: !Equals [!Ref OptionalReading, 'yes']
  Evidence: !Equals [!Ref CloudTrailEvidence, 'yes']
  ${MORE_DATA.condition}

Resources:
  Boundary:
    Type: AWS::IAM::ManagedPolicy
    Condition: NewBoundary
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      ManagedPolicyName: !Ref BoundaryName
      Description: The limit of every role that the developer portal makes
      PolicyDocument:
${partOf('account', ['boundary'], 6)}${MORE_DATA.statement}

  Reading:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: What the developer portal reads in the account
      PolicyDocument:
${partOf('account', ['reading'], 6)}

${role('Read', [
  policyIf('Looking', 'look'),
  policyIf('Optional', 'optional'),
  policyIf('Evidence', 'evidence'),
])}

${role('Verify')}

${role('Write', [
  `
        - PolicyName: changing
          PolicyDocument:
${partOf('account', ['changing'], 10)}`,
  policyIf('Moving', 'moving'),
])}

Outputs:
  ReadRole:
    Description: For roles.read of each cluster in app-config
    Value: !GetAtt ReadRole.Arn
  VerifyRole:
    Description: For roles.verify
    Value: !GetAtt VerifyRole.Arn
  WriteRole:
    Condition: Writing
    Description: For roles.write
    Value: !GetAtt WriteRole.Arn
  Boundary:
    Condition: Writing
    Description: For role.permissionsBoundaryArn
    Value: !If [NewBoundary, !Ref Boundary, !Ref BoundaryArn]
`;

const entry = (use: string, group: string, condition: string) => `  ${use}Entry:
    Type: AWS::EKS::AccessEntry
    Condition: ${condition}
    Properties:
      ClusterName: !Ref ClusterName
      PrincipalArn: !Sub 'arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role\${RolesPath}\${RolePrefix}-${use.toLowerCase()}'
      KubernetesGroups: [backstage-${group}]`;

/** The statements of a policy that is there only under a condition. */
const statementsIf = (condition: string, name: Name) =>
  (DOCUMENTS[name].Statement as object[])
    .filter(namesCluster)
    .map(one => statementIf(condition, one));

/** One policy a role, because IAM limits how many a role may have. */
const rights = (
  use: 'Read' | 'Verify' | 'Write',
  names: Name[],
  optional: string[] = [],
) => `  ${use}Rights:
    Type: AWS::IAM::ManagedPolicy${
      use === 'Write' ? '\n    Condition: Writing' : ''
    }
    Properties:
      Description: 'The developer portal in one cluster: ${use.toLowerCase()}'
      Roles:
        - !Sub '\${RolePrefix}-${use.toLowerCase()}'
      PolicyDocument:
${partOf('cluster', names, 6)}${optional.join('')}`;

/** deploy/cluster.yaml. */
export const clusterStack =
  () => `# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.
#
# One cluster of an account that has account.yaml: the rights of the portal's three roles in it, and their access entries.
# Give SelfService, Look, OptionalReading, RolePath, RolesPath, RolePrefix and PortalId as there, which also says in which order.
#
#   aws cloudformation deploy --stack-name backstage-cluster-payments-prod --template-file deploy/cluster.yaml \\
#     --capabilities CAPABILITY_IAM --parameter-overrides ClusterName=… PortalId=…
AWSTemplateFormatVersion: '2010-09-09'
Description: What a developer portal needs on AWS for the EKS Pod Identities of one cluster of several

${parametersOf(
  'ClusterName',
  'PortalId',
  'SelfService',
  'InstallAgent',
  'LookOfCluster',
  'OptionalReading',
  'AccessEntries',
  'SharedRolePath',
  'RolePrefix',
  'RolesPath',
)}

Conditions:
  Writing: !Equals [!Ref SelfService, 'yes']
  Installing: !Equals [!Ref InstallAgent, 'yes']
  Looking: !Equals [!Ref Look, 'yes']
  Optional: !Equals [!Ref OptionalReading, 'yes']
  Entries: !Equals [!Ref AccessEntries, 'yes']
  WriteEntries: !And [!Condition Writing, !Condition Entries]

Resources:
${rights(
  'Read',
  ['reading'],
  [...statementsIf('Looking', 'look'), ...statementsIf('Optional', 'optional')],
)}

${rights('Verify', ['reading'])}

${rights(
  'Write',
  ['reading', 'changing'],
  statementsIf('Installing', 'installing'),
)}

${entry('Read', 'readers', 'Entries')}

${entry('Verify', 'verifiers', 'Entries')}

${entry('Write', 'writers', 'WriteEntries')}
`;
