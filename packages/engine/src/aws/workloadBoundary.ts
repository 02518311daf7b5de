import type { RightsPlace, RightsPolicy } from './portalRights';

/** Data of services that many workloads use, and no right to open it to others. */
const DATA = [
  'cloudwatch:PutMetricData',
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:DescribeTable',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'dynamodb:UpdateItem',
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  's3:GetBucketLocation',
  's3:GetObject',
  's3:ListAllMyBuckets',
  's3:ListBucket',
  's3:PutObject',
  'secretsmanager:GetSecretValue',
  'sns:Publish',
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
  'ssm:GetParameter',
  'ssm:GetParameters',
  'ssm:GetParametersByPath',
];

/** Names of the portal's own roles begin with it in docs/permissions.md. */
const PORTAL_ROLES_PREFIX = 'backstage-eks';

/** The boundary that docs/permissions.md proposes for the roles of workloads, to begin with. */
export function boundaryPolicy({
  partition,
  accountId,
  rolePath,
  portalRolesPrefix = PORTAL_ROLES_PREFIX,
}: Pick<RightsPlace, 'partition' | 'accountId' | 'rolePath'> & {
  portalRolesPrefix?: string;
}): RightsPolicy {
  const ours = `arn:${partition}:iam::${accountId}:role`;
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'DataOfWorkloads',
        Effect: 'Allow',
        Action: DATA,
        Resource: '*',
      },
      {
        Sid: 'TargetRolesOfWorkloads',
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Resource: `arn:${partition}:iam::*:role/workloads/*`,
      },
      {
        Sid: 'NeverRights',
        Effect: 'Deny',
        Action: [
          'account:*',
          'eks:*',
          'eks-auth:*',
          'iam:*',
          'organizations:*',
          'sso:*',
        ],
        Resource: '*',
      },
      {
        Sid: 'NeverRolesOfThePortal',
        Effect: 'Deny',
        Action: 'sts:*',
        Resource: [`${ours}/${portalRolesPrefix}-*`, `${ours}${rolePath}*`],
      },
    ],
  };
}
