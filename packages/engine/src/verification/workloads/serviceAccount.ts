import { defineCheck, note, pass, warn } from '../framework/check';
import { byOwner, moveCommands } from '../framework/workloadsOf';

export const workloadsServiceAccount = defineCheck({
  id: 'workloads.service-account',
  category: 'workloads',
  title: 'The workload runs under the service account',
  question:
    'Do the pods that belong to this identity, by label or by name, run under its service account?',
  neededBy: [],
  dependsOn: [{ check: 'service-account.exists', onlyWhenFailed: true }],
  needs: ['strays', 'pods'],
  evaluate({ strays, pods }, { ref }) {
    if (strays.length === 0) {
      return pass(
        'No pod that belongs to this identity by label or by name runs under another service account.',
      );
    }
    // A component may have further workloads that need no AWS; one that is named as the service account, or names none, is odd.
    const wrong =
      pods.length === 0 &&
      strays.some(
        one => one.namedAsAccount || one.serviceAccount === 'default',
      );
    const workloads = byOwner(strays);
    const [{ serviceAccount: actual, evidence }] = workloads[0].pods;
    const { kind, name } = workloads[0];
    const others =
      workloads.length > 1 ? ` and ${workloads.length - 1} more run` : ' runs';
    const say = wrong ? warn : note;
    return say(
      `${
        pods.length === 0 ? 'No pod runs under this service account; ' : ''
      }${kind} ${name} (${evidence})${others} under the service account ${actual}, which does not have this identity.`,
      {
        expected: ref.serviceAccount,
        observed: actual,
        resource: { kind: kind.toLowerCase(), name },
        fix: {
          cause:
            'A pod gets the identity of the service account that its template names; a template without one means default.',
          actions: [
            `If the workload is meant to have the identity, set serviceAccountName: ${ref.serviceAccount} in its pod template.`,
          ],
          commands: moveCommands(ref.namespace, ref.serviceAccount, workloads),
        },
      },
    );
  },
});
