import type {
  AccessItem,
  AccessProgress,
  AssociationRow,
  ClusterOverview,
} from 'backstage-plugin-eks-pod-identity-common';

const WEEK_MS = 7 * 24 * 3_600_000;

/** What the portal knows of one component. */
export interface Known {
  identities: readonly AssociationRow[];
  /** Its service accounts that get to AWS, by whatever road. */
  access: readonly AccessItem[];
}

/** Whether the portal has read all that there could be; only then does nothing found mean that there is nothing. */
export interface Completeness {
  /** Of the associations. */
  identities: boolean;
  /** Of the roads to AWS. */
  access: boolean;
}

/** Booleans by name; one that is not known is missing, and tech-insights then skips the checks that ask for it. */
export type Facts = Partial<
  Record<
    'hasIdentity' | 'verifiedInLast7Days' | 'usesStaticKeys' | 'usesIrsa',
    boolean
  >
>;

/** What a road is known by. */
const ROADS_NEED = ['serviceAccounts', 'pods', 'workloads', 'associations'];

export function completeness(
  clusters: readonly ClusterOverview[],
  progress: AccessProgress,
): Completeness {
  return {
    identities: clusters.every(({ lastSweepAt }) => lastSweepAt !== undefined),
    access: progress.clusters.every(
      ({ failure, gaps, lookedAt }) =>
        lookedAt !== undefined &&
        failure === undefined &&
        !gaps.some(({ what }) => ROADS_NEED.includes(what)),
    ),
  };
}

export function factsOf(
  { identities, access }: Known,
  complete: Completeness,
  now: number,
): Facts {
  const has = identities.length > 0;
  const isFresh = ({ provenAt, status }: AssociationRow) =>
    status === 'verified' &&
    provenAt !== undefined &&
    now - Date.parse(provenAt) <= WEEK_MS;
  const goes = (...roads: AccessItem['roads']) =>
    access.some(row => row.roads.some(road => roads.includes(road)));
  const usesKeys = goes('static-keys');
  const usesIrsa = goes('irsa', 'irsa-by-hand');
  return {
    ...((has || complete.identities) && {
      hasIdentity: has,
      verifiedInLast7Days: has && identities.every(isFresh),
    }),
    ...((usesKeys || complete.access) && { usesStaticKeys: usesKeys }),
    ...((usesIrsa || complete.access) && { usesIrsa }),
  };
}
