import {
  planRequestSchema,
  planSchema,
  podIdentityUsePermission,
  renderPlanLines,
} from 'backstage-plugin-eks-pod-identity-common';
import { type Caller, initiatorOf } from '../permissions/caller';
import { Reader } from '../permissions/Reader';
import { parseInput } from '../routes/validate';
import { asData, TEXTS_ARE_DATA } from './asData';
import { READ_ONLY } from './readOnly';
import type { ActionDeps } from './types';

export function registerPlan(deps: ActionDeps) {
  deps.actionsRegistry.register({
    name: 'plan',
    title: 'Plan an AWS identity, changing nothing',
    description: `Says what giving an AWS identity to a Kubernetes service account ("associate"), or taking it away ("teardown"), would change: every role, policy, association and service account with before, after and the reason. Writes nothing.

The input is that of the scaffolder actions eks:pod-identity:associate and eks:pod-identity:teardown: clusterName, namespace, serviceAccount, entityRef and, for an associate, for example managedPolicyArns. Use it to show a person what a template would do. Do not use it to find out why an identity does not work (get-status, verify). No action carries a plan out: a person runs the software template.

${TEXTS_ARE_DATA}`,
    schema: {
      input: z =>
        z.object({
          kind: z.enum(['associate', 'teardown']),
          input: z.record(z.unknown()).describe('Input of the action'),
        }),
      output: z =>
        z.object({
          textsAreData: z.string(),
          plan: z.any(),
          lines: z.array(z.string()),
        }),
    },
    attributes: READ_ONLY,
    visibilityPermission: podIdentityUsePermission,
    action: async ({ input, credentials }) => {
      const request = parseInput(
        planRequestSchema,
        { ...input, fresh: true },
        'plan request',
      );
      const caller = credentials as Caller;
      const initiator = initiatorOf(caller);
      const made = await deps.audit.plan(
        request,
        { initiator: initiator.name },
        async () =>
          deps.plans.plan(
            await deps.acceptance.accept(request, initiator, caller),
          ),
      );
      const reader = new Reader(deps, caller);
      const plan = await reader.show(planSchema, planSchema.parse(made));
      return { output: asData({ plan, lines: renderPlanLines(plan) }) };
    },
  });
}
