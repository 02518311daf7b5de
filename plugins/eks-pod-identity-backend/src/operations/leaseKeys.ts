import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** Keys of lease rows. */
export const leaseKeys = {
  /** Held by the process that executes the run. */
  run: (runId: string) => `run/${runId}`,
  /** One change of an identity at a time. */
  ref: (ref: ServiceAccountRef) => `ref/${stringifyServiceAccountRef(ref)}`,
  role: (arn: string) => `role/${arn}`,
  cluster: (name: string) => `cluster/${name}`,
  /** One run for equal verifications, by the hash of what they ask. Those that record a timeline have one of their own. */
  verify: ({
    requestHash,
    recordsTimeline,
  }: {
    requestHash: string;
    recordsTimeline: boolean;
  }) => `verify/${requestHash}${recordsTimeline ? '/timeline' : ''}`,
  /** Held only for the transaction that admits a run, so that limits are counted without races. */
  admitUser: (user: string) => `admit/user/${user}`,
  admitRef: (ref: ServiceAccountRef) =>
    `admit/ref/${stringifyServiceAccountRef(ref)}`,
};
