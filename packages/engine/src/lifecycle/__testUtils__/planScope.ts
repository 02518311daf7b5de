import { contextWith } from '../../guardrails/__testUtils__/context';
import { identityTarget } from '../../identity/names';
import type { OperationContext } from '../../operationContext';
import type { PlanBuilder } from '../steps/PlanBuilder';
import type { Scope } from '../steps/scope';
import { PORTAL } from '../../text/voice';

/** `payments/shop/api` as far as what only plans needs it: it reads nothing, and its steps are not run. */
export function planScope(
  overrides: Record<string, unknown> = {},
  context: Partial<OperationContext> = {},
): Scope {
  const { cluster, config, granted } = contextWith(overrides);
  const ref = {
    cluster: cluster.id,
    namespace: 'shop',
    serviceAccount: 'api',
  };
  return {
    ref,
    cluster,
    voice: PORTAL,
    target: identityTarget(cluster, ref),
    context: { config, granted, ...context },
  } as unknown as Scope;
}

/** `id: change (owner)` of each step, what it waits for, and `!` where something is done. */
export function outline(builder: PlanBuilder): string[] {
  return builder.steps.map(({ plan, deed }) =>
    [
      `${plan.id}: ${plan.change} (${plan.owner})${deed ? '!' : ''}`,
      ...(plan.dependsOn.length ? [`after ${plan.dependsOn.join(', ')}`] : []),
    ].join(' '),
  );
}
