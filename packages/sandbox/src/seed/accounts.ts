import { AwsDirect } from '../aws/direct';
import { NODE_POLICIES, serviceTrust } from '../aws/direct/iam';
import { document, PolicyDocument } from '../aws/policy/document';
import portalRights from './portalRights.json';

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
  /** The user that the portal's backend runs as; it may assume the three roles and nothing else. A test may put a session here. */
  backstage: AccessKeys & { arn: string; sessionToken?: string };
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

/**
 * What the portal's roles may do, by the name of their inline policy: exactly the statements of docs/permissions.md,
 * for every cluster and every portal. A test of the engine compares both.
 */
function portalPolicies(boundaryArn: string) {
  const { reading, optional, evidence, changing, installing } = JSON.parse(
    JSON.stringify(portalRights.policies).replaceAll(
      `arn:aws:iam::${MAIN_ACCOUNT}:policy/${BOUNDARY_NAME}`,
      boundaryArn,
    ),
  ) as Record<keyof typeof portalRights.policies, PolicyDocument>;
  return {
    read: { reading, optional, evidence },
    verify: { reading },
    write: { reading, changing, installing },
  };
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
      {
        Sid: 'NoRolesOfThePortal',
        Effect: 'Deny',
        Action: 'sts:*',
        Resource: ['portal', 'backstage'].map(
          path => `arn:aws:iam::${MAIN_ACCOUNT}:role/${path}/*`,
        ),
      },
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
  const policies = portalPolicies(boundary.arn);
  const roleFor = (use: keyof typeof policies) =>
    aws.iam.putRole({
      name: `backstage-eks-${use}`,
      path: '/portal/',
      description: `The developer portal: ${use}`,
      trust,
      inline: policies[use],
      tags: { team: 'platform' },
    }).arn;
  const roles = {
    read: roleFor('read'),
    verify: roleFor('verify'),
    write: roleFor('write'),
  };
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

/**
 * Lets the portal's write role pass further roles to Pod Identity, as docs/permissions.md asks where roles may be
 * adopted.
 */
export function letPortalPass(
  aws: AwsDirect,
  credentials: SandboxCredentials,
  roleArns: string[],
): void {
  const arn = credentials.roles.write;
  aws.iam.updateRole(arn, {
    inline: {
      ...Object.fromEntries(
        Object.entries(aws.iam.role(arn).inline).map(([name, text]) => [
          name,
          JSON.parse(text) as PolicyDocument,
        ]),
      ),
      adopting: document({
        Effect: 'Allow',
        Action: 'iam:PassRole',
        Resource: roleArns,
        Condition: {
          StringEquals: { 'iam:PassedToService': 'pods.eks.amazonaws.com' },
        },
      }),
    },
  });
}

/** Creates a node role with the policies that AWS recommends. */
export function seedNodeRole(
  aws: AwsDirect,
  name: string,
  attached = NODE_POLICIES,
): string {
  const role = aws.iam.putRole({
    name,
    trust: serviceTrust('ec2.amazonaws.com'),
    attached,
  });
  aws.iam.putInstanceProfile({ name, roleName: name });
  return role.arn;
}
