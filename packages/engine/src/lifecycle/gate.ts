import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { OperationContext } from '../operationContext';

/** Answer of the effectiveness gate. */
export interface GateResult {
  effective: 'yes' | 'no' | 'unknown';
  /** One sentence: what the dry runs showed, or why the answer is unknown. */
  message: string;
  /** Milliseconds from the first to the last try. */
  afterMs: number;
  attempts: number;
}

/** Waits until a new association has reached every API server; the last step of an associate. */
export interface Gate {
  /** Dry-runs a pod until every address of the API endpoint injects, three in a row. */
  waitUntilEffective(
    ref: ServiceAccountRef,
    options: { deadlineMs: number },
    context: OperationContext,
  ): Promise<GateResult>;
}
