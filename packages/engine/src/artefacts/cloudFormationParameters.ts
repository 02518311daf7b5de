import { WITHHELD } from './moreDataActions';

const rolePath = (whose: string) => `  RolePath:
    Type: String
    Description: Path of the roles that the portal makes (role.path in app-config), ${whose}
    Default: /backstage/
    AllowedPattern: '/([A-Za-z0-9_+=,.@-]+/)+'
    ConstraintDescription: 'a path with both slashes, such as /backstage/'`;

const look = (description: string) => `  Look:
    Type: String
    Description: >-
      ${description}
    Default: 'no'
    AllowedValues: ['yes', 'no']`;

const moreDataActions = (unless: string) => `  MoreDataActions:
    Type: CommaDelimitedList
    Description: >-
      Further actions that the boundary of this stack (${unless}) lets workloads have, each by its whole name, such as kinesis:PutRecord; none that writes rights, such as lambda:AddPermission, and none that reaches another role, such as sts:AssumeRole
    Default: ''
    AllowedPattern: '((?!${WITHHELD}(,|$))[a-z0-9-]+:[A-Z][A-Za-z0-9]+(,|$))*'
    ConstraintDescription: 'whole names of actions on data, such as kinesis:PutRecord: none that writes rights or reaches another role'`;

/** Parameters of the stacks, each below its name; `SharedRolePath` is the RolePath of clusters that share the roles. */
const PARAMETERS = {
  BoundaryArn: `  BoundaryArn:
    Type: String
    Description: ARN of a boundary that the account has already, instead of one that this stack makes. It has to deny what NeverRights and NeverRolesOfThePortal deny (docs/permissions.md)
    Default: ''
    AllowedPattern: '(arn:aws[a-z-]*:iam::[0-9]{12}:policy/[A-Za-z0-9_+=,.@/-]+)?'
    ConstraintDescription: the ARN of a managed policy`,
  RolesBoundaryArn: `  RolesBoundaryArn:
    Type: String
    Description: ARN of the boundary of the three roles themselves, where the account demands one
    Default: ''
    AllowedPattern: '(arn:aws[a-z-]*:iam::[0-9]{12}:policy/[A-Za-z0-9_+=,.@/-]+)?'
    ConstraintDescription: the ARN of a managed policy`,
  PortalPrincipalArn: `  PortalPrincipalArn:
    Type: String
    Description: ARN of the IAM role as which the portal signs in, such as that of portal.yaml; it may assume the three roles
    AllowedPattern: 'arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/[A-Za-z0-9_+=,.@/-]+'
    ConstraintDescription: 'the ARN of an IAM role or user, such as arn:aws:iam::111122223333:role/backstage-portal'`,
  ClusterName: `  ClusterName:
    Type: String
    Description: Name of the EKS cluster, in the region of this stack
    AllowedPattern: '[A-Za-z0-9][A-Za-z0-9_-]{0,99}'
    ConstraintDescription: the name of an EKS cluster`,
  PortalId: `  PortalId:
    Type: String
    Description: portalId of app-config or, where that sets none, the host of app.baseUrl; what the portal makes is tagged with it
    AllowedPattern: '[A-Za-z0-9_.:/=+@-]{1,256}'
    ConstraintDescription: 'at most 256 letters, digits and _.:/=+@-, such as portal.example.com'`,
  SelfService: `  SelfService:
    Type: String
    Description: Whether the portal makes and changes identities (yes), or only watches and proves them (no)
    Default: 'yes'
    AllowedValues: ['yes', 'no']`,
  InstallAgent: `  InstallAgent:
    Type: String
    Description: Whether the portal may install the Pod Identity Agent (allow.installAgent)
    Default: 'no'
    AllowedValues: ['yes', 'no']`,
  EditTrust: `  EditTrust:
    Type: String
    Description: Whether the portal may edit the trust policies of roles that their owners tagged for it (guardrails.roles.editTrust)
    Default: 'no'
    AllowedValues: ['yes', 'no']`,
  Look: look(
    'Whether the read role gets the rights for All AWS access: searching CloudTrail (evidence.cloudTrail) and reading all of IAM',
  ),
  LookOfAccount: look(
    'Whether the read role gets the rights for All AWS access: searching CloudTrail (evidence.cloudTrail) and reading all of IAM; give it in cluster.yaml as well, for the add-ons',
  ),
  LookOfCluster: look(
    "Whether the read role gets the add-ons' part of the rights for All AWS access; the others come with Look of account.yaml, so give it there as well",
  ),
  OptionalReading: `  OptionalReading:
    Type: String
    Description: Whether the read role has the optional rights too, such as reading the whole IAM of the account
    Default: 'no'
    AllowedValues: ['yes', 'no']`,
  CloudTrailEvidence: `  CloudTrailEvidence:
    Type: String
    Description: Whether the read role may search CloudTrail (evidence.cloudTrail)
    Default: 'no'
    AllowedValues: ['yes', 'no']`,
  AccessEntries: `  AccessEntries:
    Type: String
    Description: Whether to make access entries; no for a CONFIG_MAP cluster, which needs entries in aws-auth
    Default: 'yes'
    AllowedValues: ['yes', 'no']`,
  RolePath: rolePath(
    'for each cluster of an account its own, none below another',
  ),
  SharedRolePath: rolePath('one for all clusters that share the three roles'),
  RolePrefix: `  RolePrefix:
    Type: String
    Description: What the names of the portal's own roles begin with
    Default: backstage-eks
    AllowedPattern: '[A-Za-z0-9_+=,.@-]{1,40}'
    ConstraintDescription: at most 40 characters that IAM allows in a name`,
  RolesPath: `  RolesPath:
    Type: String
    Description: Path of the portal's own roles, where the account demands one; not below RolePath, whose roles the portal changes
    Default: /
    AllowedPattern: '/([A-Za-z0-9_+=,.@-]+/)*'
    ConstraintDescription: 'a path with both slashes, such as /platform/'`,
  BoundaryName: `  BoundaryName:
    Type: String
    Description: Name of the boundary of workloads' roles
    Default: backstage-workload-boundary
    AllowedPattern: '[A-Za-z0-9_+=,.@-]{1,100}'
    ConstraintDescription: at most 100 characters that IAM allows in a name`,
  MoreDataActions: moreDataActions('none with SelfService=no'),
  MoreDataActionsOfAccount: moreDataActions(
    'none with BoundaryArn or SelfService=no',
  ),
  Regional: `  Regional:
    Type: String
    Description: Whether names end with the region, so that stacks of several regions of one account do not clash; MoreRoleArns of portal.yaml has to name such roles
    Default: 'no'
    AllowedValues: ['yes', 'no']`,
};

/** The section of a template that has these, in their order. */
export const parametersOf = (...names: (keyof typeof PARAMETERS)[]): string =>
  `Parameters:\n${names.map(name => PARAMETERS[name]).join('\n')}`;
