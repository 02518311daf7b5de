import type { Lifecycle } from '../operationContext';
import { associate } from './associate/applyAssociate';
import { AssociateDeps, planAssociate } from './associate/planAssociate';
import { teardown } from './teardown/applyTeardown';
import { planTeardown, PREVIEW_SCAN_MS } from './teardown/planTeardown';

/** Plans and applies associate and teardown. */
export function createLifecycle(deps: AssociateDeps): Lifecycle {
  return {
    planAssociate: async (request, context) =>
      (await planAssociate(request, context, deps)).plan,
    associate: (request, context) => associate(request, context, deps),
    planTeardown: async (request, context) =>
      (
        await planTeardown(request, context, {
          naming: deps.roleNaming,
          scanMs: PREVIEW_SCAN_MS,
        })
      ).plan,
    teardown: (request, context) => teardown(request, context, deps.roleNaming),
  };
}
