import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** Keys of lease rows. */
export const leaseKeys = {
  /** Held by the process that carries a run on. */
  run: (runId: string) => `run/${runId}`,
  /** One change of a ServiceAccount's identity at a time. */
  ref: (ref: ServiceAccountRef) => `ref/${stringifyServiceAccountRef(ref)}`,
  role: (arn: string) => `role/${arn}`,
  cluster: (name: string) => `cluster/${name}`,
  /** One run for equal verifications; by the hash of what they ask. */
  verify: (hash: string) => `verify/${hash}`,
  /** One at a time is let in for a user, and for a ref; nobody holds these for longer than that takes. */
  admitUser: (user: string) => `admit/user/${user}`,
  admitRef: (ref: ServiceAccountRef) =>
    `admit/ref/${stringifyServiceAccountRef(ref)}`,
};
