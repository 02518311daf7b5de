import { associationResource } from '../../identity/consoleLinks';
import { ALL_LEVELS, defineCheck, fail, pass } from '../framework/check';
import { voiceOf } from '../../text/voice';

export const associationExists = defineCheck({
  id: 'association.exists',
  category: 'association',
  title: 'The association exists',
  question:
    'Does EKS have a Pod Identity association for exactly this namespace and service account?',
  neededBy: ALL_LEVELS,
  needs: ['association'],
  uses: ['nearby'],
  evaluate({ association, nearby }, { ref, cluster }) {
    const { namespace, serviceAccount } = ref;
    if (association) {
      return pass(
        `Association ${association.id} links ${namespace}/${serviceAccount} to ${association.roleArn}.`,
        {
          resource: associationResource(cluster, association.id),
        },
      );
    }
    return fail(
      `The cluster ${cluster.name} has no Pod Identity association for ${namespace}/${serviceAccount}.`,
      {
        expected: `an association for ${namespace}/${serviceAccount}`,
        observed: 'none',
        nearby: nearby.known && nearby.value.length ? nearby.value : undefined,
        fix: {
          cause:
            'No association was created, it was deleted, or the namespace or service account is spelled differently: EKS does not check names.',
          actions: [
            'Wrong name? Correct it in the catalog file, or where you typed it.',
            `Right name? Then ${
              voiceOf(cluster).associate
            } for this service account.`,
          ],
          rerun: 'as-before',
        },
      },
    );
  },
});
