import { defineCheck, note, pass, skip, warn } from '../check';
import { valueOf } from '../facts/fact';
import type { PodFact } from '../facts/types';
import { byOwner, inWords, restartCommand } from '../workloadsOf';

const HOUR = 3_600_000;

/** True if no container of the pod has the identity. */
function lacksInjection(pod: PodFact): boolean {
  return !pod.containers.some(container => container.injected);
}

function optedOut(pod: PodFact): boolean {
  return (
    pod.skipped ||
    pod.containers.every(container =>
      pod.skipContainers.includes(container.name),
    )
  );
}

export const workloadsInjected = defineCheck({
  id: 'workloads.injected',
  category: 'workloads',
  title: 'Running pods have the identity',
  question:
    'Do the pods that run now have the variables and the token of Pod Identity?',
  neededBy: [],
  dependsOn: [{ check: 'association.exists', onlyWhenFailed: true }],
  needs: ['pods'],
  uses: ['association'],
  evaluate({ pods, association }, { ref, now }) {
    if (pods.length === 0) {
      return skip('Not applicable: no pod runs under this ServiceAccount.');
    }
    const lacking = pods.filter(lacksInjection);
    const having = pods.length - lacking.length;
    const observed = `${having} of ${pods.length} running pods`;
    if (lacking.length) {
      const missed = lacking.filter(pod => !optedOut(pod));
      if (missed.length === 0) {
        return warn(
          `${lacking.length} of ${
            pods.length
          } running pods opted out of Pod Identity: ${inWords(
            byOwner(lacking),
          )}.`,
          {
            observed,
            fix: {
              cause:
                'They carry the label eks.amazonaws.com/skip-pod-identity-webhook or the annotation eks.amazonaws.com/skip-containers.',
              actions: [
                'Remove the label or annotation from the pod template if the pods should have the identity.',
              ],
            },
          },
        );
      }
      const toRestart = byOwner(missed);
      return warn(
        `${missed.length} of ${
          pods.length
        } running pods run without the identity: ${inWords(toRestart)}.`,
        {
          expected: `${having + missed.length} of ${pods.length} running pods`,
          observed,
          fix: {
            cause:
              'A pod receives the identity only when it is created; these were created before the association had reached the API server.',
            actions: [
              toRestart.length === 1
                ? 'Restart the workload with this command; restarting its containers is not enough.'
                : 'Restart the workloads with these commands; restarting their containers is not enough.',
            ],
            snippet: {
              language: 'bash',
              text: restartCommand(ref.namespace, toRestart),
            },
          },
        },
      );
    }
    const linked = valueOf(association);
    const { createdAt = Infinity, modifiedAt = 0 } = linked ?? {};
    const changed = modifiedAt > createdAt;
    // The agent renews after at most six hours, 59 minutes with a target role.
    const renewed = linked?.targetRoleArn ? HOUR : 6 * HOUR;
    const older =
      changed && now - modifiedAt < renewed
        ? pods.filter(pod => (pod.createdAt ?? modifiedAt) < modifiedAt)
        : [];
    if (older.length) {
      return note(
        `${older.length} of ${
          pods.length
        } running pods are older than the last change of the association and may use the former role for up to ${
          linked?.targetRoleArn ? 'an hour' : 'six hours'
        }.`,
        {
          observed,
          fix: {
            cause: 'The agent keeps credentials until it has to renew them.',
            actions: ['Restart the workloads if the change must hold at once.'],
            snippet: {
              language: 'bash',
              text: restartCommand(ref.namespace, byOwner(older)),
            },
          },
        },
      );
    }
    return pass(
      pods.length === 1
        ? 'The running pod has the identity.'
        : `All ${pods.length} running pods have the identity.`,
      { observed },
    );
  },
});
