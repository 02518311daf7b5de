import { registerExplainCheck } from './explainCheck';
import { registerGetStatus } from './getStatus';
import { registerListAssociations } from './listAssociations';
import { registerPlan } from './plan';
import type { ActionDeps } from './types';

// The alpha actions registry is used in this folder only.

/** Reads for assistants and scripts; what writes stays in templates, where people see it. */
export function registerActions(deps: ActionDeps) {
  registerGetStatus(deps);
  registerListAssociations(deps);
  registerExplainCheck(deps);
  registerPlan(deps);
}
