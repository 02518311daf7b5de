import {
  IDENTITY_STATUS_ORDER,
  type IdentityStatus,
} from 'backstage-plugin-eks-pod-identity-common';

/** How well it works; statuses without a level do not say. */
type Level = 'good' | 'attention' | 'bad';

export function levelOf(status: IdentityStatus | undefined): Level | undefined {
  switch (status) {
    case 'verified':
      return 'good';
    case 'partly-works':
    case 'restart-needed':
      return 'attention';
    case 'broken':
    case 'no-pod-has-it':
    case 'other-identity':
    case 'pods-not-started':
      return 'bad';
    default:
      return undefined;
  }
}

/** Those of which owners hear, worst first. */
export const UNWELL = IDENTITY_STATUS_ORDER.filter(status =>
  ['bad', 'attention'].includes(levelOf(status) ?? ''),
);
