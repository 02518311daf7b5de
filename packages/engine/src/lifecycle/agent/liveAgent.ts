import type { V1DaemonSet, V1Node } from '../../kubernetes/objects';
import {
  type Addon,
  AGENT_SELECTOR,
  describeAgentAddon,
} from '../../aws/addon';
import type { ClusterSession } from '../../clusters/types';
import { isKubernetesError } from '../../kubernetes/errors';
import type { KubernetesApi } from '../../kubernetes/types';
import { known, type Readable, unreadable } from '../../async/readable';

/** Live state of the agent. */
export interface LiveAgent {
  addon?: Addon;
  /** `computeConfig.enabled`. */
  autoMode: boolean;
  /** Only read where the add-on is missing or unhealthy. */
  daemonSets?: Readable<V1DaemonSet[]>;
  nodes?: Readable<V1Node[]>;
}

async function look<T>(read: () => Promise<T>): Promise<Readable<T>> {
  try {
    return known(await read());
  } catch (error) {
    // These rights are optional: without them the plan says less, and says so.
    if (isKubernetesError(error, 'forbidden', 'unauthorized')) {
      return unreadable(error.message);
    }
    throw error;
  }
}

/** DaemonSets of the agent, in any namespace. */
export function listAgentDaemonSets(
  api: KubernetesApi,
  signal?: AbortSignal,
): Promise<Readable<V1DaemonSet[]>> {
  return look(() =>
    api.listDaemonSets({ labelSelector: AGENT_SELECTOR }, { signal }),
  );
}

/** Reads everything that decides whether the agent is installed and needed. */
export async function readAgent(
  session: ClusterSession,
  openApi: () => Promise<Readable<KubernetesApi>>,
  signal?: AbortSignal,
): Promise<LiveAgent> {
  const [addon, cluster] = await Promise.all([
    describeAgentAddon(session, signal),
    session.describeCluster({ signal }),
  ]);
  const autoMode = cluster.computeConfig?.enabled === true;
  if (addon?.status === 'ACTIVE') return { addon, autoMode };
  const api = await openApi();
  if (!api.known) {
    return { addon, autoMode, daemonSets: api, nodes: api };
  }
  const [daemonSets, nodes] = await Promise.all([
    listAgentDaemonSets(api.value, signal),
    look(() => api.value.listNodes({ signal })),
  ]);
  return { addon, autoMode, daemonSets, nodes };
}

/** True when every desired pod of the DaemonSets is ready. A status written for an earlier specification does not count. */
export function allReady(daemonSets: V1DaemonSet[]): boolean {
  return (
    daemonSets.length > 0 &&
    daemonSets.every(
      ({ metadata, status }) =>
        (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0) &&
        (status?.numberReady ?? 0) >= (status?.desiredNumberScheduled ?? 0),
    )
  );
}

const COMPUTE_TYPE = 'eks.amazonaws.com/compute-type';

/**
 * True for a node on which a pod needs the agent's DaemonSet: Linux, and neither Auto Mode (built in), Fargate (not
 * supported) nor hybrid (has a separate DaemonSet).
 */
export function needsAgent(node: V1Node): boolean {
  const labels = node.metadata?.labels ?? {};
  const os =
    labels['kubernetes.io/os'] ?? node.status?.nodeInfo?.operatingSystem;
  if (os && os !== 'linux') return false;
  return !['auto', 'fargate', 'hybrid'].includes(labels[COMPUTE_TYPE] ?? '');
}
