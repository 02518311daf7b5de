import {
  checkAssociate,
  checkTeardown,
  checkVerify,
  type EngineConfig,
} from 'eks-pod-identity-engine';
import type { AcceptanceGuard } from './operations/Acceptance';

/** The guardrails of app-config, judged before an operation is accepted. */
export function builtInGuard(config: EngineConfig): AcceptanceGuard {
  return ({ request, cluster, initiator }) => {
    const context = { cluster, config, initiator: initiator.type };
    switch (request.kind) {
      case 'associate':
        return checkAssociate(request.input, context);
      case 'verify':
        return checkVerify(request.input, context);
      default:
        return checkTeardown(request.input, context);
    }
  };
}
