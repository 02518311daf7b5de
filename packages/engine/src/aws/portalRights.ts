import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';

/**
 * The rights of the portal on AWS: what docs/permissions.md prints, what the artefacts in deploy/ contain, and what a
 * refusal advises. Stated once, here.
 */

/** What stands for the account, the cluster and the limits. In an artefact the members are its own placeholders. */
export interface RightsPlace {
  partition: string;
  region: string;
  accountId: string;
  /** As EKS knows it. */
  clusterName: string;
  /** Of created roles, with both slashes. */
  rolePath: string;
  boundaryArn: string;
  /** On everything that the portal makes. */
  portalId: string;
}

export interface RightsStatement {
  Sid: string;
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** Of a role: the portal's own principal may assume it. */
export interface TrustStatement {
  Sid: string;
  Effect: 'Allow';
  Principal: { AWS: string };
  Action: string[];
}

export interface RightsPolicy {
  Version: '2012-10-17';
  Statement: RightsStatement[];
}

/** Of the boundary that docs/permissions.md proposes. */
export const BOUNDARY_NAME = 'backstage-workload-boundary';

export function proposedBoundary({
  partition,
  accountId,
}: Pick<RightsPlace, 'partition' | 'accountId'>): string {
  return `arn:${partition}:iam::${accountId}:policy/${BOUNDARY_NAME}`;
}

const policy = (...Statement: RightsStatement[]): RightsPolicy => ({
  Version: '2012-10-17',
  Statement,
});

const eks = ({ partition, region, accountId }: RightsPlace, rest: string) =>
  `arn:${partition}:eks:${region}:${accountId}:${rest}`;

const cluster = (place: RightsPlace) =>
  eks(place, `cluster/${place.clusterName}`);

const below = (place: RightsPlace, kind: string, rest: string) =>
  eks(place, `${kind}/${place.clusterName}/${rest}`);

const roles = ({ partition, accountId }: RightsPlace, rest: string) =>
  `arn:${partition}:iam::${accountId}:role${rest}`;

/** Status, plans, dry runs, and checks that only read. */
export function readingPolicy(place: RightsPlace): RightsPolicy {
  return policy(
    {
      Sid: 'Clusters',
      Effect: 'Allow',
      Action: [
        'eks:DescribeCluster',
        'eks:ListNodegroups',
        'eks:ListPodIdentityAssociations',
      ],
      Resource: cluster(place),
    },
    {
      Sid: 'BelowClusters',
      Effect: 'Allow',
      Action: [
        'eks:DescribePodIdentityAssociation',
        'eks:DescribeAddon',
        'eks:DescribeNodegroup',
      ],
      Resource: [
        below(place, 'podidentityassociation', '*'),
        below(place, 'addon', 'eks-pod-identity-agent/*'),
        below(place, 'nodegroup', '*/*'),
      ],
    },
    {
      Sid: 'Roles',
      Effect: 'Allow',
      Action: [
        'iam:GetRole',
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListInstanceProfilesForRole',
        'iam:ListRolePolicies',
      ],
      Resource: roles(place, '/*'),
    },
    {
      Sid: 'Policies',
      Effect: 'Allow',
      Action: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
      Resource: '*',
    },
    {
      Sid: 'VpcEndpoints',
      Effect: 'Allow',
      Action: 'ec2:DescribeVpcEndpoints',
      Resource: '*',
    },
  );
}

/** What the portal can do without; beside the reading policy. */
export function optionalPolicy(place: RightsPlace): RightsPolicy {
  return policy(
    {
      Sid: 'Optional',
      Effect: 'Allow',
      Action: [
        'ec2:DescribeLaunchTemplateVersions',
        'eks:DescribeAddonConfiguration',
        'iam:GetAccountAuthorizationDetails',
        'iam:ListOpenIDConnectProviders',
        'iam:SimulatePrincipalPolicy',
      ],
      Resource: '*',
    },
    {
      Sid: 'Addons',
      Effect: 'Allow',
      Action: ['eks:DescribeAddon', 'eks:ListAddons'],
      Resource: [cluster(place), below(place, 'addon', '*')],
    },
  );
}

/** What the columns of all AWS access take, beside the reading policy: all that a look asks for, and no more. */
export function lookPolicy(place: RightsPlace): RightsPolicy {
  return policy(
    {
      Sid: 'Look',
      Effect: 'Allow',
      Action: [
        'cloudtrail:LookupEvents',
        'eks:DescribeAddonConfiguration',
        'iam:GetAccountAuthorizationDetails',
        'iam:ListOpenIDConnectProviders',
      ],
      Resource: '*',
    },
    {
      Sid: 'LookAtAddons',
      Effect: 'Allow',
      Action: ['eks:DescribeAddon', 'eks:ListAddons'],
      Resource: [cluster(place), below(place, 'addon', '*')],
    },
  );
}

/** Only with `evidence.cloudTrail`, beside the reading policy. */
export function evidencePolicy(): RightsPolicy {
  return policy({
    Sid: 'EvidenceOfUse',
    Effect: 'Allow',
    Action: 'cloudtrail:LookupEvents',
    Resource: '*',
  });
}

/** With it the owner of a role lets the portal of this id edit its trust policy. */
export const EDIT_TRUST_TAG = 'backstage.io/edit-trust';

/** The keys of the context of a call that limit a right. */
export const LIMITS = {
  boundary: 'iam:PermissionsBoundary',
  madeBy: `aws:ResourceTag/${MARK_TAGS.portal}`,
  taggedFor: `aws:RequestTag/${MARK_TAGS.portal}`,
  letEdit: `aws:ResourceTag/${EDIT_TRUST_TAG}`,
} as const;
const { boundary: BOUNDARY, madeBy: MADE_BY, taggedFor: TAGGED_FOR } = LIMITS;

/**
 * What the portal made, by its tag. AWS counts the tags of a call that creates as those of the resource, so this lets
 * them be given with it; on what is there already, the tag can neither be put nor changed.
 */
const madeBy = ({ portalId }: RightsPlace) => ({
  StringEquals: { [MADE_BY]: portalId },
  StringEqualsIfExists: { [TAGGED_FOR]: portalId },
});

/** Beside the reading policy. */
export function changingPolicy(place: RightsPlace): RightsPolicy {
  return policy(
    {
      Sid: 'CreateAssociations',
      Effect: 'Allow',
      Action: 'eks:CreatePodIdentityAssociation',
      Resource: cluster(place),
    },
    {
      Sid: 'ChangeAssociations',
      Effect: 'Allow',
      Action: [
        'eks:UpdatePodIdentityAssociation',
        'eks:DeletePodIdentityAssociation',
        'eks:TagResource',
      ],
      Resource: below(place, 'podidentityassociation', '*'),
      Condition: madeBy(place),
    },
    {
      Sid: 'PassRolesToPodIdentityOnly',
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: roles(place, `${place.rolePath}*`),
      Condition: {
        StringEquals: { 'iam:PassedToService': 'pods.eks.amazonaws.com' },
        ArnLike: {
          'iam:AssociatedResourceARN': [
            cluster(place),
            below(place, 'podidentityassociation', '*'),
          ],
        },
      },
    },
    {
      Sid: 'RolesOnlyWithTheBoundary',
      Effect: 'Allow',
      Action: 'iam:CreateRole',
      Resource: roles(place, `${place.rolePath}*`),
      Condition: {
        StringEquals: {
          [BOUNDARY]: place.boundaryArn,
          [TAGGED_FOR]: place.portalId,
        },
      },
    },
    {
      Sid: 'PoliciesOnlyWithTheBoundary',
      Effect: 'Allow',
      Action: [
        'iam:AttachRolePolicy',
        'iam:DetachRolePolicy',
        'iam:PutRolePolicy',
        'iam:DeleteRolePolicy',
        'iam:PutRolePermissionsBoundary',
      ],
      Resource: roles(place, `${place.rolePath}*`),
      Condition: {
        StringEquals: {
          [BOUNDARY]: place.boundaryArn,
          [MADE_BY]: place.portalId,
        },
      },
    },
    {
      Sid: 'RolesOfThisPortal',
      Effect: 'Allow',
      Action: [
        'iam:DeleteRole',
        'iam:TagRole',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
      ],
      Resource: roles(place, `${place.rolePath}*`),
      Condition: madeBy(place),
    },
  );
}

/** Only with `allow.installAgent`, beside the changing policy. */
export function installingPolicy(place: RightsPlace): RightsPolicy {
  return policy(
    {
      Sid: 'InstallTheAgent',
      Effect: 'Allow',
      Action: 'eks:CreateAddon',
      Resource: cluster(place),
    },
    {
      Sid: 'RemoveTheAgent',
      Effect: 'Allow',
      Action: ['eks:DeleteAddon', 'eks:TagResource'],
      Resource: below(place, 'addon', 'eks-pod-identity-agent/*'),
    },
  );
}

/** Only with `guardrails.roles.editTrust`, beside the changing policy. The portal cannot put that tag on a role of others. */
export function movingPolicy(place: RightsPlace): RightsPolicy {
  return policy({
    Sid: 'TrustOfRolesThatTheirOwnerTagged',
    Effect: 'Allow',
    Action: 'iam:UpdateAssumeRolePolicy',
    Resource: roles(place, '/*'),
    Condition: { StringEquals: { [LIMITS.letEdit]: place.portalId } },
  });
}

/** A principal that is itself a pod identity has session tags, which pass to the next role. */
export const ASSUMING = ['sts:AssumeRole', 'sts:TagSession'];

/** Of each of the portal's roles. */
export function trustOfRoles(principalArn: string): {
  Version: '2012-10-17';
  Statement: TrustStatement[];
} {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'ThePortalOnly',
        Effect: 'Allow',
        Principal: { AWS: principalArn },
        Action: ASSUMING,
      },
    ],
  };
}

/** Of the principal as which the portal signs in to the account. */
export function principalPolicy(roleArns: string | string[]): RightsPolicy {
  return policy({
    Sid: 'AssumeTheRolesOfThePortal',
    Effect: 'Allow',
    Action: ASSUMING,
    Resource: roleArns,
  });
}
