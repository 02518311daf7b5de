import { AwsDirect } from '../aws/direct';
import { ClusterInput } from '../aws/direct/eks';
import { POD_IDENTITY_TRUST, serviceTrust } from '../aws/direct/iam';
import { PolicyDocument } from '../aws/policy/document';
import { ClusterOptions, NodeOptions } from '../kubernetes';
import {
  MAIN_ACCOUNT,
  PORTAL_GROUPS,
  SandboxCredentials,
  seedNodeRole,
} from './accounts';
import { partitionOf } from '../core/partition';

/** A cluster of the demo, with its AWS side. */
export interface DemoCluster {
  name: string;
  input: Omit<ClusterInput, 'name'>;
  /** Options of its Kubernetes side in a region. */
  kubernetes(region: string): ClusterOptions;
  /** Fills the cluster once both sides exist. */
  fill(aws: AwsDirect, credentials: SandboxCredentials): Promise<void>;
}

/** ARN of the instance role of a demo cluster's nodes. */
const nodeRoleArn = (region: string, name: string) =>
  `arn:${partitionOf(region).id}:iam::${MAIN_ACCOUNT}:role/${name}`;

type FurtherNode = Omit<NodeOptions, 'roleArn'>;

/** Nodes of one node group, spread over the zones. */
function nodes(
  region: string,
  kind: NodeOptions['kind'],
  role: string,
  count: number,
  group?: string,
): NodeOptions[] {
  return Array.from({ length: count }, (_, index) => ({
    kind,
    roleArn: nodeRoleArn(region, role),
    zone: `${region}${'abc'[index % 3]}`,
    ...(group && { labels: { 'eks.amazonaws.com/nodegroup': group } }),
  }));
}

const terraform = { ManagedBy: 'terraform', team: 'payments' };

/** Creates the access entries that every cluster has: administrator, portal and nodes. */
function seedAccess(
  aws: AwsDirect,
  cluster: string,
  credentials: SandboxCredentials,
  nodeRoles: string[],
): void {
  aws.eks.putAccessEntry(cluster, {
    principalArn: credentials.admin.arn,
    policies: [{ name: 'AmazonEKSClusterAdminPolicy' }],
  });
  for (const use of ['read', 'verify', 'write'] as const) {
    aws.eks.putAccessEntry(cluster, {
      principalArn: credentials.roles[use],
      groups: [PORTAL_GROUPS[use]],
    });
  }
  for (const principalArn of nodeRoles) {
    aws.eks.putAccessEntry(cluster, {
      principalArn,
      type: 'EC2_LINUX',
      username: 'system:node:{{EC2PrivateDNSName}}',
      groups: ['system:nodes'],
    });
  }
}

async function seedAddons(
  aws: AwsDirect,
  cluster: string,
  names: string[],
): Promise<void> {
  for (const addonName of names) {
    await aws.eks.putAddon(cluster, { addonName });
  }
}

/** Creates the EBS driver, with the association that the add-on owns. */
async function seedStorageDriver(
  aws: AwsDirect,
  cluster: string,
): Promise<void> {
  const role = aws.iam.putRole({
    name: `ebs-csi-${cluster}`,
    attached: ['arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy'],
  });
  const addon = await aws.eks.putAddon(cluster, {
    addonName: 'aws-ebs-csi-driver',
  });
  const association = aws.eks.putAssociation(cluster, {
    namespace: 'kube-system',
    serviceAccount: 'ebs-csi-controller-sa',
    roleArn: role.arn,
    ownerArn: addon.addonArn,
  });
  addon.podIdentityAssociations = [association.associationArn];
}

/** Lets the pods of a namespace run on Fargate, by a profile of its name. */
function seedFargate(aws: AwsDirect, cluster: string, jobs: string): void {
  const { arn } = aws.iam.putRole({
    name: `${cluster}-fargate`,
    trust: serviceTrust('eks-fargate-pods.amazonaws.com'),
    attached: [
      'arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy',
    ],
  });
  aws.eks.putFargateProfile(cluster, {
    fargateProfileName: jobs,
    podExecutionRoleArn: arn,
    namespaces: [jobs],
  });
}

const irsaTrust = (region: string, cluster: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: {
        Federated: `arn:aws:iam::${MAIN_ACCOUNT}:oidc-provider/oidc.eks.${region}.${
          partitionOf(region).dnsSuffix
        }/id/${cluster.toUpperCase()}`,
      },
      Action: 'sts:AssumeRoleWithWebIdentity',
    },
  ],
});

const paymentsProd: DemoCluster = {
  name: 'payments-prod',
  input: {
    version: '1.33',
    platformVersion: 'eks.16',
    tags: { team: 'payments', environment: 'production' },
  },
  kubernetes: region => ({
    version: '1.33',
    apiServers: 2,
    nodes: nodes(region, 'managed', 'payments-prod-nodes', 3, 'general'),
    // For tests that select pods for Fargate
    fargate: {
      roleArn: nodeRoleArn(region, 'payments-prod-fargate'),
      selectors: [],
    },
  }),
  async fill(aws, credentials) {
    const cluster = this.name;
    const general = seedNodeRole(aws, 'payments-prod-nodes');
    aws.eks.putNodegroup(cluster, {
      nodegroupName: 'general',
      nodeRole: general,
      desiredSize: 3,
    });
    seedAccess(aws, cluster, credentials, [general]);
    await seedAddons(aws, cluster, [
      'vpc-cni',
      'coredns',
      'kube-proxy',
      'eks-pod-identity-agent',
    ]);
    await seedStorageDriver(aws, cluster);
    const ledger = aws.iam.putRole({
      name: 'payments-ledger',
      attached: ['arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess'],
      tags: terraform,
    });
    aws.eks.putAssociation(cluster, {
      namespace: 'payments',
      serviceAccount: 'payments-ledger',
      roleArn: ledger.arn,
      tags: terraform,
    });
  },
};

const platformAuto: DemoCluster = {
  name: 'platform-auto',
  input: {
    version: '1.34',
    platformVersion: 'eks.9',
    authenticationMode: 'API',
    autoMode: {
      nodePools: ['general-purpose', 'system'],
      nodeRoleArn: `arn:aws:iam::${MAIN_ACCOUNT}:role/platform-auto-auto-nodes`,
    },
    tags: { team: 'platform', environment: 'production' },
  },
  kubernetes: region => ({
    version: '1.34',
    apiServers: 2,
    nodes: [
      ...nodes(region, 'auto', 'platform-auto-auto-nodes', 2),
      ...nodes(region, 'managed', 'platform-auto-batch-nodes', 1, 'batch'),
    ],
  }),
  async fill(aws, credentials) {
    const cluster = this.name;
    const auto = seedNodeRole(aws, 'platform-auto-auto-nodes', [
      'arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy',
      'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly',
    ]);
    const managed = seedNodeRole(aws, 'platform-auto-batch-nodes');
    aws.eks.putNodegroup(cluster, {
      nodegroupName: 'batch',
      nodeRole: managed,
      instanceTypes: ['c7i.2xlarge'],
      desiredSize: 1,
    });
    seedAccess(aws, cluster, credentials, [managed]);
    aws.eks.putAccessEntry(cluster, {
      principalArn: auto,
      type: 'EC2',
      username: 'system:node:{{EC2PrivateDNSName}}',
    });
    await seedAddons(aws, cluster, ['metrics-server']);
    const audit = aws.iam.putRole({
      name: 'audit-exporter',
      attached: ['arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess'],
      tags: { ManagedBy: 'eksctl', team: 'platform' },
    });
    aws.eks.putAssociation(cluster, {
      namespace: 'platform',
      serviceAccount: 'audit-exporter',
      roleArn: audit.arn,
    });
  },
};

const ordersLegacy: DemoCluster = {
  name: 'orders-legacy',
  input: {
    version: '1.31',
    platformVersion: 'eks.24',
    tags: { team: 'storefront', environment: 'production' },
  },
  kubernetes: region => ({
    version: '1.31',
    apiServers: 2,
    nodes: [
      ...nodes(region, 'managed', 'orders-legacy-nodes', 1, 'general'),
      ...nodes(region, 'managed', 'orders-legacy-old-nodes', 1, 'old'),
    ],
    fargate: {
      roleArn: nodeRoleArn(region, 'orders-legacy-fargate'),
      selectors: [{ namespace: 'jobs' }],
    },
  }),
  async fill(aws, credentials) {
    const cluster = this.name;
    const general = seedNodeRole(aws, 'orders-legacy-nodes');
    // A role from an old template, which predates EKS Auth.
    const oldNodes = seedNodeRole(aws, 'orders-legacy-old-nodes', [
      'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly',
      'arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy',
    ]);
    aws.eks.putNodegroup(cluster, {
      nodegroupName: 'general',
      nodeRole: general,
      desiredSize: 1,
    });
    aws.eks.putNodegroup(cluster, {
      nodegroupName: 'old',
      nodeRole: oldNodes,
      desiredSize: 1,
    });
    seedFargate(aws, cluster, 'jobs');
    seedAccess(aws, cluster, credentials, [general, oldNodes]);
    await seedAddons(aws, cluster, ['vpc-cni', 'coredns', 'kube-proxy']);
    await aws.eks.putAddon(cluster, {
      addonName: 'eks-pod-identity-agent',
      addonVersion: 'v1.2.0-eksbuild.1',
      status: 'DEGRADED',
      issues: [
        {
          code: 'InsufficientNumberOfReplicas',
          message:
            'The add-on is unhealthy because it has one or more unhealthy replicas.',
          resourceIds: [],
        },
      ],
    });
    const search = aws.iam.putRole({
      name: 'product-search',
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    });
    aws.eks.putAssociation(cluster, {
      namespace: 'shop',
      serviceAccount: 'product-search',
      roleArn: search.arn,
    });
    aws.iam.deleteRole(search.arn);
    const images = aws.iam.putRole({
      name: 'image-resizer',
      trust: POD_IDENTITY_TRUST,
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    });
    aws.eks.putAssociation(cluster, {
      namespace: 'shop',
      serviceAccount: 'image-resizer',
      roleArn: images.arn,
    });
    // Its trust policy was rewritten for IRSA after the association was created.
    aws.iam.updateRole(images.arn, {
      trust: irsaTrust(aws.mainRegion, cluster),
    });
  },
};

/** The cluster whose identities are broken one by one; it is filled by scenarios. */
export const STAGING = 'shop-staging';
/** The cluster from the time of IRSA. */
export const WAREHOUSE = 'warehouse-prod';

/** Clusters that are filled when all else is there: by default only the demo has them. */
export const FILLED_LATER = [STAGING, WAREHOUSE];

/** A cluster with one group of nodes, their usual add-ons, and nothing in it; with pods of one namespace on Fargate. */
export const plainCluster = (
  name: string,
  environment: string,
  nodeCount: number,
  { jobs, further = [] }: { jobs?: string; further?: FurtherNode[] } = {},
): DemoCluster => ({
  name,
  input: {
    version: '1.33',
    platformVersion: 'eks.16',
    tags: { team: 'storefront', environment },
  },
  kubernetes: region => ({
    version: '1.33',
    nodes: [
      ...nodes(region, 'managed', `${name}-nodes`, nodeCount, 'general'),
      ...further.map(node => ({
        ...node,
        roleArn: nodeRoleArn(region, `${name}-nodes`),
      })),
    ],
    ...(jobs && {
      fargate: {
        roleArn: nodeRoleArn(region, `${name}-fargate`),
        selectors: [{ profile: jobs, namespace: jobs }],
      },
    }),
  }),
  async fill(aws, credentials) {
    const general = seedNodeRole(aws, `${name}-nodes`);
    aws.eks.putNodegroup(name, { nodegroupName: 'general', nodeRole: general });
    if (jobs) seedFargate(aws, name, jobs);
    seedAccess(aws, name, credentials, [general]);
    await seedAddons(aws, name, [
      'vpc-cni',
      'coredns',
      'kube-proxy',
      'eks-pod-identity-agent',
    ]);
  },
});

/**
 * The clusters of the demo: a healthy one, one in Auto Mode with a node group, one with old problems, one where every
 * identity is broken in its own way, and one that lives on IRSA.
 */
export const DEMO_CLUSTERS: DemoCluster[] = [
  paymentsProd,
  platformAuto,
  ordersLegacy,
  plainCluster(STAGING, 'staging', 2),
  plainCluster(WAREHOUSE, 'production', 3, { jobs: 'warehouse-jobs' }),
];
