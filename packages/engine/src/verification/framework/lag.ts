import { SPREAD_MS } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';

/** The last known change of an identity. */
export interface LastChange {
  association?: Association;
  role?: Role | null;
  /** Of the request: what the portal itself changed. */
  changedAt?: number;
}

/** When the identity last changed, epoch milliseconds; 0 if nothing tells. AWS has no time for a change of a trust policy. */
export const lastChangeOf = ({
  association,
  role,
  changedAt,
}: LastChange): number =>
  Math.max(
    association?.createdAt ?? 0,
    association?.modifiedAt ?? 0,
    role?.createdAt ?? 0,
    changedAt ?? 0,
  );

/** True while AWS may still be spreading the last change. */
export const isSpreading = (change: LastChange, now: number): boolean =>
  now - lastChangeOf(change) < SPREAD_MS;
