import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type {
  V1Namespace,
  V1NetworkPolicy,
  V1Pod,
  V1ServiceAccount,
} from '../../kubernetes/objects';
import type { ListPage, WorkloadResource } from '../../kubernetes/types';
import { andThen, askKubernetes } from '../access/askKubernetes';
import {
  namespaceFact,
  newestFirst,
  podFact,
  serves,
  serviceAccountFact,
} from '../workloads/kubernetesWorkload';
import type { ClusterSession } from '../../clusters/types';
import type {
  AgentPodFact,
  DaemonSetFact,
  NodeFact,
} from '../framework/facts/agent';
import type {
  NamespaceFact,
  ServiceAccountFact,
} from '../framework/facts/serviceAccount';
import {
  type PodFact,
  WORKLOAD_KINDS,
  type WorkloadKind,
} from '../framework/facts/workloads';
import { listOfKind, LISTS, type WorkloadObject } from '../workloads/listing';
import {
  type Listed,
  listedWorkload,
  type WorkloadLists,
  workloadsOfIdentity,
} from '../workloads/workloads';
import {
  limitingPolicies,
  limitsEgress,
  listPolicies,
} from '../workloads/networkPolicies';
import type { FactProviders } from '../framework/request';
import { ClusterList, type Listing } from './ClusterList';
import type { NarrowLists } from './NarrowLists';
import {
  type LikeAgent,
  podLikeAgent,
  setLikeAgent,
  takingAgent,
} from './passedAgent';

/** So few are listed each for itself sooner than a list of the whole cluster ends. */
const FEW_NAMESPACES = 2;

const keyOf = ({ namespace, serviceAccount }: ServiceAccountRef) =>
  `${namespace}/${serviceAccount}`;

const NAMESPACES: Listing<V1Namespace, NamespaceFact> = {
  resource: 'namespaces',
  everywhere: (kubernetes, signal) => kubernetes.namespacePages({ signal }),
  // One object has no list: the right to read it may be given for it alone.
  inNamespace: async (name, c) =>
    andThen(
      await askKubernetes(
        c,
        { verb: 'get', resource: 'namespaces', name },
        (kubernetes, signal) => kubernetes.readNamespace(name, { signal }),
      ),
      found => (found ? [found] : []),
    ),
  keyOf: ref => ref.namespace,
  keyOfObject: ({ metadata }) => metadata?.name,
  keep: namespaceFact,
};

type Metadata = Pick<V1ServiceAccount, 'metadata'>;

const SERVICE_ACCOUNTS: Listing<Metadata, ServiceAccountFact> = {
  resource: 'serviceaccounts',
  everywhere: (kubernetes, signal) =>
    kubernetes.serviceAccountMetadataPages({ signal }),
  inNamespace: (namespace, c) =>
    askKubernetes(
      c,
      { verb: 'list', resource: 'serviceaccounts', namespace },
      (kubernetes, signal) =>
        kubernetes.listServiceAccounts(namespace, { signal }),
    ),
  keyOf,
  keyOfObject: ({ metadata }) => `${metadata?.namespace}/${metadata?.name}`,
  keep: serviceAccountFact,
};

const PODS: Listing<V1Pod, PodFact> = {
  resource: 'pods',
  everywhere: (kubernetes, signal) => kubernetes.podPages({ signal }),
  inNamespace: (namespace, c) =>
    askKubernetes(
      c,
      { verb: 'list', resource: 'pods', namespace },
      (kubernetes, signal) => kubernetes.listPods({ namespace }, { signal }),
    ),
  keyOf,
  keyOfObject: pod =>
    serves(pod)
      ? `${pod.metadata?.namespace}/${pod.spec?.serviceAccountName}`
      : undefined,
  keep: podFact,
};

/** How workloads of a kind are listed. */
const workloadsOf = (kind: WorkloadKind): Listing<WorkloadObject, Listed> => ({
  resource: LISTS[kind].resource,
  everywhere: (kubernetes, signal) =>
    kubernetes.workloadPages(LISTS[kind].resource, { signal }),
  inNamespace: (namespace, c) => listOfKind(c, kind, namespace),
  keyOf: ref => ref.namespace,
  keyOfObject: ({ metadata }) => metadata?.namespace,
  keep: object => listedWorkload(kind, object),
});

const NETWORK_POLICIES: Listing<V1NetworkPolicy, V1NetworkPolicy> = {
  resource: 'networkpolicies',
  everywhere: (kubernetes, signal) => kubernetes.networkPolicyPages({ signal }),
  inNamespace: listPolicies,
  keyOf: ref => ref.namespace,
  keyOfObject: ({ metadata }) => metadata?.namespace,
  keep: ({ metadata, spec }) =>
    limitsEgress(spec)
      ? { metadata: { name: metadata?.name }, spec }
      : undefined,
};

/** What is listed of a cluster, by its plural. */
type Objects = {
  serviceaccounts: Metadata;
  pods: V1Pod;
  networkpolicies: V1NetworkPolicy;
} & Record<WorkloadResource, WorkloadObject>;

/**
 * What a sweep over these refs lists of Kubernetes: namespaces, service accounts, pods, workloads and NetworkPolicies, each
 * once and not per ref. Where something else reads the whole cluster meanwhile, its lists serve the sweep, too.
 *
 * @public
 */
export class SweepLists {
  readonly #namespaces;
  readonly #accounts;
  readonly #pods;
  readonly #policies;
  readonly #workloads;
  readonly #narrow: NarrowLists;
  readonly #passing = new AbortController();
  readonly #isWorthWaiting: boolean;
  /** Where another reader has read them, until it lists the pods. @internal */
  nodes?: NodeFact[];
  /** Where another reader has listed all pods to their end, with the nodes that it read just before. @internal */
  agents?: { nodes: NodeFact[]; pods: LikeAgent<AgentPodFact> };
  /** Where another reader has listed all DaemonSets to their end. @internal */
  agentDaemonSets?: LikeAgent<DaemonSetFact>;
  /** Where another reader describes it. @internal */
  cluster?: ReturnType<ClusterSession['describeCluster']>;

  constructor(refs: readonly ServiceAccountRef[], narrow: NarrowLists) {
    this.#narrow = narrow;
    const namespaces = new Set(refs.map(({ namespace }) => namespace));
    this.#isWorthWaiting = namespaces.size > FEW_NAMESPACES;
    this.#namespaces = new ClusterList(NAMESPACES, refs, narrow);
    this.#accounts = new ClusterList(SERVICE_ACCOUNTS, refs, narrow);
    this.#pods = new ClusterList(PODS, refs, narrow);
    this.#policies = new ClusterList(NETWORK_POLICIES, refs, narrow);
    this.#workloads = WORKLOAD_KINDS.map(
      kind => [kind, new ClusterList(workloadsOf(kind), refs, narrow)] as const,
    );
  }

  /** Takes its part of a list of the whole cluster, on its way to another reader. @internal */
  passing<R extends keyof Objects>(
    resource: R,
    pages: AsyncIterable<ListPage<Objects[R]>>,
  ): AsyncIterable<ListPage<Objects[R]>> {
    const lists = [
      this.#accounts,
      this.#pods,
      this.#policies,
      ...this.#workloads.map(([, list]) => list),
    ] as unknown as ClusterList<Objects[R], unknown>[];
    const passing: AsyncIterable<ListPage<any>> = lists
      .find(list => list.resource === resource)!
      .passing(pages);
    if (resource === 'pods') {
      const { nodes } = this;
      // A list of pods that begins once more is newer than they are
      this.nodes = undefined;
      return takingAgent(passing, podLikeAgent, pods => {
        if (nodes) this.agents = { nodes, pods };
      });
    }
    if (resource === 'daemonsets') {
      return takingAgent(passing, setLikeAgent, found => {
        this.agentDaemonSets = found;
      });
    }
    return passing;
  }

  /** No further list passes. @internal */
  endPassing(): void {
    this.#passing.abort();
  }

  /**
   * Settles when no further list passes, and after `mostMs` at the latest: what has not passed by then is listed again. Where few
   * namespaces are asked for, nothing is waited for. @internal
   */
  async passed(mostMs: number): Promise<void> {
    const { signal } = this.#passing;
    if (!this.#isWorthWaiting || signal.aborted) return;
    await this.#narrow.clock.sleep(mostMs, signal).catch(error => {
      if (!signal.aborted) throw error;
    });
  }

  /** The facts that are made of them. @internal */
  readonly facts: Required<
    Pick<
      FactProviders,
      'namespace' | 'networkPolicies' | 'pods' | 'serviceAccount' | 'workloads'
    >
  > = {
    namespace: async c =>
      andThen(await this.#namespaces.of(c), ([found]) => found ?? null),
    serviceAccount: async c =>
      andThen(await this.#accounts.of(c), ([found]) => found ?? null),
    pods: async c => andThen(await this.#pods.of(c), newestFirst),
    networkPolicies: async c => limitingPolicies(await this.#policies.of(c), c),
    workloads: async c => {
      const lists = this.#workloads.map(
        async ([kind, list]): Promise<WorkloadLists[number]> => [
          kind,
          await list.of(c),
        ],
      );
      const read = await Promise.all(lists);
      const now = this.#narrow.clock.now();
      return workloadsOfIdentity({ ...c, now }, read, undefined);
    },
  };
}
