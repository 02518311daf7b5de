import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { associate } from './associate/applyAssociate';
import { teardown } from './teardown/applyTeardown';
import type { Gate } from './gate';
import { planAssociate } from './associate/planAssociate';
import { planTeardown, PREVIEW_SCAN_MS } from './teardown/planTeardown';
import type { Lifecycle } from '../operationContext';

export type { Lifecycle } from '../operationContext';

/** What the lifecycle floor is built on. */
export interface LifecycleOptions {
  /** The gate at the end of an associate. */
  verification: Gate;
  /** Replaces the naming strategy of roles. */
  roleNaming?: PodIdentityRoleNaming;
}

/** Plans and applies associate and teardown. */
export function createLifecycle({
  verification,
  roleNaming,
}: LifecycleOptions): Lifecycle {
  return {
    planAssociate: async (request, context) =>
      (await planAssociate(request, context, roleNaming)).plan,
    associate: (request, context) =>
      associate(request, context, { verification, roleNaming }),
    planTeardown: async (request, context) =>
      (
        await planTeardown(request, context, {
          naming: roleNaming,
          scanMs: PREVIEW_SCAN_MS,
        })
      ).plan,
    teardown: (request, context) => teardown(request, context, roleNaming),
  };
}
