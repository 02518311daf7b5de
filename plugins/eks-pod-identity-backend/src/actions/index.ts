import { refuseHostile } from '../routes/validate';
import { registerExplainCheck } from './explainCheck';
import { registerGetStatus } from './getStatus';
import { registerListAccess } from './listAccess';
import { registerListAssociations } from './listAssociations';
import { registerPlan } from './plan';
import type { ActionDeps } from './types';

// The alpha actions registry is used in this folder only.

/** Reads for assistants and scripts; what writes stays in templates, where people see it. */
export function registerActions(options: ActionDeps) {
  const { actionsRegistry } = options;
  const deps: ActionDeps = {
    ...options,
    actionsRegistry: {
      register: one =>
        actionsRegistry.register({
          ...one,
          action: context => {
            refuseHostile(context.input, 'input');
            return one.action(context);
          },
        }),
    },
  };
  registerGetStatus(deps);
  registerListAssociations(deps);
  registerListAccess(deps);
  registerExplainCheck(deps);
  registerPlan(deps);
}
