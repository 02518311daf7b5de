import type {
  PermissionCheck,
  ProbeLevel,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Gate } from '../lifecycle/gate';
import type { OperationContext } from '../operationContext';
import type { ClusterSession } from '../clusters/types';
import type { Fact } from './facts/fact';
import type { FactName, FactTypes } from './facts/types';

export interface VerifyRequest {
  ref: ServiceAccountRef;
  entityRef?: string;
  trigger: VerificationReport['trigger'];
  probe: ProbeLevel;
  /** From the input. */
  expectedRoleArn?: string;
  permissionChecks: PermissionCheck[];
  timeoutSeconds: number;
  /** Scaffolder task behind it, for the annotations of the probe. */
  taskId?: string;
  /** Wall time of the last change of this identity that we know of; grace periods count from here. */
  changedAt?: number;
}

/** A fact that a run needs, as it asks a provider for it. */
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

/** Answers one fact; may throw anything, which becomes a lack. */
export type FactProvider<N extends FactName> = (
  asked: AskedFact<N>,
) => Promise<Fact<FactTypes[N]>>;

/** Facts that a caller knows already: a sweep reads them once for many identities. The others are collected. */
export type FactProviders = { [N in FactName]?: FactProvider<N> };

/** The verification floor. */
export interface Verification extends Gate {
  /** Collects facts, runs every check, and the probe where asked; never throws for a finding. */
  verify(
    request: VerifyRequest,
    context: OperationContext,
    known?: FactProviders,
  ): Promise<VerificationReport>;
}
