import { defineCheck, pass, unknown } from '../check';

/**
 * Only half of the question can be looked at with the portal's rights: whether the cluster is private. VPC
 * endpoints and routes belong to EC2, which the engine does not ask.
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
  evaluate({ cluster }, { cluster: config }) {
    // A cluster that does not exist has failed cluster.active.
    if (!cluster) throw new Error('There is no cluster to judge');
    const { region } = config;
    if (cluster.endpointPublicAccess) {
      return pass(
        'The cluster is not private-only, so missing VPC endpoints are not suspected.',
        { observed: 'endpointPublicAccess: true' },
      );
    }
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
  },
});
