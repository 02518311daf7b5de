import { givingUpOnce } from '../kubernetes/givingUp';
import type { Lifecycle } from '../operationContext';
import { associate } from './associate/applyAssociate';
import { AssociateDeps, planAssociate } from './associate/planAssociate';
import { restart } from './restart/applyRestart';
import { teardown } from './teardown/applyTeardown';
import { planTeardown, PREVIEW_SCAN_MS } from './teardown/planTeardown';

/** Plans and applies associate, teardown and restart. */
export function createLifecycle(deps: AssociateDeps): Lifecycle {
  return {
    planAssociate: async (request, context) => {
      const { plan } = await givingUpOnce(() =>
        planAssociate(request, context, deps),
      );
      return plan;
    },
    associate: (request, context) =>
      givingUpOnce(() => associate(request, context, deps)),
    planTeardown: async (request, context) => {
      const { plan } = await givingUpOnce(() =>
        planTeardown(request, context, {
          naming: deps.roleNaming,
          scanMs: PREVIEW_SCAN_MS,
        }),
      );
      return plan;
    },
    teardown: (request, context) =>
      givingUpOnce(() => teardown(request, context, deps.roleNaming)),
    restart: (request, context) =>
      givingUpOnce(() => restart(request, context, deps.verification)),
  };
}
