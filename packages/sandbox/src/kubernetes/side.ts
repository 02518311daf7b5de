import { createHash } from 'node:crypto';
import {
  AwsForKubernetes,
  clusterArn,
  ClusterKey,
  KubernetesForAws,
  SandboxCore,
} from '../core/contract';
import { AGENT_SETS, agentDaemonSets } from './agent/daemonSet';
import { Cluster } from './cluster';
import { KubernetesClusterHandle } from './handle';
import { forgetCertificates } from './http/tls';
import { ClusterOptions } from './options';
import { partitionOf } from '../core/partition';

/** The Kubernetes side of the sandbox. */
export interface KubernetesSide extends KubernetesForAws {
  /** Connects the AWS side; call before any cluster is created. */
  attach(aws: AwsForKubernetes): void;
  /** Starts the API servers of a cluster on 127.0.0.1, with the CA that this process has made for it, or a new one. */
  createCluster(key: ClusterKey, options: ClusterOptions): Promise<void>;
  /** Stops the cluster; does nothing when it does not exist. */
  deleteCluster(key: ClusterKey): Promise<void>;
  /** @throws when the cluster does not exist */
  cluster(key: ClusterKey): KubernetesClusterHandle;
  stop(): Promise<void>;
}

const MANAGED_BY = 'app.kubernetes.io/managed-by';
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

const issuerOf = (key: ClusterKey) => {
  const id = createHash('sha256')
    .update(clusterArn(key))
    .digest('hex')
    .slice(0, 32);
  return `https://oidc.eks.${key.region}.${
    partitionOf(key.region).dnsSuffix
  }/id/${id.toUpperCase()}`;
};

/** Builds the Kubernetes side, without clusters. */
export function createKubernetesSide(core: SandboxCore): KubernetesSide {
  const clusters = new Map<string, Cluster>();
  let aws: AwsForKubernetes | undefined;

  const attached = () => {
    if (!aws) {
      throw new Error(
        'The Kubernetes side needs the AWS side first: call attach',
      );
    }
    return aws;
  };
  const find = (key: ClusterKey) => clusters.get(clusterArn(key));
  const existing = (key: ClusterKey) => {
    const cluster = find(key);
    if (!cluster) {
      throw new Error(
        `There is no cluster ${clusterArn(key)} on the Kubernetes side`,
      );
    }
    return cluster;
  };
  const agentSets = (cluster: Cluster) =>
    cluster.client
      .list('daemonsets')
      .filter(({ metadata }) => AGENT_SETS.includes(metadata.name));

  return {
    attach(side) {
      aws = side;
    },
    async createCluster(key, options) {
      attached();
      if (find(key)) {
        throw new Error(`The cluster ${clusterArn(key)} exists already`);
      }
      const issuer = options.issuer ?? issuerOf(key);
      clusters.set(
        clusterArn(key),
        await Cluster.start(core, key, options, attached, issuer),
      );
    },
    async deleteCluster(key) {
      const cluster = find(key);
      clusters.delete(clusterArn(key));
      forgetCertificates(key);
      await cluster?.stop();
    },
    cluster: key => new KubernetesClusterHandle(existing(key)),
    async stop() {
      await Promise.all([...clusters.values()].map(cluster => cluster.stop()));
      clusters.clear();
    },
    connection(key) {
      const cluster = find(key);
      return (
        cluster && {
          endpoint: cluster.endpoint,
          certificateAuthorityData: Buffer.from(
            cluster.certificates.ca,
          ).toString('base64'),
        }
      );
    },
    issuer: key => find(key)?.tokens.issuer ?? issuerOf(key),
    async verifyServiceAccountToken(key, token) {
      const verified = await find(key)?.tokens.verify(token);
      if (!verified) {
        return { ok: false, reason: 'invalid' };
      }
      return verified.ok ? { ok: true, claims: verified.claims } : verified;
    },
    async installAgent(key, { version, namespace, configurationValues }) {
      const cluster = existing(key);
      const client = cluster.client.as('eks');
      if (!client.get('namespaces', undefined, namespace)) {
        await client.create('namespaces', undefined, {
          metadata: { name: namespace },
        });
      }
      const sets = agentDaemonSets({
        namespace,
        version,
        region: key.region,
        clusterName: key.name,
        managedBy: 'EKS',
        configurationValues,
      });
      for (const body of sets) {
        const { name, labels } = body.metadata;
        if (client.get('daemonsets', namespace, name)) {
          await client.change('daemonsets', namespace, name, set => {
            set.metadata.labels = labels;
            set.spec = body.spec;
          });
        } else {
          await client.create('daemonsets', namespace, body);
        }
      }
    },
    async removeAgent(key) {
      const cluster = existing(key);
      for (const { metadata } of agentSets(cluster)) {
        if (metadata.labels?.[MANAGED_BY] === 'EKS') {
          await cluster.client
            .as('eks')
            .remove('daemonsets', metadata.namespace, metadata.name);
        }
      }
    },
    async restartPods(key, { namespace, serviceAccounts }) {
      const client = existing(key).client.as('eks');
      for (const kind of ['daemonsets', 'deployments', 'statefulsets']) {
        for (const { metadata, spec } of client.list(kind, namespace)) {
          const { serviceAccountName = 'default' } = spec.template.spec;
          if (!serviceAccounts.includes(serviceAccountName)) continue;
          await client.change(kind, namespace, metadata.name, workload => {
            (workload.spec.template.metadata.annotations ??= {})[RESTARTED_AT] =
              new Date(core.clock.now()).toISOString();
          });
        }
      }
    },
    agentsReady(key) {
      const cluster = find(key);
      return (
        cluster !== undefined &&
        agentSets(cluster).every(
          ({ status }) =>
            status?.numberReady === status?.desiredNumberScheduled,
        )
      );
    },
    instances(key) {
      const cluster = find(key);
      return (cluster?.nodes.instances() ?? []).map(node =>
        cluster!.network.conditions.instance(node),
      );
    },
    changeInstance(key, instanceId, change) {
      const { nodes, network } = existing(key);
      const node = nodes.instances().find(one => one.instanceId === instanceId);
      if (node) {
        network.conditions.change(node.name, change);
      }
    },
    hasSelfManagedAgent: key => {
      const cluster = find(key);
      return (
        cluster !== undefined &&
        agentSets(cluster).some(
          set => set.metadata.labels?.[MANAGED_BY] !== 'EKS',
        )
      );
    },
  };
}
