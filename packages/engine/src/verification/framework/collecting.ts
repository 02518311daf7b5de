import type { ClusterSession } from '../../clusters/types';
import type { OperationContext } from '../../operationContext';
import type { AdmittedPods } from './admittedPods';
import type { ReadEvidence } from '../../evidence/types';
import type { VerifyRequest } from './request';
import type { Fact } from './fact';
import type { FactName, FactTypes } from './facts';

/** Input of every collector. */
export interface Collecting {
  request: VerifyRequest;
  operation: OperationContext;
  /** Inspection uses the read role, the gate and the probe the verify role. */
  read: ClusterSession;
  verify: ClusterSession;
  /** Absent where the portal reads no evidence. */
  evidence?: ReadEvidence;
  /** What earlier runs saw of dry runs; absent where each run asks itself. */
  admitted?: AdmittedPods;
  /** Aborts at the run's deadline and with the operation. */
  signal: AbortSignal;
  /** Milliseconds until the run's deadline. */
  remainingMs(): number;
  get<N extends FactName>(name: N): Promise<Fact<FactTypes[N]>>;
  /** Waits for a free probe of the cluster. */
  withProbeSlot<T>(work: () => Promise<T>): Promise<T>;
  /** Logs one line for people who follow the operation. */
  tell(message: string, level?: 'info' | 'warn'): Promise<void>;
}

/** Collects one fact; may throw anything, see `FactSource`. */
export type Collector<N extends FactName> = (
  collecting: Collecting,
) => Promise<Fact<FactTypes[N]>>;

/** One collector for every fact. */
export type Collectors = { [N in FactName]: Collector<N> };
