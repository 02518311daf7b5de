import { sum } from '../lib/statistics.mjs';

/** What a benchmark of sweeps looks at. */
export interface Fleet {
  clusters: number;
  /** Of each cluster. */
  associations: number;
  /** Of each cluster, the associations spread evenly over them. */
  namespaces: number;
  /** Of each cluster, beside the one of each association. */
  otherServiceAccounts: number;
  /** Of each association. */
  pods: number;
  /** The service accounts have IRSA instead of associations, and AWS and Kubernetes take their time to answer, if asked for. */
  irsa?: { latencies: boolean };
  /** The portal's rights are bound in each namespace instead of in the whole cluster. */
  narrow?: boolean;
}

/** Roles of the account, which the associations of all clusters share: IAM's default quota. */
export const ROLES = 1_000;

/** The portal that half of the associations belong to. */
export const PORTAL = 'bench';

export const clusterName = (index: number) =>
  `cluster-${String(index).padStart(3, '0')}`;

export const namespaceName = (index: number) =>
  `team-${String(index).padStart(3, '0')}`;

/** Every second one belongs to a component. */
export function associationsOf({ associations, namespaces }: Fleet) {
  return Array.from({ length: associations }, (_, index) => ({
    namespace: namespaceName(index % namespaces),
    serviceAccount: `sa-${String(index).padStart(5, '0')}`,
    entityRef: index % 2 ? `component:default/service-${index}` : undefined,
  }));
}

/** Kinds of objects that a sweep lists. */
export const LISTED =
  'namespaces serviceaccounts pods deployments statefulsets daemonsets cronjobs jobs networkpolicies'.split(
    ' ',
  );

/** How many objects a sweep can have to list, for the least number of calls. */
export interface Counts {
  roles: number;
  /** Of one cluster, of each kind. */
  objects: number[];
}

const pages = (objects: number, size: number) =>
  Math.max(1, Math.ceil(objects / size));

/**
 * The least calls that can see a cluster whole: every page of each list, one Describe for each association that is due, and
 * one call for each thing that there is once. Roles of the account are read for each cluster.
 */
export function leastCalls(fleet: Fleet, counts: Counts, due: number) {
  const { associations, namespaces, narrow } = fleet;
  // Lists of the whole cluster have 500 objects a page; namespaces may also be asked for one by one.
  const listed = (objects: number) =>
    narrow ? namespaces : Math.min(namespaces, pages(objects, 500));
  return {
    aws:
      pages(associations, 100) +
      due +
      pages(counts.roles, 1_000) +
      // The cluster and its agent
      2,
    kubernetes:
      sum(counts.objects.map(listed)) +
      // Nodes, the webhook, and the agent's DaemonSet and pods
      4,
  };
}
