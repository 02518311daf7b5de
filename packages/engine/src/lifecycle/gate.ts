import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../aws/association';
import type { V1Pod } from '../kubernetes/objects';
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

/** The pods of one workload. */
export interface WorkloadPods {
  /** As Kubernetes names it; `Pod` for one without a controller. */
  kind: string;
  name: string;
  pods: { name: string; uid?: string; createdAt?: number }[];
}

/** What tells which pods have the identity as it is now. */
export interface ReplacedIdentity {
  /** As it is, or was before it is replaced. */
  association?: Association;
  /** The association or its role is made or changed now, so that no running pod has it. */
  isReplaced: boolean;
  now: number;
}

/** What new pods receive: waits until they receive a new association, and tells which running ones are older. */
export interface Gate {
  /**
   * Dry-runs a pod until every address of the API endpoint injects, three in a row. With `road: 'irsa'` it waits for IRSA,
   * which the webhook gives again once it has forgotten an association that was deleted.
   */
  waitUntilEffective(
    ref: ServiceAccountRef,
    options: { deadlineMs: number; road?: 'pod-identity' | 'irsa' },
    context: OperationContext,
  ): Promise<GateResult>;
  /**
   * Of running pods those that obtain the identity only when they are recreated, by their workload. Names are those of
   * Kubernetes objects.
   */
  podsToRestart(
    pods: readonly V1Pod[],
    identity: ReplacedIdentity,
  ): WorkloadPods[];
}
