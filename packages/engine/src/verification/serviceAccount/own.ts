import { defineCheck, pass, warn } from '../framework/check';
import { valueOf } from '../framework/fact';
import { byOwner, inWords } from '../framework/workloadsOf';

/** The one that Kubernetes gives to pods whose template names none. */
const DEFAULT = 'default';

export const serviceAccountOwn = defineCheck({
  id: 'service-account.own',
  category: 'service-account',
  title: 'The identity is on a service account of its own',
  question: 'Is the identity kept from pods that name no service account?',
  neededBy: [],
  dependsOn: [{ check: 'association.exists', onlyWhenFailed: true }],
  needs: [],
  uses: ['pods'],
  evaluate({ pods }, { ref }) {
    if (ref.serviceAccount !== DEFAULT) {
      return pass('Only pods whose template names the service account get it.');
    }
    const running = valueOf(pods) ?? [];
    return warn(
      `The identity is on the service account default, so every pod of ${ref.namespace} that names none gets it.`,
      {
        expected: 'a service account that the workload names',
        observed: running.length ? inWords(byOwner(running)) : DEFAULT,
        fix: {
          cause:
            'Kubernetes gives pods whose template names no service account the one of the name default.',
          actions: [
            'Create a service account for the workload, set it in the pod template, and give the identity to that one.',
            'Then remove the identity of default.',
          ],
        },
      },
    );
  },
});
