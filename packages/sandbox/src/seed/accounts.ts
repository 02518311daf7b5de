import { AwsDirect } from '../aws/direct';
import { serviceTrust } from '../aws/direct/iam';
import { PolicyDocument, Statement } from '../aws/policy/document';

/** The account of the demo's clusters. */
export const MAIN_ACCOUNT = '111122223333';
/** A second account, for target roles. */
export const SECOND_ACCOUNT = '444455556666';
/** The default region. */
export const MAIN_REGION = 'eu-west-1';

/** Long-term keys of a user. */
export interface AccessKeys {
  accessKeyId: string;
  secretAccessKey: string;
}

/** The users and roles that the sandbox starts with. */
export interface SandboxCredentials {
  /** An administrator of the main account and of every cluster. */
  admin: AccessKeys & { arn: string };
  /** An administrator of the second account. */
  secondAdmin: AccessKeys & { arn: string };
  /** The user that the portal's backend runs as; it may assume the three roles and nothing else. */
  backstage: AccessKeys & { arn: string };
  /** A user without permissions. */
  nobody: AccessKeys & { arn: string };
  /** The portal's roles for reading, verifying and changing. */
  roles: { read: string; verify: string; write: string };
}

/** Kubernetes groups of the portal's roles. */
export const PORTAL_GROUPS = {
  read: 'backstage-readers',
  verify: 'backstage-verifiers',
  write: 'backstage-writers',
} as const;

/** The boundary that the portal puts on every role it creates. */
export const BOUNDARY_NAME = 'backstage-workload-boundary';

const document = (...statements: Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

const READ_ACTIONS: Statement[] = [
  {
    Sid: 'Clusters',
    Effect: 'Allow',
    Action: [
      'eks:DescribeCluster',
      'eks:ListPodIdentityAssociations',
      'eks:ListAddons',
      'eks:ListNodegroups',
      'eks:ListFargateProfiles',
      'eks:ListAccessEntries',
    ],
    Resource: `arn:aws:eks:*:${MAIN_ACCOUNT}:cluster/*`,
  },
  {
    Sid: 'BelowClusters',
    Effect: 'Allow',
    Action: [
      'eks:DescribePodIdentityAssociation',
      'eks:DescribeAddon',
      'eks:DescribeNodegroup',
      'eks:DescribeAccessEntry',
      'eks:ListAssociatedAccessPolicies',
      'eks:ListTagsForResource',
    ],
    Resource: [
      `arn:aws:eks:*:${MAIN_ACCOUNT}:podidentityassociation/*/*`,
      `arn:aws:eks:*:${MAIN_ACCOUNT}:addon/*/*/*`,
      `arn:aws:eks:*:${MAIN_ACCOUNT}:nodegroup/*/*/*`,
      `arn:aws:eks:*:${MAIN_ACCOUNT}:access-entry/*/*/*/*/*`,
    ],
  },
  {
    Sid: 'Everywhere',
    Effect: 'Allow',
    Action: [
      'eks:DescribeAddonVersions',
      'eks:DescribeAddonConfiguration',
      'eks:ListClusters',
      'ec2:DescribeVpcEndpoints',
      'iam:GetAccountAuthorizationDetails',
    ],
    Resource: '*',
  },
  {
    Sid: 'Roles',
    Effect: 'Allow',
    Action: [
      'iam:GetRole',
      'iam:GetRolePolicy',
      'iam:ListAttachedRolePolicies',
      'iam:ListRolePolicies',
      'iam:ListRoleTags',
      'iam:ListInstanceProfilesForRole',
    ],
    Resource: `arn:aws:iam::${MAIN_ACCOUNT}:role/*`,
  },
  {
    Sid: 'Policies',
    Effect: 'Allow',
    Action: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
    Resource: '*',
  },
];

function writeActions(boundaryArn: string): Statement[] {
  const roles = `arn:aws:iam::${MAIN_ACCOUNT}:role/backstage/*`;
  return [
    ...READ_ACTIONS,
    {
      Sid: 'CreateOnClusters',
      Effect: 'Allow',
      Action: ['eks:CreatePodIdentityAssociation', 'eks:CreateAddon'],
      Resource: `arn:aws:eks:*:${MAIN_ACCOUNT}:cluster/*`,
    },
    {
      Sid: 'ChangeAssociationsAndAddons',
      Effect: 'Allow',
      Action: [
        'eks:UpdatePodIdentityAssociation',
        'eks:DeletePodIdentityAssociation',
        'eks:DeleteAddon',
        'eks:TagResource',
      ],
      Resource: [
        `arn:aws:eks:*:${MAIN_ACCOUNT}:podidentityassociation/*/*`,
        `arn:aws:eks:*:${MAIN_ACCOUNT}:addon/*/*/*`,
      ],
    },
    {
      Sid: 'RolesOnlyWithTheBoundary',
      Effect: 'Allow',
      Action: [
        'iam:CreateRole',
        'iam:AttachRolePolicy',
        'iam:DetachRolePolicy',
        'iam:PutRolePolicy',
        'iam:DeleteRolePolicy',
        'iam:PutRolePermissionsBoundary',
      ],
      Resource: roles,
      Condition: { StringEquals: { 'iam:PermissionsBoundary': boundaryArn } },
    },
    {
      Sid: 'RolesBelowThePath',
      Effect: 'Allow',
      Action: [
        'iam:DeleteRole',
        'iam:TagRole',
        'iam:UntagRole',
        'iam:UpdateRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:RemoveRoleFromInstanceProfile',
      ],
      Resource: roles,
    },
    {
      Sid: 'PassRoles',
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: `arn:aws:iam::${MAIN_ACCOUNT}:role/*`,
      Condition: {
        StringEquals: { 'iam:PassedToService': 'pods.eks.amazonaws.com' },
      },
    },
  ];
}

/** Creates the accounts, users and portal roles that every scenario has. */
export function seedAccounts(aws: AwsDirect): SandboxCredentials {
  aws.addAccount(MAIN_ACCOUNT, 'sandbox-main');
  aws.addAccount(SECOND_ACCOUNT, 'sandbox-data');
  const keysOf = ({ user, key }: ReturnType<typeof aws.iam.putUser>) => ({
    arn: user.arn,
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey,
  });
  const administrator = ['arn:aws:iam::aws:policy/AdministratorAccess'];
  const admin = keysOf(
    aws.iam.putUser({ name: 'platform-admin', attached: administrator }),
  );
  const secondAdmin = keysOf(
    aws.iam.putUser({
      accountId: SECOND_ACCOUNT,
      name: 'data-admin',
      attached: administrator,
    }),
  );
  const nobody = keysOf(aws.iam.putUser({ name: 'nobody' }));
  const roleArn = (use: string) =>
    `arn:aws:iam::${MAIN_ACCOUNT}:role/portal/backstage-eks-${use}`;
  const roles = {
    read: roleArn('read'),
    verify: roleArn('verify'),
    write: roleArn('write'),
  };
  const backstage = keysOf(
    aws.iam.putUser({
      name: 'backstage',
      inline: {
        'assume-portal-roles': document({
          Effect: 'Allow',
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Resource: `arn:aws:iam::${MAIN_ACCOUNT}:role/portal/*`,
        }),
      },
    }),
  );
  const boundary = aws.iam.putPolicy({
    name: BOUNDARY_NAME,
    document: document(
      {
        Sid: 'Workloads',
        Effect: 'Allow',
        Action: [
          's3:*',
          'dynamodb:*',
          'sqs:*',
          'sns:*',
          'kms:*',
          'secretsmanager:GetSecretValue',
          'cloudwatch:*',
          'logs:*',
          'sts:AssumeRole',
          'sts:TagSession',
          'sts:GetCallerIdentity',
        ],
        Resource: '*',
      },
      { Sid: 'NoIdentity', Effect: 'Deny', Action: 'iam:*', Resource: '*' },
    ),
  });
  aws.iam.putPolicy({
    name: 'read-payments-receipts',
    document: document(
      {
        Effect: 'Allow',
        Action: 's3:ListBucket',
        Resource: 'arn:aws:s3:::acme-payments-receipts',
      },
      {
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: 'arn:aws:s3:::acme-payments-receipts/*',
      },
    ),
  });
  const trust = document({
    Effect: 'Allow',
    Principal: { AWS: backstage.arn },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
  });
  const uses = {
    read: READ_ACTIONS,
    verify: READ_ACTIONS,
    write: writeActions(boundary.arn),
  };
  for (const [use, statements] of Object.entries(uses)) {
    aws.iam.putRole({
      name: `backstage-eks-${use}`,
      path: '/portal/',
      description: `The developer portal: ${use}`,
      trust,
      inline: { portal: document(...statements) },
      tags: { team: 'platform' },
    });
  }
  aws.putBucket({
    name: 'acme-payments-receipts',
    objects: {
      'receipts/2026/11/0001.json': '{"amount":"12.50"}\n',
      'receipts/2026/11/0002.json': '{"amount":"7.00"}\n',
      'README.txt': 'Receipts by year and month.\n',
    },
  });
  aws.putBucket({
    name: 'acme-orders-export',
    objects: { 'daily/2026-11-23.csv': 'id,total\n1,10\n' },
  });
  aws.putBucket({
    name: 'acme-platform-artifacts',
    objects: { 'builds/latest.txt': '42\n' },
  });
  aws.putBucket({
    accountId: SECOND_ACCOUNT,
    name: 'acme-data-lake',
    objects: { 'events/part-0000.json': '{}\n' },
  });
  return { admin, secondAdmin, backstage, nobody, roles };
}

/** Creates a node role with the policies that AWS recommends. */
export function seedNodeRole(
  aws: AwsDirect,
  name: string,
  attached = [
    'arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy',
    'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly',
    'arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy',
  ],
): string {
  const role = aws.iam.putRole({
    name,
    trust: serviceTrust('ec2.amazonaws.com'),
    attached,
  });
  aws.iam.putInstanceProfile({ name, roleName: name });
  return role.arn;
}
