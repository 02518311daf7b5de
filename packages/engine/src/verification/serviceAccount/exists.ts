import { ALL_LEVELS, defineCheck, fail, pass } from '../framework/check';
import { valueOf } from '../framework/fact';
import {
  createNamespace,
  createServiceAccount,
  terminating,
} from '../probe/admissionRefusal';

export const serviceAccountExists = defineCheck({
  id: 'service-account.exists',
  category: 'service-account',
  title: 'The service account exists',
  question: 'Are the namespace and the service account in the cluster?',
  neededBy: ALL_LEVELS,
  needs: ['serviceAccount'],
  uses: ['namespace'],
  evaluate({ serviceAccount, namespace }, { ref, cluster }) {
    const name = `${ref.namespace}/${ref.serviceAccount}`;
    if (valueOf(namespace)?.terminating) {
      const { sentence, fix } = terminating(ref);
      return fail(sentence, {
        expected: name,
        observed: 'a namespace that is being deleted',
        fix,
      });
    }
    if (serviceAccount) {
      return pass(`The service account ${name} exists.`, {
        resource: { kind: 'service-account', name },
      });
    }
    const noNamespace = namespace.known && !namespace.value;
    return fail(
      noNamespace
        ? `The namespace ${ref.namespace} does not exist on ${cluster.name}.`
        : `The service account ${name} does not exist on ${cluster.name}.`,
      {
        expected: name,
        observed: noNamespace ? 'no such namespace' : 'no such service account',
        fix: {
          cause:
            'EKS creates an association for any name, even one that does not exist.',
          actions: [
            'If the name is wrong, remove this identity and give it to the right service account.',
            'Else deploy the workload, or create the service account yourself.',
          ],
          commands: [
            ...(noNamespace ? [createNamespace(ref)] : []),
            createServiceAccount(ref),
          ],
          // A Repair does not make namespaces.
          ...(noNamespace ? {} : { rerun: 'as-before' as const }),
        },
      },
    );
  },
});
