import { createHash } from 'node:crypto';
import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Holder, OperationRecord } from '../store';
import type { StoredClaimant } from '../store/operationRecord';

/** Length of the column. */
const LONGEST = 512;

/** A longer key ends in its hash, so that it still stands for one thing alone. */
function fitting(key: string): string {
  if (key.length <= LONGEST) return key;
  const hash = createHash('sha256').update(key).digest('hex');
  return `${key.slice(0, LONGEST - hash.length - 1)}/${hash}`;
}

/** What a pod may do under an identity that no tag gives away; nothing for those who may do all. */
function lessThanAll(claimant: StoredClaimant | undefined): string {
  if (!claimant || claimant.isAdministrator || claimant.decided) return '';
  return claimant.claimsIt ? '/claimed' : '/unclaimed';
}

/** Keys of lease rows. */
export const leaseKeys = {
  /** Held by the process that executes the run. */
  run: (runId: string) => `run/${runId}`,
  /** One change of an identity at a time. */
  ref: (ref: ServiceAccountRef) => `ref/${stringifyServiceAccountRef(ref)}`,
  role: (arn: string) => fitting(`role/${arn}`),
  cluster: (name: string) => fitting(`cluster/${name}`),
  /**
   * One run for equal verifications, by the hash of what they ask, of one holder. Those that record a timeline have one of
   * their own; so have those that ask again what was asked before, and those whose pod may do less.
   */
  verify: ({
    claimant,
    holder,
    requestHash,
    recordsTimeline,
    input,
  }: Pick<OperationRecord, 'claimant' | 'input'> & {
    holder?: Holder;
    requestHash: string;
    recordsTimeline: boolean;
  }) =>
    fitting(
      `verify/${requestHash}${recordsTimeline ? '/timeline' : ''}${
        'permissionChecks' in input ? '/named' : ''
      }${lessThanAll(claimant)}${
        holder ? `/${holder.entityRef}/${holder.uid ?? ''}` : ''
      }`,
    ),
  /** Held only for the transaction that admits a run, so that limits are counted without races. */
  admitUser: (user: string) => fitting(`admit/user/${user}`),
  /** A component, or an owner of components. */
  admitFor: (entityRef: string) => fitting(`admit/for/${entityRef}`),
  admitRef: (ref: ServiceAccountRef) =>
    `admit/ref/${stringifyServiceAccountRef(ref)}`,
};
