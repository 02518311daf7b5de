/** A boundary, a role below it and its access entry. */
export const PORTAL_STACK = `
AWSTemplateFormatVersion: '2010-09-09'
Description: A role for a portal.
Parameters:
  ClusterName:
    Type: String
    Default: payments-prod
    AllowedPattern: '[A-Za-z0-9][A-Za-z0-9_-]*'
    ConstraintDescription: the name of an EKS cluster
  Group:
    Type: String
    Default: readers
  WithBoundary:
    Type: String
    Default: 'yes'
    AllowedValues: ['yes', 'no']
  Secret:
    Type: String
    Default: hidden
    NoEcho: true
Conditions:
  Bounded: !Equals [!Ref WithBoundary, 'yes']
Resources:
  Entry:
    Type: AWS::EKS::AccessEntry
    Properties:
      ClusterName: !Ref ClusterName
      PrincipalArn: !GetAtt ReadRole.Arn
      KubernetesGroups: [!Ref Group]
  ReadRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: stack-read
      PermissionsBoundary: !If [Bounded, !Ref Boundary, !Ref AWS::NoValue]
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Sub 'arn:\${AWS::Partition}:iam::\${AWS::AccountId}:user/backstage'
            Action: sts:AssumeRole
      Policies:
        - PolicyName: reading
          PolicyDocument:
            Version: '2012-10-17'
            Statement:
              - Effect: Allow
                Action: eks:DescribeCluster
                Resource: !Join
                  - ':'
                  - ['arn', !Ref AWS::Partition, eks, !Ref AWS::Region, !Ref AWS::AccountId, !Sub 'cluster/\${ClusterName}']
  Boundary:
    Type: AWS::IAM::ManagedPolicy
    Condition: Bounded
    Properties:
      ManagedPolicyName: !Sub '\${AWS::StackName}-boundary'
      PolicyDocument:
        Version: '2012-10-17'
        Statement: [{ Effect: Allow, Action: 'eks:*', Resource: '*' }]
Outputs:
  ReadRoleArn:
    Value: !GetAtt ReadRole.Arn
`;
