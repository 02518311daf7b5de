import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type {
  V1Namespace,
  V1NetworkPolicy,
  V1Pod,
  V1ServiceAccount,
} from '../../kubernetes/objects';
import { andThen, askKubernetes } from '../access/askKubernetes';
import {
  namespaceFact,
  newestFirst,
  podFact,
  serves,
  serviceAccountFact,
} from '../workloads/kubernetesWorkload';
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
        c.read,
        { verb: 'get', resource: 'namespaces', name },
        (kubernetes, signal) => kubernetes.readNamespace(name, { signal }),
      ),
      found => (found ? [found] : []),
    ),
  keyOf: ref => ref.namespace,
  keyOfObject: ({ metadata }) => metadata?.name,
  keep: namespaceFact,
};

const SERVICE_ACCOUNTS: Listing<V1ServiceAccount, ServiceAccountFact> = {
  resource: 'serviceaccounts',
  everywhere: (kubernetes, signal) =>
    kubernetes.serviceAccountPages({ signal }),
  inNamespace: (namespace, c) =>
    askKubernetes(
      c,
      c.read,
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
      c.read,
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

/**
 * Kubernetes facts of a sweep over these refs: namespaces, service accounts, pods, workloads and NetworkPolicies are listed
 * once, not per ref.
 */
export function kubernetesView(
  refs: readonly ServiceAccountRef[],
  narrow: NarrowLists,
): Required<
  Pick<
    FactProviders,
    'namespace' | 'networkPolicies' | 'pods' | 'serviceAccount' | 'workloads'
  >
> {
  const namespaces = new ClusterList(NAMESPACES, refs, narrow);
  const accounts = new ClusterList(SERVICE_ACCOUNTS, refs, narrow);
  const pods = new ClusterList(PODS, refs, narrow);
  const policies = new ClusterList(NETWORK_POLICIES, refs, narrow);
  const workloads = WORKLOAD_KINDS.map(
    kind => [kind, new ClusterList(workloadsOf(kind), refs, narrow)] as const,
  );
  return {
    namespace: async c =>
      andThen(await namespaces.of(c), ([found]) => found ?? null),
    serviceAccount: async c =>
      andThen(await accounts.of(c), ([found]) => found ?? null),
    pods: async c => andThen(await pods.of(c), newestFirst),
    networkPolicies: async c => limitingPolicies(await policies.of(c), c),
    workloads: async c => {
      const lists = workloads.map(
        async ([kind, list]): Promise<WorkloadLists[number]> => [
          kind,
          await list.of(c),
        ],
      );
      const read = await Promise.all(lists);
      const now = narrow.clock.now();
      return workloadsOfIdentity({ ...c, now }, read, undefined);
    },
  };
}
