import { GOVERNING, OTHER_ROLES } from '../../guardrails/forbiddenActions';

/** Values that nothing in deploy/ takes, by what they would be. */
const NAMES = {
  cluster: ['*', 'a/b'],
  portalId: ['*', '', 'a b', '${x}', 'x'.repeat(257)],
  rolePath: ['/', '/backstage', 'backstage/', '/*/'],
  rolesPath: ['', '/platform', 'platform/', '/*/', '/a b/'],
  rolePrefix: ['*', 'a/b', 'x'.repeat(41)],
  principal: [
    '*',
    'arn:aws:iam::1:root',
    'arn:aws:iam::444455556666:root',
    'arn:aws:iam::444455556666:role/*',
  ],
  actions: [
    '*',
    'kms:*',
    's3:Get*',
    'kinesis',
    'kinesis:PutRecord,*',
    'kinesis:PutRecord,sts:AssumeRole',
    'sts:AssumeRole',
    'eks:CreateAccessEntry',
    'eks-auth:AssumeRoleForPodIdentity',
    'ssm:SendCommand',
    'ssm:PutParameter',
    's3:PutBucketPolicy',
    's3:PutObjectAcl',
    's3:PutObjectACL',
    's3:Putbucketpolicy',
    'lambda:UPDATEFUNCTIONCODE',
    'lambda:Addpermission',
    'kms:PutKeyPolicy',
    'kms:CreateGrant',
    'lambda:AddPermission',
    'secretsmanager:PutResourcePolicy',
    'sns:SetTopicAttributes',
    'sqs:SetQueueAttributes',
    ...GOVERNING.map(({ service }) => `${service}:GetAny`),
    ...OTHER_ROLES.map(action => action.replace('*', 'Any')),
  ],
  policy: ['*', 'arn:aws:iam::111122223333:policy/*', 'limit'],
};

/** A template and a module of deploy/ that take the same parameters. */
export interface Deployed {
  template: string;
  /** Folder of the module. */
  module: string;
  /** What both need, by the names of the template. */
  needed: Record<string, string>;
  /** By parameter: the variable of the module, and the values that both refuse. */
  refused: Record<string, [string, string[]]>;
}

const CLUSTER = { ClusterName: 'payments-prod' };
const PORTAL = { PortalId: 'portal.example.com' };
const PRINCIPAL = { PortalPrincipalArn: 'arn:aws:iam::111122223333:role/it' };

/** What no way to set a portal up takes. */
export const REFUSED: Deployed[] = [
  {
    template: 'cloudformation.yaml',
    module: 'terraform',
    needed: { ...CLUSTER, ...PORTAL, ...PRINCIPAL },
    refused: {
      ClusterName: ['cluster_name', [...NAMES.cluster, '']],
      PortalId: ['portal_id', NAMES.portalId],
      RolePath: ['role_path', NAMES.rolePath],
      RolePrefix: ['role_prefix', NAMES.rolePrefix],
      BoundaryName: ['boundary_name', ['*', 'a/b', 'x'.repeat(101)]],
      MoreDataActions: ['more_data_actions', NAMES.actions],
      PortalPrincipalArn: ['portal_principal_arn', NAMES.principal],
    },
  },
  {
    template: 'account.yaml',
    module: 'terraform/account',
    needed: { ...PORTAL, ...PRINCIPAL },
    refused: {
      PortalId: ['portal_id', NAMES.portalId],
      RolePath: ['role_path', NAMES.rolePath],
      RolePrefix: ['role_prefix', NAMES.rolePrefix],
      RolesPath: ['roles_path', NAMES.rolesPath],
      PortalPrincipalArn: ['portal_principal_arn', NAMES.principal],
      MoreDataActions: ['more_data_actions', NAMES.actions],
      BoundaryArn: ['boundary_arn', NAMES.policy],
      RolesBoundaryArn: ['roles_boundary_arn', NAMES.policy],
    },
  },
  {
    template: 'cluster.yaml',
    module: 'terraform/cluster',
    needed: { ...CLUSTER, ...PORTAL },
    refused: {
      ClusterName: ['cluster_name', [...NAMES.cluster, '']],
      PortalId: ['portal_id', NAMES.portalId],
      RolePath: ['role_path', NAMES.rolePath],
      RolePrefix: ['role_prefix', NAMES.rolePrefix],
      RolesPath: ['roles_path', NAMES.rolesPath],
    },
  },
  {
    template: 'portal.yaml',
    module: 'terraform/portal',
    needed: { ...CLUSTER, SignsInBy: 'pod-identity' },
    refused: {
      SignsInBy: ['signs_in_by', ['', 'user']],
      ClusterName: ['cluster_name', NAMES.cluster],
      Namespace: ['namespace', ['*', '', 'back*', 'a:b', 'a"b']],
      ServiceAccount: ['service_account', ['*', '', 'a:b', 'a"b']],
      OidcIssuer: ['oidc_issuer', ['https://a.example.com', '*', 'a"b']],
      PortalPrincipalArn: [
        'portal_principal_arn',
        [...NAMES.principal, 'arn:aws:iam::444455556666:user/backstage'],
      ],
      RoleName: ['role_name', ['*', 'a/b']],
      RolePrefix: ['role_prefix', NAMES.rolePrefix],
      RolesPath: ['roles_path', NAMES.rolesPath],
      MoreRoleArns: [
        'more_role_arns',
        [
          '*',
          'arn:aws:iam::444455556666:role/*',
          'arn:aws:iam::444455556666:role/backstage-portal,*',
        ],
      ],
    },
  },
  {
    template: 'pipelines.yaml',
    module: 'terraform/pipelines',
    needed: { ...CLUSTER, Provider: 'github', Repository: 'acme/payments' },
    refused: {
      Provider: ['issued_by', ['', 'bitbucket']],
      Repository: [
        'repository',
        ['acme', 'acme/*', '*', 'acme/a:ref', 'acme/a"', 'acme/${x}'],
      ],
      Branch: ['branch', ['*', '', 'release-?', 'a"b', 'a\\b']],
      Environment: ['environment', ['*', 'a:b', 'a"']],
      Host: ['host', ['https://gitlab.com', '*.example.com', 'a"b']],
      Audience: ['audience', ['*', '', 'a"b']],
      OidcProviderArn: ['oidc_provider_arn', ['*', 'gitlab.com']],
      Group: ['group', ['*', 'system:masters']],
      RoleName: ['role_name', ['*', 'a/b', 'x'.repeat(65)]],
      ClusterName: ['cluster_name', ['*', '']],
    },
  },
];

/** Where eksctl.yaml has what is a parameter of a template, as `template parameter`. */
export const LITERALS: Record<string, (config: any) => string[]> = {
  'cloudformation.yaml ClusterName': ({ metadata }) => [metadata.name],
  'cloudformation.yaml PortalPrincipalArn': ({ accessConfig, iam }) => [
    ...accessConfig.accessEntries.map((one: any) => one.principalARN),
    ...iam.podIdentityAssociations[0].permissionPolicy.Statement[0].Resource,
  ],
  'portal.yaml Namespace': ({ iam }) => [
    iam.podIdentityAssociations[0].namespace,
  ],
  'portal.yaml ServiceAccount': ({ iam }) => [
    iam.podIdentityAssociations[0].serviceAccountName,
  ],
  'portal.yaml RoleName': ({ iam }) => [
    iam.podIdentityAssociations[0].roleName,
  ],
};
