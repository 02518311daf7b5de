import { isDeepStrictEqual } from 'node:util';
import { KubernetesClusterHandle, KubeObject } from './kubernetes';

/** Kinds that may refuse writes of all others. */
const ADMISSION = [
  'mutatingwebhookconfigurations',
  'validatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
];

/** Kinds that users create; controllers derive everything else from them. */
const RESOURCES = [
  'namespaces',
  'clusterroles',
  'clusterrolebindings',
  ...ADMISSION,
  'roles',
  'rolebindings',
  'serviceaccounts',
  'configmaps',
  'secrets',
  'services',
  'resourcequotas',
  'limitranges',
  'networkpolicies',
  'daemonsets',
  'deployments',
  'statefulsets',
  'cronjobs',
  'jobs',
  'pods',
];

/** The objects of a cluster without an owner, by resource; and its nodes, whose machines stay. */
export type ClusterSnapshot = Map<string, KubeObject[]>;

const NODES = 'nodes';

const isOwned = (object: KubeObject) =>
  (object.metadata.ownerReferences ?? []).length > 0;

const keyOf = ({ metadata }: KubeObject) =>
  `${metadata.namespace ?? ''}/${metadata.name}`;

/** The part of an object that decides whether it is unchanged. */
function comparableParts(object: KubeObject): unknown {
  const { status, metadata, ...rest } = structuredClone(object);
  const { labels, annotations } = metadata;
  return { ...rest, labels, annotations };
}

function ownObjects(
  cluster: KubernetesClusterHandle,
  resource: string,
): KubeObject[] {
  return cluster
    .list(resource)
    .filter(object => !isOwned(object) && !object.metadata.deletionTimestamp);
}

/** Takes a snapshot of a cluster's objects. */
export function snapshotCluster(
  cluster: KubernetesClusterHandle,
): ClusterSnapshot {
  return new Map(
    [...RESOURCES, NODES].map(resource => [
      resource,
      ownObjects(cluster, resource),
    ]),
  );
}

/** Takes away what would keep an object from going. */
async function release(
  cluster: KubernetesClusterHandle,
  resource: string,
  { metadata: { namespace, name, finalizers } }: KubeObject,
): Promise<void> {
  if (finalizers?.length) {
    await cluster.change(resource, namespace, name, object => {
      object.metadata.finalizers = [];
    });
  }
}

/** Ends the pods of terminating namespaces at once; otherwise the namespaces would block a restore for 30 simulated seconds. */
async function finishTerminating(
  cluster: KubernetesClusterHandle,
): Promise<void> {
  for (const { metadata } of cluster.list('namespaces')) {
    if (metadata.deletionTimestamp) {
      for (const pod of cluster.list('pods', metadata.name)) {
        await cluster.delete('pods', metadata.name, pod.metadata.name, {
          gracePeriodSeconds: 0,
        });
      }
      await cluster.waitFor(
        'namespaces',
        undefined,
        metadata.name,
        object => object === undefined,
      );
    }
  }
}

/** Removes nodes that were added since; the others get their labels and taints back. A removed one stays away. */
async function restoreNodes(
  cluster: KubernetesClusterHandle,
  before: KubeObject[],
): Promise<void> {
  const kept = new Map(before.map(node => [node.metadata.name, node]));
  for (const { metadata, spec } of ownObjects(cluster, NODES)) {
    const { name } = metadata;
    const node = kept.get(name);
    if (!node) {
      await cluster.removeNode(name);
    } else if (
      !isDeepStrictEqual(
        [spec.taints ?? [], metadata.labels],
        [node.spec.taints ?? [], node.metadata.labels],
      )
    ) {
      await cluster.change(NODES, undefined, name, object => {
        object.spec = { ...object.spec, taints: node.spec.taints };
        object.metadata.labels = { ...node.metadata.labels };
      });
    }
  }
}

/**
 * Restores a cluster: deletes objects created since, recreates deleted ones and reverts changed ones.
 * Faults set by tests end.
 */
export async function restoreCluster(
  cluster: KubernetesClusterHandle,
  snapshot: ClusterSnapshot,
): Promise<void> {
  await cluster.clearTrouble();
  // Those first that may refuse all else.
  for (const resource of [...ADMISSION, ...[...RESOURCES].reverse()]) {
    const kept = new Set(snapshot.get(resource)?.map(keyOf));
    for (const object of ownObjects(cluster, resource)) {
      if (!kept.has(keyOf(object))) {
        const { namespace, name } = object.metadata;
        await release(cluster, resource, object);
        await cluster.delete(resource, namespace, name, {
          gracePeriodSeconds: 0,
        });
      }
    }
  }
  for (const resource of RESOURCES) {
    for (const object of cluster.list(resource)) {
      if (object.metadata.deletionTimestamp) {
        await release(cluster, resource, object);
      }
    }
  }
  await finishTerminating(cluster);
  await restoreNodes(cluster, snapshot.get(NODES) ?? []);
  for (const resource of RESOURCES) {
    const current = new Map(
      ownObjects(cluster, resource).map(object => [keyOf(object), object]),
    );
    for (const object of snapshot.get(resource) ?? []) {
      const now = current.get(keyOf(object));
      if (
        !now ||
        !isDeepStrictEqual(comparableParts(now), comparableParts(object))
      ) {
        const { name, namespace, labels, annotations } = object.metadata;
        const { status, ...rest } = object;
        const { managedFields } = object.metadata;
        await cluster.apply(
          {
            ...rest,
            metadata: { name, namespace, labels, annotations, managedFields },
          },
          managedFields?.[0]?.manager,
        );
      }
    }
  }
}
