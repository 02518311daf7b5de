import { createBackendModule } from '@backstage/backend-plugin-api';
import { podIdentityGuardrailsExtensionPoint } from 'backstage-plugin-eks-pod-identity-node';

export default createBackendModule({
  pluginId: 'eks-pod-identity',
  moduleId: 'freeze',
  register(env) {
    env.registerInit({
      deps: { guardrails: podIdentityGuardrailsExtensionPoint },
      async init({ guardrails }) {
        guardrails.addGuardrail({
          name: 'freeze',
          judge: ({ kind, ref }) =>
            kind !== 'verify' && ref.namespace === 'billing'
              ? {
                  allowed: false,
                  reason:
                    'Identities in billing are frozen until the audit is over: ask #platform',
                }
              : { allowed: true },
        });
      },
    });
  },
});
