import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import type { CurrentVerification } from '../store/OperationStore';
import type { ServiceAccountState } from '../store/ServiceAccountStore';

/** A verification is over for a card when its headline says so. */
export function verifyingOf(
  { running, ended }: CurrentVerification,
  state: ServiceAccountState | undefined,
): Identity['verifying'] {
  if (running) return { operationId: running.id, mine: running.mine };
  const recorded = [state?.proofReportId, state?.lookReportId];
  return !ended || recorded.includes(ended.reportId)
    ? undefined
    : { operationId: ended.id, mine: false };
}
