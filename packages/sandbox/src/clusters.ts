import { AwsDirect } from './aws/direct';
import { ClusterInput, ClusterRef } from './aws/direct/eks';
import { NODE_POLICIES, serviceTrust } from './aws/direct/iam';
import { World } from './aws/state/world';
import { ClusterKey, clusterArn } from './core/contract';
import {
  ClusterOptions,
  KubernetesClusterHandle,
  KubernetesSide,
} from './kubernetes';
import {
  ClusterSnapshot,
  restoreCluster,
  snapshotCluster,
} from './kubernetesSnapshot';

/** How to reach the Kubernetes API of a cluster. */
export interface ClusterConnection extends ClusterKey {
  arn: string;
  endpoint: string;
  /** Base64 of PEM, as DescribeCluster shows it. */
  certificateAuthorityData: string;
}

/** A cluster to create on both sides. */
export interface NewCluster extends ClusterInput {
  /** Its nodes, API servers and so on; by default two managed nodes with their own role. */
  kubernetes?: ClusterOptions;
}

/** The Kubernetes sides of all clusters, with their options. */
export interface ClustersSnapshot {
  clusters: {
    key: ClusterKey;
    options: ClusterOptions;
    objects: ClusterSnapshot;
  }[];
}

/** Creates, removes, saves and restores clusters on both sides. */
export class Clusters {
  readonly #options = new Map<
    string,
    { key: ClusterKey; options: ClusterOptions }
  >();

  constructor(
    private readonly world: World,
    private readonly aws: AwsDirect,
    private readonly kubernetes: KubernetesSide,
  ) {}

  async create(input: NewCluster): Promise<ClusterKey> {
    const { kubernetes, ...onAws } = input;
    const { ipFamily } = onAws;
    const record = this.aws.eks.putCluster(onAws);
    const key = {
      accountId: record.accountId,
      region: record.region,
      name: record.name,
    };
    await this.#start(key, {
      version: record.version,
      ipFamily,
      nodes: kubernetes ? undefined : this.#usualNodes(key),
      ...kubernetes,
    });
    return key;
  }

  async delete(ref: ClusterRef): Promise<void> {
    const key = this.aws.eks.key(ref);
    this.aws.eks.deleteCluster(key);
    await this.#stop(key);
  }

  handle(ref: ClusterRef): KubernetesClusterHandle {
    return this.kubernetes.cluster(this.aws.eks.key(ref));
  }

  connections(): ClusterConnection[] {
    return this.world.clusters().map(({ accountId, region, name, arn }) => {
      const key = { accountId, region, name };
      const connection = this.kubernetes.connection(key);
      return {
        ...key,
        arn,
        endpoint: connection?.endpoint ?? '',
        certificateAuthorityData: connection?.certificateAuthorityData ?? '',
      };
    });
  }

  snapshot(): ClustersSnapshot {
    return {
      clusters: [...this.#options.values()].map(({ key, options }) => ({
        key,
        options,
        objects: snapshotCluster(this.kubernetes.cluster(key)),
      })),
    };
  }

  /** Call after the AWS side was restored. */
  async restore(snapshot: ClustersSnapshot): Promise<void> {
    const kept = new Set(snapshot.clusters.map(({ key }) => clusterArn(key)));
    for (const { key } of [...this.#options.values()]) {
      if (!kept.has(clusterArn(key))) {
        await this.#stop(key);
      }
    }
    for (const { key, options, objects } of snapshot.clusters) {
      if (!this.#options.has(clusterArn(key))) {
        await this.#start(key, options);
      }
      await restoreCluster(this.kubernetes.cluster(key), objects);
    }
  }

  async #start(key: ClusterKey, options: ClusterOptions) {
    await this.kubernetes.createCluster(key, options);
    // A recreated cluster keeps its address, because kubeconfigs contain it.
    const { endpoint } = this.kubernetes.cluster(key);
    const port = Number(new URL(endpoint).port);
    this.#options.set(clusterArn(key), { key, options: { ...options, port } });
  }

  async #stop(key: ClusterKey) {
    this.#options.delete(clusterArn(key));
    await this.kubernetes.deleteCluster(key);
  }

  #usualNodes(key: ClusterKey): ClusterOptions['nodes'] {
    const { arn } = this.aws.iam.putRole({
      accountId: key.accountId,
      name: `${key.name}-nodes`,
      trust: serviceTrust('ec2.amazonaws.com'),
      attached: NODE_POLICIES,
    });
    return [
      { kind: 'managed', roleArn: arn },
      { kind: 'managed', roleArn: arn },
    ];
  }
}
