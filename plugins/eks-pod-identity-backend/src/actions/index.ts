import { ServiceUnavailableError } from '@backstage/errors';
import { TooManyRequestsError } from '../operations/TooManyRequestsError';
import { refuseHostile } from '../routes/validate';
import { registerExplainCheck } from './explainCheck';
import { registerGetStatus } from './getStatus';
import { registerListAccess } from './listAccess';
import { registerListAssociations } from './listAssociations';
import { registerPlan } from './plan';
import { registerVerify } from './verify';
import type { ActionDeps } from './types';

// The alpha actions registry is used in this folder only.

/** MCP shows the words of the errors that it knows, of which "for now" is the nearest to "too many". */
function inWords(error: unknown): never {
  if (error instanceof TooManyRequestsError) {
    throw new ServiceUnavailableError(error.message);
  }
  throw error;
}

/** Reads and verifications for assistants and scripts; what writes stays in templates, where people see it. */
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
            return one.action(context).catch(inWords);
          },
        }),
    },
  };
  registerGetStatus(deps);
  registerListAssociations(deps);
  registerListAccess(deps);
  registerExplainCheck(deps);
  registerPlan(deps);
  registerVerify(deps);
}
