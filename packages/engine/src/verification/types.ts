import type {
  PermissionCheck,
  ProbeLevel,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Gate } from '../lifecycle/gate';
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

/** The verification floor. */
export interface Verification extends Gate {
  /** Collects facts, runs every check, and the probe where asked; never throws for a finding. */
  verify(
    request: VerifyRequest,
    context: OperationContext,
    /** Facts that are known already, by how they are answered; a sweep reads them once for many refs. */
    preset?: Partial<Collectors>,
  ): Promise<VerificationReport>;
}
