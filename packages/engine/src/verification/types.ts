import type {
  PermissionCheck,
  ProbeLevel,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { OperationContext } from '../operationContext';
import type { Collectors } from './facts/collecting';

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

/** Answer of the effectiveness gate. */
export interface GateResult {
  effective: 'yes' | 'no' | 'unknown';
  /** One sentence: what was seen, or why it cannot be told. */
  message: string;
  /** Milliseconds from the first try to the last. */
  afterMs: number;
  attempts: number;
}

/** The verification floor. */
export interface Verification {
  /** Collects facts, runs every check, and the probe where asked; never throws for a finding. */
  verify(
    request: VerifyRequest,
    context: OperationContext,
    /** Facts that are known already, by how they are answered; a sweep reads them once for many refs. */
    preset?: Partial<Collectors>,
  ): Promise<VerificationReport>;
  /** Dry-runs a pod until every address of the API endpoint injects, three in a row. */
  waitUntilEffective(
    ref: ServiceAccountRef,
    options: { deadlineMs: number },
    context: OperationContext,
  ): Promise<GateResult>;
}
