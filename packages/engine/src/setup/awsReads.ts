import { packages } from '../async/packages';
import { classifyAwsError } from '../aws/classify';
import type { ClusterSession } from '../clusters/types';

/** Nothing has this name: AWS says so to those who may ask, and refuses the others. */
const NOTHING = 'eks-pod-identity-doctor';

/** A read that changes nothing, and the right that it needs. */
interface Try {
  action: string;
  call(): Promise<unknown>;
}

function triesOf(
  { cluster, aws }: ClusterSession,
  { evidence }: { evidence: boolean },
): Try[] {
  const { eks, iam } = packages;
  const clusterName = cluster.name;
  const RoleName = NOTHING;
  const PolicyArn = `arn:${cluster.partition}:iam::aws:policy/ReadOnlyAccess`;
  return [
    {
      action: 'eks:DescribeCluster',
      call: () =>
        aws.eks.send(new eks.DescribeClusterCommand({ name: clusterName })),
    },
    {
      action: 'eks:ListPodIdentityAssociations',
      call: () =>
        aws.eks.send(
          new eks.ListPodIdentityAssociationsCommand({
            clusterName,
            maxResults: 1,
          }),
        ),
    },
    {
      action: 'eks:DescribePodIdentityAssociation',
      call: () =>
        aws.eks.send(
          new eks.DescribePodIdentityAssociationCommand({
            clusterName,
            associationId: 'a-doctor00000000000',
          }),
        ),
    },
    {
      action: 'eks:DescribeAddon',
      call: () =>
        aws.eks.send(
          new eks.DescribeAddonCommand({
            clusterName,
            addonName: 'eks-pod-identity-agent',
          }),
        ),
    },
    {
      action: 'eks:ListNodegroups',
      call: () =>
        aws.eks.send(
          new eks.ListNodegroupsCommand({ clusterName, maxResults: 1 }),
        ),
    },
    {
      action: 'eks:DescribeNodegroup',
      call: () =>
        aws.eks.send(
          new eks.DescribeNodegroupCommand({
            clusterName,
            nodegroupName: NOTHING,
          }),
        ),
    },
    {
      action: 'iam:GetRole',
      call: () => aws.iam.send(new iam.GetRoleCommand({ RoleName })),
    },
    {
      action: 'iam:GetRolePolicy',
      call: () =>
        aws.iam.send(
          new iam.GetRolePolicyCommand({ RoleName, PolicyName: NOTHING }),
        ),
    },
    {
      action: 'iam:ListAttachedRolePolicies',
      call: () =>
        aws.iam.send(new iam.ListAttachedRolePoliciesCommand({ RoleName })),
    },
    {
      action: 'iam:ListInstanceProfilesForRole',
      call: () =>
        aws.iam.send(new iam.ListInstanceProfilesForRoleCommand({ RoleName })),
    },
    {
      action: 'iam:ListRolePolicies',
      call: () => aws.iam.send(new iam.ListRolePoliciesCommand({ RoleName })),
    },
    {
      action: 'iam:GetPolicy',
      call: () => aws.iam.send(new iam.GetPolicyCommand({ PolicyArn })),
    },
    {
      action: 'iam:GetPolicyVersion',
      call: () =>
        aws.iam.send(
          new iam.GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }),
        ),
    },
    {
      action: 'ec2:DescribeVpcEndpoints',
      call: () =>
        aws.ec2.send(
          new packages.ec2.DescribeVpcEndpointsCommand({ MaxResults: 5 }),
        ),
    },
    ...(evidence
      ? [
          {
            action: 'cloudtrail:LookupEvents',
            call: () =>
              aws.cloudtrail.send(
                new packages.cloudtrail.LookupEventsCommand({ MaxResults: 1 }),
              ),
          },
        ]
      : []),
  ];
}

/** What came of trying each right that reading needs. */
export interface TriedReads {
  tried: string[];
  denied: string[];
  /** Words of other errors, by action. */
  unanswered: Map<string, string>;
}

/** Tries every right that reading needs, all at once. */
export async function tryReads(
  session: ClusterSession,
  options: { evidence: boolean },
): Promise<TriedReads> {
  const tries = triesOf(session, options);
  const denied: string[] = [];
  const unanswered = new Map<string, string>();
  await Promise.all(
    tries.map(({ action, call }) =>
      call().catch(error => {
        const { kind, message } = classifyAwsError(error);
        if (kind === 'denied') denied.push(action);
        else if (kind !== 'not-found') unanswered.set(action, message);
      }),
    ),
  );
  return {
    tried: tries.map(({ action }) => action),
    denied: denied.sort(),
    unanswered,
  };
}
