import type {
  PermissionCheck,
  ProbeLevel,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterSession } from '../../clusters/types';
import type { Fact } from './fact';
import type { FactName, FactTypes } from './facts';

/** @public */
export interface VerifyRequest {
  ref: ServiceAccountRef;
  entityRef?: string;
  trigger: VerificationReport['trigger'];
  probe: ProbeLevel;
  /** From the input. */
  expectedRoleArn?: string;
  permissionChecks: PermissionCheck[];
  /** An earlier request named these permission checks, and this one none. */
  asksAsBefore?: boolean;
  /** After the pod, one more in each other node group in use. */
  perNodeGroup?: boolean;
  timeoutSeconds: number;
  /** Scaffolder task behind it, for the annotations of the probe. */
  taskId?: string;
  /** Wall time of the last known change of this identity; grace periods start here. */
  changedAt?: number;
}

/** A run's request for a fact to its provider. */
export interface AskedFact<N extends FactName> {
  ref: ServiceAccountRef;
  read: ClusterSession;
  /** Aborts at the run's deadline and with the operation. */
  signal: AbortSignal;
  /** Another fact of the same run. */
  get<M extends FactName>(name: M): Promise<Fact<FactTypes[M]>>;
  /** This fact, collected as in a run without providers. */
  collect(): Promise<Fact<FactTypes[N]>>;
}

/** Provides one fact; an error becomes a lack. */
export type FactProvider<N extends FactName> = (
  asked: AskedFact<N>,
) => Promise<Fact<FactTypes[N]>>;

/** Facts that the caller already has: a sweep reads them once for many identities. All others are collected. @public */
export type FactProviders = { [N in FactName]?: FactProvider<N> };
