import { defineCheck, note, pass, unknown } from '../check';
import { lackOutcome } from '../fixes/lackOutcome';

/**
 * Of the network only that is looked at which DescribeCluster shows: whether the cluster is private. VPC endpoints
 * and routes belong to EC2, which the engine does not ask.
 */
export const clusterEksAuthPath = defineCheck({
  id: 'cluster.eks-auth-path',
  category: 'cluster',
  title: 'Nodes can reach EKS Auth',
  question:
    'Can the nodes reach eks-auth and sts, and may their role call eks-auth:AssumeRoleForPodIdentity?',
  neededBy: [],
  dependsOn: [{ check: 'cluster.active', onlyWhenFailed: true }],
  needs: ['cluster'],
  uses: ['nodeRoles'],
  evaluate({ cluster, nodeRoles }, { cluster: config }) {
    // A cluster that does not exist has failed cluster.active.
    if (!cluster) throw new Error('There is no cluster to judge');
    const { region } = config;
    const lacking = nodeRoles.known
      ? nodeRoles.value.filter(role => role.mayAskEksAuth === 'no')
      : [];
    if (lacking.length) {
      return note(
        `The role of ${lacking
          .map(role => role.of)
          .join(
            ' and ',
          )} is not allowed to call eks-auth:AssumeRoleForPodIdentity, so pods there get no credentials.`,
        {
          observed: lacking.map(role => role.arn).join(', '),
          resource: { kind: 'role', name: lacking[0].arn },
          fix: {
            cause: 'The agent asks EKS Auth with the role of its node.',
            actions: [
              'Attach AmazonEKSWorkerNodePolicy, or add this statement to the role.',
            ],
            snippet: {
              language: 'json',
              text: JSON.stringify(
                {
                  Effect: 'Allow',
                  Action: 'eks-auth:AssumeRoleForPodIdentity',
                  Resource: '*',
                },
                null,
                2,
              ),
            },
          },
        },
      );
    }
    if (!cluster.endpointPublicAccess) {
      return unknown(
        `The cluster is private: its VPC${
          cluster.vpcId ? ` ${cluster.vpcId}` : ''
        } needs a way to eks-auth and sts, which the portal does not look at.`,
        {
          observed: 'endpointPublicAccess: false',
          fix: {
            cause:
              'In a private cluster the agent reaches EKS Auth only through a VPC endpoint, NAT or a proxy.',
            actions: [
              `List the endpoints of the VPC with this command: com.amazonaws.${region}.eks-auth and com.amazonaws.${region}.sts should be there.`,
            ],
            snippet: {
              language: 'bash',
              text: `aws ec2 describe-vpc-endpoints --region ${region} \\\n  --filters Name=vpc-id,Values=${
                cluster.vpcId ?? '<vpc>'
              } --query 'VpcEndpoints[].[ServiceName,State]' --output table`,
            },
          },
        },
      );
    }
    if (!nodeRoles.known) {
      const outcome = lackOutcome(nodeRoles.lack);
      return outcome.status === 'skip'
        ? pass(
            'The cluster is not private-only, so missing VPC endpoints are not suspected.',
          )
        : outcome;
    }
    const open = nodeRoles.value.filter(
      role => role.mayAskEksAuth === 'unknown',
    );
    if (open.length) {
      return unknown(
        `Whether the role of ${open
          .map(role => role.of)
          .join(
            ' and ',
          )} may call eks-auth:AssumeRoleForPodIdentity depends on your own managed policies, which are not read.`,
        { observed: open.map(role => role.arn).join(', ') },
      );
    }
    return pass(
      'The cluster is not private-only, and the roles of its nodes may ask EKS Auth.',
      { observed: nodeRoles.value.map(role => role.arn).join(', ') },
    );
  },
});
