import { parametersOf } from './cloudFormationParameters';
import { AWS, MORE_DATA, policyYaml } from './cloudFormationYaml';
import { documents } from './documents';

const DOCUMENTS = documents({
  ...AWS,
  clusterName: '${ClusterName}',
  rolePath: '${RolePath}',
  boundaryArn: '${Boundary}',
  portalId: '${PortalId}',
  principalArn: '${PortalPrincipalArn}',
  portalRolesPrefix: '${RolePrefix}',
});

const yamlOf = (name: keyof typeof DOCUMENTS, column: number) =>
  policyYaml(DOCUMENTS[name], column);

/** With the region, where stacks of several regions share an account. */
const nameOf = (base: string) => `!If
        - IsRegional
        - !Sub '${base}-\${AWS::Region}'
        - !Sub '${base}'`;

const policy = (name: 'changing') => `        - PolicyName: ${name}
          PolicyDocument:
${yamlOf(name, 10)}`;

const policyIf = (
  condition: string,
  name: 'look' | 'optional' | 'evidence' | 'installing' | 'moving',
) =>
  `        - !If
          - ${condition}
          - PolicyName: ${name}
            PolicyDocument:
${yamlOf(name, 12)}
          - !Ref AWS::NoValue`;

function role(
  use: 'Read' | 'Verify' | 'Write',
  options: { condition?: string; policies?: string[] } = {},
): string {
  const { condition, policies = [] } = options;
  const conditionLine = condition ? `\n    Condition: ${condition}` : '';
  const group = { Read: 'readers', Verify: 'verifiers', Write: 'writers' }[use];
  return `  ${use}Role:
    Type: AWS::IAM::Role${conditionLine}
    Properties:
      RoleName: ${nameOf(`\${RolePrefix}-${use.toLowerCase()}`)}
      Description: 'The developer portal: ${use.toLowerCase()}'
      AssumeRolePolicyDocument:
${yamlOf('trust', 6)}
      ManagedPolicyArns: [!Ref Reading]${
        policies.length > 0 ? `\n      Policies:\n${policies.join('\n')}` : ''
      }

  ${use}Entry:
    Type: AWS::EKS::AccessEntry
    Condition: ${condition ? 'WriteEntries' : 'Entries'}
    Properties:
      ClusterName: !Ref ClusterName
      PrincipalArn: !GetAtt ${use}Role.Arn
      KubernetesGroups: [backstage-${group}]`;
}

/** deploy/cloudformation.yaml. */
export const cloudFormation =
  () => `# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.
#
# The AWS side of the portal for one cluster: the boundary of workloads' roles, the portal's three roles, and their access
# entries. Fill in the parameters, here:
#
#   aws cloudformation deploy --stack-name backstage-eks --template-file deploy/cloudformation.yaml \\
#     --capabilities CAPABILITY_NAMED_IAM --parameter-overrides ClusterName=… PortalPrincipalArn=… PortalId=…
#
# Capabilities: CAPABILITY_NAMED_IAM, because app-config names the roles and the boundary. For a StackSet over several
# regions of one account set Regional=yes; for a further cluster of the same region and account another RolePrefix,
# BoundaryName and RolePath. A RolePath covers each path below it: to keep clusters apart, take /backstage/payments-prod/ and
# /backstage/payments-test/, and leave none at /backstage/ (docs/upgrading.md, "A path for each cluster"). Before you delete the
# stack, let the portal remove the identities: IAM keeps a boundary that roles have.
AWSTemplateFormatVersion: '2010-09-09'
Description: What a developer portal needs on AWS for the EKS Pod Identities of one cluster

${parametersOf(
  'PortalPrincipalArn',
  'ClusterName',
  'PortalId',
  'SelfService',
  'InstallAgent',
  'EditTrust',
  'Look',
  'OptionalReading',
  'CloudTrailEvidence',
  'AccessEntries',
  'RolePath',
  'RolePrefix',
  'BoundaryName',
  'MoreDataActions',
  'Regional',
)}

Conditions:
  Writing: !Equals [!Ref SelfService, 'yes']
  Installing: !Equals [!Ref InstallAgent, 'yes']
  Moving: !Equals [!Ref EditTrust, 'yes']
  Looking: !Equals [!Ref Look, 'yes']
  Optional: !Equals [!Ref OptionalReading, 'yes']
  Evidence: !Equals [!Ref CloudTrailEvidence, 'yes']
  Entries: !Equals [!Ref AccessEntries, 'yes']
  WriteEntries: !And [!Condition Writing, !Condition Entries]
  IsRegional: !Equals [!Ref Regional, 'yes']
  ${MORE_DATA.condition}

Resources:
  Boundary:
    Type: AWS::IAM::ManagedPolicy
    Condition: Writing
    Properties:
      ManagedPolicyName: ${nameOf('${BoundaryName}')}
      Description: The limit of every role that the developer portal makes
      PolicyDocument:
${yamlOf('boundary', 6)}${MORE_DATA.statement}

  Reading:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: What the developer portal reads
      PolicyDocument:
${yamlOf('reading', 6)}

${role('Read', {
  policies: [
    policyIf('Looking', 'look'),
    policyIf('Optional', 'optional'),
    policyIf('Evidence', 'evidence'),
  ],
})}

${role('Verify')}

${role('Write', {
  condition: 'Writing',
  policies: [
    policy('changing'),
    policyIf('Installing', 'installing'),
    policyIf('Moving', 'moving'),
  ],
})}

Outputs:
  ReadRole:
    Description: For roles.read of the cluster in app-config
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
    Value: !Ref Boundary
`;
