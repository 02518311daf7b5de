import { serviceTrust } from '../aws/direct/iam';
import { AGENT_ADDON } from '../aws/eks/addonLife';
import type { NodeOptions } from '../kubernetes';
import { breaking, Scenario } from './scenario';
import type { Stage } from './stage';

const WORKER_POLICY = 'arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy';

const roleOfNodes = (stage: Stage) =>
  `arn:aws:iam::${stage.aws.mainAccount}:role/${stage.cluster}-nodes`;

function withoutEksAuth(stage: Stage): void {
  const role = stage.aws.iam.role(roleOfNodes(stage));
  stage.aws.iam.updateRole(role.arn, {
    attached: role.attached.filter(arn => arn !== WORKER_POLICY),
  });
}

/** Adds a node and moves the pods of the Deployment there. */
async function moveTo(
  stage: Stage,
  options: Omit<NodeOptions, 'name'>,
): Promise<void> {
  const node = await stage.kube.addNode({
    ...options,
    labels: { 'example.com/pool': options.kind, ...options.labels },
  });
  await stage.changePods(({ spec }) => {
    spec.nodeSelector = { 'example.com/pool': options.kind };
    spec.tolerations = [{ operator: 'Exists' }];
  });
  return void node;
}

/** Nodes and the cluster itself. */
export const nodeScenarios: Record<string, Scenario> = {
  'node-role-without-eks-auth': breaking({
    rows: ['17'],
    description:
      'Detaches AmazonEKSWorkerNodePolicy from the role of all nodes.',
    shows: 'The node role is not allowed to call EKS Auth.',
    break: withoutEksAuth,
  }),
  'node-group-without-eks-auth': breaking({
    rows: ['17'],
    description:
      'Adds a node group whose role is not allowed to call EKS Auth, and runs the pods there.',
    shows: 'The pods of one node group get no credentials.',
    async break(stage) {
      const { iam, eks } = stage.aws;
      const { arn } = iam.putRole({
        name: `${stage.cluster}-old-nodes`,
        trust: serviceTrust('ec2.amazonaws.com'),
        attached: ['arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy'],
      });
      eks.putNodegroup(stage.cluster, {
        nodegroupName: 'old',
        nodeRole: arn,
        desiredSize: 1,
      });
      await moveTo(stage, {
        kind: 'managed',
        roleArn: arn,
        labels: { 'eks.amazonaws.com/nodegroup': 'old' },
      });
    },
  }),
  'pods-on-fargate': breaking({
    rows: ['23'],
    cluster: 'orders-legacy',
    description:
      'Makes a Fargate profile for the namespace and restarts the pods.',
    shows: 'The agent does not run on Fargate.',
    async break(stage) {
      const { arn } = stage.aws.iam.putRole({
        name: `${stage.cluster}-fargate-all`,
      });
      stage.aws.eks.putFargateProfile(stage.cluster, {
        fargateProfileName: 'all',
        podExecutionRoleArn: arn,
        namespaces: [stage.namespace],
      });
      stage.kube.selectForFargate({
        profile: 'all',
        namespace: stage.namespace,
      });
      await stage.restart();
    },
  }),
  'pods-on-windows': breaking({
    rows: ['24'],
    description: 'Runs the pods on a Windows node.',
    shows: 'Pod Identity does not work on Windows.',
    break: stage =>
      moveTo(stage, { kind: 'windows', roleArn: roleOfNodes(stage) }),
  }),
  'pods-on-hybrid-node': breaking({
    rows: ['24'],
    description:
      'Runs the pods on a hybrid node without the agent for hybrid nodes.',
    shows: 'No agent is on the hybrid node.',
    break: stage =>
      moveTo(stage, { kind: 'hybrid', roleArn: roleOfNodes(stage) }),
  }),
  'cluster-on-outpost': breaking({
    rows: ['24'],
    description: 'Makes the cluster a local one on an Outpost.',
    shows: 'Pod Identity is not there on Outposts.',
    break: ({ aws, cluster }) =>
      aws.eks.updateCluster(cluster, {
        outpostConfig: {
          outpostArns: [
            'arn:aws:outposts:eu-west-1:111122223333:outpost/op-0a1b2c3d4e5f60718',
          ],
          controlPlaneInstanceType: 'm5.large',
        },
      }),
  }),
  'auto-mode-beside-nodes-without-agent': breaking({
    rows: ['25'],
    cluster: 'platform-auto',
    description:
      'Runs the pods on the managed node of a cluster in Auto Mode without the add-on.',
    shows: 'No agent is on the node that Auto Mode does not manage.',
    break: stage =>
      stage.changePods(({ spec }) => {
        spec.nodeSelector = { 'eks.amazonaws.com/nodegroup': 'batch' };
      }),
  }),
  'node-in-reach': breaking({
    rows: ['30'],
    description:
      'Adds a node whose metadata pods can reach, and runs the pods there without identity.',
    shows: 'The pods work as the node.',
    async break(stage) {
      const again = stage.dissociate();
      await moveTo(stage, {
        kind: 'managed',
        roleArn: roleOfNodes(stage),
        imdsHopLimit: 2,
      });
      again();
    },
  }),
  'cluster-updating': breaking({
    rows: ['51'],
    description: 'Lets the cluster be updated.',
    shows: 'The cluster is not active.',
    break: ({ aws, cluster }) =>
      aws.eks.updateCluster(cluster, { status: 'UPDATING' }),
  }),
  'cluster-failed': breaking({
    rows: ['51'],
    description: 'Makes the cluster a failed one.',
    shows: 'The cluster is not active.',
    break: ({ aws, cluster }) =>
      aws.eks.updateCluster(cluster, { status: 'FAILED' }),
  }),
  'platform-too-old': breaking({
    rows: ['51'],
    description: 'Sets a platform version below what Pod Identity needs.',
    shows: 'The platform version is too old.',
    break: ({ aws, cluster }) =>
      aws.eks.updateCluster(cluster, {
        version: '1.28',
        platformVersion: 'eks.3',
      }),
  }),
  'agent-used-by-others': breaking({
    rows: ['50'],
    description:
      'Nothing breaks: the identity of the CSI driver uses the agent too.',
    shows: 'A teardown leaves the agent in place.',
    break: ({ aws, cluster }) => {
      aws.eks.cluster(cluster).addons.get(AGENT_ADDON);
    },
  }),
};
