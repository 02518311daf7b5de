import type {
  CheckStatus,
  CredentialHop,
} from 'backstage-plugin-eks-pod-identity-common';

/** The way from the hop before to this one. */
export interface Edge {
  status: CheckStatus;
  /** What is wrong with it. */
  message?: string;
}

/** It names a role, but not the one that was set up. */
const NAMES_ANOTHER_ROLE = 'association.matches';

const isWrong = (status: CheckStatus) => status === 'fail' || status === 'warn';

/** Where the way is broken: pods get no further than themselves, and everything else cannot be reached. */
function placeOf({ id, finding }: CredentialHop, index: number): number {
  const isOnward =
    id === 'pods' ||
    (id === 'association' && finding?.checkId === NAMES_ANOTHER_ROLE);
  return isOnward ? index + 1 : index;
}

function plain(hop: CredentialHop): CheckStatus {
  if (isWrong(hop.status)) return 'pass';
  return hop.status === 'note' ? 'pass' : hop.status;
}

/**
 * The edges of a path: that at `index` leads to the hop there, and the first leads nowhere. Behind one that failed the
 * others are open, unless another fault is known there.
 */
export function edgesOf(path: CredentialHop[]): Edge[] {
  const faults = path
    .map((hop, index) => ({ hop, at: placeOf(hop, index) }))
    .filter(({ hop }) => isWrong(hop.status) || hop.finding?.isCause);
  const first = faults.find(({ hop }) => hop.status === 'fail')?.at ?? Infinity;
  return path.map((hop, index) => {
    const here = faults.filter(({ at }) => at === index);
    const fault =
      here.find(one => one.hop.finding?.isCause) ??
      here.find(one => one.hop.status === 'fail') ??
      here[0];
    if (fault) {
      return {
        status: fault.hop.status,
        message: fault.hop.finding?.message,
      };
    }
    return { status: index > first ? 'skip' : plain(hop) };
  });
}
